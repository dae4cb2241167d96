//! Every security rule names what proves it: `docs/security.md` against the tests and cases that bear the rules' numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many rules there are.
const RULES: usize = 25;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("node_modules" | "target" | "venv") => {}
            _ if path.is_dir() => found.extend(files(&path)),
            _ => found.push(path),
        }
    }
    found
}

/// The names after `mark` in a text, such as those of functions, as far as they begin with a rule.
fn named(text: &str, mark: &str) -> Vec<(String, String)> {
    let after = text.split(mark).skip(1);
    let name = |rest: &str| -> String { rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect() };
    let with_rule = |name: String| Some((name.strip_prefix("sec_")?.get(..2)?.to_owned(), name));
    after.map(name).filter_map(with_rule).filter(|(rule, _)| rule.bytes().all(|b| b.is_ascii_digit())).collect()
}

/// What proves each rule, as the page shows it.
fn proofs() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in ["src", "tests/integration", ".ci"].iter().flat_map(|dir| files(&root().join(dir))) {
        let is_code = path.extension().is_some_and(|kind| matches!(kind.to_str(), Some("rs" | "py" | "mjs" | "sh")));
        let text = if is_code { std::fs::read_to_string(&path).unwrap() } else { String::new() };
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        for (rule, name) in ["fn ", "def ", "function "].iter().flat_map(|mark| named(&text, mark)) {
            found.entry(rule).or_default().insert(format!("`{name}` in {file}"));
        }
    }
    for case in std::fs::read_dir(root().join("tests/cases")).unwrap() {
        let case = case.unwrap();
        let text = std::fs::read_to_string(case.path().join("case.yaml")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("sec: [")?.strip_suffix(']'));
        for rule in line.unwrap_or_default().split(", ").filter(|rule| !rule.is_empty()) {
            let rule = rule.strip_prefix("SEC-").unwrap().to_owned();
            found.entry(rule).or_default().insert(format!("case {}", case.file_name().display()));
        }
    }
    found
}

#[test]
fn every_rule_names_its_proofs() {
    let file = root().join("docs/security.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut parts = text.split("\n## SEC-");
    let mut page = parts.next().unwrap().trim_end().to_owned();
    let proofs = proofs();
    let mut rules = BTreeSet::new();
    for part in parts {
        let rule = &part[..2];
        let said = part.split("\nProven by:").next().unwrap().trim_end();
        let listed = proofs.get(rule).unwrap_or_else(|| panic!("nothing proves SEC-{rule}"));
        let lines: String = listed.iter().map(|proof| format!("- {proof}\n")).collect();
        page.push_str(&format!("\n\n## SEC-{said}\n\nProven by:\n\n{}", lines.trim_end()));
        rules.insert(rule.to_owned());
    }
    page.push('\n');
    assert_eq!(rules.len(), RULES);
    assert!(proofs.keys().all(|rule| rules.contains(rule)), "a test proves a rule that is none");
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(file, &page).unwrap();
    }
    assert_eq!(text, page, "UPDATE=1 cargo test proofs writes it");
}
