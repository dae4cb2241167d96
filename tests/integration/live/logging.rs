//! What is logged of models that are asked over a network.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{chat, edit, keyed, project};
use crate::common::Scratch;

fn events(stderr: &str) -> Vec<Value> {
    stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn live_runs_are_logged_with_what_they_took_and_why_some_are_not_there() {
    let server = Server::start(|_, received| {
        let asked = received.body.to_string();
        if asked.contains("question 1") {
            return Answer::json(401, &json!({"error": {"message": "wrong key"}}));
        }
        Answer::json(200, &chat("0: write to bob@example.com"))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 2, "");
    let run = keyed(&repository, &["--log-format", "json", "record"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    let lines = events(&run.stderr());
    assert_eq!(lines[0]["event"], "note", "the plan comes first");
    assert!(lines[0]["message"].as_str().unwrap().contains("GATEWAY_KEY"), "{}", lines[0]);
    let [had, lost] = &lines[1..] else { panic!("{lines:?}") };
    assert_eq!(
        (&had["task"], &had["text"], &had["stand_in"]),
        (&json!("t0"), &json!("0: write to [email]"), &json!(false))
    );
    assert_eq!(
        (&had["input_tokens"], &had["output_tokens"], &had["cost_usd"]),
        (&json!(100), &json!(10), &json!("0.00012"))
    );
    assert_eq!((&lost["task"], &lost["reason"], &lost["text"]), (&json!("t1"), &json!("provider"), &json!(null)));
    assert_eq!((&had["outcome"], &lost["outcome"]), (&json!(null), &json!(null)), "recording judges nothing");

    repository.commit("recorded");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be brief.", "Be exhaustive.");
    let args = ["--log-format", "json", "check", "--mode", "live", "--base-exact", "HEAD", "--yes"];
    let run = keyed(&repository, &args);
    let lines = events(&run.stderr());
    let brief: Vec<String> = lines
        .iter()
        .filter(|line| line["event"] == "run")
        .map(|line| {
            format!("{} {} {} {} {}", line["side"], line["task"], line["source"], line["outcome"], line["reason"])
        })
        .map(|line| line.replace('"', ""))
        .collect();
    assert_eq!(
        brief,
        [
            "base t0 own pass null",
            "head t0 live pass null",
            "base t1 null unjudged provider",
            "head t1 null unjudged provider",
        ]
    );
}
