//! The repository that events are tried on, and their payloads: cut ones, and recorded ones.

use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Repository, Run, Scratch, regild};

pub(super) const BRANCH: &str = "exhaustive";
pub(super) const NOTHING: &str = "0000000000000000000000000000000000000000";

/// The demo's repository: a pull request that regresses, its test merge, and a target that has moved on since.
pub(super) struct World {
    pub(super) scratch: Scratch,
    pub(super) repository: Repository,
    /// The target before the pull request was opened.
    pub(super) old: String,
    /// The target's tip.
    pub(super) target: String,
    /// The pull request's tip.
    pub(super) head: String,
    /// The test merge.
    pub(super) merge: String,
}

impl World {
    pub(super) fn new() -> Self {
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
    pub(super) fn payloads(&self, name: &str, base: &str, head: &str) -> Vec<Value> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/events/{name}.json"));
        let cut = std::fs::read_to_string(file).unwrap().replace("\"BASE\"", &json!(base).to_string());
        let cut = serde_json::from_str(&cut.replace("\"HEAD\"", &json!(head).to_string())).unwrap();
        let recorded = recorded(name).into_iter().take(3).map(|payload| with_commits(name, payload, base, head));
        std::iter::once(cut).chain(recorded).collect()
    }

    /// Runs regild as the step of a workflow in `dir`.
    pub(super) fn step(
        &self,
        dir: &str,
        name: &str,
        payload: &Value,
        sha: &str,
        more: &[(&str, &str)],
        args: &[&str],
    ) -> Run {
        let path = self.scratch.path("event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        let mut command = regild(args);
        command.current_dir(self.scratch.path(dir)).env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", name);
        command.env("GITHUB_EVENT_PATH", path).env("GITHUB_SHA", sha).envs(more.iter().copied());
        Run(command.output().unwrap())
    }

    /// What a check in the project's working tree reports.
    #[track_caller]
    pub(super) fn check(&self, name: &str, payload: &Value, sha: &str, exit: i32) -> Value {
        let run = self.step("project", name, payload, sha, &[], &["check", "--format", "json"]);
        assert_eq!(run.code(), exit, "{name}: {}{}", run.stderr(), run.stdout());
        serde_json::from_str(&run.stdout()).unwrap()
    }

    /// A bare repository with the target and the test merge, as the hardened workflow fetches them.
    pub(super) fn fetched(&self) -> Repository {
        let bare = Repository { root: self.scratch.path("fetched") };
        self.repository.git(&["init", "--quiet", "--bare", "--initial-branch", "main", "../fetched"]);
        bare.git(&["fetch", "--quiet", "../project", "+refs/heads/main:refs/heads/main"]);
        bare.git(&["fetch", "--quiet", "../project", "+refs/pull/7/merge:refs/pull/7/merge"]);
        bare
    }
}

/// Payloads that GitHub sent; none where they were not asked for.
#[expect(clippy::print_stdout, reason = "a test says what it skipped")]
pub(super) fn recorded(name: &str) -> Vec<Value> {
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
