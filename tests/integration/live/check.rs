//! `check --mode live`: head is asked now, base answers from its recordings, and what was paid for is there for `record`.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{KEY, chat, echo, edit, keyed, project};
use crate::common::{Repository, Scratch};

/// A project of three samples a task whose base is recorded, and whose head asks otherwise.
fn changed(scratch: &Scratch, server: &Server, tasks: usize, extra: &str) -> Repository {
    let repository = project(scratch, "openai-compatible", server.port, tasks, extra);
    edit(&repository, "regild.yaml", "samples: 1", "samples: 3");
    keyed(&repository, &["record", "--yes"]).succeeds();
    repository.commit("recorded");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be brief.", "Be exhaustive.");
    repository
}

/// Says what was asked, unless it is told to be exhaustive.
fn forgetful() -> Server {
    Server::start(|_, received| {
        let is_head = received.body.to_string().contains("exhaustive");
        Answer::json(200, &if is_head { chat("so much to say") } else { echo(received) })
    })
}

#[test]
fn a_regression_is_found_on_live_models_and_the_answers_are_kept() {
    let server = forgetful();
    let scratch = Scratch::new();
    let repository = changed(&scratch, &server, 2, "");
    assert_eq!(server.received().len(), 6);
    let run = keyed(&repository, &["check", "--mode", "live", "--base-exact", "HEAD", "--output", "json=report.json"]);
    assert_eq!(run.code(), 1, "{}{}", run.stdout(), run.stderr());
    assert!(run.stderr().contains("asking for 6 samples of 2 tasks, $"), "{}", run.stderr());
    assert_eq!(server.received().len(), 12, "base answers from its recordings");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(repository.root.join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["mode"], &report["verdict"]["reasons"][0]["code"]), (&json!("live"), &json!("regressed")));
    let task = &report["prompts"][0]["tasks"][0];
    assert_eq!((&task["base"]["source"], &task["head"]["source"]), (&json!("own"), &json!("live")));
    assert_eq!((&report["run"]["model_calls"], &report["run"]["replayed"]), (&json!(6), &json!(6)));
    assert_eq!(report["run"]["saved"], json!([{"calls": 6, "why": "base's answers are recorded"}]));
    // A second check asks again; what it was told is what is recorded, and nobody is asked for that.
    keyed(&repository, &["check", "--mode", "live", "--base-exact", "HEAD"]).code();
    assert_eq!(server.received().len(), 18);
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.contains("recorded 6 samples") && said.contains("0 calls"), "{said}");
    assert_eq!(server.received().len(), 18);
    assert_eq!(repository.regild(&["check", "--base-exact", "HEAD"]).code(), 1, "replay says the same");
    repository.commit("head is recorded");
    let run = keyed(&repository, &["check", "--mode", "live", "--base-exact", "HEAD~1", "--fresh-base"]);
    assert_eq!((run.code(), server.received().len()), (1, 30), "{}", run.stdout());
    let asked: Vec<bool> =
        server.received()[18..].iter().map(|one| one.body.to_string().contains("exhaustive")).collect();
    assert!(asked[..4].contains(&true) && asked[..4].contains(&false), "both sides in turn: {asked:?}");
}

#[test]
fn a_cap_or_a_provider_that_is_down_is_inconclusive() {
    let server = Server::start(|_, received| match received.body.to_string().contains("question 1") {
        true if received.body.to_string().contains("exhaustive") => Answer::json(400, &json!({"error": "no"})),
        _ => Answer::json(200, &echo(received)),
    });
    let scratch = Scratch::new();
    let repository = changed(&scratch, &server, 2, "");
    let check = ["check", "--mode", "live", "--base-exact", "HEAD"];
    let run = keyed(&repository, &check);
    assert_eq!(run.code(), 3, "{}", run.stdout());
    assert!(run.stdout().contains("the provider failed"), "{}", run.stdout());
    let run = keyed(&repository, &[&check[..], &["--max-calls", "2", "--task", "t0"]].concat());
    assert_eq!(run.code(), 3, "two of three samples pass, and yet not all was asked: {}", run.stdout());
    assert!(run.stdout().contains("the spend cap max_calls (2) is reached"), "{}", run.stdout());
}

#[test]
fn live_is_refused_before_anything_is_asked() {
    let server = forgetful();
    let scratch = Scratch::new();
    let repository = changed(&scratch, &server, 1, "");
    let asked = server.received().len();
    repository.regild(&["check", "--mode", "live", "--base-exact", "HEAD"]).refuses("GATEWAY_KEY");
    keyed(&repository, &["check", "--max-usd", "1"]).refuses("nobody is asked in replay");
    // Without a price dollars cap nothing.
    repository.write("prices.yaml", "as_of: 2026-11-01\nsource: test\nmodels: {}\n");
    repository.commit("no prices");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be exhaustive.", "Be very exhaustive.");
    let check = ["check", "--mode", "live", "--base-exact", "HEAD"];
    keyed(&repository, &[&check[..], &["--max-usd", "1"]].concat()).refuses("number of calls has no cap");
    assert_eq!(server.received().len(), asked);
    let run = keyed(&repository, &[&check[..], &["--max-calls", "9"]].concat());
    assert!(run.stdout().contains("what has no known price"), "{}", run.stdout());
    assert!(!run.stdout().contains(KEY));
}
