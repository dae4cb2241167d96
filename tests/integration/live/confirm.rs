//! A flip found live is confirmed with more samples of both sides before it counts; what another model, or another time,
//! did to answers is no regression.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{chat, echo, edit, keyed, project};
use crate::common::{Repository, Run, Scratch, regild};

const CHECK: [&str; 6] = ["check", "--mode", "live", "--base-exact", "HEAD", "--output"];

/// A server whose answers to head fail for the first `failing` requests of head, and pass after them.
fn moody(failing: usize) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |_, received| {
        let is_head = received.body.to_string().contains("exhaustive");
        let fails = is_head && asked.fetch_add(1, Ordering::SeqCst) < failing;
        Answer::json(200, &if fails { chat("so much to say") } else { echo(received) })
    })
}

/// One task of three samples whose base is recorded, and whose head asks otherwise.
fn changed(scratch: &Scratch, server: &Server, settings: &str) -> Repository {
    let repository = project(scratch, "openai-compatible", server.port, 1, settings);
    edit(&repository, "regild.yaml", "samples: 1", "samples: 3");
    keyed(&repository, &["record", "--yes"]).succeeds();
    repository.commit("recorded");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be brief.", "Be exhaustive.");
    repository
}

fn report(repository: &Repository) -> Value {
    serde_json::from_str(&std::fs::read_to_string(repository.root.join("report.json")).unwrap()).unwrap()
}

#[test]
fn a_flip_is_confirmed_with_more_samples_of_both_sides() {
    for (failing, code, outcome, head) in [
        // Two of three fail; with four more on each side five of seven pass.
        (2, 0, "passing", 5),
        (7, 1, "regressed", 0),
    ] {
        let (server, scratch) = (moody(failing), Scratch::new());
        let repository = changed(&scratch, &server, "");
        let run = keyed(&repository, &[&CHECK[..], &["json=report.json"]].concat());
        assert_eq!(run.code(), code, "{}{}", run.stdout(), run.stderr());
        let report = report(&repository);
        let task = &report["prompts"][0]["tasks"][0];
        assert_eq!(task["outcome"], outcome, "{task}");
        // 3/3 to 0/3 is sure by itself.
        let (samples, asked) = if failing == 7 { (3, 6) } else { (7, 3 + 3 + 4 + 4) };
        assert_eq!((&task["base"]["samples"], &task["head"]["passed"]), (&json!(samples), &json!(head)), "{task}");
        assert_eq!(server.received().len(), asked);
        assert_eq!(run.stderr().contains("confirming what flipped: 8 samples of 1 task"), failing == 2);
    }
}

#[test]
fn what_more_samples_leave_open_is_held_up() {
    // Head's second to fifth request fail: 1/3, and with four more on each side 3/7 against 7/7, p = 0.035; with three
    // failures 4/7, p = 0.096.
    for (failing, code, passed) in [(4, 1, 3), (3, 3, 4)] {
        let asked = AtomicUsize::new(0);
        let server = Server::start(move |_, received| {
            let is_head = received.body.to_string().contains("exhaustive");
            let fails = is_head && (1..=failing).contains(&asked.fetch_add(1, Ordering::SeqCst));
            Answer::json(200, &if fails { chat("so much to say") } else { echo(received) })
        });
        let scratch = Scratch::new();
        // A fall of less than half the samples would only warn.
        let repository = changed(&scratch, &server, "gate: {evidence: {flip_min_drop: 0.4}}\n");
        let run = keyed(&repository, &[&CHECK[..], &["json=report.json"]].concat());
        let report = report(&repository);
        let task = &report["prompts"][0]["tasks"][0];
        assert_eq!((run.code(), &task["head"]["passed"]), (code, &json!(passed)), "{task}");
    }
}

#[test]
fn confirming_keeps_to_what_is_left_of_the_caps() {
    let (server, scratch) = (moody(2), Scratch::new());
    let repository = changed(&scratch, &server, "");
    let run = keyed(&repository, &["check", "--mode", "live", "--base-exact", "HEAD", "--max-calls", "4"]);
    assert_eq!(run.code(), 3, "{}", run.stdout());
    assert_eq!(server.received().len(), 3 + 4, "one of eight was asked for");
    assert!(run.stdout().contains("the spend cap max_calls"), "{}", run.stdout());
}

/// A project whose base was answered by one release of a model at one time, and whose head by another at another time.
fn answered(scratch: &Scratch, releases: [&'static str; 2], times: [i64; 2], head_fails: bool) -> Repository {
    let server = Server::start(move |_, received| {
        let is_head = received.body.to_string().contains("exhaustive");
        let mut reply = if is_head && head_fails { chat("so much to say") } else { echo(received) };
        reply["model"] = json!(releases[usize::from(is_head)]);
        Answer::json(200, &reply)
    });
    let repository = project(scratch, "openai-compatible", server.port, 1, "");
    edit(&repository, "regild.yaml", "samples: 1", "samples: 3");
    let record = |time: i64| {
        let mut command = regild(&["record", "--yes"]);
        command.current_dir(&repository.root).env("GATEWAY_KEY", super::KEY).env("SOURCE_DATE_EPOCH", time.to_string());
        Run(command.output().unwrap()).succeeds();
    };
    record(times[0]);
    repository.commit("recorded");
    edit(&repository, "prompts/ask/v1.0.0.yaml", "Be brief.", "Be exhaustive.");
    record(times[1]);
    repository
}

#[test]
fn another_model_or_another_time_is_no_regression() {
    const DAY: i64 = 86_400;
    let (one, two) = ("small-1-2026-01-01", "small-1-2026-03-01");
    for (releases, days, head_fails, code, says) in [
        ([one, one], 1, true, 1, "3/3 passed on base, 0/3 on head"),
        (
            [one, two],
            1,
            true,
            3,
            "the sides cannot be compared: small-1-2026-01-01 answered on base, small-1-2026-03-01 on head",
        ),
        ([one, two], 1, false, 3, "1 task: the sides cannot be compared: small-1-2026-01-01"),
        ([one, one], 91, true, 3, "base's answers are 91 days from head's"),
        ([one, one], 90, true, 1, "0/3 on head"),
        ([one, one], 91, false, 3, "regild record --prompt ask --side both --rewrite"),
    ] {
        let scratch = Scratch::new();
        let repository = answered(&scratch, releases, [1_780_000_000, 1_780_000_000 + days * DAY], head_fails);
        let run = repository.regild(&["check", "--base-exact", "HEAD"]);
        let said = run.stdout().replace("\n    ", " ");
        assert_eq!(run.code(), code, "{releases:?} {days}: {said}");
        assert!(said.contains(says), "{releases:?} {days}: {said}");
    }
    let scratch = Scratch::new();
    let repository = answered(&scratch, [one, two], [1_780_000_000; 2], false);
    let accept =
        ["check", "--base-exact", "HEAD", "--accept", "not-comparable:ask", "--reason", "the provider moved on"];
    assert_eq!(repository.regild(&accept).code(), 0);
}
