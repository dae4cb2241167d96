//! Bad input and broken repositories: a clear message, exit code 2, no panic, nothing lost.

use std::time::Duration;

use crate::common::{Repository, Scratch, regild};

/// A small project with recordings, committed.
fn project(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("project");
    repository.overlay(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/_common"));
    repository.regild(&["record"]).succeeds();
    repository.commit("base");
    repository
}

#[test]
fn flags_and_refs_that_do_not_exist_are_refused() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    for (args, says) in [
        (&["check", "--frobnicate"][..], "unexpected argument"),
        (&["check", "--base", "nope"], "unknown ref `nope`"),
        (&["check", "--head", "main..main"], "is a range, not a commit"),
        (&["check", "--head", "-x"], "unexpected argument"),
        (&["check", "--base", "main", "--base-exact", "main"], "cannot be used with"),
        (&["check", "--accept", "untested"], "--reason"),
        (&["check", "--accept", "untested", "--reason", " "], "must say why"),
        (&["check", "--accept", "UNTESTED", "--reason", "x"], "is not a finding's code"),
        (&["check", "--output", "pdf=x.pdf"], "unknown format"),
        (&["check", "--output", "json"], "FORMAT=PATH"),
        (&["check", "--prompt", "x;id"], "is not an id"),
        (&["check", "--config", "../regild.yaml"], "must be a path below"),
        (&["check", "-C", "nowhere"], "nowhere"),
        (&["record", "--samples", "0"], "0"),
        (&["record", "--model", "zz"], "zz"),
        (&["report", "--from", "nope.json"], "cannot read"),
        (&["report", "--from", "regild.yaml"], "not a regild report"),
        (&["nonsense"], "unrecognized subcommand"),
    ] {
        repository.regild(args).refuses(says);
    }
}

#[test]
fn a_report_of_another_version_is_refused() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.write("r.json", "{\"schema_version\": 2}");
    repository.regild(&["report", "--from", "r.json"]).refuses("it has schema version 2");
    repository.write("r.json", "{\"schema_version\": 1, \"tool\": {}}");
    repository.regild(&["report", "--from", "r.json"]).refuses("missing field");
}

#[test]
fn places_without_a_usable_repository_say_what_to_do() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.path("plain")).unwrap();
    let plain = scratch.path("plain");
    let run = |args: &[&str]| crate::common::Run(regild(args).current_dir(&plain).output().unwrap());
    run(&["check"]).refuses("not inside a git repository");
    let empty = scratch.repository("empty");
    empty.regild(&["check"]).refuses("no commit yet");
    let repository = project(&scratch);
    let source = repository.root.to_str().unwrap();
    let outer = Repository { root: scratch.path("") };
    outer.git(&["clone", "--quiet", "--bare", source, "bare.git"]);
    let bare = Repository { root: scratch.path("bare.git") };
    bare.regild(&["check"]).refuses("--head REF");
    assert_eq!(bare.regild(&["check", "--base", "main", "--head", "main"]).code(), 0);
    bare.regild(&["record", "--yes"]).refuses("bare");
}

#[test]
fn a_shallow_clone_that_hides_the_merge_base_is_refused() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    repository.write("note.txt", "x");
    repository.commit("topic");
    let source = format!("file://{}", repository.root.display());
    let outer = Repository { root: scratch.path("") };
    outer.git(&["clone", "--quiet", "--depth", "1", "--no-single-branch", &source, "shallow"]);
    let shallow = Repository { root: scratch.path("shallow") };
    shallow.regild(&["check", "--base", "origin/main"]).refuses("fetch-depth: 0");
    assert_eq!(shallow.regild(&["check", "--base-exact", "origin/main"]).code(), 0);
}

#[test]
fn one_output_that_cannot_be_written_stops_no_other() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.write("file", "in the way");
    let run = repository.regild(&["check", "--output", "json=file/report.json", "--output", "junit=out/junit.xml"]);
    run.refuses("file/report.json");
    assert!(run.stdout().contains("PASS"), "{}", run.stdout());
    assert!(repository.root.join("out/junit.xml").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    let mut child =
        regild(&["check", "--all"]).current_dir(&repository.root).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    let report = |threads: &str| {
        let mut command = regild(&["check", "--all", "--format", "json"]);
        command.current_dir(&repository.root).env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    let one = report("1");
    assert!(!one.is_empty());
    assert_eq!(one, report("2"));
    assert_eq!(one, report("7"));
}

/// Many tasks, so that there is time to be killed in.
fn large(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("large");
    repository.overlay(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/_common"));
    let tasks: String = (0..120)
        .map(|n| {
            format!(
                "  - id: t{n}\n    input: {{word: w{n}}}\n    mock: [{{steps: [{{text: hello}}]}}]\n    max_tokens: 9000\n"
            )
        })
        .collect();
    repository.write("golden/p.yaml", &format!("prompt: p\ntasks:\n{tasks}"));
    repository.commit("base");
    repository
}

#[test]
fn a_killed_recording_leaves_whole_files_and_resumes() {
    let scratch = Scratch::new();
    let repository = large(&scratch);
    let mut seen = 0;
    for delay in [5, 15, 40, 70, 110, 160, 220] {
        let mut child = regild(&["record"]).current_dir(&repository.root).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        // A kill that comes too late finds the recording done, which is fine.
        drop(child.kill());
        child.wait().unwrap();
        seen = check_files(&repository.root.join("golden/recordings"));
    }
    repository.regild(&["record"]).succeeds();
    let all = check_files(&repository.root.join("golden/recordings"));
    assert!(all == 120 && seen <= all, "{seen} of {all}");
    let status = repository.git(&["status", "--porcelain", "--untracked-files=all"]);
    assert!(status.lines().all(|line| line.ends_with(".json")), "something else was left: {status}");
    assert_eq!(repository.regild(&["check", "--all"]).code(), 0);
}

/// Counts the files below `dir`, each of which must be a whole recording.
fn check_files(dir: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += check_files(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(regild::recording::Recording::checked(&bytes).is_ok(), "{} is no whole recording", path.display());
            count += 1;
        }
    }
    count
}

#[test]
fn record_refuses_a_build_server_and_a_broken_tree() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    let run = regild(&["record"]).current_dir(&repository.root).env("CI", "true").output().unwrap();
    crate::common::Run(run).refuses("--yes");
    repository.write("prompts/p/v1.0.0.yaml", "id: p\n");
    repository.regild(&["record"]).refuses("the working tree has errors");
}

#[test]
fn recordings_at_once_do_not_disturb_each_other() {
    let scratch = Scratch::new();
    let repository = large(&scratch);
    let start =
        || regild(&["record"]).current_dir(&repository.root).stderr(std::process::Stdio::piped()).spawn().unwrap();
    for child in [start(), start(), start()] {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || stderr.contains("another run is asking models"), "{stderr}");
    }
    repository.regild(&["record"]).succeeds();
    assert_eq!(check_files(&repository.root.join("golden/recordings")), 120);
}

/// SEC-06: what a link points at is neither read nor overlooked, wherever it stands.
#[cfg(unix)]
#[test]
fn sec_06_links_are_refused_in_every_place() {
    use std::os::unix::fs::symlink;

    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.write("elsewhere.yaml", "id: b\nversion: 1.0.0\ntemplate: secret\nvariables: []\n");
    repository.commit("Before");
    symlink("../elsewhere.yaml", repository.root.join("prompts/linked.yaml")).unwrap();
    symlink("../elsewhere.yaml", repository.root.join("golden/linked.yaml")).unwrap();
    for args in [&["validate"][..], &["check", "--base-exact", "HEAD"]] {
        let run = repository.regild(args);
        assert_eq!(run.code(), 1, "{}", run.stdout());
        for path in ["prompts/linked.yaml", "golden/linked.yaml"] {
            assert!(run.stdout().contains(path), "{args:?}: {}", run.stdout());
        }
        assert!(run.stdout().contains("a symbolic link is not followed"), "{}", run.stdout());
        assert!(!run.stdout().contains("secret"), "{}", run.stdout());
    }
    std::fs::remove_file(repository.root.join("regild.yaml")).unwrap();
    symlink("elsewhere.yaml", repository.root.join("regild.yaml")).unwrap();
    repository.regild(&["check", "--base-exact", "HEAD"]).refuses("regild.yaml cannot be used");
}

#[test]
fn sec_16_the_report_names_what_was_read() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.git(&["checkout", "--quiet", "-b", "head"]);
    repository.write("notes.md", "notes\n");
    repository.commit("head");
    let run = repository.regild(&["check", "--base", "main", "--head", "head", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.succeeds()).unwrap();
    for (side, reference) in [("base", "main"), ("head", "head")] {
        assert_eq!(report[side]["commit"], repository.git(&["rev-parse", reference]));
        assert_eq!(report[side]["tree"], repository.git(&["rev-parse", &format!("{reference}^{{tree}}")]));
    }
    assert_eq!(report["policy"]["commit"], report["base"]["commit"]);
}

/// In a network namespace of its own a program has not even a loopback interface that is up.
#[cfg(target_os = "linux")]
#[test]
fn sec_15_replay_needs_no_network() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    let alone = |args: &[&str]| {
        let mut command = std::process::Command::new("unshare");
        command.args(["--net", "--map-root-user"]).args(args).current_dir(&repository.root).output()
    };
    if !alone(&["true"]).is_ok_and(|output| output.status.success()) {
        assert_ne!(std::env::var("REGILD_REAL").as_deref(), Ok("1"), "a network namespace cannot be made here");
        return;
    }
    let check = alone(&[env!("CARGO_BIN_EXE_regild"), "check", "--all", "--base-exact", "HEAD"]).unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn sec_22_what_is_no_id_is_in_no_command() {
    let scratch = Scratch::new();
    let repository = project(&scratch);
    repository.git(&["checkout", "--quiet", "-b", "head"]);
    repository.write("golden/p.yaml", "prompt: p\ntasks:\n  - {id: 'x;id', input: {word: a}, assertions: []}\n");
    repository.write("prompts/q.yaml", "id: 'y;id'\nversion: 1.0.0\ntemplate: x\nvariables: []\n");
    let run = repository.regild(&["check", "--base", "main"]);
    assert_eq!(run.code(), 1, "{}", run.stdout());
    let commands: Vec<String> =
        run.stdout().lines().filter(|line| line.contains("→ regild")).map(str::to_owned).collect();
    assert!(commands.iter().all(|command| !command.contains(";id")), "{commands:?}");
}
