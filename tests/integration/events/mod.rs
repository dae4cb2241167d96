//! What GitHub's runner says happened, and what is compared then: every kind of event through the real binary.
//!
//! `tests/events/` holds payloads cut to what decides. Where `REGILD_REAL=1`, each test runs once more on payloads that GitHub
//! itself once sent, of the package `@octokit/webhooks-examples`, with the commits of the test's repository put in.

mod approvals;
mod world;

use serde_json::{Value, json};

use world::{BRANCH, NOTHING, World, recorded};

fn codes(report: &Value) -> Vec<&str> {
    let reasons = report["verdict"]["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn every_recorded_payload_is_read() {
    for name in ["pull_request", "pull_request_review", "merge_group", "push", "workflow_run", "workflow_dispatch"] {
        for payload in recorded(name) {
            let event = regild::event::Event::read(name, payload.to_string().as_bytes()).unwrap();
            assert!(event.is_some() || payload["deleted"] == true, "{name}");
        }
    }
}

#[test]
fn a_pull_request_is_its_test_merge_against_the_target_it_was_merged_into() {
    let world = World::new();
    for payload in world.payloads("pull_request", &world.old, &world.head) {
        // Of a closed pull request of another repository, GitHub keeps neither.
        let from_fork = payload["pull_request"]["head"]["repo"]["id"] != payload["pull_request"]["base"]["repo"]["id"];
        let report = world.check("pull_request", &payload, &world.merge, if from_fork { 3 } else { 1 });
        assert_eq!(report["base"]["commit"], world.target, "not the tip of when the event was made");
        assert_eq!((&report["base"]["ref"], &report["head"]["ref"]), (&json!("main"), &json!("refs/pull/7/merge")));
        assert_eq!(report["head"]["commit"], world.merge);
        assert_eq!(report["policy"]["commit"], world.target);
        let event = &report["event"];
        assert_eq!((&event["head"], &event["pull_request"]), (&json!(world.head), &json!(7)), "what people know it by");
        assert_eq!((&event["from_fork"], codes(&report).contains(&"unverified")), (&json!(from_fork), from_fork));
    }
}

#[test]
fn a_pull_request_without_its_test_merge_is_what_its_branch_changed() {
    let world = World::new();
    world.repository.git(&["checkout", "--quiet", BRANCH]);
    let [payload] = &world.payloads("pull_request", &world.target, &world.head)[..1] else { unreachable!() };
    // The runner's commit is the test merge, which a checkout of the branch alone does not have.
    let report = world.check("pull_request", payload, &"d".repeat(40), 1);
    assert_eq!((&report["base"]["commit"], &report["head"]["commit"]), (&json!(world.old), &json!(world.head)));
    assert_eq!(report["policy"]["commit"], world.target, "SEC-01: an old branch point loosens nothing");
}

#[test]
fn a_clone_that_ends_at_the_test_merge_is_told_to_fetch_more() {
    let world = World::new();
    world.repository.git(&["branch", "--quiet", "merged", &world.merge]);
    let origin = format!("file://{}", world.repository.root.display());
    let depth = |depth: &str, dir: &str| {
        world.repository.git(&[
            "clone",
            "--quiet",
            "--branch",
            "merged",
            "--depth",
            depth,
            &origin,
            &format!("../{dir}"),
        ]);
        let [payload] = &world.payloads("pull_request", &world.target, &world.head)[..1] else { unreachable!() };
        world.step(dir, "pull_request", payload, &world.merge, &[], &["check"])
    };
    depth("1", "one").refuses("fetch-depth: 0");
    assert_eq!(depth("2", "two").code(), 1, "the parents are all it takes");
}

#[test]
fn sec_21_a_guarded_pull_request_is_read_from_a_bare_repository() {
    let world = World::new();
    let bare = world.fetched();
    for payload in world.payloads("pull_request", &world.target, &world.head) {
        let from_fork = payload["pull_request"]["head"]["repo"]["id"] != payload["pull_request"]["base"]["repo"]["id"];
        let check = |more: &[(&str, &str)], args: &[&str]| {
            world.step("fetched", "pull_request_target", &payload, &world.target, more, args)
        };
        let run = check(&[], &["check", "--format", "json"]);
        assert_eq!(run.code(), if from_fork { 3 } else { 1 }, "{}", run.stderr());
        let report: Value = serde_json::from_str(&run.stdout()).unwrap();
        assert_eq!(
            (&report["base"]["commit"], &report["policy"]["commit"]),
            (&json!(world.target), &json!(world.target))
        );
        assert_eq!((&report["head"]["commit"], &report["event"]["head"]), (&json!(world.merge), &json!(world.head)));
        check(&[("OPENAI_API_KEY", "sk-x")], &["check"]).refuses("the key in OPENAI_API_KEY is in reach");
        check(&[], &["check", "--mode", "live"]).refuses("in replay only");
        check(&[], &["check", "--head", "worktree", "--base", "main"]).refuses("working tree");
    }
    let [payload] = &world.payloads("pull_request", &world.target, &world.old)[..1] else { unreachable!() };
    let check = || world.step("fetched", "pull_request_target", payload, &world.target, &[], &["check"]);
    check().refuses("not the event's head");
    bare.git(&["update-ref", "refs/pull/7/merge", &world.target]);
    check().refuses("is no merge of two commits");
    bare.git(&["update-ref", "-d", "refs/pull/7/merge"]);
    check().refuses("git fetch origin +refs/pull/7/merge:refs/pull/7/merge");
}

#[test]
fn sec_21_a_test_merge_into_something_else_is_refused() {
    let world = World::new();
    let bare = world.fetched();
    // A commit that the target does not have, as the pull request's author could push one.
    let tree = world.repository.git(&["rev-parse", &format!("{}^{{tree}}", world.head)]);
    let lax = world.repository.git(&["commit-tree", &tree, "-p", &world.target, "-m", "a policy of my own"]);
    let forged = world.repository.git(&["commit-tree", &tree, "-p", &lax, "-p", &world.head, "-m", "merge"]);
    world.repository.git(&["update-ref", "refs/pull/7/merge", &forged]);
    bare.git(&["fetch", "--quiet", "../project", "+refs/pull/7/merge:refs/pull/7/merge"]);
    let [payload] = &world.payloads("pull_request", &world.target, &world.head)[..1] else { unreachable!() };
    world
        .step("fetched", "pull_request_target", payload, &world.target, &[], &["check"])
        .refuses("was not made from `main`");
}

#[test]
fn sec_15_a_guarded_run_never_holds_head() {
    let world = World::new();
    let [payload] = &world.payloads("pull_request", &world.target, &world.head)[..1] else { unreachable!() };
    let check = || world.step("project", "pull_request_target", payload, &world.target, &[], &["check"]);
    for place in [&world.merge, &world.head] {
        world.repository.git(&["checkout", "--quiet", "--detach", place]);
        check().refuses("HEAD is the pull request's own");
    }
    world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    assert_eq!(check().code(), 1, "the target's own files are no danger");
    world.repository.git(&["checkout", "--quiet", &world.merge, "--", "."]);
    check().refuses("the working tree is the pull request's own");
}

#[test]
fn a_merge_group_is_judged_by_what_it_is_put_upon() {
    let world = World::new();
    for payload in world.payloads("merge_group", &world.target, &world.merge) {
        let report = world.check("merge_group", &payload, &world.merge, 1);
        assert_eq!(
            (&report["base"]["commit"], &report["policy"]["commit"]),
            (&json!(world.target), &json!(world.target))
        );
        assert_eq!(report["head"]["commit"], world.merge);
    }
    let [payload] = &world.payloads("merge_group", &"d".repeat(40), &world.merge)[..1] else { unreachable!() };
    world.step("project", "merge_group", payload, &world.merge, &[], &["check"]).refuses("Set fetch-depth: 0");
}

#[test]
fn a_push_is_what_it_brought() {
    let world = World::new();
    for payload in world.payloads("push", &world.target, &world.merge) {
        let report = world.check("push", &payload, &world.merge, 1);
        assert_eq!((&report["base"]["commit"], &report["head"]["commit"]), (&json!(world.target), &json!(world.merge)));
        assert_eq!(report["policy"]["commit"], world.target, "what is pushed does not judge itself");
    }
    let push = |before: &str, name: &str| {
        let [payload] = &world.payloads("push", before, &world.head)[..1] else { unreachable!() };
        let mut payload = payload.clone();
        payload["ref"] = name.into();
        world.check("push", &payload, &world.head, 1)
    };
    // A new branch, and one that was pushed by force: what it was is gone.
    for before in [NOTHING, &"d".repeat(40)] {
        let report = push(before, "refs/heads/be-exhaustive");
        assert_eq!((&report["base"]["commit"], &report["policy"]["commit"]), (&json!(world.old), &json!(world.target)));
    }
}

#[test]
fn a_push_to_the_default_branch_is_never_compared_with_itself() {
    let world = World::new();
    let [payload] = &world.payloads("push", &"d".repeat(40), &world.merge)[..1] else { unreachable!() };
    let forced = world.step("project", "push", payload, &world.merge, &[], &["check"]);
    forced.refuses(&format!("git fetch origin {}", "d".repeat(40)));
    let [first] = &world.payloads("push", NOTHING, &world.merge)[..1] else { unreachable!() };
    let report = world.check("push", first, &world.merge, 1);
    assert_eq!(
        (&report["base"]["commit"], &report["policy"]["commit"]),
        (&Value::Null, &Value::Null),
        "all of it is new"
    );

    world.repository.git(&["branch", "--force", "main", &world.merge]);
    world.repository.git(&["tag", "prompts-1", &world.target]);
    let origin = format!("file://{}", world.repository.root.display());
    world.repository.git(&["clone", "--quiet", "--branch", "main", "--depth", "1", &origin, "../shallow"]);
    let [payload] = &world.payloads("push", &world.target, &world.merge)[..1] else { unreachable!() };
    world.step("shallow", "push", payload, &world.merge, &[], &["check"]).refuses("Set fetch-depth: 0");
    // Nor does a clone that has left out the tags take the tip for what was released.
    let [payload] = &world.payloads("schedule", "", "")[..] else { unreachable!() };
    world.step("shallow", "schedule", payload, &world.merge, &[], &["check"]).refuses("the last tag `prompts-*`");
}

#[test]
fn after_another_workflow_head_is_only_read() {
    let world = World::new();
    world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    for payload in world.payloads("workflow_run", "", &world.head) {
        let from_fork = payload["workflow_run"]["head_repository"]["id"] != payload["repository"]["id"];
        let report = world.check("workflow_run", &payload, &world.target, if from_fork { 3 } else { 1 });
        assert_eq!((&report["base"]["commit"], &report["policy"]["commit"]), (&json!(world.old), &json!(world.target)));
        world.repository.git(&["checkout", "--quiet", "--detach", &world.head]);
        world
            .step("project", "workflow_run", &payload, &world.target, &[], &["check"])
            .refuses("HEAD is the pull request's own");
        world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    }
}

#[test]
fn a_wish_compares_with_what_was_released_last() {
    let world = World::new();
    for name in ["workflow_dispatch", "schedule"] {
        for payload in world.payloads(name, "", "") {
            let report = world.check(name, &payload, &world.merge, 1);
            assert_eq!(report["base"]["commit"], world.target, "without a release, the default branch");
        }
    }
    world.repository.git(&["tag", "prompts-2026-10", &world.old]);
    world.repository.git(&["tag", "other-1", &world.head]);
    let [payload] = &world.payloads("schedule", "", "")[..] else { unreachable!() };
    let report = world.check("schedule", payload, &world.merge, 1);
    assert_eq!((&report["base"]["commit"], &report["base"]["ref"]), (&json!(world.old), &json!("prompts-2026-10")));
}

#[test]
fn whoever_names_what_to_compare_is_obeyed_and_other_events_change_nothing() {
    let world = World::new();
    let [payload] = &world.payloads("pull_request", &world.target, &world.head)[..1] else { unreachable!() };
    let args = ["check", "--format", "json", "--base-exact", &world.head, "--head", &world.head];
    let run = world.step("project", "pull_request", payload, &world.merge, &[], &args);
    let report: Value = serde_json::from_str(&run.succeeds()).unwrap();
    assert_eq!(report["base"]["commit"], world.head);
    // After a comment, whatever is checked out may be a fork's.
    let comment =
        json!({"action": "created", "repository": {"id": 1, "full_name": "acme/support", "default_branch": "main"}});
    let report = world.check("issue_comment", &comment, &world.target, 3);
    assert_eq!((&report["head"]["ref"], &report["event"]["from_fork"]), (&json!("worktree"), &json!(true)));
    assert!(codes(&report).contains(&"unverified"));
    world.step("project", "pull_request", &json!({}), "", &[], &["check"]).refuses("--base REF --head REF");
    // The demo has nothing to do with whatever happened.
    let mut fork = payload.clone();
    fork["pull_request"]["head"]["repo"]["id"] = 2.into();
    assert_eq!(world.step("", "pull_request", &fork, &world.merge, &[], &["demo", "again"]).code(), 1);
}
