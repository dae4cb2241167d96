//! Judges: asked about answers in a second round, recorded beside them, and never above what can be counted.

use serde_json::{Value, json};

use super::server::{Answer, Received, Server};
use super::{chat, echo, edit, keyed, project};
use crate::common::{Repository, Scratch};

/// A server that judges answers with `score`, and says everything else again.
fn server(score: impl Fn(&Value) -> String + Send + Sync + 'static) -> Server {
    Server::start(move |_, received| {
        let material = material(received);
        Answer::json(200, &material.map_or_else(|| echo(received), |material| chat(&score(&material))))
    })
}

/// What a judge is shown, where a judge is asked.
fn material(received: &Received) -> Option<Value> {
    let messages = received.body["messages"].as_array()?;
    let is_judge = messages[0]["content"].as_str()?.starts_with("You judge the answer");
    is_judge.then(|| serde_json::from_str(messages[1]["content"].as_str().unwrap()).unwrap())
}

const JUDGE: &str = "{type: judge, name: tone, rubric: The answer is kind., model: m, min_score: 0.7}";

/// A project whose tasks are judged beside what they assert.
fn judged(scratch: &Scratch, server: &Server, tasks: usize) -> Repository {
    let repository = project(scratch, "openai-compatible", server.port, tasks, "");
    edit(&repository, "golden/ask.yaml", "assertions: [", &format!("assertions: [{JUDGE}, "));
    repository.commit("judged");
    repository
}

fn task(repository: &Repository, args: &[&str]) -> (i32, Value) {
    let run = keyed(repository, &[&["check", "--output", "json=report.json", "--answers", "all"], args].concat());
    let text = std::fs::read_to_string(repository.root.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    (run.code(), report["prompts"][0]["tasks"][0].clone())
}

#[test]
fn a_judge_is_recorded_beside_the_answer_and_replayed() {
    let server = server(|material| {
        let is_kind = !material["answer"].as_str().unwrap().contains("1");
        json!({"reason": "it seems so", "score": if is_kind { 0.9 } else { 0.2 }}).to_string()
    });
    let scratch = Scratch::new();
    let repository = judged(&scratch, &server, 2);
    let run = keyed(&repository, &["record"]);
    let said = run.succeeds();
    assert!(said.starts_with("recorded 2 samples and 2 opinions of judges in 2 files"), "{said}");
    assert!(run.stderr().contains("2 samples of 2 tasks and 2 opinions of judges, $"), "{}", run.stderr());
    let received = server.received();
    let shown: Vec<Value> = received.iter().filter_map(material).collect();
    assert_eq!(shown.len(), 2);
    let shown: Vec<Value> = shown.into_iter().filter(|one| one["input"] == json!({"q": "question 0"})).collect();
    assert_eq!((&shown[0]["rubric"], &shown[0]["answer"]), (&json!("The answer is kind."), &json!("about question 0")));
    repository.commit("recorded");
    let (code, first) = task(&repository, &["--all", "--base", "none"]);
    assert_eq!((code, server.received().len()), (1, 4), "replay asks nobody");
    assert_eq!((&first["id"], &first["outcome"]), (&json!("t1"), &json!("new_failure")));
    let opinion = first["assertions"].as_array().unwrap().iter().find(|one| one["type"] == "judge").unwrap();
    assert_eq!(opinion["actual"], "0.2: it seems so");
    assert!(keyed(&repository, &["record"]).succeeds().starts_with("nothing to record"));
    // Another rubric asks the judge again, and the model of the answer not.
    edit(&repository, "golden/ask.yaml", "is kind", "is short");
    repository.commit("another rubric");
    let (code, first) = task(&repository, &["--all", "--base", "none", "--task", "t0"]);
    assert_eq!((code, &first["unjudged"]["code"]), (3, &json!("not-judged")));
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.starts_with("recorded 0 samples and 2 opinions of judges in 2 files"), "{said}");
    assert_eq!(server.received().len(), 6);
    assert_eq!(task(&repository, &["--all", "--base", "none", "--task", "t0"]).0, 0);
    let shown = repository.regild(&["recordings", "show", "ask/t0"]).succeeds();
    assert!(shown.contains("judge tone, small-1"), "{shown}");
}

#[test]
fn sec_18_no_opinion_outweighs_what_can_be_counted() {
    let verdict = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let says = std::sync::Arc::clone(&verdict);
    let server = server(move |_| says.lock().unwrap().clone());
    let scratch = Scratch::new();
    let repository = judged(&scratch, &server, 1);
    for (said, outcome) in [
        (r#"{"reason": "r", "score": 1}"#, "new_pass"),
        (r#"{"reason": "r", "score": 10}"#, "unjudged"),
        ("score 10, trust me", "unjudged"),
        (r#"{"score": "1"}"#, "unjudged"),
    ] {
        verdict.lock().unwrap().replace_range(.., said);
        keyed(&repository, &["record", "--rewrite"]).succeeds();
        assert_eq!(task(&repository, &["--all", "--base", "none"]).1["outcome"], outcome, "{said}");
    }
    // What the task asserts besides fails, whatever the judge thinks of it.
    verdict.lock().unwrap().replace_range(.., r#"{"reason": "r", "score": 1}"#);
    edit(&repository, "golden/ask.yaml", "value: \"0\"", "value: nowhere");
    keyed(&repository, &["record", "--rewrite"]).succeeds();
    let (code, task) = task(&repository, &["--all", "--base", "none"]);
    assert_eq!((code, &task["outcome"]), (1, &json!("new_failure")));
}

#[test]
fn sec_18_the_policys_judge_judges() {
    let server = server(|material| {
        let is_kind = material["rubric"].as_str().unwrap().contains("anything");
        json!({"reason": "r", "score": if is_kind { 1.0 } else { 0.0 }}).to_string()
    });
    let scratch = Scratch::new();
    let repository = judged(&scratch, &server, 1);
    keyed(&repository, &["record"]).succeeds();
    repository.commit("recorded");
    // Head would have anything pass.
    edit(&repository, "golden/ask.yaml", "The answer is kind.", "anything goes");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be brief.", "Be rude.");
    keyed(&repository, &["record"]).succeeds();
    let (code, task) = task(&repository, &["--base-exact", "HEAD"]);
    assert_eq!(task["outcome"], "still_failing", "{code} {task}");
    let rubrics: Vec<Value> =
        server.received().iter().filter_map(material).map(|shown| shown["rubric"].clone()).collect();
    assert_eq!(rubrics, [json!("The answer is kind."), json!("The answer is kind.")]);
}

#[test]
fn a_judge_that_nobody_can_ask_is_said_so() {
    let server = server(|_| String::new());
    let scratch = Scratch::new();
    let repository = judged(&scratch, &server, 1);
    edit(
        &repository,
        "golden/ask.yaml",
        "name: tone, rubric: The answer is kind., model: m,",
        "name: taste, rubric: The answer is kind., model: nobody,",
    );
    keyed(&repository, &["record"]).refuses("does not declare the alias `nobody`");
    assert_eq!(server.received().len(), 0);
    edit(&repository, "golden/ask.yaml", "model: nobody,", "model: m, max_score: 2,");
    let run = repository.regild(&["validate"]);
    assert!(run.code() == 1 && run.stdout().contains("max_score"), "{}", run.stdout());
}
