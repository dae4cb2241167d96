//! A team's own template: as the policy's commit has it, never as head would like it.

use super::*;

const TEMPLATE: &str = "Prompts: {{verdict}}\n{{#each classes}}{{title}}: {{count}}\n{{/each}}";

#[test]
fn sec_01_a_template_is_read_from_the_policys_commit_and_a_bad_one_is_passed_over() {
    let scratch = Scratch::new();
    let repository = scratch.repository("project");
    repository.write(".github/comment.hbs", TEMPLATE);
    repository.write("bad.hbs", "{{{headline}}}");
    repository.commit("base");
    let policy = repository.git(&["rev-parse", "HEAD"]);
    repository.write(".github/comment.hbs", "**APPROVED**");
    repository.write("new.hbs", "**APPROVED**");
    repository.commit("head");
    repository.write(".github/comment.hbs", "**APPROVED, in the working tree**");
    report(&scratch, |report| report["policy"]["commit"] = json!(policy));
    let with = |name: &str| {
        let args = ["-C", "project", "comment", "--from", "../report.json", "--dry-run", "--template", name];
        Run(regild(&args).current_dir(scratch.path("")).output().unwrap())
    };
    let text = with(".github/comment.hbs").succeeds();
    let rest = "\nPrompts: Fail\nRegressions: 3\nChanged expectations: 1\nGrowth and cost: 4\nOther findings: 2\n";
    assert_eq!(text, format!("{}{rest}", marker("default", HEAD, 0)));
    for (name, says) in [
        ("bad.hbs", "cannot be used: unescaped text"),
        ("new.hbs", "is not in"),
        ("../report.json", "does not lie inside the project"),
    ] {
        let run = with(name);
        let stderr = run.stderr();
        assert!(stderr.starts_with("warning: ") && stderr.contains("as if there were no template"), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
        let text = run.succeeds();
        assert!(text.contains("### ✗ Fail at ") && !text.contains("APPROVED"), "{name}: {text}");
    }
}
