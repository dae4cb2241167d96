//! SARIF 2.1.0, for code scanning: what is wrong in prompts, golden tasks and settings, each at its place.
//!
//! Verdicts are no business of this format: it holds diagnostics only, of a report or of `regild validate`. The same
//! diagnostics give the same bytes, and a fingerprint that stays when lines move.

mod location;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::escape;
use crate::diagnostic::{Code, Diagnostic, Severity};

/// Results that GitHub keeps of one run.
const MAX_RESULTS: usize = 5000;
/// Of a message.
const MESSAGE_CHARS: usize = 1000;

/// The log of one run, in a project at `root` below the top of its repository, by this `version` of regild.
pub fn render(diagnostics: &[Diagnostic], root: &str, version: &str) -> String {
    let mut worst_first: Vec<&Diagnostic> = diagnostics.iter().collect();
    worst_first.sort_by_key(|diagnostic| diagnostic.severity);
    worst_first.truncate(MAX_RESULTS);
    let used = |code: &&Code| worst_first.iter().any(|diagnostic| diagnostic.code == **code);
    let codes: Vec<Code> = Code::ALL.iter().filter(used).copied().collect();
    let mut fingerprints = Fingerprints::default();
    let results = worst_first.iter().map(|diagnostic| result(diagnostic, root, &codes, &mut fingerprints));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "regild",
                "version": plain(version),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "regild/"},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    escape::json(&format!("{log:#}\n"))
}

/// A code as a rule: what it means and how it is mended, as `regild explain` says it.
fn rule(code: Code) -> Value {
    let (meaning, remedy) = code.explanation();
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": meaning},
        "fullDescription": {"text": format!("{meaning} {remedy}")},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(diagnostic: &Diagnostic, root: &str, codes: &[Code], fingerprints: &mut Fingerprints) -> Value {
    let help = diagnostic.help.iter().map(String::as_str);
    let text: Vec<String> = std::iter::once(diagnostic.message.as_str()).chain(help).map(plain).collect();
    json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": {"text": text.join("\n")},
        "locations": [location::of(diagnostic, root)],
        "partialFingerprints": {"regild/v1": fingerprints.next(diagnostic)},
    })
}

/// One line that means nothing but itself: readers make `[x](y)` a link.
fn plain(text: &str) -> String {
    escape::ellipsis(&escape::line(text).replace("](", "] ("), MESSAGE_CHARS)
}

/// What a diagnostic is known by from run to run: code, file, and the text it stands on, with a number where that is not all.
#[derive(Default)]
struct Fingerprints(BTreeMap<String, usize>);

impl Fingerprints {
    fn next(&mut self, diagnostic: &Diagnostic) -> String {
        let what = if diagnostic.excerpt.trim().is_empty() { &diagnostic.message } else { diagnostic.excerpt.trim() };
        let mut hash = Sha256::new();
        for part in [diagnostic.code.as_str(), &diagnostic.file, what] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let known: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let n = self.0.entry(known.clone()).or_default();
        *n += 1;
        format!("{known}:{n}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Place;
    use crate::report::escape::command::tests::found;
    use crate::report::escape::tests::nasty;
    use crate::report::sample::sample;

    fn of(diagnostics: &[Diagnostic]) -> Value {
        serde_json::from_str(&render(diagnostics, "", "1.2.3")).unwrap()
    }

    fn at(line: u32, excerpt: &str, message: &str) -> Diagnostic {
        let place = Place { file: "prompts/a.yaml".into(), line, column: 3, width: 4, excerpt: excerpt.into() };
        Diagnostic::new(Code::UnknownField, place, message)
    }

    #[test]
    fn a_diagnostic_is_a_result_of_its_rule() {
        let log = of(&sample().diagnostics);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["version"], "1.2.3");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(
            rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect::<Vec<_>>(),
            ["unknown-field", "tool-without-stub"]
        );
        assert_eq!(rules[0]["shortDescription"]["text"], "A key that this kind of document does not have.");
        let result = &run["results"][0];
        assert_eq!(
            (&result["ruleId"], &result["ruleIndex"], &result["level"]),
            (&json!("unknown-field"), &json!(0), &json!("error"))
        );
        assert_eq!(result["message"]["text"], "unknown field `tempalte`\ndid you mean `template`?");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "prompts/triage2.yaml");
        assert_eq!(place["region"], json!({"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 9}));
        assert_eq!(run["results"][1]["ruleIndex"], 1);
    }

    #[test]
    fn a_fingerprint_stays_when_lines_move_and_tells_twins_apart() {
        let prints = |diagnostics: &[Diagnostic]| -> Vec<String> {
            let log = of(diagnostics);
            let results = log["runs"][0]["results"].as_array().unwrap().iter();
            results.map(|result| result["partialFingerprints"]["regild/v1"].as_str().unwrap().to_owned()).collect()
        };
        let before = prints(&[at(3, "tempalte: |", "m"), at(9, "other: 1", "m"), at(12, "tempalte: |", "m")]);
        let after = prints(&[at(5, "  tempalte: |", "m"), at(11, "other: 2", "m"), at(14, "tempalte: |", "m")]);
        assert_eq!((&before[0], &before[2]), (&after[0], &after[2]));
        assert_ne!(before[1], after[1]);
        assert_ne!(before[0], before[2]);
        assert_ne!(prints(&[at(0, "", "one")]), prints(&[at(0, "", "two")]));
    }

    #[test]
    fn keeps_the_worst_of_a_flood() {
        let mut flood: Vec<Diagnostic> =
            (0..6000).map(|n| Diagnostic::new(Code::UnusedVariable, Place::file("a"), format!("{n}"))).collect();
        flood.push(at(1, "x", "the one error"));
        let log = of(&flood);
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), MAX_RESULTS);
        assert_eq!(results[0]["message"]["text"], "the one error");
    }

    proptest! {
        #[test]
        fn sec_09_hostile_text_is_only_text(text in nasty()) {
            let mut diagnostic = at(1, &text, &text).help(text.clone());
            diagnostic.file = text.clone();
            let rendered = render(&[diagnostic], &text, &text);
            prop_assert_eq!(found(&rendered), []);
            let log: Value = serde_json::from_str(&rendered).unwrap();
            let result = &log["runs"][0]["results"][0];
            let message = result["message"]["text"].as_str().unwrap();
            prop_assert!(!message.contains("](") && message.lines().count() <= 2, "{}", message);
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            prop_assert!(uri.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%/".contains(c)), "{}", uri);
        }
    }
}
