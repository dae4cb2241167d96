//! The pre-push hook through real pushes, and through what else calls it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::common::{Repository, Run, Scratch, regild};

/// The demo, whose `main` was pushed to a remote and whose branch regresses.
struct World {
    scratch: Scratch,
    project: Repository,
}

impl World {
    fn new() -> Self {
        let scratch = Scratch::new();
        assert_eq!(regild(&["demo", "project"]).current_dir(scratch.path("")).output().unwrap().status.code(), Some(1));
        let project = Repository { root: scratch.path("project") };
        project.git(&["init", "--quiet", "--bare", "--initial-branch", "main", "../remote"]);
        project.git(&["remote", "add", "origin", "../remote"]);
        project.git(&["push", "--quiet", "origin", "main"]);
        project.git(&["checkout", "--quiet", "main"]);
        Self { scratch, project }
    }

    fn id(&self, name: &str) -> String {
        self.project.git(&["rev-parse", name])
    }

    /// Runs a program with regild on its path, as a developer has it.
    fn run(&self, program: &str, args: &[&str]) -> Run {
        let bin = Path::new(env!("CARGO_BIN_EXE_regild")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.project.root).env_clear().env("PATH", path);
        command.env("HOME", self.scratch.path("home")).env("GIT_CONFIG_NOSYSTEM", "1").env("NO_COLOR", "1");
        Run(command.stdin(Stdio::null()).output().unwrap())
    }

    /// Calls the hook as git does.
    fn hook(&self, args: &[&str], lines: &str) -> Run {
        let mut command = regild(&[&["hook", "pre-push"], args].concat());
        command.current_dir(&self.project.root).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        Run(child.wait_with_output().unwrap())
    }
}

const ZERO: &str = "0000000000000000000000000000000000000000";

#[test]
fn a_push_that_regresses_is_stopped_and_others_are_not() {
    let world = World::new();
    assert!(world.run("regild", &["hook", "install"]).succeeds().contains("pre-push"));
    let stopped = world.run("git", &["push", "origin", "exhaustive"]);
    assert_eq!(stopped.code(), 1, "{}", stopped.stderr());
    let said = format!("{}{}", stopped.stdout(), stopped.stderr());
    assert!(said.contains("refs/heads/exhaustive") && said.contains("✗ FAIL"), "{said}");
    assert!(said.contains("git push --no-verify"), "{said}");
    world.run("git", &["push", "--no-verify", "origin", "exhaustive"]).succeeds();
    // What stands at the remote is not judged again; a deletion is nothing to judge.
    world.run("git", &["push", "origin", "exhaustive:refs/tags/t"]).code();
    world.run("git", &["push", "--delete", "origin", "exhaustive"]).succeeds();
    world.project.write("notes.md", "notes\n");
    world.project.commit("Notes");
    let passed = world.run("git", &["push", "origin", "main"]);
    assert!(passed.succeeds().contains("no prompt is affected") || passed.stderr().contains("no prompt is affected"));
}

#[test]
fn the_hook_of_somebody_else_stays() {
    let world = World::new();
    let path = world.project.root.join(".git/hooks/pre-push");
    for _ in 0..2 {
        world.run("regild", &["hook", "install"]).succeeds();
    }
    std::fs::write(&path, "#!/bin/sh\nmake test\n").unwrap();
    world.run("regild", &["hook", "install"]).refuses("is a hook that regild did not write");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "#!/bin/sh\nmake test\n");
    world.run("regild", &["hook", "install", "--force"]).succeeds();
    assert!(std::fs::read_to_string(&path).unwrap().contains("exec regild hook pre-push"));
    world.project.git(&["config", "core.hooksPath", ".husky"]);
    world.run("regild", &["hook", "install"]).refuses("core.hooksPath is .husky");
}

#[test]
fn without_regild_a_push_goes_on_and_says_so() {
    let world = World::new();
    world.run("regild", &["hook", "install"]).succeeds();
    let mut push = Command::new("git");
    push.args(["push", "origin", "exhaustive"]).current_dir(&world.project.root).env("HOME", "/nonexistent");
    let run = Run(push.output().unwrap());
    run.succeeds();
    assert!(run.stderr().contains("regild is not installed"), "{}", run.stderr());
}

#[test]
fn every_ref_is_judged_by_what_is_new_to_the_remote() {
    let world = World::new();
    let (main, exhaustive) = (world.id("main"), world.id("exhaustive"));
    let line = |name: &str, id: &str, old: &str| format!("refs/heads/{name} {id} refs/heads/{name} {old}\n");
    for (lines, args, exit) in [
        (String::new(), vec!["origin", "../remote"], 0),
        (line("main", &main, ZERO), vec!["origin", "../remote"], 0),
        (line("exhaustive", &exhaustive, ZERO), vec!["origin", "../remote"], 1),
        // Another ref before the one that fails hides nothing.
        (line("main", &main, &main) + &line("exhaustive", &exhaustive, &main), vec!["origin"], 1),
        // What an earlier push broke does not hide itself.
        (line("exhaustive", &exhaustive, &exhaustive), vec!["origin"], 1),
        // After a rebase the remote has a commit that this clone has not.
        (line("exhaustive", &exhaustive, &"d".repeat(40)), vec!["origin"], 1),
        // A remote that nothing is known of: all is new, and nobody's policy is in force but head's own.
        (line("exhaustive", &exhaustive, ZERO), vec!["https://git.example/x.git"], 1),
        (format!("(delete) {ZERO} refs/heads/exhaustive {exhaustive}\n"), vec!["origin"], 0),
        (line("x", &"e".repeat(40), ZERO), vec!["origin"], 2),
        ("nonsense\n".to_owned(), vec!["origin"], 2),
    ] {
        let run = world.hook(&args, &lines);
        assert_eq!(run.code(), exit, "{lines}{args:?}\n{}{}", run.stdout(), run.stderr());
    }
}

#[test]
fn a_tag_of_no_commit_has_no_prompts_and_hides_none() {
    let world = World::new();
    world.project.git(&["tag", "-a", "-m", "A key", "key", &format!("{}:regild.yaml", world.id("main"))]);
    let (key, head) = (world.id("key"), world.id("exhaustive"));
    let tag = format!("refs/tags/key {key} refs/tags/key {ZERO}\n");
    let run = world.hook(&["origin"], &tag);
    run.succeeds();
    assert!(run.stderr().contains("refs/tags/key: no commit"), "{}", run.stderr());
    let branch = format!("refs/heads/e {head} refs/heads/e {ZERO}\n");
    assert_eq!(world.hook(&["origin"], &(tag + &branch)).code(), 1);
}

#[test]
fn what_could_not_be_judged_stops_only_a_strict_push() {
    let world = World::new();
    std::fs::remove_dir_all(world.project.root.join("golden/recordings/support")).unwrap();
    world.project.git(&["checkout", "--quiet", "-b", "unrecorded"]);
    let path = "prompts/support/v12.0.0.yaml";
    let text = std::fs::read_to_string(world.project.root.join(path)).unwrap();
    world.project.write(path, &text.replacen("template: |\n", "template: |\n  Be brief.\n", 1));
    world.project.commit("Not recorded");
    let line = format!("refs/heads/x {} refs/heads/x {ZERO}\n", world.id("HEAD"));
    let run = world.hook(&["origin"], &line);
    assert!(run.succeeds().contains("? INCONCLUSIVE") && run.stderr().contains("--strict"), "{}", run.stderr());
    assert_eq!(world.hook(&["origin", "--strict"], &line).code(), 3);
}

#[test]
fn a_repository_of_long_ids_is_pushed_alike() {
    let world = World::new();
    let long = world.scratch.path("long");
    std::fs::create_dir(&long).unwrap();
    let long = Repository { root: long };
    long.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch", "main", "."]);
    long.git(&["init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch", "main", "../long-remote"]);
    long.git(&["remote", "add", "origin", "../long-remote"]);
    for branch in ["main", "exhaustive"] {
        world.project.git(&["checkout", "--quiet", branch]);
        for part in ["prompts", "golden"] {
            let _ = std::fs::remove_dir_all(long.root.join(part));
        }
        long.git(&["checkout", "--quiet", "-B", branch]);
        let archive = world.scratch.path("files.tar");
        world.project.git(&["archive", "--output", archive.to_str().unwrap(), branch]);
        let tar = Command::new("tar").args(["-xf", archive.to_str().unwrap()]).current_dir(&long.root).status();
        assert!(tar.unwrap().success());
        long.commit(branch);
        if branch == "main" {
            long.git(&["push", "--quiet", "origin", "main"]);
        }
    }
    let line = format!("refs/heads/e {} refs/heads/e {}\n", long.git(&["rev-parse", "HEAD"]), "0".repeat(64));
    let inside = World { scratch: world.scratch, project: long };
    assert_eq!(inside.hook(&["origin"], &line).code(), 1);
    assert_eq!(inside.hook(&["origin"], &format!("(delete) {0} refs/heads/e {0}\n", "0".repeat(64))).code(), 0);
}

#[test]
fn pre_commit_tells_by_the_environment() {
    let world = World::new();
    let call = |from: &str, to: &str| {
        let mut command = regild(&["hook", "pre-push"]);
        command.current_dir(&world.project.root).env("PRE_COMMIT", "1").env("PRE_COMMIT_REMOTE_NAME", "origin");
        command.env("PRE_COMMIT_FROM_REF", from).env("PRE_COMMIT_TO_REF", to).stdin(Stdio::null());
        Run(command.output().unwrap()).code()
    };
    let (main, exhaustive) = (world.id("main"), world.id("exhaustive"));
    assert_eq!((call(&main, &exhaustive), call(&main, &main), call(ZERO, &exhaustive)), (1, 0, 1));
}

/// The managers of hooks that teams use, the real ones.
#[test]
fn hook_managers_call_it() {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: pre-commit and lefthook, which REGILD_REAL=1 installs");
        return;
    }
    let world = World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = root.join("target/real/hooks");
    std::fs::create_dir_all(&tools).unwrap();
    let sh = |script: &str| {
        assert!(Command::new("sh").args(["-ec", script]).current_dir(&tools).status().unwrap().success(), "{script}");
    };
    sh("test -x venv/bin/pre-commit || { python3 -m venv venv && venv/bin/pip --quiet install pre-commit==4.7.0; }");
    sh("test -x node_modules/.bin/lefthook || npm install --silent --no-audit --no-fund --prefix . lefthook@2.2.2");
    let pre_commit = tools.join("venv/bin/pre-commit");
    let pre_commit = pre_commit.to_str().unwrap();
    world.run(pre_commit, &["validate-manifest", root.join(".pre-commit-hooks.yaml").to_str().unwrap()]).succeeds();

    // The hooks as a repository that pre-commit clones; those of the installed program, so that nothing is built.
    let hooks = world.scratch.repository("hooks");
    hooks.write(".pre-commit-hooks.yaml", &std::fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap());
    hooks.commit("Hooks");
    let revision = hooks.git(&["rev-parse", "HEAD"]);
    let repos = json!([{"repo": hooks.root, "rev": revision, "hooks": [{"id": "regild-system"}, {"id": "regild-validate-system"}]}]);
    world.project.write(".pre-commit-config.yaml", &json!({"repos": repos}).to_string());
    world.project.git(&["add", ".pre-commit-config.yaml"]);
    world.run(pre_commit, &["install", "--hook-type", "pre-push", "--hook-type", "pre-commit"]).succeeds();
    let commit = |message: &str| {
        let who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", message];
        world.run("git", &who)
    };
    commit("Hooks").succeeds();
    world.project.write("golden/broken.yaml", "prompt: [\n");
    world.project.git(&["add", "golden/broken.yaml"]);
    assert_eq!(commit("Broken").code(), 1, "regild validate holds the commit up");
    world.project.git(&["reset", "--quiet", "--hard"]);
    let push = world.run("git", &["push", "origin", "exhaustive"]);
    assert_eq!(push.code(), 1);
    assert!(push.stderr().contains("FAIL") || push.stdout().contains("FAIL"), "{}{}", push.stdout(), push.stderr());
    world.run(pre_commit, &["uninstall", "--hook-type", "pre-push", "--hook-type", "pre-commit"]).succeeds();

    let docs = std::fs::read_to_string(root.join("docs/hooks.md")).unwrap();
    let snippet = docs.split("```yaml\n# lefthook.yml\n").nth(1).unwrap().split("```").next().unwrap();
    world.project.write("lefthook.yml", snippet);
    let lefthook = tools.join("node_modules/.bin/lefthook");
    world.run(lefthook.to_str().unwrap(), &["install"]).succeeds();
    let node = Command::new("which").arg("node").output().unwrap();
    assert!(node.status.success());
    let path = std::env::var("PATH").unwrap();
    let mut push = Command::new("git");
    let bin = Path::new(env!("CARGO_BIN_EXE_regild")).parent().unwrap();
    push.args(["push", "origin", "exhaustive"]).current_dir(&world.project.root).stdin(Stdio::null());
    push.env("PATH", format!("{}:{}:{path}", bin.display(), tools.join("node_modules/.bin").display()));
    let push = Run(push.output().unwrap());
    assert_eq!(push.code(), 1, "{}{}", push.stdout(), push.stderr());
    assert!(format!("{}{}", push.stdout(), push.stderr()).contains("FAIL"));
}
