//! What is said on GitHub, through the real binary and real sockets, to a GitHub that remembers and misbehaves.

mod approvals;
mod check_run;
mod comment;
mod faults;
mod hub;
mod template;

use hub::{Hub, REPOSITORY, TOKEN};
use serde_json::{Value, json};

use crate::common::{Run, Scratch, regild};
use crate::live::server::Answer;

/// The head that the sample report is about.
const HEAD: &str = "5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";

/// The report of a pull request, changed as a test wants.
fn report(scratch: &Scratch, change: impl FnOnce(&mut Value)) {
    let mut report: Value = serde_json::from_str(include_str!("../../../src/report/sample.json")).unwrap();
    report["event"] =
        json!({"name": "pull_request", "repository": REPOSITORY, "pull_request": 7, "head": HEAD, "from_fork": false});
    change(&mut report);
    std::fs::write(scratch.path("report.json"), report.to_string()).unwrap();
}

/// Nothing is affected.
fn nothing(report: &mut Value) {
    report["prompts"] = json!([]);
    report["diagnostics"] = json!([]);
    report["verdict"] = json!({"status": "pass", "exit_code": 0, "accepted": [], "reasons": []});
}

/// Runs the binary against a hub, and holds all it says against the token.
fn run(scratch: &Scratch, hub: &Hub, args: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = regild(args);
    command.current_dir(scratch.path("")).env("GITHUB_TOKEN", TOKEN).env("GITHUB_RUN_ID", "50");
    command.env("GITHUB_API_URL", format!("http://127.0.0.1:{}/api/v3", hub.port()));
    command.envs(variables.iter().copied());
    let run = Run(command.output().unwrap());
    let said = run.stdout() + &run.stderr();
    assert!(!said.replace(&format!("::add-mask::{TOKEN}"), "").contains(TOKEN), "the token is said aloud: {said}");
    assert!(!said.contains("panicked"), "{said}");
    run
}

/// `regild comment` with waits of milliseconds.
fn comment(scratch: &Scratch, hub: &Hub, args: &[&str]) -> Run {
    run(scratch, hub, &[&["comment", "--from", "report.json", "--second-ms", "2"], args].concat(), &[])
}

/// A refusal in GitHub's words.
fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
}

/// The first line of a comment.
fn marker(key: &str, head: &str, run: u64) -> String {
    format!("<!-- regild:v1 key={key} head={head} run={run} -->")
}
