//! What GitHub's runner says happened, and what is compared then: every kind of event through the real binary.
//!
//! `tests/events/` holds payloads cut to what decides. Where `REGILD_REAL=1`, each test runs once more on payloads that GitHub
//! itself once sent, of the package `@octokit/webhooks-examples`, with the commits of the test's repository put in.

use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Repository, Run, Scratch, regild};

const BRANCH: &str = "exhaustive";
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// The demo's repository: a pull request that regresses, its test merge, and a target that has moved on since.
struct World {
    scratch: Scratch,
    repository: Repository,
    /// The target before the pull request was opened.
    old: String,
    /// The target's tip.
    target: String,
    /// The pull request's tip.
    head: String,
    /// The test merge.
    merge: String,
}

impl World {
    fn new() -> Self {
        static DEMO: std::sync::OnceLock<Scratch> = std::sync::OnceLock::new();
        let demo = DEMO.get_or_init(|| {
            let scratch = Scratch::new();
            let demo = regild(&["demo", "project"]).current_dir(scratch.path("")).output().unwrap();
            assert_eq!(demo.status.code(), Some(1));
            scratch
        });
        let scratch = Scratch::new();
        let repository = scratch.repository("project");
        repository.overlay(&demo.path("project"));
        let id = |name: &str| repository.git(&["rev-parse", name]);
        let (old, head) = (id("main"), id(BRANCH));
        repository.git(&["checkout", "--quiet", "main"]);
        repository.write("notes.md", "what the target gained meanwhile\n");
        repository.commit("Notes");
        let target = id("main");
        repository.git(&["checkout", "--quiet", "--detach", "main"]);
        repository.git(&["merge", "--quiet", "--no-ff", "-m", "Test merge", BRANCH]);
        let merge = id("HEAD");
        repository.git(&["update-ref", "refs/pull/7/merge", &merge]);
        Self { scratch, repository, old, target, head, merge }
    }

    /// The cut payload of an event with `base` and `head` put in, and after it those that were recorded.
    fn payloads(&self, name: &str, base: &str, head: &str) -> Vec<Value> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/events/{name}.json"));
        let cut = std::fs::read_to_string(file).unwrap().replace("\"BASE\"", &json!(base).to_string());
        let cut = serde_json::from_str(&cut.replace("\"HEAD\"", &json!(head).to_string())).unwrap();
        let recorded = recorded(name).into_iter().take(3).map(|payload| with_commits(name, payload, base, head));
        std::iter::once(cut).chain(recorded).collect()
    }

    /// Runs regild as the step of a workflow in `dir`.
    fn step(&self, dir: &str, name: &str, payload: &Value, sha: &str, more: &[(&str, &str)], args: &[&str]) -> Run {
        let path = self.scratch.path("event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        let mut command = regild(args);
        command.current_dir(self.scratch.path(dir)).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", name);
        command.env("GITHUB_EVENT_PATH", path).env("GITHUB_SHA", sha).envs(more.iter().copied());
        Run(command.output().unwrap())
    }

    /// What a check in the project's working tree reports.
    #[track_caller]
    fn check(&self, name: &str, payload: &Value, sha: &str, exit: i32) -> Value {
        let run = self.step("project", name, payload, sha, &[], &["check", "--format", "json"]);
        assert_eq!(run.code(), exit, "{name}: {}{}", run.stderr(), run.stdout());
        serde_json::from_str(&run.stdout()).unwrap()
    }

    /// A bare repository with the target and the test merge, as the hardened workflow fetches them.
    fn fetched(&self) -> Repository {
        let bare = Repository { root: self.scratch.path("fetched") };
        self.repository.git(&["init", "--quiet", "--bare", "--initial-branch", "main", "../fetched"]);
        bare.git(&["fetch", "--quiet", "../project", "+refs/heads/main:refs/heads/main"]);
        bare.git(&["fetch", "--quiet", "../project", "+refs/pull/7/merge:refs/pull/7/merge"]);
        bare
    }
}

/// Payloads that GitHub sent; none where they were not asked for.
fn recorded(name: &str) -> Vec<Value> {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: recorded payloads of `{name}`, which REGILD_REAL=1 installs");
        return Vec::new();
    }
    static INSTALLED: std::sync::OnceLock<Vec<Value>> = std::sync::OnceLock::new();
    let all = INSTALLED.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/real/webhooks");
        let file = dir.join("node_modules/@octokit/webhooks-examples/api.github.com/index.json");
        if !file.exists() {
            std::fs::create_dir_all(&dir).unwrap();
            let package = "@octokit/webhooks-examples@7.6.1";
            let npm = std::process::Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", package])
                .current_dir(&dir)
                .status();
            assert!(npm.unwrap().success(), "npm cannot install {package}");
        }
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    });
    let examples = all.iter().filter(|event| event["name"] == name).filter_map(|event| event["examples"].as_array());
    let found: Vec<Value> = examples.flatten().cloned().collect();
    assert!(!found.is_empty() || name == "schedule", "no payload of `{name}` was recorded");
    found
}

/// A recorded payload that speaks of the test's own commits and pull request.
fn with_commits(name: &str, mut payload: Value, base: &str, head: &str) -> Value {
    payload["repository"]["default_branch"] = "main".into();
    let places: &[(&str, Value)] = match name {
        "pull_request" => &[
            ("/pull_request/number", 7.into()),
            ("/pull_request/base/ref", "main".into()),
            ("/pull_request/base/sha", base.into()),
            ("/pull_request/head/sha", head.into()),
        ],
        "merge_group" => &[("/merge_group/base_sha", base.into()), ("/merge_group/head_sha", head.into())],
        "push" => &[("/ref", "refs/heads/main".into()), ("/before", base.into()), ("/after", head.into())],
        "workflow_run" => &[("/workflow_run/head_sha", head.into())],
        _ => &[],
    };
    for (place, value) in places {
        *payload.pointer_mut(place).unwrap() = value.clone();
    }
    payload
}

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
    let comment = json!({"action": "created"});
    let report = world.check("issue_comment", &comment, &world.target, 1);
    assert_eq!((&report["head"]["ref"], report.get("event")), (&json!("worktree"), None));
    world.step("project", "pull_request", &json!({}), "", &[], &["check"]).refuses("--base REF --head REF");
    // The demo has nothing to do with whatever happened.
    let mut fork = payload.clone();
    fork["pull_request"]["head"]["repo"]["id"] = 2.into();
    assert_eq!(world.step("", "pull_request", &fork, &world.merge, &[], &["demo", "again"]).code(), 1);
}
