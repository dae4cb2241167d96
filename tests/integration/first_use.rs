//! The first minutes with regild: a new project that passes its own check, codes explained, commands completed.

use crate::common::{Repository, Scratch, regild};

fn repository(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("project");
    repository.write("README.md", "A project.\n");
    repository.commit("Begin");
    repository
}

#[test]
fn a_new_project_passes_its_own_check_before_and_after_its_commit() {
    let scratch = Scratch::new();
    let repository = repository(&scratch);
    repository.write(".gitattributes", "*.png binary\n");
    let run = repository.regild(&["init"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stdout().contains("written  regild.yaml\n"), "{}", run.stdout());
    assert!(run.stdout().contains("kept     .gitattributes, which was there\n"), "{}", run.stdout());
    let run = repository.regild(&["check"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(run.stdout().contains("2 tasks pass"), "{}", run.stdout());
    repository.git(&["switch", "--quiet", "--create", "adopt"]);
    repository.commit("Gate prompts");
    assert_eq!(repository.regild(&["check", "--base", "main", "--head", "adopt"]).code(), 0);
    assert_eq!(repository.regild(&["check", "--all", "--base-exact", "HEAD"]).code(), 0);
    assert_eq!(repository.regild(&["validate"]).stdout(), "1 prompt, 2 tasks: no problem\n");
    // What the example is for: a longer answer is a regression.
    let golden = std::fs::read_to_string(repository.root.join("golden/greeting.yaml")).unwrap();
    repository.write("golden/greeting.yaml", &golden.replace("value: 25", "value: 2"));
    assert_eq!(repository.regild(&["check", "--base-exact", "adopt"]).code(), 1);
}

#[test]
fn whoever_takes_pull_requests_of_strangers_gets_other_workflows() {
    let scratch = Scratch::new();
    let repository = repository(&scratch);
    let said = repository.regild(&["init", "--workflow", "hardened"]).succeeds();
    assert!(said.contains("written  .github/workflows/regild-record.yml\n"), "{said}");
    let workflow = std::fs::read_to_string(repository.root.join(".github/workflows/regild.yml")).unwrap();
    assert!(workflow.contains("  pull_request_target:") && !workflow.contains("actions/checkout"), "{workflow}");
}

#[test]
fn init_writes_nothing_where_it_does_not_belong() {
    let scratch = Scratch::new();
    let repository = repository(&scratch);
    assert_eq!(repository.regild(&["init"]).code(), 0);
    let again = repository.regild(&["init"]);
    assert_eq!(again.code(), 2);
    assert!(again.stderr().contains("regild.yaml is here already"), "{}", again.stderr());
    let outside = scratch.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    let output = regild(&["init"]).current_dir(&outside).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(std::fs::read_dir(&outside).unwrap().next().is_none());
}

#[test]
fn every_shell_gets_a_script_with_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = regild(&["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && ["check", "record", "explain"].iter().all(|word| script.contains(word)));
    }
}

#[test]
fn a_code_is_explained_and_a_wrong_one_refused() {
    let output = regild(&["explain", "recording-stale"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("recording-stale is inconclusive\n"));
    let output = regild(&["explain", "recording-stael"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `recording-stale`?"));
}
