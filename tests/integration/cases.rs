//! Behaviours as directories: `tests/cases/<name>/` holds what differs from `tests/cases/_common/`.
//!
//! `base/` becomes the first commit, `head/` the second, `tip/` what main became meanwhile; `case.yaml` says why and how, `expected/` what comes out:
//! `verdict.json` (what a release manager acts on) and `terminal.txt`. `UPDATE=1` writes `expected/`.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::{Repository, Scratch};

/// `case.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The behaviour, as a sentence.
    why: String,
    exit: i32,
    /// The security rules that it proves; docs/security.md lists them.
    #[serde(default)]
    #[expect(dead_code, reason = "docs/security.md is held against it by another test")]
    sec: Vec<String>,
    /// Arguments of `regild check` beside the outputs.
    #[serde(default)]
    args: Vec<String>,
    /// Which commits get recordings.
    #[serde(default)]
    record: Record,
    /// Files of the common project that base does not have.
    #[serde(default)]
    without: Vec<String>,
    /// Files that head deletes.
    #[serde(default)]
    delete: Vec<String>,
    /// Edits after head was recorded.
    #[serde(default)]
    edit: Vec<Edit>,
    /// Further `regild` commands before the check, each of which must succeed.
    #[serde(default)]
    run: Vec<Vec<String>>,
    /// Runs of `regild validate` on head, each with what it prints.
    #[serde(default)]
    validate: Vec<Validate>,
    /// Whether the JUnit file is compared too.
    #[serde(default)]
    junit: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validate {
    exit: i32,
    #[serde(default)]
    args: Vec<String>,
    /// The file below `expected/` that holds what it prints.
    to: String,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Record {
    #[default]
    Both,
    Base,
    Head,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

#[test]
fn every_case_comes_out_as_expected() {
    let mut names: Vec<String> = std::fs::read_dir(cases())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('_'))
        .collect();
    names.sort();
    let failures: Vec<String> = names
        .par_iter()
        .filter_map(|name| {
            let failure = std::panic::catch_unwind(|| run(name)).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                Err(text.unwrap_or_else(|| "panicked".to_owned()))
            });
            failure.err().map(|why| format!("--- {name}: {why}"))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), names.len(), failures.join("\n"));
    assert!(names.len() > 40, "only {} cases were found", names.len());
}

fn run(name: &str) -> Result<(), String> {
    let dir = cases().join(name);
    let text = std::fs::read(dir.join("case.yaml")).map_err(|error| format!("case.yaml: {error}"))?;
    let document = regild::yaml::Document::parse("case.yaml", &text).map_err(|error| error.render())?;
    let case: Case = document.read_as().map_err(|error| error.render())?;
    assert!(!case.why.is_empty());
    let scratch = Scratch::new();
    let repository = scratch.repository("project");
    lay(&repository, &dir, &case);
    let mut args = vec!["check", "--output", "json=../report.json", "--output", "junit=../junit.xml"];
    args.extend(["--output", "markdown=../comment.md", "--output", "costs=../costs.json"]);
    args.extend(case.args.iter().map(String::as_str));
    let run = repository.regild(&args);
    let mut found = vec![("terminal.txt", scrub(&format!("{}{}", run.stdout(), run.stderr())))];
    for Validate { exit, args, to } in &case.validate {
        let mut command = vec!["validate"];
        command.extend(args.iter().map(String::as_str));
        let run = repository.regild(&command);
        found.push((to, scrub(&format!("{}{}", run.stdout(), run.stderr()))));
        if run.code() != *exit {
            return Err(format!("validate: exit {} instead of {exit}\n{}{}", run.code(), run.stdout(), run.stderr()));
        }
    }
    if run.code() != 2 {
        let report = std::fs::read_to_string(scratch.path("report.json")).unwrap();
        if case.junit {
            found.push(("junit.xml", scrub(&std::fs::read_to_string(scratch.path("junit.xml")).unwrap())));
        }
        found.push(("verdict.json", format!("{:#}\n", essence(&serde_json::from_str(&report).unwrap()))));
        again(&repository, &scratch, &run.stdout())?;
    }
    if run.code() != case.exit {
        return Err(format!("exit {} instead of {}\n{}", run.code(), case.exit, found[0].1));
    }
    found.into_iter().try_for_each(|(file, text)| compare(&dir.join("expected").join(file), &text))
}

/// Makes the two commits.
fn lay(repository: &Repository, dir: &Path, case: &Case) {
    repository.overlay(&cases().join("_common"));
    repository.overlay(&dir.join("base"));
    let remove = |file: &String| std::fs::remove_file(repository.root.join(file)).unwrap();
    case.without.iter().for_each(remove);
    let record = || {
        let run = repository.regild(&["record"]);
        assert_eq!(run.code(), 0, "record: {}", run.stderr());
    };
    if matches!(case.record, Record::Both | Record::Base) {
        record();
    }
    repository.commit("base");
    repository.git(&["checkout", "--quiet", "-b", "head"]);
    case.delete.iter().for_each(remove);
    repository.overlay(&dir.join("head"));
    if matches!(case.record, Record::Both | Record::Head) {
        record();
    }
    for Edit { file, from, to } in &case.edit {
        let path = repository.root.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from.as_str()), "{file} does not hold {from:?}");
        std::fs::write(path, text.replace(from.as_str(), to)).unwrap();
    }
    for command in &case.run {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let run = repository.regild(&command);
        assert_eq!(run.code(), 0, "{command:?}: {}", run.stderr());
    }
    repository.commit("head");
    if dir.join("tip").is_dir() {
        // The target branch moved on after head was cut.
        repository.git(&["checkout", "--quiet", "main"]);
        repository.overlay(&dir.join("tip"));
        repository.commit("tip");
        repository.git(&["checkout", "--quiet", "head"]);
    }
}

/// Every format again from report.json must be what it was.
fn again(repository: &Repository, scratch: &Scratch, shown: &str) -> Result<(), String> {
    for (format, file) in
        [("json", "report.json"), ("junit", "junit.xml"), ("markdown", "comment.md"), ("costs", "costs.json")]
    {
        let first = std::fs::read_to_string(scratch.path(file)).unwrap();
        let second = repository.regild(&["report", "--from", "../report.json", "--format", format]).stdout();
        if first != second {
            return Err(format!("{format} differs when it is made again from report.json"));
        }
    }
    let second = repository.regild(&["report", "--from", "../report.json"]).stdout();
    if shown == second { Ok(()) } else { Err("terminal differs when it is made again from report.json".to_owned()) }
}

/// What a release manager acts on.
fn essence(report: &Value) -> Value {
    let verdict = &report["verdict"];
    let list = |value: &Value, pick: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        value.as_array().unwrap().iter().map(pick).collect()
    };
    let short = |reason: &Value| {
        let subject = ["prompt", "task", "model"].map(|key| reason[key].as_str().unwrap_or("").to_owned());
        json!(
            format!(
                "{} {} {}",
                reason["severity"].as_str().unwrap(),
                reason["code"].as_str().unwrap(),
                subject.join(" ")
            )
            .trim_end()
        )
    };
    let accepted = |one: &Value| json!(format!("{} by {}", one["code"].as_str().unwrap(), one["by"].as_str().unwrap()));
    let prompt = |prompt: &Value| {
        let version = |side: &str| prompt[side]["version"].clone();
        let task = |task: &Value| {
            json!(format!(
                "{} [{}] {}",
                task["id"].as_str().unwrap(),
                task["model"].as_str().unwrap(),
                task["outcome"].as_str().unwrap()
            ))
        };
        json!({
            "id": prompt["id"],
            "status": prompt["status"],
            "why": prompt["why"],
            "base": version("base"),
            "head": version("head"),
            "tasks": list(&prompt["tasks"], &task),
        })
    };
    json!({
        "status": verdict["status"],
        "accepted": list(&verdict["accepted"], &accepted),
        "reasons": list(&verdict["reasons"], &short),
        "prompts": list(&report["prompts"], &prompt),
    })
}

/// Commit ids change with every edit of a case; nothing else here does.
fn scrub(text: &str) -> String {
    let id = regex::Regex::new(r"\b([0-9a-f]{40}|[0-9a-f]{7})\b").unwrap();
    id.replace_all(text, "@COMMIT").into_owned()
}

fn compare(path: &Path, text: &str) -> Result<(), String> {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&expected, text);
    Err(format!("{} differs\n{}", path.display(), diff.unified_diff().context_radius(2)))
}
