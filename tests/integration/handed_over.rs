//! Recordings that the one place with keys made for somebody else: a patch that holds recordings and nothing else.

use crate::common::{Repository, Scratch, regild};

/// The demo at `main`, with a prompt edited and committed but not recorded; and the patch that its recording makes.
fn world() -> (Scratch, Repository, String) {
    let scratch = Scratch::new();
    assert_eq!(regild(&["demo", "project"]).current_dir(scratch.path("")).output().unwrap().status.code(), Some(1));
    let project = Repository { root: scratch.path("project") };
    project.git(&["checkout", "--quiet", "-b", "edited", "main"]);
    let path = "prompts/support/v12.0.0.yaml";
    let text = std::fs::read_to_string(project.root.join(path)).unwrap();
    project.write(path, &text.replacen("template: |\n", "template: |\n  Be brief.\n", 1));
    project.commit("An edit");
    assert_eq!(project.regild(&["check", "--base", "main"]).code(), 3, "not recorded yet");
    project.regild(&["record"]).succeeds();
    let patch = patch(&project);
    project.git(&["checkout", "--quiet", "--", "."]);
    project.git(&["clean", "--quiet", "-fd"]);
    (scratch, project, patch)
}

/// As the workflow makes it.
fn patch(project: &Repository) -> String {
    project.git(&["add", "--intent-to-add", "golden/recordings"]);
    let patch = project.git(&["diff", "--binary", "--no-ext-diff", "--no-textconv", "--", "golden/recordings"]);
    project.git(&["reset", "--quiet"]);
    patch + "\n"
}

#[test]
fn what_was_recorded_elsewhere_is_replayed_here() {
    let (scratch, project, patch) = world();
    std::fs::write(scratch.path("recordings.patch"), &patch).unwrap();
    let said = project.regild(&["recordings", "apply", "../recordings.patch"]).succeeds();
    assert_eq!(said.lines().count(), 10, "{said}");
    assert!(said.lines().all(|line| line.starts_with("golden/recordings/support/12.0.0/")), "{said}");
    assert_eq!(project.regild(&["check", "--base", "main"]).code(), 0);
    project.regild(&["recordings", "apply", "../recordings.patch"]).refuses("has changes that are not committed");
    project.commit("Recorded");
    project.regild(&["recordings", "apply", "../recordings.patch"]).refuses("does not fit HEAD");
}

#[test]
fn line_ends_of_the_machine_are_no_change() {
    let (scratch, project, patch) = world();
    std::fs::write(scratch.path("recordings.patch"), &patch).unwrap();
    let path = "golden/recordings/support/12.0.0/kb_lookup/mini.json";
    let text = std::fs::read_to_string(project.root.join(path)).unwrap();
    project.write(path, &text.replace('\n', "\r\n"));
    project.regild(&["recordings", "apply", "../recordings.patch"]).succeeds();
    assert_eq!(project.regild(&["check", "--base", "main"]).code(), 0);
}

#[test]
fn a_patch_of_anything_else_writes_nothing() {
    let (scratch, project, patch) = world();
    let apply = |text: &str| {
        std::fs::write(scratch.path("recordings.patch"), text).unwrap();
        project.regild(&["recordings", "apply", "../recordings.patch"])
    };
    let added = |path: &str, mode: &str, line: &str| {
        format!(
            "diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
        )
    };
    let inside = "golden/recordings/support/12.0.0/kb_lookup/other.json";
    for (extra, says) in [
        (added(".github/workflows/x.yml", "100644", "on: push"), ".github/workflows/x.yml, which is no recording"),
        (added("golden/recordings/../../x.json", "100644", "{}"), ""),
        (added("golden/recordings/support/12.0.0/x.json", "100644", "{}"), "which is no recording"),
        (added(inside, "100644", "{}"), "no recording that can be used"),
        (added(inside, "100755", "{}"), "something else than a plain file"),
        (added(inside, "120000", "../../../../x"), "something else than a plain file"),
    ] {
        apply(&(patch.clone() + &extra)).refuses(says);
        assert_eq!(project.git(&["status", "--porcelain"]), "", "{extra}");
    }
    apply("").refuses("changes nothing");
    apply("nonsense\n").refuses("");
    let forged = patch.replace("support/12.0.0/kb_lookup/", "support/12.0.0/refund_policy/");
    apply(&forged).refuses("");
    let edited = patch.replacen("\"text\": \"", "\"text\": \"x", 1);
    if edited != patch {
        apply(&edited).refuses("it was changed after it was recorded");
    }
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let (scratch, project, patch) = world();
    std::fs::write(scratch.path("recordings.patch"), &patch).unwrap();
    let inside = project.root.join("golden/recordings");
    std::fs::rename(&inside, scratch.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(scratch.path("elsewhere"), &inside).unwrap();
    project.regild(&["recordings", "apply", "../recordings.patch"]).refuses("golden/recordings is a link");
}
