//! Every way in which a call can go wrong, and that nothing is lost by it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::server::{Answer, Server};
use super::{echo, keyed, project};
use crate::common::Scratch;

/// Records one task from a server that begins with `first`, and then answers.
fn after(first: Answer, expected: usize) {
    let shown = format!("{first:?}").chars().take(60).collect::<String>();
    let server = Server::start(move |number, received| match number {
        0 => first.clone(),
        _ => Answer::json(200, &echo(received)),
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let run = keyed(&repository, &["record"]);
    let code = if expected == 1 { 3 } else { 0 };
    assert_eq!(run.code(), code, "{shown}: {}{}", run.stdout(), run.stderr());
    assert_eq!(server.received().len(), expected, "{shown}");
}

#[test]
fn what_passes_is_tried_again() {
    let headers = |text: &str| format!("Content-Type: application/json\r\n{text}\r\n");
    let answers = [
        Answer::Full(429, headers("retry-after-ms: 20"), "{}".into()),
        Answer::Full(429, headers("retry-after: 0.1"), "{}".into()),
        Answer::json(429, &json!({"error": {"message": "slow down"}})),
        Answer::json(500, &json!({"error": {"message": "oops"}})),
        Answer::json(529, &json!({"type": "error", "error": {"type": "overloaded_error"}})),
        Answer::Full(502, String::new(), "<html>bad gateway</html>".into()),
        Answer::Full(200, "Content-Type: text/html\r\n".into(), "<html>maintenance</html>".into()),
        Answer::Full(404, headers("x-should-retry: true"), "{}".into()),
        Answer::Truncated(whole()),
        Answer::Reset,
    ];
    std::thread::scope(|scope| {
        for first in answers {
            scope.spawn(move || after(first, 2));
        }
    });
}

#[test]
fn what_is_slow_and_whole_is_taken() {
    let server = Server::start(move |_, _| Answer::Drip(whole()));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    keyed(&repository, &["record"]).succeeds();
    assert_eq!(server.received().len(), 1);
}

fn whole() -> String {
    super::chat("about question 0").to_string()
}

#[test]
fn what_lasts_is_not_tried_again() {
    let headers = |text: &str| format!("Content-Type: application/json\r\n{text}\r\n");
    for first in [
        Answer::json(401, &json!({"error": {"message": "bad key"}})),
        Answer::json(429, &json!({"error": {"code": "insufficient_quota", "message": "pay first"}})),
        Answer::Full(302, headers("location: http://127.0.0.1:1/"), String::new()),
        Answer::Full(500, headers("x-should-retry: false"), "{}".into()),
        Answer::Full(429, headers("retry-after: 3600"), "{}".into()),
        Answer::Huge,
    ] {
        after(first, 1);
    }
}

#[test]
fn a_server_that_hangs_is_not_waited_for_for_ever() {
    let start = Instant::now();
    after(Answer::Hang(Duration::from_secs(40)), 2);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_prompt_beyond_the_window_is_an_answer() {
    let server = Server::start(|_, _| {
        Answer::json(400, &json!({"error": {"code": "context_length_exceeded", "message": "too long"}}))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    keyed(&repository, &["record"]).succeeds();
    let recorded = std::fs::read_to_string(repository.root.join("golden/recordings/ask/1.0.0/t0/m.json")).unwrap();
    assert!(recorded.contains("\"stop\": \"context_overflow\""), "{recorded}");
}

#[test]
fn a_provider_that_is_down_is_not_asked_on_and_on() {
    let server = Server::start(|_, _| Answer::json(403, &json!({"error": {"message": "no"}})));
    let scratch = Scratch::new();
    let repository =
        project(&scratch, "openai-compatible", server.port, 60, "spend: {max_usd: 100, max_concurrency: 2}\n");
    let run = keyed(&repository, &["record"]);
    assert_eq!(run.code(), 3);
    assert!(run.stdout().contains("not recorded: 55 more tasks"), "{}", run.stdout());
    assert!(server.received().len() < 12, "{}", server.received().len());
}

/// A thousand tasks where there is time for it, with servers that hang; a fifth of them, which do not, in every run.
#[test]
fn a_run_under_many_faults_loses_nothing() {
    let is_real = std::env::var("REGILD_REAL").as_deref() == Ok("1");
    let tasks = if is_real { 1_000 } else { 200 };
    let server = Server::start(move |number, received| {
        // As good as chance, and the same each time.
        match number.wrapping_mul(2_654_435_761) % 100 {
            0..10 => Answer::Full(429, "retry-after-ms: 10\r\n".into(), "{}".into()),
            10..15 => Answer::json(500, &json!({"error": {"message": "oops"}})),
            15 => Answer::Truncated(echo(received).to_string()),
            16 if is_real => Answer::Hang(Duration::from_secs(30)),
            17 => Answer::Reset,
            _ => Answer::json(200, &echo(received)),
        }
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, tasks, "spend: {max_usd: 100}\n");
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.starts_with(&format!("recorded {tasks} samples in {tasks} files")), "{said}");
    assert!(said.contains(&format!("{tasks} calls")), "a call that is tried again is one call: {said}");
    let sent = server.received().len();
    assert!(sent > tasks + tasks / 10, "{sent} requests: the faults did not happen");
    repository.commit("recorded");
    let checked = repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds();
    assert!(checked.contains("PASS"), "no fault is called a regression: {checked}");
}

#[test]
fn a_killed_run_pays_for_nothing_twice() {
    let server = Server::start(|_, received| {
        std::thread::sleep(Duration::from_millis(20));
        Answer::json(200, &echo(received))
    });
    let scratch = Scratch::new();
    let repository =
        project(&scratch, "openai-compatible", server.port, 60, "spend: {max_usd: 100, max_concurrency: 4}\n");
    let mut child = crate::common::regild(&["record"])
        .current_dir(&repository.root)
        .env("GATEWAY_KEY", super::KEY)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while server.received().len() < 12 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.contains("calls saved, since an interrupted run had made them"), "{said}");
    let journal = std::fs::read(repository.root.join(".git/regild/journal.jsonl")).unwrap();
    assert_eq!(journal, b"", "what is stored needs no journal");
    let mut asked: Vec<String> =
        server.received().iter().map(|one| one.body["messages"][1]["content"].to_string()).collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    // Calls that were under way when it was killed cannot be known; at most as many as run at once.
    assert_eq!(asked.len(), 60);
    assert!(all <= 64, "{all} calls for 60 answers");
}

#[test]
fn the_time_of_a_run_ends_its_waiting() {
    let server = Server::start(|_, _| Answer::json(429, &json!({"error": {"message": "slow down"}})));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "spend: {max_seconds: 2}\n");
    let start = Instant::now();
    let run = keyed(&repository, &["record"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().contains("429: slow down"), "{}", run.stdout());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
