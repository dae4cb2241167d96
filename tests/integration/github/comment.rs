//! One comment, found again and kept up to date, and nobody else's touched (SEC-10).

use super::*;

const OLD: &str = "1111111111111111111111111111111111111111";

#[test]
fn a_comment_is_written_once_and_then_kept_up_to_date() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, |_| {});
    let url = "https://github.com/o/r/pull/7#issuecomment-1\n";
    assert_eq!(comment(&scratch, &hub, &[]).succeeds(), url);
    let body = hub.state.lock().unwrap().body(1);
    assert!(
        body.starts_with(&format!("{}\n### ✗ Fail at <code>5e6f7a8</code>: ", marker("default", HEAD, 50))),
        "{body}"
    );
    // The same again, by a later run: nothing is sent, and later steps know where it stands.
    let outputs = scratch.path("outputs");
    let variables = [("GITHUB_RUN_ID", "51"), ("GITHUB_OUTPUT", outputs.to_str().unwrap())];
    let later = run(&scratch, &hub, &["comment", "--from", "report.json"], &variables);
    assert_eq!(later.succeeds(), url);
    let outputs = std::fs::read_to_string(outputs).unwrap();
    assert!(outputs.starts_with("comment-url<<regild_") && outputs.contains(&format!("\n{url}regild_")), "{outputs}");
    assert_eq!(hub.writes().len(), 1);
    // Another verdict about the same head.
    report(&scratch, nothing);
    assert_eq!(comment(&scratch, &hub, &[]).succeeds(), url);
    let state = hub.state.lock().unwrap();
    assert_eq!(state.comments.len(), 1);
    assert!(state.body(1).contains("no prompt is affected"), "{}", state.body(1));
    assert_eq!(hub.writes().iter().map(|one| one.method.as_str()).collect::<Vec<_>>(), ["POST", "PATCH"]);
}

#[test]
fn sec_10_nobody_elses_comment_is_touched_and_no_other_key() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, |_| {});
    let planted = {
        let mut state = hub.state.lock().unwrap();
        let foreign = state.plant(&format!("{}\nforged", marker("prod", OLD, 1)), false);
        let prefix = state.plant(&format!("{}\nof non-prod", marker("non-prod", OLD, 1)), true);
        let longer = state.plant(&format!("{}\nof prod-2", marker("prod-2", OLD, 1)), true);
        let quoting = state.plant(&format!("look:\n{}\n", marker("prod", OLD, 1)), true);
        let hidden = state.plant(&format!("{}\nhidden", marker("prod", OLD, 1)), true);
        state.hidden.push(hidden);
        [foreign, prefix, longer, quoting, hidden].map(|id| (id, state.body(id)))
    };
    let url = comment(&scratch, &hub, &["--key", "prod"]).succeeds();
    assert_eq!(url, "https://github.com/o/r/pull/7#issuecomment-6\n");
    let state = hub.state.lock().unwrap();
    for (id, body) in planted {
        assert_eq!(state.body(id), body);
    }
    assert!(state.body(6).starts_with(&marker("prod", HEAD, 50)));
}

#[test]
fn our_comment_is_found_on_a_far_page_and_of_two_the_first_is_kept() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, |_| {});
    let (first, second) = {
        let mut state = hub.state.lock().unwrap();
        for n in 0..250 {
            // A hundred and fifty that claim to be ours, so that GraphQL is asked twice.
            let body = if n < 150 { format!("{}\n", marker("default", OLD, 1)) } else { "hello".to_owned() };
            state.plant(&body, false);
        }
        let first = state.plant(&format!("{}\nold", marker("default", OLD, 1)), true);
        (first, state.plant(&format!("{}\nold too", marker("default", OLD, 1)), true))
    };
    let done = comment(&scratch, &hub, &[]);
    assert!(done.stderr().contains("1 more of our comments have this key"), "{}", done.stderr());
    assert_eq!(done.succeeds(), format!("https://github.com/o/r/pull/7#issuecomment-{first}\n"));
    let state = hub.state.lock().unwrap();
    assert!(state.body(first).contains("### ✗ Fail") && state.body(second).ends_with("old too"));
    let lists = hub.asked().iter().filter(|asked| asked.contains("/comments?")).count();
    let questions = hub.asked().iter().filter(|asked| asked.ends_with("POST /api/graphql")).count();
    assert_eq!((lists, questions, state.comments.len()), (3, 2, 252));
}

#[test]
fn sec_10_a_newer_head_and_a_later_run_are_left_alone() {
    let scratch = Scratch::new();
    let hub = Hub::start(OLD);
    report(&scratch, |_| {});
    let moved = comment(&scratch, &hub, &["--require"]);
    assert!(moved.stderr().contains("has moved on to 1111111, the report is about 5e6f7a8"), "{}", moved.stderr());
    assert_eq!((moved.succeeds().as_str(), hub.asked().len()), ("", 1));
    hub.state.lock().unwrap().head = HEAD.to_owned();
    let later = hub.state.lock().unwrap().plant(&format!("{}\nlater", marker("default", HEAD, 51)), true);
    let left = comment(&scratch, &hub, &["--require"]);
    assert!(left.stderr().contains("a later run about this commit has written it"), "{}", left.stderr());
    assert_eq!(left.succeeds(), "");
    assert!(hub.state.lock().unwrap().body(later).ends_with("later") && hub.writes().is_empty());
}

#[test]
fn nothing_to_say_is_said_only_to_those_who_read_something_else() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, nothing);
    let quiet = comment(&scratch, &hub, &[]);
    assert!(quiet.stderr().contains("nothing is affected, and nothing was said before"), "{}", quiet.stderr());
    assert_eq!(quiet.succeeds(), "");
    let red = hub.state.lock().unwrap().plant(&format!("{}\nred", marker("default", OLD, 9)), true);
    comment(&scratch, &hub, &[]).succeeds();
    assert!(hub.state.lock().unwrap().body(red).contains("### ✓ Pass"));
    hub.state.lock().unwrap().comments.clear();
    assert_ne!(comment(&scratch, &hub, &["--mode", "always"]).succeeds(), "");
    assert_eq!(hub.state.lock().unwrap().comments.len(), 1);
    assert_eq!(comment(&scratch, &hub, &["--mode", "never"]).succeeds(), "");
}

#[test]
fn a_dry_run_prints_the_comment_and_asks_nobody() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, |_| {});
    let body = comment(&scratch, &hub, &["--dry-run", "--key", "x"]).succeeds();
    assert!(body.starts_with(&format!("{}\n### ✗ Fail", marker("x", HEAD, 0))), "{body}");
    assert!(hub.asked().is_empty());
    let options = ["--dry-run", "--key", "A b"];
    comment(&scratch, &hub, &options).refuses("1 to 40 of a-z, 0-9 and single hyphens");
}

/// The pull request of a run that no pull request started.
fn pull(number: u64, sha: &str, state: &str, base: &str) -> Value {
    json!({"number": number, "state": state, "user": null, "head": {"sha": sha, "repo": null},
        "base": {"sha": OLD, "repo": {"id": 1, "full_name": base}}})
}

/// Runs under GitHub's runner, with an event.
fn under(scratch: &Scratch, hub: &Hub, name: &str, payload: &Value, args: &[&str]) -> Run {
    let mut payload = payload.clone();
    payload["repository"] = json!({"id": 1, "full_name": REPOSITORY, "default_branch": "main"});
    std::fs::write(scratch.path("event.json"), payload.to_string()).unwrap();
    let path = scratch.path("event.json");
    let variables =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", path.to_str().unwrap())];
    run(scratch, hub, &[&["comment", "--from", "report.json", "--second-ms", "2"], args].concat(), &variables)
}

#[test]
fn the_pull_request_of_a_push_or_of_another_workflow_is_looked_up() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    let event = |name: &'static str| {
        move |report: &mut Value| {
            report["event"] =
                json!({"name": name, "repository": REPOSITORY, "pull_request": null, "head": HEAD, "from_fork": false});
        }
    };
    let others =
        [pull(5, HEAD, "closed", REPOSITORY), pull(6, HEAD, "open", "fork/r"), pull(8, OLD, "open", REPOSITORY)];
    hub.state.lock().unwrap().pulls = others.to_vec();
    report(&scratch, event("push"));
    let push = json!({"ref": "refs/heads/topic", "before": OLD, "after": HEAD});
    let none = under(&scratch, &hub, "push", &push, &["--require"]);
    assert!(none.stderr().contains("no open pull request has 5e6f7a8 as its head"), "{}", none.stderr());
    assert_eq!(none.succeeds(), "");
    hub.state.lock().unwrap().pulls.push(pull(7, HEAD, "open", REPOSITORY));
    assert_eq!(under(&scratch, &hub, "push", &push, &[]).succeeds(), "https://github.com/o/r/pull/7#issuecomment-1\n");

    report(&scratch, event("workflow_run"));
    let ended = json!({"workflow_run": {"head_sha": HEAD, "head_branch": "a&b#c",
        "head_repository": {"id": 2, "owner": {"login": "eve"}}}});
    under(&scratch, &hub, "workflow_run", &ended, &["--require"]).succeeds();
    let query = "GET /api/v3/repos/o/r/pulls?state=open&head=eve:a%26b%23c&per_page=100";
    assert!(hub.asked().iter().any(|asked| asked == query), "{:?}", hub.asked());

    hub.state.lock().unwrap().pulls.push(pull(9, HEAD, "open", REPOSITORY));
    under(&scratch, &hub, "workflow_run", &ended, &["--require"])
        .refuses("several open pull requests have this head: 7, 9");
}

#[test]
fn a_report_of_a_forks_own_run_or_about_something_else_is_not_shown() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    let ended = |owner: u64| json!({"workflow_run": {"head_sha": HEAD, "head_branch": "x", "head_repository": {"id": owner, "owner": {"login": "eve"}}}});
    // As the fork's own run would write it, with a number of its choice.
    report(&scratch, |_| {});
    let run = under(&scratch, &hub, "workflow_run", &ended(2), &[]);
    assert!(run.stderr().contains("made by a fork's own run, which is no evidence"), "{}", run.stderr());
    assert!(run.stderr().contains("\n::warning title=regild::the report was made by"), "{}", run.stderr());
    assert_eq!((run.code(), hub.asked().len()), (0, 0));
    report(&scratch, |report| report["event"]["head"] = json!(OLD));
    let run = under(&scratch, &hub, "workflow_run", &ended(1), &[]);
    assert!(run.stderr().contains("about another commit than this run"), "{}", run.stderr());
    let end = |sha: &str| json!({"ref": "x", "sha": sha, "repo": {"id": 1}});
    let pull = json!({"pull_request": {"number": 8, "base": end(OLD), "head": end(HEAD)}});
    report(&scratch, |_| {});
    let run = under(&scratch, &hub, "pull_request", &pull, &[]);
    assert!(run.stderr().contains("about another pull request than this run"), "{}", run.stderr());
    assert!(hub.asked().is_empty());
}

#[test]
fn a_merge_queue_gets_no_comment() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, |report| report["event"]["name"] = json!("merge_group"));
    let group = json!({"merge_group": {"base_sha": OLD, "head_sha": HEAD,
        "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-7-{OLD}")}});
    let run = under(&scratch, &hub, "merge_group", &group, &["--require"]);
    assert!(run.stderr().contains("a merge queue judges has no readers"), "{}", run.stderr());
    assert_eq!((run.succeeds().as_str(), hub.asked().len()), ("", 0));
}
