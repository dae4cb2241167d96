//! Annotations for GitHub's runner: workflow commands that put each finding on the line of the prompt or golden file it is about.
//!
//! The runner shows the first ten of a level and drops the others without a word, so the worst come first and the last one
//! says how many more there are. This is the one renderer that may print a command.

mod places;

use std::collections::BTreeSet;

pub use self::places::Place;
use self::places::{Places, Subject};

use super::escape::command;
use super::{Accepted, Reason, Report, Severity, escape, words};
use crate::diagnostic::{self, Diagnostic};

/// Annotations of one level; one more says what is left out.
const OF_A_LEVEL: usize = 9;
/// Of a message, in UTF-16 units. The runner cuts at 4,096.
const MESSAGE_UNITS: usize = 4000;

/// As the runner names them, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The check fails, also where something only awaits a yes: nobody else would say so.
    Error,
    Warning,
    /// What somebody said yes to.
    Notice,
}

/// An annotation, as people are meant to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub level: Level,
    pub place: Option<Place>,
    pub title: String,
    pub message: String,
}

pub fn render(report: &Report) -> String {
    let annotations = annotations(report);
    let mut out = String::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&Annotation> = annotations.iter().filter(|one| one.level == level).collect();
        out.extend(of_level.iter().take(OF_A_LEVEL).map(|one| one.command()));
        if of_level.len() > OF_A_LEVEL {
            let message = format!("{} more, see the summary", of_level.len() - OF_A_LEVEL);
            out.push_str(&Annotation { level, place: None, title: "regild".to_owned(), message }.command());
        }
    }
    out
}

/// Everything there is to say, worst first, each thing once per line.
pub fn annotations(report: &Report) -> Vec<Annotation> {
    let mut places = Places::of(report);
    let verdict = &report.verdict;
    let mut all: Vec<Annotation> = verdict.reasons.iter().map(|reason| of_reason(reason, &mut places)).collect();
    all.extend(verdict.accepted.iter().map(|accepted| of_accepted(accepted, &mut places)));
    all.extend(places.unsaid().map(|document| of_document(document, level_of(document.severity), &report.root)));
    all.sort_by_key(|one| one.level);
    let mut said = BTreeSet::new();
    all.retain(|one| {
        said.insert((one.place.as_ref().map(|place| (place.file.clone(), place.line)), one.title.clone()))
    });
    all
}

fn of_reason(reason: &Reason, places: &mut Places<'_>) -> Annotation {
    let level = match reason.severity {
        Severity::Fail | Severity::Accept | Severity::Inconclusive => Level::Error,
        Severity::Warn => Level::Warning,
    };
    if let Some(document) = places.document(&reason.code, &reason.message) {
        return of_document(document, level, places.root);
    }
    let subject =
        Subject { prompt: reason.prompt.as_deref(), task: reason.task.as_deref(), model: reason.model.as_deref() };
    Annotation {
        level,
        place: places.find(&subject, |entry| reason.is_about(entry)),
        title: subject.title(&reason.code),
        message: message(&reason.message, reason.help.as_deref()),
    }
}

fn of_accepted(accepted: &Accepted, places: &mut Places<'_>) -> Annotation {
    let subject = Subject { prompt: accepted.prompt.as_deref(), task: accepted.task.as_deref(), model: None };
    let place = match places.document(&accepted.code, &accepted.message) {
        Some(document) => Some(Place::of(document, places.root)),
        None => places.find(&subject, |_| true),
    };
    let because = format!("accepted {}: {}", words::accepted_by(accepted), accepted.reason);
    let title = format!("accepted: {}", subject.title(&accepted.code));
    Annotation { level: Level::Notice, place, title, message: message(&accepted.message, Some(&because)) }
}

fn of_document(document: &Diagnostic, level: Level, root: &str) -> Annotation {
    Annotation {
        level,
        place: Some(Place::of(document, root)),
        title: document.code.as_str().to_owned(),
        message: message(&document.message, document.help.as_deref()),
    }
}

fn level_of(severity: diagnostic::Severity) -> Level {
    match severity {
        diagnostic::Severity::Error => Level::Error,
        diagnostic::Severity::Warning => Level::Warning,
    }
}

/// A sentence, and under it what to do; safe to be shown.
fn message(text: &str, more: Option<&str>) -> String {
    let lines: Vec<String> = std::iter::once(text).chain(more).map(escape::line).collect();
    command::cut(&lines.join("\n"), MESSAGE_UNITS).to_owned()
}

impl Annotation {
    fn command(&self) -> String {
        let mut properties = Vec::new();
        if let Some(Place { file, line, column }) = &self.place {
            properties.push(format!("file={}", command::property(&escape::line(file))));
            let numbers = [("line", *line), ("col", if *line > 0 { *column } else { 0 })];
            properties.extend(numbers.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name}={n}")));
        }
        properties.push(format!("title={}", command::property(&self.title)));
        format!("::{} {}::{}\n", self.level.as_str(), properties.join(","), command::data(&self.message))
    }
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::report::escape::command::tests::{Command, found};
    use crate::report::sample::{hostile, nothing, sample};

    /// Annotations as the runner must find them.
    fn meant(annotation: &Annotation) -> Command {
        let mut properties = vec![("title".to_owned(), annotation.title.clone())];
        if let Some(Place { file, line, column }) = &annotation.place {
            properties.push(("file".to_owned(), escape::line(file)));
            properties.extend((*line > 0).then(|| ("line".to_owned(), line.to_string())));
            properties.extend((*line > 0 && *column > 0).then(|| ("col".to_owned(), column.to_string())));
        }
        Command {
            name: annotation.level.as_str().to_owned(),
            // The runner takes an empty value for none, and trims what the properties begin with.
            properties: properties.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            data: annotation.message.clone(),
        }
    }

    /// What the runner makes of a report's annotations.
    fn shown(report: &Report) -> Vec<Command> {
        found(&render(report))
    }

    fn line(command: &Command) -> String {
        let of = |name: &str| command.properties.get(name).cloned().unwrap_or_default();
        format!("{} {}:{} {}", command.name, of("file"), of("line"), of("title"))
    }

    #[test]
    fn every_finding_stands_where_it_is_declared_worst_first() {
        let lines: Vec<String> = shown(&sample()).iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "error golden/support.yaml:12 regressed: support/kb_lookup [mini]",
                "error golden/support.yaml:31 regressed: support/refund_policy [mini]",
                "error golden/refund-letter.yaml:9 new-failure: refund-letter/amount [local]",
                "error prompts/support/v13.0.0.yaml:1 tokens: support",
                "error prompts/support/v13.0.0.yaml:1 tool-calls: support",
                "error prompts/support/v13.0.0.yaml:1 cost: support",
                "error prompts/support/v13.0.0.yaml:1 removed: support/long_thread [mini]",
                "error golden/refund-letter.yaml:17 recording-stale: refund-letter/tone [local]",
                "error prompts/triage2.yaml:3 unknown-field",
                "warning golden/support.yaml:70 still-failing: support/out_of_scope [mini]",
                "warning prompts/refund-letter/v1.0.0.yaml:1 cost-unknown: refund-letter",
                "warning golden/support.yaml:12 tool-without-stub",
                "notice golden/support.yaml:44 accepted: expectation-changed: support/opening_hours",
            ]
        );
        assert_eq!(render(&nothing()), "");
    }

    #[test]
    fn a_message_says_what_to_do_and_a_document_its_column() {
        let text = render(&sample());
        let tempalte = "::error file=prompts/triage2.yaml,line=3,col=1,title=unknown-field::unknown field `tempalte`\
                        %0Adid you mean `template`?\n";
        assert!(text.contains(tempalte), "{text}");
        assert!(text.contains(" (+92 %25); the gate allows +25 %25.\n"), "{text}");
        assert!(text.contains("::passes 3 of 3 samples at base and 0 of 3 at head: at most 6 tool calls expected, 11 found.%0Aregild diff support/kb_lookup\n"), "{text}");
    }

    #[test]
    fn paths_begin_at_the_top_of_the_repository() {
        let mut report = sample();
        report.root = "apps/help desk".to_owned();
        let files: BTreeSet<String> = shown(&report).iter().filter_map(|c| c.properties.get("file").cloned()).collect();
        assert!(files.contains("apps/help desk/golden/support.yaml"), "{files:?}");
        assert!(files.iter().all(|file| file.starts_with("apps/help desk/")), "{files:?}");
    }

    #[test]
    fn what_the_verdict_says_of_a_document_is_said_once() {
        let mut report = sample();
        let document = report.diagnostics[0].clone();
        let reason =
            Reason { message: document.sentence(), code: "unknown-field".into(), ..report.verdict.reasons[3].clone() };
        report.verdict.reasons = vec![Reason { severity: Severity::Warn, ..reason }];
        report.verdict.accepted.clear();
        let lines: Vec<String> = shown(&report).iter().map(line).collect();
        assert_eq!(
            lines,
            ["warning prompts/triage2.yaml:3 unknown-field", "warning golden/support.yaml:12 tool-without-stub"]
        );
    }

    #[test]
    fn a_flood_says_how_much_it_hides_and_leaves_room_for_the_runner() {
        let mut report = sample();
        let reason = report.verdict.reasons[0].clone();
        let tasks: Vec<_> = (0..500)
            .map(|n| super::super::Task { id: format!("t{n}"), line: n + 1, ..report.prompts[1].tasks[0].clone() })
            .collect();
        let mut reasons: Vec<Reason> =
            tasks.iter().map(|task| Reason { task: Some(task.id.clone()), ..reason.clone() }).collect();
        // The same thing again, and the same again in a hundred warnings.
        reasons.extend(reasons.clone());
        reasons.extend((0..100).map(|_| Reason {
            severity: Severity::Warn,
            prompt: None,
            task: None,
            ..reason.clone()
        }));
        report.prompts[1].tasks = tasks;
        report.verdict.reasons = reasons;
        report.diagnostics.clear();
        let shown = shown(&report);
        let of = |name: &str| shown.iter().filter(|one| one.name == name).collect::<Vec<_>>();
        assert_eq!((of("error").len(), of("warning").len()), (10, 1));
        assert_eq!(of("error")[9].data, "491 more, see the summary");
        assert_eq!(line(of("error")[0]), "error golden/support.yaml:1 regressed: support/t0 [mini]");
    }

    /// The runner finds our commands and no other, and decodes what was meant.
    pub fn check(report: &Report) {
        let all: Vec<Command> = annotations(report).iter().map(meant).collect();
        let shown = shown(report);
        assert_eq!(shown.len(), render(report).lines().count(), "SEC-08: other lines than commands");
        let told = shown.iter().filter(|one| !one.data.ends_with("more, see the summary"));
        for command in told {
            assert!(all.contains(command), "SEC-08: {command:?} is none of {all:#?}");
            assert!(["error", "warning", "notice"].contains(&command.name.as_str()), "SEC-08: {command:?}");
            assert!(command.data.encode_utf16().count() <= MESSAGE_UNITS);
            let title = &command.properties["title"];
            assert!(title.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/[] ".contains(c)), "{title:?}");
            let seen = |c: char| !c.is_control() || c == '\n';
            assert!(command.data.chars().all(seen) && command.data.split('\n').count() <= 2, "{command:?}");
        }
        for name in ["error", "warning", "notice"] {
            assert!(shown.iter().filter(|one| one.name == name).count() <= 10, "more than the runner shows");
        }
    }

    #[test]
    fn sec_08_the_runner_finds_our_commands_and_no_other() {
        for text in ["a,line=1::b", "%0A::error::x", "##[error]x", "a:b,c=d%", "x]y;z"] {
            check(&hostile(text));
        }
        check(&hostile(&"é::\n".repeat(2000)));
    }
}
