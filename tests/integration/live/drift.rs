//! `regild drift`: recordings against what models say now.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::server::{Answer, Server};
use super::{chat, echo, edit, files, keyed, project};
use crate::common::{Repository, Scratch};

/// A recorded project of `tasks` tasks with three samples each, and a server whose next words can be set.
fn recorded(scratch: &Scratch, tasks: usize) -> (Repository, Server, Arc<Mutex<Option<String>>>) {
    let words: Arc<Mutex<Option<String>>> = Arc::default();
    let said = Arc::clone(&words);
    let server = Server::start(move |_, received| {
        let words = said.lock().unwrap().clone();
        Answer::json(200, &words.map_or_else(|| echo(received), |words| chat(&words)))
    });
    let repository = project(scratch, "openai-compatible", server.port, tasks, "");
    edit(&repository, "regild.yaml", "samples: 1", "samples: 3");
    keyed(&repository, &["record", "--yes"]).succeeds();
    repository.commit("recorded");
    (repository, server, words)
}

#[test]
fn a_model_that_says_the_same_has_not_drifted() {
    let scratch = Scratch::new();
    let (repository, server, _) = recorded(&scratch, 2);
    let before = files(&repository.root.join("golden"));
    let said = keyed(&repository, &["drift", "--min-alike", "1"]).succeeds();
    assert!(said.contains("asked again: 2 of 2 recorded tasks"), "{said}");
    assert!(said.contains("1.00  ask 1.0.0 t0 [m]"), "{said}");
    assert_eq!((server.received().len(), files(&repository.root.join("golden"))), (12, before));
}

#[test]
fn what_models_say_otherwise_is_found() {
    let scratch = Scratch::new();
    let (repository, _server, words) = recorded(&scratch, 1);
    *words.lock().unwrap() = Some("nothing of the kind".into());
    let run = keyed(&repository, &["drift", "--output", "json=report.json"]);
    assert_eq!(run.code(), 1, "{}", run.stdout());
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(repository.root.join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["base"]["ref"], &report["head"]["ref"]), (&"recordings".into(), &"live".into()));
    assert_eq!(report["prompts"][0]["tasks"][0]["outcome"], "regressed");
    // An answer that passes, and yet is another one than somebody recorded.
    *words.lock().unwrap() = Some("0 is the number that you have asked us for".into());
    keyed(&repository, &["drift"]).succeeds();
    let run = keyed(&repository, &["drift", "--min-alike", "0.9"]);
    assert_eq!(run.code(), 3, "{}", run.stdout());
    assert!(run.stdout().contains("unlike-recording"), "{}", run.stdout());
}

#[test]
fn chance_says_which_tasks_are_asked() {
    let scratch = Scratch::new();
    let (repository, server, _) = recorded(&scratch, 8);
    let asked = server.received().len();
    let said = keyed(&repository, &["drift", "--sample", "2"]).succeeds();
    assert!(said.contains("asked again: 2 of 8 recorded tasks, drawn with --seed "), "{said}");
    assert_eq!(server.received().len(), asked + 6);
    let seed = said.split("--seed ").nth(1).unwrap().lines().next().unwrap();
    let again = keyed(&repository, &["drift", "--sample", "2", "--seed", seed]).succeeds();
    let alike = |said: &str| said.split("alike to what").nth(1).unwrap().to_owned();
    assert_eq!(alike(&said), alike(&again), "the same seed draws the same tasks");
    std::fs::remove_dir_all(repository.root.join("golden/recordings")).unwrap();
    keyed(&repository, &["drift"]).refuses("nothing is recorded");
}

/// Seven tasks that break and none that mend: e = 2⁷ B(8, 1) · 2 P(share > ½) = 31.9.
#[test]
fn many_tasks_that_break_prove_that_the_model_changed() {
    let scratch = Scratch::new();
    let (repository, _server, words) = recorded(&scratch, 7);
    let steady = keyed(&repository, &["drift", "--yes", "--log-format", "json"]);
    assert!(!steady.succeeds().contains("evidence") && !steady.stderr().contains("evidence"), "{}", steady.stderr());
    *words.lock().unwrap() = Some("nothing of the kind".into());
    let sentence = "evidence that m changed: e = 31.9 (7 tasks broke, 0 mended); 20 and more counts as proof";
    let run = keyed(&repository, &["drift", "--yes", "--exit-zero"]);
    assert!(run.succeeds().contains(sentence), "{}", run.stdout());
    let run = keyed(&repository, &["drift", "--yes", "--exit-zero", "--log-format", "json", "--format", "json"]);
    let logged = run.stderr();
    let line = logged.lines().find(|line| line.contains("evidence")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(line).unwrap()["message"], sentence);
    assert!(!run.succeeds().contains("evidence that"), "a report is JSON and nothing else");
}
