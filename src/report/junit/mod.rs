//! JUnit XML, for whatever shows tests: a flat suite per prompt, a case per task and alias, gated metric and cost.
//!
//! Each case follows the verdict's findings about it. A finding that fits no case gets one of its own, so that no failed or
//! inconclusive verdict makes a file of passes. No times, no random ids: the same report gives the same bytes.

mod case;

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use self::case::{Case, Findings, Kind};
use super::escape::xml as escape_xml;
use super::numbers::NBSP;
use super::{Prompt, Report, escape, words};
use crate::error::{Error, ErrorKind};

const NAME_CHARS: usize = 200;
const MESSAGE_CHARS: usize = 200;
const TEXT_BYTES: usize = 8 * 1024;

pub fn render(report: &Report) -> Result<String, Error> {
    let mut findings = Findings::new(&report.verdict);
    let mut names = Names::default();
    let mut out = quick_junit::Report::new("regild");
    out.set_time(Duration::ZERO);
    let errors = report.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let documents: Vec<Case> = errors.map(|diagnostic| case::of_document(diagnostic, &mut findings)).collect();
    for prompt in &report.prompts {
        let name = names.unique(&suite_name(report, prompt));
        let cases = case::of_prompt(prompt, &mut findings);
        out.add_test_suite(suite(report, &name, &format!("prompts.{name}"), &cases, Some(prompt)));
    }
    for (name, cases) in [("documents", documents), ("verdict", findings.left())] {
        if !cases.is_empty() {
            out.add_test_suite(suite(report, &names.unique(name), name, &cases, None));
        }
    }
    out.to_string().map_err(|error| Error::new(ErrorKind::Io, format!("the JUnit file cannot be rendered: {error}")))
}

/// Names given so far, with the last number that made one unique: readers drop or merge what bears the same name.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let name = escape::ellipsis(&escape_xml::line(name), NAME_CHARS);
        let mut unique = name.clone();
        let mut n = self.0.get(&name).copied().unwrap_or(1);
        while self.0.contains_key(&unique) {
            n += 1;
            unique = format!("{name} #{n}");
        }
        self.0.insert(name, n);
        self.0.entry(unique.clone()).or_insert(1);
        unique
    }
}

/// The prompt's id; with a version where several versions are reported.
fn suite_name(report: &Report, prompt: &Prompt) -> String {
    let is_alone = report.prompts.iter().filter(|other| other.id == prompt.id).count() == 1;
    match prompt.head.as_ref().or(prompt.base.as_ref()) {
        Some(version) if !is_alone => format!("{} {}", prompt.id, version.version),
        Some(_) | None => prompt.id.clone(),
    }
}

fn suite(report: &Report, name: &str, class: &str, cases: &[Case], prompt: Option<&Prompt>) -> TestSuite {
    let mut names = Names::default();
    let mut suite = TestSuite::new(name);
    suite.set_time(Duration::ZERO);
    for (name, value) in properties(report, prompt) {
        suite.add_property(Property::new(name, escape::ellipsis(&escape_xml::line(&value), NAME_CHARS)));
    }
    for case in cases {
        suite.add_test_case(test_case(case, &names.unique(&case.name), class));
    }
    suite
}

fn properties(report: &Report, prompt: Option<&Prompt>) -> Vec<(&'static str, String)> {
    let sha = |side: &super::Side| side.commit.clone().unwrap_or_else(|| side.reference.clone());
    let mut properties = vec![
        ("base_sha", sha(&report.base)),
        ("head_sha", sha(&report.head)),
        ("mode", words::mode(report.mode).to_owned()),
        ("version", report.tool.version.clone()),
    ];
    properties.extend(prompt.map(|prompt| ("prompt_version", words::versions(prompt))));
    properties
}

fn test_case(case: &Case, name: &str, class: &str) -> TestCase {
    let mut status = match case.kind {
        Kind::Success => TestCaseStatus::success(),
        Kind::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Kind::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Kind::Skipped => TestCaseStatus::skipped(),
    };
    match case.kind {
        Kind::Success => {}
        Kind::Failure | Kind::Error | Kind::Skipped => {
            status.set_message(escape::ellipsis(&one_line(&case.message), MESSAGE_CHARS));
            status.set_type(escape::ellipsis(&escape_xml::line(&case.kind_of_problem), NAME_CHARS));
            let text = escape_xml::block(escape::cut(&case.text, TEXT_BYTES)).replace(NBSP, " ");
            status.set_description(escape::cut(&text, TEXT_BYTES));
        }
    }
    let mut out = TestCase::new(name, status);
    out.set_classname(escape::ellipsis(&escape_xml::line(class), NAME_CHARS));
    out.set_time(Duration::ZERO);
    if let Some((file, line)) = &case.place {
        out.extra.insert("file".into(), escape_xml::line(file).into());
        if *line > 0 {
            out.extra.insert("line".into(), line.to_string().into());
        }
    }
    out
}

fn one_line(text: &str) -> String {
    escape_xml::line(text).replace(NBSP, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{nothing, sample};
    use crate::report::{Accepted, Status};

    fn read(report: &Report) -> quick_junit::Report {
        quick_junit::Report::deserialize_from_str(&render(report).unwrap()).unwrap()
    }

    fn status<'a>(read: &'a quick_junit::Report, suite: &str, case: &str) -> &'a TestCaseStatus {
        let suite = read.test_suites.iter().find(|s| s.name.as_str() == suite).unwrap();
        &suite.test_cases.iter().find(|c| c.name.as_str() == case).unwrap_or_else(|| panic!("{case}")).status
    }

    fn kind(status: &TestCaseStatus) -> (&'static str, &str) {
        match status {
            TestCaseStatus::Success { .. } => ("success", ""),
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, ty, .. } => ("failure", ty.as_deref().unwrap()),
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, ty, .. } => ("error", ty.as_deref().unwrap()),
            TestCaseStatus::Skipped { ty, .. } => ("skipped", ty.as_deref().unwrap()),
        }
    }

    #[test]
    fn every_outcome_has_its_kind() {
        let read = read(&sample());
        for (suite, case, expected) in [
            ("support", "kb_lookup [mini]", ("failure", "max_tool_calls")),
            ("support", "opening_hours [mini]", ("skipped", "expectation-changed")),
            ("support", "long_thread [mini]", ("error", "removed")),
            ("support", "out_of_scope [mini]", ("skipped", "still_failing")),
            ("support", "smalltalk [mini]", ("success", "")),
            ("support", "metric:total_tokens", ("failure", "tokens")),
            ("support", "metric:output_tokens", ("success", "")),
            ("support", "cost", ("failure", "cost")),
            ("refund-letter", "amount [local]", ("failure", "json_schema")),
            ("refund-letter", "tone [local]", ("error", "recording-stale")),
            ("refund-letter", "metric:total_tokens", ("skipped", "metric")),
            ("refund-letter", "cost", ("skipped", "cost-unknown")),
            ("documents", "prompts/triage2.yaml unknown-field", ("failure", "unknown-field")),
        ] {
            assert_eq!(kind(status(&read, suite, case)), expected, "{suite} {case}");
        }
        assert_eq!((read.tests, read.failures, read.errors, read.skipped), (19, 7, 2, 4));
    }

    #[test]
    fn no_finding_is_lost() {
        let mut report = sample();
        report.prompts.clear();
        report.diagnostics.clear();
        let read = read(&report);
        assert_eq!(read.test_suites.len(), 1);
        assert_eq!(read.tests, 8, "all but the warnings");
        assert_eq!(kind(status(&read, "verdict", "cost support")), ("failure", "cost"));
    }

    #[test]
    fn an_acceptance_excuses_the_outcome_and_nothing_else() {
        let mut report = sample();
        report.verdict.accepted.push(Accepted {
            code: "removed".into(),
            prompt: Some("support".into()),
            task: Some("long_thread".into()),
            by: "waiver".into(),
            who: None,
            reason: "too slow".into(),
            message: String::new(),
        });
        let long_thread = |report: &Report| {
            let read = read(report);
            kind(status(&read, "support", "long_thread [mini]")).0.to_owned()
        };
        assert_eq!(long_thread(&report), "error", "the verdict still holds a finding about it");
        report.verdict.reasons.retain(|reason| reason.task.as_deref() != Some("long_thread"));
        assert_eq!(long_thread(&report), "skipped");
        report.verdict.accepted.clear();
        assert_eq!(long_thread(&report), "error");
    }

    #[test]
    fn versions_of_one_prompt_have_suites_of_their_own() {
        let mut report = sample();
        let mut other = report.prompts[1].clone();
        other.head.as_mut().unwrap().version = "13.1.0".into();
        report.prompts.push(other);
        let names: Vec<String> = read(&report).test_suites.iter().map(|suite| suite.name.as_str().to_owned()).collect();
        assert_eq!(names, ["refund-letter", "support 13.0.0", "triage", "support 13.1.0", "documents"]);
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let text = render(&sample()).unwrap();
        assert_eq!(text, render(&sample()).unwrap());
        for word in ["timestamp", "uuid", "hostname"] {
            assert!(!text.contains(word), "{word}");
        }
        assert!(text.contains(r#"file="golden/support.yaml" line="12""#));
        assert!(text.contains(r#"<property name="head_sha" value="5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f"/>"#));
    }

    #[test]
    fn an_empty_pass_is_a_valid_file() {
        let report = nothing();
        assert_eq!(report.verdict.status, Status::Pass);
        assert_eq!(read(&report).tests, 0);
    }
}
