//! What GitHub and the way to it can do to a comment (SEC-19): the verdict stays, the reason is said, and there is one comment.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::live::server::Received;
use hub::State;

/// Answers the first `times` requests that `is_meant` with what `instead` says.
fn first(
    times: usize,
    is_meant: impl Fn(&Received) -> bool + Send + 'static,
    mut instead: impl FnMut(&Received, &mut State) -> Answer + Send + 'static,
) -> impl FnMut(&Received, &mut State) -> Option<Answer> + Send + 'static {
    let count = AtomicUsize::new(0);
    move |received, state| {
        let is_now = is_meant(received) && count.fetch_add(1, Ordering::Relaxed) < times;
        is_now.then(|| instead(received, state))
    }
}

fn creates(received: &Received) -> bool {
    received.method == "POST" && received.path.ends_with("/comments")
}

fn updates(received: &Received) -> bool {
    received.method == "PATCH"
}

/// A comment of ours that wants an update.
fn old(hub: &Hub) -> u64 {
    hub.state.lock().unwrap().plant(&format!("{}\nold", marker("default", HEAD, 1)), true)
}

/// Which request is refused, with which status and message, and what must be said.
type Case = (fn(&Received) -> bool, u16, &'static str, &'static [&'static str]);

#[test]
fn sec_19_a_refusal_is_a_warning_that_says_what_to_do_and_never_a_verdict() {
    let cases: [Case; 6] = [
        (
            creates,
            403,
            "Resource not accessible by integration",
            &["of a fork, or of Dependabot", "permissions: {pull-requests: write}"],
        ),
        (creates, 404, "Not Found", &["the token may not see it", "permissions: {pull-requests: write}"]),
        (creates, 422, "Validation Failed", &["cannot comment on pull request 7 of o/r: 422: Validation Failed"]),
        (|one| one.method == "GET", 401, "Bad credentials", &["not valid any more"]),
        (|one| one.path.ends_with("/pulls/7"), 404, "Not Found", &["permissions: {pull-requests: read}"]),
        (|one| one.path.ends_with("/graphql"), 302, "", &["redirects are not followed"]),
    ];
    for (is_meant, status, message, says) in cases {
        let scratch = Scratch::new();
        let hub = Hub::with(HEAD, first(99, is_meant, move |_, _| refusal(status, message)));
        if message.is_empty() {
            old(&hub);
        }
        report(&scratch, |_| {});
        let run = comment(&scratch, &hub, &[]);
        let stderr = run.stderr();
        assert!(stderr.starts_with("warning: cannot comment on pull request 7"), "{stderr}");
        assert!(says.iter().all(|say| stderr.contains(say)), "{says:?} in {stderr}");
        assert_eq!((run.code(), run.stdout().as_str()), (0, ""), "{stderr}");
        comment(&scratch, &hub, &["--require"]).refuses(says[0]);
    }
}

#[test]
fn on_githubs_runner_a_warning_is_an_annotation_and_the_token_is_masked() {
    let scratch = Scratch::new();
    let hub = Hub::with(HEAD, first(9, creates, |_, _| refusal(403, "no\n::error::forged %0A::x")));
    report(&scratch, |_| {});
    let args = ["comment", "--from", "report.json", "--second-ms", "2"];
    let stderr = run(&scratch, &hub, &args, &[("GITHUB_ACTIONS", "true")]).stderr();
    assert!(stderr.starts_with(&format!("::add-mask::{TOKEN}\n")), "{stderr}");
    let commands: Vec<&str> = stderr.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert_eq!(commands.len(), 2, "SEC-08: {stderr}");
    let warning =
        "::warning title=regild::cannot comment on pull request 7 of o/r: 403: no␤::error::forged %250A::x%0A";
    assert!(commands[1].starts_with(warning), "{stderr}");
}

#[test]
fn passing_trouble_is_waited_out() {
    let scratch = Scratch::new();
    let broken = |one: &Received| one.path.ends_with("/pulls/7");
    let hub =
        Hub::with(HEAD, first(2, broken, |_, _| Answer::Full(502, String::new(), "<html>bad gateway</html>".into())));
    report(&scratch, |_| {});
    let run = comment(&scratch, &hub, &["--require"]);
    assert!(run.stderr().contains("502: <html>bad gateway</html>; trying again in 1 s"), "{}", run.stderr());
    assert!(run.stderr().contains("trying again in 2 s"), "{}", run.stderr());
    run.succeeds();
    for answer in [Answer::Reset, Answer::Truncated("[1, 2, 3, 4]".into())] {
        let hub = Hub::with(HEAD, first(1, |one| one.path.contains("/comments?"), move |_, _| answer.clone()));
        comment(&scratch, &hub, &["--require"]).succeeds();
        assert_eq!(hub.writes().len(), 1);
    }
}

#[test]
fn patience_ends() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let hub = Hub::with(HEAD, first(99, |_| true, |_, _| refusal(500, "down")));
    comment(&scratch, &hub, &["--require"]).refuses("GitHub was asked several times");
    assert_eq!(hub.asked().len(), 4);
    // Who asks for more than a minute is not waited for.
    let late = |_: &Received, _: &mut State| {
        Answer::Full(429, "Retry-After: 3600\r\n".into(), r#"{"message": "slow down"}"#.into())
    };
    let hub = Hub::with(HEAD, first(99, |_| true, late));
    comment(&scratch, &hub, &["--require"]).refuses("429: slow down");
    assert_eq!(hub.asked().len(), 1);
}

#[test]
fn a_secondary_limit_is_obeyed() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let limited = |_: &Received, _: &mut State| {
        let message = r#"{"message": "You have exceeded a secondary rate limit. Please wait."}"#;
        Answer::Full(403, "Retry-After: 17\r\n".into(), message.into())
    };
    let hub = Hub::with(HEAD, first(1, creates, limited));
    let run = comment(&scratch, &hub, &["--require"]);
    assert!(run.stderr().contains("trying again in 17 s"), "{}", run.stderr());
    run.succeeds();
    assert_eq!((hub.writes().len(), hub.state.lock().unwrap().comments.len()), (2, 1));
}

#[test]
fn a_comment_that_was_written_though_no_answer_came_is_not_written_again() {
    for lost in [Answer::Full(502, String::new(), String::new()), Answer::Reset] {
        let scratch = Scratch::new();
        report(&scratch, |_| {});
        let hub = Hub::with(
            HEAD,
            first(1, creates, move |received, state| {
                state.plant(received.body["body"].as_str().unwrap(), true);
                lost.clone()
            }),
        );
        assert_eq!(
            comment(&scratch, &hub, &["--require"]).succeeds(),
            "https://github.com/o/r/pull/7#issuecomment-1\n"
        );
        assert_eq!((hub.writes().len(), hub.state.lock().unwrap().comments.len()), (1, 1));
    }
    // And one that was not written is.
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let hub = Hub::with(HEAD, first(1, creates, |_, _| refusal(502, "lost")));
    comment(&scratch, &hub, &["--require"]).succeeds();
    assert_eq!((hub.writes().len(), hub.state.lock().unwrap().comments.len()), (2, 1));
}

#[test]
fn a_comment_that_somebody_deletes_meanwhile_is_written_anew() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    // The list still shows it, as lists on GitHub do for a while.
    let hub = Hub::with(HEAD, first(9, updates, |_, _| refusal(404, "Not Found")));
    let id = old(&hub);
    let url = comment(&scratch, &hub, &["--require"]).succeeds();
    assert_ne!(url, format!("https://github.com/o/r/pull/7#issuecomment-{id}\n"));
    assert_eq!(hub.writes().iter().map(|one| one.method.as_str()).collect::<Vec<_>>(), ["PATCH", "POST"]);
}

#[test]
fn what_another_run_writes_meanwhile_is_seen_before_a_second_try() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let other = |_: &Received, state: &mut State| {
        state.plant(&format!("{}\nlater", marker("default", HEAD, 99)), true);
        refusal(500, "try again")
    };
    let hub = Hub::with(HEAD, first(1, creates, other));
    let run = comment(&scratch, &hub, &["--require"]);
    assert!(run.stderr().contains("a later run about this commit has written it"), "{}", run.stderr());
    assert_eq!(hub.state.lock().unwrap().comments.len(), 1);
    // Or the author pushes.
    let push = |_: &Received, state: &mut State| {
        state.head = "2".repeat(40);
        refusal(500, "try again")
    };
    let hub = Hub::with(HEAD, first(1, updates, push));
    let id = old(&hub);
    let run = comment(&scratch, &hub, &["--require"]);
    assert!(run.stderr().contains("has moved on to 2222222"), "{}", run.stderr());
    assert!(hub.state.lock().unwrap().body(id).ends_with("old"));
}

#[test]
fn graphql_counts_requests_in_its_own_way() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let limited = json!({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]});
    let hub = Hub::with(HEAD, first(1, |one| one.path.ends_with("/graphql"), move |_, _| Answer::json(200, &limited)));
    let id = old(&hub);
    let run = comment(&scratch, &hub, &["--require"]);
    assert!(run.stderr().contains("API rate limit exceeded; trying again in 60 s"), "{}", run.stderr());
    run.succeeds();
    assert!(hub.state.lock().unwrap().body(id).contains("### ✗ Fail"));
}

#[test]
fn graphql_that_refuses_or_makes_no_sense_stops_the_comment() {
    for (answer, says) in [
        (json!({"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]}), "of a fork"),
        (json!({"data": null}), "GraphQL gives no answer and no error"),
        (json!({"data": {"nodes": "x"}}), "GitHub's answer cannot be read"),
    ] {
        let scratch = Scratch::new();
        report(&scratch, |_| {});
        let hub =
            Hub::with(HEAD, first(9, |one| one.path.ends_with("/graphql"), move |_, _| Answer::json(200, &answer)));
        old(&hub);
        comment(&scratch, &hub, &["--require"]).refuses(says);
        assert!(hub.writes().is_empty());
    }
}

#[test]
fn sec_19_the_token_goes_to_one_server_only() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let hub = Hub::start(HEAD);
    let other = Hub::start(HEAD);
    let at = |hub: &Hub, path: &str| format!("http://127.0.0.1:{}{path}", hub.port());
    let args = ["comment", "--from", "report.json", "--require"];
    let with = |variables: &[(&str, &str)]| run(&scratch, &hub, &args, variables);
    with(&[("GITHUB_GRAPHQL_URL", &at(&other, "/graphql"))]).refuses("on another server");
    with(&[("GITHUB_API_URL", "http://example.com")]).refuses("must begin with https://");
    with(&[("GITHUB_TOKEN", "")]).refuses("there is no token");
    with(&[("GITHUB_TOKEN", "a\nb")]).refuses("holds what no token can");
    assert!(hub.asked().is_empty() && other.asked().is_empty());
    // A redirect is an answer, not a way.
    let elsewhere = at(&other, "/api/v3/repos/o/r/pulls/7");
    let moved =
        move |_: &Received, _: &mut State| Answer::Full(302, format!("Location: {elsewhere}\r\n"), String::new());
    let moving = Hub::with(HEAD, first(9, |_| true, moved));
    run(&scratch, &moving, &args, &[]).refuses("redirects are not followed");
    assert!(other.asked().is_empty());
    // Without a path of its own, GraphQL stands beside the routes; GH_TOKEN will do.
    let api = at(&hub, "");
    with(&[("GITHUB_API_URL", &api), ("GITHUB_TOKEN", ""), ("GH_TOKEN", TOKEN)]).succeeds();
    assert!(hub.asked().iter().all(|asked| asked.contains(" /repos/o/r/")), "{:?}", hub.asked());
    // Links lead to the server that the runner names, whatever the interface says.
    let ours = with(&[("GITHUB_API_URL", &api), ("GITHUB_SERVER_URL", "https://ghe.example")]);
    assert_eq!(ours.succeeds(), "https://ghe.example/o/r/pull/7#issuecomment-1\n");
}
