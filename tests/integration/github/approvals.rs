//! Who said yes, into a file, from lists that GitHub pages and cuts.

use super::*;

fn review(login: &str, state: &str, commit: &str) -> Value {
    json!({"id": 1, "user": {"login": login, "type": if login.ends_with("[bot]") { "Bot" } else { "User" }}, "state": state, "commit_id": commit})
}

fn commit(author: &str) -> Value {
    json!({"sha": "x", "author": {"login": author}, "committer": {"login": "web-flow"}})
}

fn approvals(scratch: &Scratch, hub: &Hub) -> Run {
    run(
        scratch,
        hub,
        &["approvals", "--repo", "o/r", "--pull-request", "7", "--output", "a.json", "--second-ms", "2"],
        &[],
    )
}

fn written(scratch: &Scratch) -> Value {
    serde_json::from_slice(&std::fs::read(scratch.path("a.json")).unwrap()).unwrap()
}

#[test]
fn everybodys_last_word_their_rights_and_all_authors_are_written() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    {
        let mut state = hub.state.lock().unwrap();
        // More than a page of remarks before the words that count.
        state.reviews = (0..130).map(|_| review("eve", "COMMENTED", HEAD)).collect();
        state.reviews.extend([
            review("bob", "CHANGES_REQUESTED", HEAD),
            review("bob", "APPROVED", HEAD),
            review("cyd", "APPROVED", "1111111111111111111111111111111111111111"),
            review("dan", "DISMISSED", HEAD),
            review("guest", "APPROVED", HEAD),
            review("helper[bot]", "APPROVED", HEAD),
        ]);
        state.commits = (0..150).map(|n| commit(if n == 149 { "last" } else { "ada" })).collect();
        state.permissions = [("bob", "write"), ("cyd", "admin"), ("helper[bot]", "write")]
            .map(|(who, may)| (who.to_owned(), may.to_owned()))
            .into();
    }
    let run = approvals(&scratch, &hub);
    assert!(run.stderr().contains("4 of 5 reviewers said yes"), "{}", run.stderr());
    run.succeeds();
    let review = |login: &str, state: &str, commit: &str, permission: &str| json!({"login": login, "state": state, "commit": commit, "permission": permission});
    assert_eq!(
        written(&scratch),
        json!({
            "schema_version": 1, "repository": "o/r", "pull_request": 7, "head": HEAD, "from_fork": false,
            "reviews": [
                review("bob", "approved", HEAD, "write"),
                review("cyd", "approved", "1111111111111111111111111111111111111111", "admin"),
                review("dan", "dismissed", HEAD, "none"),
                review("guest", "approved", HEAD, "none"),
                review("helper[bot]", "approved", HEAD, "none"),
            ],
            "authors": ["ada", "last"], "unknown_authors": false,
        })
    );
    assert!(!hub.asked().iter().any(|asked| asked.contains("collaborators/helper")), "{:?}", hub.asked());
}

#[test]
fn commits_that_are_not_listed_or_nobodys_are_said() {
    for (count, last) in
        [(Some(251), commit("ada")), (None, json!({"sha": "x", "author": null, "committer": {"login": "ada"}}))]
    {
        let scratch = Scratch::new();
        let hub = Hub::start(HEAD);
        hub.state.lock().unwrap().commits = vec![commit("ada"), last];
        hub.state.lock().unwrap().commit_count = count;
        hub.state.lock().unwrap().from_fork = true;
        approvals(&scratch, &hub).succeeds();
        let written = written(&scratch);
        assert_eq!((&written["unknown_authors"], &written["from_fork"]), (&json!(true), &json!(true)));
    }
}

#[test]
fn the_pull_request_of_a_merge_queue_is_asked_about() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    let name = format!("refs/heads/gh-readonly-queue/main/pr-7-{HEAD}");
    let event = json!({"repository": {"id": 1, "full_name": "o/r"},
        "merge_group": {"base_sha": HEAD, "head_sha": "2".repeat(40), "head_ref": name}});
    std::fs::write(scratch.path("event.json"), event.to_string()).unwrap();
    let path = scratch.path("event.json");
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "merge_group"),
        ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
    ];
    run(&scratch, &hub, &["approvals", "--output", "a.json"], &variables).succeeds();
    assert_eq!((&written(&scratch)["pull_request"], &written(&scratch)["head"]), (&json!(7), &json!(HEAD)));
}

#[test]
fn what_cannot_be_read_whole_is_not_written_at_all() {
    let scratch = Scratch::new();
    let hub = Hub::with(HEAD, |received, _| {
        received.path.contains("/reviews").then(|| refusal(403, "Resource not accessible by integration"))
    });
    approvals(&scratch, &hub).refuses("permissions: {pull-requests: read}");
    // Somebody pushes while the reviews are read.
    let hub = Hub::with(HEAD, |received, state| {
        if received.path.contains("/commits") {
            state.head = "2".repeat(40);
        }
        None
    });
    approvals(&scratch, &hub).refuses("moved on while its reviews were read");
    let hub = Hub::with(HEAD, |received, _| received.path.contains("/collaborators").then(|| refusal(500, "down")));
    hub.state.lock().unwrap().reviews = vec![review("bob", "APPROVED", HEAD)];
    approvals(&scratch, &hub).refuses("500: down");
    assert!(!scratch.path("a.json").exists());
}
