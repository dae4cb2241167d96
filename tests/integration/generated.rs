//! Files that are generated and committed, and the agreement of the schemas with what regild reads.
//!
//! `UPDATE=1 cargo test --test integration` writes the files anew.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read and write the repository itself")]

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use regild::config::Config;
use regild::cost::{PriceFile, Prices};
use regild::diagnostic::Diagnostic;
use regild::golden::file::TaskFile;
use regild::prompt::file::{PromptFile, ToolFile};
use regild::schema::Name;
use regild::yaml::Document;
use regild::{docs, json_schema};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares the file at `path` with what it should be; writes it instead where `UPDATE=1`.
fn generated(path: &str, expected: &str) {
    let full = root().join(path);
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(&full, expected).unwrap();
        return;
    }
    // Git may have checked it out with CRLF.
    let found = std::fs::read_to_string(&full).unwrap_or_default().replace("\r\n", "\n");
    let first = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{path} is out of step with the code (first at line {}): UPDATE=1 cargo test --test integration writes it anew",
        first.map_or_else(|| found.lines().count().min(expected.lines().count()) + 1, |line| line + 1)
    );
}

#[test]
fn schemas_are_those_of_the_types() {
    for name in Name::value_variants() {
        generated(&format!("schemas/{}.schema.json", name.as_str()), &name.text());
    }
}

#[test]
fn the_assertions_page_is_that_of_the_types() {
    generated("docs/assertions.md", &docs::assertions());
}

#[test]
fn the_diagnostics_page_is_that_of_the_codes() {
    generated("docs/diagnostics.md", &docs::diagnostics());
}

#[test]
fn the_verdict_page_is_that_of_the_gate() {
    generated("docs/verdict.md", &docs::verdict());
}

#[test]
fn the_page_on_cost_has_the_amounts_of_the_code_that_prices() {
    generated("docs/cost.md", &docs::cost());
}

/// Reads a file as regild does, as far as one file alone can tell.
fn read(name: Name, path: &str, text: &str) -> Result<Document, Box<Diagnostic>> {
    let document = Document::parse(path, text.as_bytes())?;
    match name {
        Name::Config => drop(document.read_as::<Config>()?),
        Name::Prompt => drop(document.read_as::<PromptFile>()?),
        Name::Golden => drop(document.read_as::<TaskFile>()?),
        Name::Tools => drop(document.read_as::<ToolFile>()?),
        Name::Prices => {
            document.read_as::<PriceFile>()?;
            Prices::parse(text.as_bytes()).map_err(|found| Box::new(found[0].clone()))?;
        }
        Name::Recording | Name::Report => panic!("{path} is no YAML of a user"),
    }
    Ok(document)
}

fn violations(name: Name, document: &Document) -> Vec<String> {
    let schema = json_schema::compile(name.schema().as_value()).unwrap();
    json_schema::violations(&schema, document.value(), 5)
}

/// Which format a file has, by where it stands; `None` for the parts of prompts.
fn format_of(path: &Path, text: &str) -> Option<Name> {
    match path.file_name()?.to_str()? {
        "regild.yaml" => return Some(Name::Config),
        "prices.yaml" => return Some(Name::Prices),
        _ => {}
    }
    let inside = |dir: &str| path.iter().any(|part| part == dir);
    let is_prompt = text.lines().any(|line| line.starts_with("variables:"));
    match (inside("golden"), inside("prompts")) {
        (true, _) if !inside("recordings") && !inside("fixtures") => Some(Name::Golden),
        (false, true) if is_prompt => Some(Name::Prompt),
        _ => None,
    }
}

/// Every YAML file at or below `path`.
fn yaml_files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        return if is_yaml && path.exists() { vec![path.to_owned()] } else { Vec::new() };
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.flat_map(|entry| yaml_files(&entry)).collect();
    files.sort();
    files
}

/// The format of a sample, which is the folder it stands in.
fn format_of_sample(path: &str) -> Name {
    let folder = path.split('/').next().unwrap();
    *Name::value_variants().iter().find(|name| name.as_str() == folder).unwrap()
}

/// Everything that regild says of a sample, as a user would see it.
fn problems(name: Name, path: &str, text: &str) -> Vec<Diagnostic> {
    let mut document = match Document::parse(path, text.as_bytes()) {
        Ok(document) => document,
        Err(diagnostic) => return vec![*diagnostic],
    };
    match name {
        Name::Config => document.read::<Config>().problems,
        Name::Prompt => document.read::<PromptFile>().problems,
        Name::Golden => document.read::<TaskFile>().problems,
        Name::Tools => document.read::<ToolFile>().problems,
        Name::Prices => document.read::<PriceFile>().problems,
        Name::Recording | Name::Report => panic!("{path} is no YAML of a user"),
    }
}

/// The samples are what editors are held against too, by `.ci/editor`: it reads the places from the file made here.
#[test]
fn samples_are_valid_or_wrong_where_the_list_says() {
    let samples = root().join("tests/samples");
    let mut listed = String::new();
    for path in yaml_files(&samples) {
        let shown = path.strip_prefix(&samples).unwrap().to_str().unwrap().replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap();
        let name = format_of_sample(&shown);
        let schema = format!("# yaml-language-server: $schema=../../../../schemas/{}.schema.json\n", name.as_str());
        assert!(text.starts_with(&schema), "{shown} names no schema");
        let found = problems(name, &shown, &text);
        assert_eq!(found.is_empty(), shown.contains("/valid/"), "{shown}: {found:?}");
        for one in found {
            listed.push_str(&format!("{shown}:{}:{}: {}: {}\n", one.line, one.column, one.code, one.message));
        }
    }
    generated("tests/samples/problems.txt", &listed);
}

#[test]
fn what_regild_reads_the_schemas_accept() {
    let roots = ["src/demo", "prompts", "golden", "regild.yaml", "prices.yaml"];
    let mut seen = Vec::new();
    for path in roots.iter().flat_map(|path| yaml_files(&root().join(path))) {
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = path.strip_prefix(root()).unwrap();
        let Some(name) = format_of(shown, &text) else { continue };
        let document = read(name, shown.to_str().unwrap(), &text).unwrap_or_else(|error| panic!("{}", error.render()));
        assert_eq!(violations(name, &document), Vec::<String>::new(), "{}", shown.display());
        seen.push(name);
    }
    for name in [Name::Config, Name::Prompt, Name::Golden, Name::Prices] {
        assert!(seen.contains(&name), "no file of the format {} was found", name.as_str());
    }
}

const PROMPT: &str = "id: a\nversion: 1.0.0\ntemplate: x\nvariables: []\n";
const TASKS: &str = "prompt: a\ntasks:\n  - {id: t, max_tokens: 9}\n";
const PRICES: &str = "as_of: 2026-11-01\nsource: here\nmodels:\n  mock/mini: {input: 1, output: 2}\n";

/// What both must accept: the shorter and rarer ways to write things.
#[test]
fn rare_forms_are_accepted_by_both() {
    for (name, text) in [
        (Name::Config, "{}\n"),
        (Name::Config, "prompts: {active: [\"a:v1\", \"b:latest\"]}\n"),
        (Name::Config, "gate: {severity: {yaml: warn, version-lower: off}}\n"),
        (Name::Config, "traffic: {a: {requests_per_month: {low: 1, expected: 2, high: 3}}}\n"),
        (Name::Config, "gate: {tokens: null, cost: {max_increase_usd_month: \"1.50\"}}\n"),
        (Name::Config, "models: {m: {provider: openai-compatible, model: x, base_url: \"http://127.0.0.1\"}}\n"),
        (Name::Prompt, PROMPT),
        (
            Name::Prompt,
            "id: a\nversion: 1.0.0\nmessages: [{role: user, content: x}]\nvariables: []\nmetadata: {ours: 1}\n",
        ),
        (
            Name::Prompt,
            &format!("{PROMPT}tests: [{{name: t, max_steps: 2}}]\ntools: [a.yaml]\noutput_schema: b.json\n"),
        ),
        (Name::Golden, TASKS),
        (
            Name::Golden,
            "prompt: a\ntasks:\n  - {id: t, weight: 0.5, tools: {f: [{returns: 1}], g: {rules: [], max_calls: 2}}}\n",
        ),
        (Name::Tools, "name: f\ninput_schema: {type: object}\n"),
        (Name::Tools, "- {name: f, description: x, input_schema: {}}\n"),
        (Name::Prices, PRICES),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {mock/mini: {free: true}}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {a/b: {input: 1, output: 2, per: 1K, batch: 0.5}}\n"),
        (
            Name::Prices,
            "as_of: 2026-11-01\nsource: y\ncurrency: USD\nmodels:\n  a/b:\n    {input: 1, output: 2, cache_write_1h: 2, \
             reasoning: 3, request: 0.01, deprecated: 2027-01-31, max_input_tokens: 9,\n     tiers: [{above: 5, output: 3}], \
             batch: {input: \"0.5\", tiers: [{above: 5, input: 1}]}}\n",
        ),
    ] {
        let document = read(name, "rare.yaml", text).unwrap_or_else(|error| panic!("{text}\n{}", error.render()));
        assert_eq!(violations(name, &document), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_broken_is_refused_by_both() {
    for (name, text) in [
        (Name::Config, "promtps: {}\n"),
        (Name::Config, "models: {mini: {provider: opena}}\n"),
        (Name::Config, "models: {\"a/b\": {provider: mock}}\n"),
        (Name::Config, "prompts: {active: support}\n"),
        (Name::Config, "traffic: {a: {requests_per_month: -1}}\n"),
        (Name::Config, "gate: {regression: loud}\n"),
        (Name::Config, "gate: {severity: {yam: off}}\n"),
        (Name::Config, "gate: {severity: {yaml: loud}}\n"),
        (Name::Config, "gate: {cost: {max_increase_usd_month: ten}}\n"),
        (Name::Prompt, "id: a\nversion: 1.0.0\ntemplate: x\n"),
        (Name::Prompt, "id: a b\nversion: 1.0.0\ntemplate: x\nvariables: []\n"),
        (Name::Prompt, "id: a\nversion: 1.10\ntemplate: x\nvariables: []\n"),
        (Name::Prompt, &format!("{PROMPT}tempalte: y\n")),
        (Name::Prompt, "id: a\nversion: 1.0.0\ntemplate: x\nvariables: [{name: n, type: text}]\n"),
        (Name::Golden, "tasks: []\n"),
        (Name::Golden, "prompt: a\ntasks: [{id: t, name: t, max_tokens: 9}]\n"),
        (Name::Golden, "prompt: a\ntasks: [{max_tokens: 9}]\n"),
        (Name::Golden, "prompt: a\ntasks: [{id: t, max_tokens: many}]\n"),
        (Name::Golden, "prompt: a\ntasks: [{id: t, max_steps: 0}]\n"),
        (Name::Config, "testing: {golden_tasks: [{id: t, max_steps: 0}]}\n"),
        (Name::Golden, "prompt: a\ntasks: [{id: t, expect: sometimes}]\n"),
        (Name::Tools, "name: f\n"),
        (Name::Tools, "- {name: f, input_schema: {}, strict: true}\n"),
        (Name::Prices, "source: here\nmodels: {}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {mock/mini: {input: -1, output: 2}}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {mock/mini: {input: 1, output: 2, per: 1G}}\n"),
        (Name::Prices, "as_of: soon\nsource: y\nmodels: {}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\ncurrency: EUR\nmodels: {}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nsha256: abc\nmodels: {}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {a/b: {input: 1, output: 2, batch: 1.5}}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {a/b: {input: 1, output: 2, batch: {free: true}}}\n"),
        (Name::Prices, "as_of: 2026-11-01\nsource: y\nmodels: {a/b: {input: 1, output: 2, tiers: [{input: 3}]}}\n"),
    ] {
        assert!(read(name, "broken.yaml", text).is_err(), "regild reads {text}");
        let document = Document::parse("broken.yaml", text.as_bytes()).unwrap();
        assert!(!violations(name, &document).is_empty(), "the schema of {} accepts {text}", name.as_str());
    }
}
