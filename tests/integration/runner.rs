//! On a build server: what the runner is told on purpose, and that nothing else that is printed tells it anything.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Repository, Run, Scratch, regild};

/// The report that holds everything, as renderers are tested with it.
const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sample.json");

/// A step of a workflow: the files that the runner gives it.
struct Step {
    scratch: Scratch,
}

impl Step {
    fn new() -> Self {
        let scratch = Scratch::new();
        for file in ["output", "summary", "env", "path"] {
            std::fs::write(scratch.path(file), "").unwrap();
        }
        Self { scratch }
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.scratch.path(file)).unwrap()
    }

    fn run(&self, args: &[&str]) -> Run {
        let mut command = regild(args);
        command.current_dir(self.scratch.path("")).env("GITHUB_ACTIONS", "true").env("CI", "true");
        for (variable, file) in [
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
            ("GITHUB_ENV", "env"),
            ("GITHUB_PATH", "path"),
        ] {
            command.env(variable, self.scratch.path(file));
        }
        Run(command.output().unwrap())
    }

    /// The outputs, as the runner reads them.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.read("output");
        let mut lines = text.lines();
        let mut outputs = BTreeMap::new();
        while let Some((name, delimiter)) = lines.next().map(|line| line.split_once("<<").unwrap()) {
            assert!(delimiter.len() >= 32, "{delimiter}");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
        outputs
    }
}

#[test]
fn the_runner_gets_annotations_outputs_and_a_summary() {
    let step = Step::new();
    std::fs::write(step.scratch.path("summary"), "# of another command").unwrap();
    std::fs::write(
        step.scratch.path("output"),
        "other<<a_delimiter_of_another_command_here\n1\na_delimiter_of_another_command_here\n",
    )
    .unwrap();
    let run = step.run(&["report", "--from", REPORT, "--github", "--output", "junit=out/junit.xml"]);
    let stdout = run.succeeds();
    assert!(
        stdout.starts_with("::error file=golden/support.yaml,line=12,title=regressed%3A support/kb_lookup [mini]::"),
        "{stdout}"
    );
    assert!(
        stdout.lines().all(|line| ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start))),
        "{stdout}"
    );
    let outputs = step.outputs();
    let junit = step.scratch.path("out/junit.xml");
    assert!(junit.is_file());
    for (name, value) in [
        ("other", "1"),
        ("verdict", "fail"),
        ("exit-code", "1"),
        ("changed-prompts", r#"["refund-letter","support","triage"]"#),
        ("cost-delta-usd", "693.00"),
        ("cost-unknown", "true"),
        ("report-path", REPORT),
        ("junit-path", junit.to_str().unwrap()),
    ] {
        assert_eq!(outputs[name], value, "{name}");
    }
    assert_eq!(outputs.len(), 8);
    let summary = step.read("summary");
    assert!(summary.starts_with("# of another command\n### ✗ Fail at <code>5e6f7a8</code>: "), "{summary}");
    assert!(summary.ends_with("</sub>\n") && !summary.contains("<!--"), "{summary}");
    assert_eq!(
        (step.read("env"), step.read("path")),
        (String::new(), String::new()),
        "another step's world is not ours"
    );
}

#[test]
fn two_runs_in_one_step_add_up_and_never_share_a_delimiter() {
    let step = Step::new();
    for _ in 0..2 {
        let _ = step.run(&["report", "--from", REPORT, "--github"]).succeeds();
    }
    let text = step.read("output");
    let delimiters: std::collections::BTreeSet<&str> =
        text.lines().filter_map(|line| line.split_once("<<")).map(|(_, d)| d).collect();
    assert_eq!(delimiters.len(), 2);
    assert_eq!(step.read("summary").matches("### ✗ Fail").count(), 2);
}

#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    let step = Step::new();
    std::fs::remove_file(step.scratch.path("summary")).unwrap();
    std::fs::create_dir(step.scratch.path("summary")).unwrap();
    let run = step.run(&["report", "--from", REPORT, "--github"]);
    assert!(run.succeeds().starts_with("::error "));
    assert!(run.stderr().starts_with("warning: no summary: cannot write "), "{}", run.stderr());
    assert_eq!(step.outputs()["verdict"], "fail");
    // What another command wrote fills it already: one more line, and the runner would drop all of it.
    let step = Step::new();
    std::fs::write(step.scratch.path("summary"), "x".repeat((1 << 20) - 500)).unwrap();
    let run = step.run(&["report", "--from", REPORT, "--github"]);
    let _ = run.succeeds();
    assert!(run.stderr().starts_with("warning: no summary: "), "{}", run.stderr());
    assert_eq!(step.read("summary").len(), (1 << 20) - 500);
}

#[test]
fn outputs_that_cannot_be_written_are_an_error_and_stop_nothing_else() {
    let step = Step::new();
    std::fs::remove_file(step.scratch.path("output")).unwrap();
    std::fs::create_dir(step.scratch.path("output")).unwrap();
    let run = step.run(&["report", "--from", REPORT, "--github"]);
    run.refuses("cannot write ");
    assert!(run.stdout().starts_with("::error ") && step.read("summary").starts_with("### "));
}

#[test]
fn without_a_runner_there_are_only_annotations() {
    let run = Run(regild(&["report", "--from", REPORT, "--github"]).output().unwrap());
    assert!(run.succeeds().starts_with("::error "));
    assert_eq!(run.stderr(), "");
    Run(regild(&["report", "--from", REPORT, "--github", "--format", "json"]).output().unwrap())
        .refuses("cannot be used with");
}

/// A project below the top of its repository.
fn below(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("project");
    repository.write("apps/help desk/regild.yaml", "models: {m: {provider: mock}}\ntesting: {models: [m]}\n");
    repository.write("apps/help desk/prompts/p.yaml", "id: p\nversion: 1.0.0\ntemplate: x\nvariables: []\n");
    repository.commit("base");
    repository.write("apps/help desk/prompts/p.yaml", "id: p\nversion: 1.0.0\ntempalte: x\nvariables: []\n");
    repository.commit("head");
    repository
}

#[test]
fn github_is_shown_paths_from_the_top_of_the_repository() {
    let scratch = Scratch::new();
    let repository = below(&scratch);
    let run = repository.regild(&[
        "-C",
        "apps/help desk",
        "check",
        "--base-exact",
        "HEAD^",
        "--head",
        "HEAD",
        "--format",
        "annotations",
    ]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let stdout = run.stdout();
    assert!(
        stdout.contains("::error file=apps/help desk/prompts/p.yaml,line=3,col=1,title=unknown-field::"),
        "{stdout}"
    );
    let run = repository.regild(&["-C", "apps/help desk", "validate", "--format", "sarif"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let log: Value = serde_json::from_str(&run.stdout()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "unknown-field").unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "apps/help%20desk/prompts/p.yaml");
    assert_eq!(place["region"], serde_json::json!({"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 9}));
}

/// The lines that some build server might obey.
fn obeyed(text: &str) -> Vec<&str> {
    let is_command = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()).starts_with("::")
            || ["##[", "##vso[", "##teamcity[", "section_start:", "section_end:"]
                .iter()
                .any(|mark| lower.contains(mark))
    };
    text.split(['\n', '\r']).filter(is_command).collect()
}

const NASTY: &str =
    "::error::x\n  ::add-mask::pass\r##[add-path]/tmp\n##vso[task.complete]\u{1b}[31m\u{202e}section_start:1:x";

/// A repository whose author wants the runner to do something.
fn hostile(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("project");
    repository.write("regild.yaml", "models: {m: {provider: mock}}\ntesting: {models: [m]}\n");
    repository.write("prompts/p/v1.0.0.yaml", "id: p\nversion: 1.0.0\ntemplate: x\nvariables: []\n");
    repository.commit("base");
    let quoted = serde_json::to_string(NASTY).unwrap();
    let prompt = |id: &str, template: &str| {
        format!(
            "id: {id}\nversion: 1.0.1\ndescription: {quoted}\nowner: {quoted}\ntemplate: {template}\nvariables: []\n"
        )
    };
    repository.write("prompts/p/v1.0.1.yaml", &prompt("p", &quoted));
    let say = format!("[{{steps: [{{text: {quoted}}}]}}]");
    repository.write(
        "golden/p.yaml",
        &format!("prompt: p\ntasks:\n  - {{id: t, input: {{}}, mock: {say}, assertions: [{{type: contains, value: {quoted}}}, {{type: equals, value: y}}]}}\n"),
    );
    let _ = repository.regild(&["record", "--yes"]).succeeds();
    repository.write("prompts/##[error]bad.yaml", &format!("id: bad\n{quoted}: 1\n"));
    repository.write("prompts/id.yaml", &prompt(&quoted, "x"));
    repository.write("prompts/render.yaml", &prompt("render", "\"{{ '::error::x\\n##[error]y' / 2 }}\""));
    repository.commit("head");
    repository
}

#[test]
fn sec_08_whatever_is_printed_on_a_build_server_is_obeyed_by_none() {
    let scratch = Scratch::new();
    let repository = hostile(&scratch);
    let bad = repository.root.join("bad.json");
    std::fs::write(&bad, serde_json::json!({"schema_version": 1, NASTY: 1}).to_string()).unwrap();
    let refs = ["--base-exact", "HEAD^", "--head", "HEAD"];
    let with_refs = |args: &[&'static str]| [args, &refs].concat();
    let mut runs: Vec<Vec<&str>> = vec![
        with_refs(&["check"]),
        with_refs(&["check", "--format", "junit", "--answers", "all"]),
        with_refs(&["check", "--format", "markdown"]),
        with_refs(&["check", "--format", "json"]),
        with_refs(&["check", "--color", "always"]),
        with_refs(&["changed"]),
        with_refs(&["plan"]),
        with_refs(&["cost"]),
        vec!["record", "--yes"],
        with_refs(&["check", "--answers", "all"]),
        with_refs(&["diff", "p/t"]),
    ];
    runs.extend([
        vec!["validate"],
        vec!["validate", "--format", "json"],
        vec!["validate", "--format", "sarif"],
        vec!["prompts", "list"],
        vec!["prompts", "show", "p:v1.0.1"],
        vec!["prompts", "render", "p:v1.0.1"],
        vec!["recordings", "status"],
        vec!["changed", "--base", "HEAD^", "--format", "json"],
        vec!["plan", "--base", "HEAD^", "--format", "json"],
        vec!["prompts", "list", "--format", "json"],
        vec!["recordings", "status", "--format", "json"],
        vec!["config", "--format", "json"],
        vec!["recordings", "show", "p/t"],
        vec!["config"],
        vec!["explain", NASTY],
        vec!["check", "--base", NASTY],
        vec!["check", "--head", NASTY],
        vec!["check", "--prompt", NASTY],
        vec!["check", "--format", NASTY],
        vec![NASTY],
        vec!["report", "--from", NASTY],
        vec!["report", "--from", "bad.json"],
        vec!["-C", NASTY, "check"],
    ]);
    let mut printed = 0;
    for args in &runs {
        for format in ["text", "json"] {
            let mut command = regild(args);
            command.args(["--log-format", format]).env("GITHUB_ACTIONS", "true").env("CI", "true");
            let run = Run(command.current_dir(&repository.root).output().unwrap());
            for text in [run.stdout(), run.stderr()] {
                assert_eq!(obeyed(&text), Vec::<&str>::new(), "{args:?}");
                let only_colours = |rest: &str| {
                    rest.trim_start_matches(|c: char| c == '[' || c == ';' || c.is_ascii_digit()).starts_with('m')
                };
                let is_coloured = args.contains(&"always");
                assert!(
                    text.split('\u{1b}').skip(1).all(|rest| is_coloured && only_colours(rest)),
                    "{args:?}: {text:?}"
                );
                assert!(!text.contains(['\r', '\u{202e}']), "{args:?}: {text:?}");
                printed += usize::from(text.contains("# #[") || text.contains(": :error"));
            }
            assert!((0..=3).contains(&run.code()), "{args:?}: {}", run.stderr());
        }
    }
    assert!(printed > 15, "the hostile text is hardly shown: {printed}");
}

#[test]
fn scripts_are_the_same_on_a_build_server() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let here = Run(regild(&["completions", shell]).output().unwrap()).succeeds();
        let there = Run(regild(&["completions", shell]).env("CI", "true").output().unwrap()).succeeds();
        assert!(here == there, "{shell}");
    }
}
