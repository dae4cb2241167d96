//! A yes on GitHub: whose counts, for which commit, and that it is kept through the merge queue.

use serde_json::{Value, json};

use super::world::World;

/// A pull request whose branch `edit` makes, and its test merge into the target.
fn opened(edit: impl Fn(&World)) -> World {
    let mut world = World::new();
    world.repository.git(&["checkout", "--quiet", "-b", "edited", &world.old]);
    edit(&world);
    world.repository.commit("An edit");
    world.head = world.repository.git(&["rev-parse", "HEAD"]);
    merge(&mut world);
    world
}

/// Merges the pull request into the target as it is now.
fn merge(world: &mut World) {
    world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    world.repository.git(&["merge", "--quiet", "--no-ff", "-m", "Test merge", &world.head]);
    world.merge = world.repository.git(&["rev-parse", "HEAD"]);
}

/// Drops the golden task that comes last.
fn without_a_task(world: &World) {
    let path = world.repository.root.join("golden/support.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let at = text.rfind("\n  - id: ").unwrap();
    world.repository.write("golden/support.yaml", &text[..=at]);
}

/// A word more in the served prompt, answered anew.
fn with_new_answers(world: &World) {
    let path = "prompts/support/v12.0.0.yaml";
    let text = std::fs::read_to_string(world.repository.root.join(path)).unwrap();
    world.repository.write(path, &text.replacen("template: |\n", "template: |\n  Be brief.\n", 1));
    world.repository.regild(&["record"]).succeeds();
}

fn approvals(world: &World, review: (&str, &str), authors: &[&str]) -> Value {
    json!({"schema_version": 1, "repository": "acme/support", "pull_request": 7, "head": world.head, "from_fork": false,
        "reviews": [{"login": review.0, "state": "approved", "commit": review.1, "permission": "write"}],
        "authors": authors, "unknown_authors": false})
}

/// What a check with approvals reports, with its exit code.
fn check(world: &World, event: &str, payload: &Value, approvals: &Value) -> (i32, Value) {
    std::fs::write(world.scratch.path("approvals.json"), approvals.to_string()).unwrap();
    let args = ["check", "--format", "json", "--approvals", "../approvals.json"];
    let run = world.step("project", event, payload, &world.merge, &[], &args);
    (run.code(), serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}", run.stderr())))
}

fn cut(world: &World, event: &str, base: &str, head: &str) -> Value {
    world.payloads(event, base, head).swap_remove(0)
}

fn void(report: &Value) -> String {
    let reasons = report["verdict"]["reasons"].as_array().unwrap();
    let found = reasons.iter().find(|reason| reason["code"] == "approval-void");
    found.map(|reason| reason["message"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn an_approval_of_this_head_accepts_what_awaits_a_yes() {
    let world = opened(without_a_task);
    let payload = cut(&world, "pull_request", &world.target, &world.head);
    let without = world.step("project", "pull_request", &payload, &world.merge, &[], &["check"]);
    assert_eq!(without.code(), 3, "{}{}", without.stdout(), without.stderr());

    let (code, report) = check(&world, "pull_request", &payload, &approvals(&world, ("bob", &world.head), &["ann"]));
    assert_eq!(code, 0, "{report:#}");
    let accepted = &report["verdict"]["accepted"][0];
    assert_eq!((&accepted["by"], &accepted["who"]), (&json!("review"), &json!("bob")));
    let reason = format!("approved at {} in pull request 7", &world.head[..7]);
    assert_eq!((&accepted["code"], &accepted["reason"]), (&json!("expectation-changed"), &json!(reason)));

    for (review, authors, says) in [
        (("bob", world.old.as_str()), ["ann"], "not this head any more"),
        (("bob", world.head.as_str()), ["Bob"], "by bob does not count"),
    ] {
        let (code, report) = check(&world, "pull_request", &payload, &approvals(&world, review, &authors));
        assert_eq!(code, 3);
        assert!(void(&report).contains(says), "{report:#}");
    }
    let mut other = approvals(&world, ("bob", &world.head), &["ann"]);
    other["pull_request"] = 8.into();
    std::fs::write(world.scratch.path("approvals.json"), other.to_string()).unwrap();
    let args = ["check", "--approvals", "../approvals.json"];
    world.step("project", "pull_request", &payload, &world.merge, &[], &args).refuses("pull request 8 of acme/support");
}

#[test]
fn an_approval_of_the_events_head_is_none_of_what_the_operator_names_instead() {
    let world = opened(without_a_task);
    // The event, and the yes, are about the commit before.
    let payload = cut(&world, "pull_request", &world.target, &world.old);
    let mut approved = approvals(&world, ("bob", &world.old), &["ann"]);
    approved["head"] = world.old.clone().into();
    std::fs::write(world.scratch.path("approvals.json"), approved.to_string()).unwrap();
    let args = ["check", "--format", "json", "--approvals", "../approvals.json", "--base", "main", "--head"];
    let check = |head: &str| {
        let run = world.step("project", "pull_request", &payload, &world.merge, &[], &[&args[..], &[head]].concat());
        (run.code(), serde_json::from_str::<Value>(&run.stdout()).unwrap())
    };
    let (code, report) = check(&world.head);
    assert_eq!((code, void(&report).as_str()), (3, "what was approved is not what is judged here"));
    assert_eq!(report["event"]["head"], world.head, "nor is the verdict one on the event's head");
    assert_eq!(check(&world.old).1["event"]["head"], world.old);

    // The test merge is the pull request's own head to people, whoever names it.
    let payload = cut(&world, "pull_request", &world.target, &world.head);
    let args = [&args[..], &[&world.merge]].concat();
    std::fs::write(world.scratch.path("approvals.json"), approvals(&world, ("bob", &world.head), &["ann"]).to_string())
        .unwrap();
    assert_eq!(world.step("project", "pull_request", &payload, &world.merge, &[], &args).code(), 0);
}

#[test]
fn the_policy_names_whose_yes_counts_and_head_does_not() {
    let approvers = |world: &World, who: &str| {
        let path = world.repository.root.join("regild.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let with = text.replacen("gate:\n", &format!("gate:\n  approvers: [{who}]\n"), 1);
        assert_ne!(text, with);
        world.repository.write("regild.yaml", &with);
    };
    let mut world = opened(|world| {
        without_a_task(world);
        approvers(world, "eve");
    });
    let check = |world: &World, who| {
        let payload = cut(world, "pull_request", &world.target, &world.head);
        check(world, "pull_request", &payload, &approvals(world, (who, &world.head), &["ann"]))
    };
    assert_eq!(check(&world, "bob").0, 0, "the target names nobody, so whoever may write");
    world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    world.repository.git(&["branch", "--force", "main"]);
    world.repository.git(&["checkout", "--quiet", "main"]);
    approvers(&world, "carol");
    world.repository.commit("Only carol");
    world.target = world.repository.git(&["rev-parse", "HEAD"]);
    world.repository.git(&["checkout", "--quiet", "--detach", "main"]);
    world.repository.git(&["merge", "--quiet", "--no-ff", "-X", "ours", "-m", "Test merge", &world.head]);
    world.merge = world.repository.git(&["rev-parse", "HEAD"]);
    for (who, exit) in [("carol", 0), ("eve", 3), ("bob", 3)] {
        assert_eq!(check(&world, who).0, exit, "{who}");
    }
}

#[test]
fn a_forks_answers_are_evidence_once_they_are_accepted() {
    let world = opened(with_new_answers);
    let mut payload = cut(&world, "pull_request", &world.target, &world.head);
    let own = world.step("project", "pull_request", &payload, &world.merge, &[], &["check"]);
    assert_eq!(own.code(), 0, "{}", own.stdout());
    payload["pull_request"]["head"]["repo"]["id"] = 2.into();
    let fork = world.step("project", "pull_request", &payload, &world.merge, &[], &["check"]);
    assert_eq!(fork.code(), 3, "SEC-14: {}", fork.stdout());
    let (code, report) = check(&world, "pull_request", &payload, &approvals(&world, ("bob", &world.head), &["ann"]));
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["verdict"]["accepted"][0]["code"], "unverified");

    let group = cut(&world, "merge_group", &world.target, &world.merge);
    for (from_fork, who, exit) in [(true, "bob", 0), (true, "ann", 3), (false, "ann", 0)] {
        let mut approvals = approvals(&world, (who, &world.head), &["ann"]);
        approvals["from_fork"] = from_fork.into();
        assert_eq!(check(&world, "merge_group", &group, &approvals).0, exit, "{from_fork} {who}");
    }
}

#[test]
fn a_yes_is_kept_through_the_queue_for_what_was_seen() {
    let mut world = opened(without_a_task);
    let approved = approvals(&world, ("bob", &world.head), &["ann"]);
    let group = |world: &World| cut(world, "merge_group", &world.target, &world.merge);
    assert_eq!(check(&world, "merge_group", &group(&world), &approved).0, 0);

    // The queue puts it on something newer, which concerns nothing of it.
    world.repository.git(&["checkout", "--quiet", "--detach", &world.target]);
    world.repository.write("notes.md", "more notes\n");
    world.repository.commit("More notes");
    world.target = world.repository.git(&["rev-parse", "HEAD"]);
    merge(&mut world);
    assert_eq!(check(&world, "merge_group", &group(&world), &approved).0, 0);

    // What is queued holds more than what was approved.
    world.repository.write("prompts/_snippets/new.j2", "x\n");
    world.repository.git(&["add", "--all"]);
    world.repository.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    world.merge = world.repository.git(&["rev-parse", "HEAD"]);
    let (code, report) = check(&world, "merge_group", &group(&world), &approved);
    assert_eq!((code, void(&report).as_str()), (3, "what is queued is not the change that was approved"));

    let mut elsewhere = approved.clone();
    elsewhere["head"] = "d".repeat(40).into();
    elsewhere["reviews"][0]["commit"] = "d".repeat(40).into();
    let (code, report) = check(&world, "merge_group", &group(&world), &elsewhere);
    assert_eq!(
        (code, void(&report).as_str()),
        (3, "the approved commit is not here: git fetch origin refs/pull/7/head")
    );
}
