//! Every format of reports full of hostile text: nothing a model, a file name or a fork wrote may act on whoever reads it.

use proptest::prelude::*;

use super::escape::markdown::tests::outside_code;
use super::escape::tests::{commands, nasty};
use super::sample::{NASTY, hostile, sample};
use super::{Look, Report, SUMMARY_BYTES, annotations, costs, html, junit, markdown, sarif, terminal};

const NOTHING: Vec<&str> = Vec::new();

fn check_terminal(report: &Report) {
    for width in [40, 80, 100] {
        let text = terminal::render(report, Look { width, colour: false });
        assert_eq!(commands(&text), NOTHING, "SEC-08");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "SEC-08: {text:?}");
        assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{feff}', '\u{2028}', '\u{fffe}']), "SEC-08: {text:?}");
        let coloured = terminal::render(report, Look { width, colour: true });
        assert_eq!(commands(&coloured), NOTHING, "SEC-08 in colour");
        let only_colours =
            |rest: &str| rest.trim_start_matches(|c: char| c == '[' || c == ';' || c.is_ascii_digit()).starts_with('m');
        assert!(coloured.split('\u{1b}').skip(1).all(only_colours), "SEC-08: {coloured:?}");
    }
}

fn check_junit(report: &Report) {
    let xml = junit::render(report).unwrap();
    let read = quick_junit::Report::deserialize_from_str(&xml).expect("SEC-11: well-formed");
    assert_eq!(commands(&xml), NOTHING, "SEC-11");
    let allowed =
        |c| matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "SEC-11: {xml:?}");
    let upper = xml.to_uppercase();
    assert!(!upper.contains("[[ATTACHMENT|") && !upper.contains("[[PROPERTY|") && !xml.contains("<!"), "SEC-11");
    let mut names = std::collections::BTreeSet::new();
    for suite in &read.test_suites {
        for case in &suite.test_cases {
            let name = (suite.name.as_str(), case.name.as_str());
            assert!(names.insert(name), "{name:?} stands twice");
            assert!(case.name.chars().count() <= 210 && !case.name.contains('\n'));
        }
    }
}

/// Reads the comment as GitHub does: first the fences, then what is left.
fn check_markdown(report: &Report) {
    let text = markdown::render(report).unwrap();
    assert!(text.len() <= 60_000);
    assert_eq!(commands(&text), NOTHING, "SEC-08");
    assert_eq!(text.matches("<!--").count(), 1, "SEC-10");
    let (marker, body) = text.split_once('\n').unwrap();
    assert!(marker.starts_with("<!-- regild:v1 key=default head=") && marker.ends_with(" -->"), "SEC-10: {marker}");
    check_body(body);
}

fn check_summary(report: &Report) {
    let text = markdown::summary(report, SUMMARY_BYTES).unwrap();
    assert!(text.len() <= SUMMARY_BYTES && !text.contains("<!--"), "SEC-10: {text}");
    assert_eq!(commands(&text), NOTHING, "SEC-08");
    check_body(&text);
}

fn check_body(body: &str) {
    let mut fence: Option<String> = None;
    let mut columns = None;
    for line in body.lines() {
        if let Some(ticks) = &fence {
            let is_end = line.trim().len() >= ticks.len() && line.trim().chars().all(|c| c == '`');
            assert!(!is_end || line == ticks, "SEC-09: a fence is closed by {line:?}");
            fence = fence.filter(|_| !is_end);
        } else if line.starts_with("```") {
            fence = Some(line.strip_suffix("text").expect("a fixed info string").to_owned());
        } else {
            check_line(line);
            let pipes = line.matches('|').count();
            assert!(columns.is_none_or(|n| n == pipes) || pipes == 0, "SEC-09: {line}");
            columns = line.starts_with('|').then_some(pipes);
        }
    }
    assert_eq!(fence, None, "SEC-09: a fence stays open");
}

/// A line outside fences: our own marks, and nothing else that Markdown or GitHub acts on.
fn check_line(line: &str) {
    let is_ours = ["### ", "#### ", "---"].iter().any(|start| line.starts_with(start));
    assert!(is_ours || !line.starts_with(['#', '>', '+', '-', '=', ' ', '\t']), "SEC-09: {line:?} begins a block");
    let after_digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    assert!(
        after_digits.len() == line.len() || after_digits.starts_with([' ', '\u{a0}']),
        "SEC-09: {line:?} begins a list"
    );
    let mut rest = outside_code(line);
    for tag in ["<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>", "<br>", "**"] {
        rest = rest.replace(tag, "");
    }
    let rest = rest.trim_start_matches("### ").trim_start_matches("#### ");
    assert!(rest.split("www.").skip(1).all(|domain| !domain.starts_with(char::is_alphanumeric)), "SEC-09: {line:?}");
    for sign in ["<", "@", "&#64;", "#1", "&#35;", "`", "[", "]", "*", "_", "~", "\\", "://", "GH-", "$"] {
        assert!(!rest.contains(sign), "SEC-09: {sign:?} in {line:?}");
    }
}

fn check_costs(report: &Report) {
    let text = costs::render(report);
    assert_eq!(commands(&text), NOTHING, "SEC-08");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first = &value["changed_prompts"][0];
    assert_eq!(first["id"], report.prompts[0].id, "what is escaped still means the same");
}

fn check_sarif(report: &Report) {
    let text = sarif::render(&report.diagnostics, &report.root, &report.tool.version);
    assert_eq!(commands(&text), NOTHING, "SEC-08");
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), report.diagnostics.len());
}

fn check(report: &Report) {
    check_terminal(report);
    check_junit(report);
    check_markdown(report);
    check_summary(report);
    check_costs(report);
    check_sarif(report);
    annotations::tests::check(report);
    html::markup::check(report);
}

/// The nasty texts that readers of other languages are fed too, in `.ci/formats/check.py`.
fn corpus() -> Vec<String> {
    serde_json::from_str(include_str!("../../tests/hostile/corpus.json")).unwrap()
}

#[test]
fn hostile_text_acts_nowhere() {
    check(&sample());
    let corpus = corpus();
    assert_eq!(corpus[0], NASTY, "one corpus for all");
    for text in corpus {
        check(&hostile(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_acts_nowhere(text in nasty()) {
        check(&hostile(&text));
    }
}

#[test]
fn sec_09_ten_megabytes_are_no_trouble() {
    let mut report = sample();
    report.prompts[1].tasks[0].assertions[0].actual = "`@x\n".repeat(2_500_000);
    report.prompts[1].tasks[0].answers.head[0].text = "::error::x\n".repeat(1_000_000);
    check(&report);
}
