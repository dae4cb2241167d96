//! The verdict as a check run of the commit that was judged, with notes on the lines of its files.
//!
//! GitHub takes fifty notes a request and adds those of later requests; it never takes one back. So a run that shows what we would
//! is kept, one without notes is amended, and any other is followed by a new one, which takes its place (notes/github.md C2).

mod notes;

use serde_json::{Value, json};

use self::notes::{Note, notes};
use super::api::{CheckRun, Shown};
use super::marker::Marker;
use crate::error::Result;
use crate::report::numbers::{NBSP, count, counted};
use crate::report::{self, Report, Severity, Status};

/// Notes that GitHub takes in one request.
const A_REQUEST: usize = 50;
/// Notes in all, worst first.
const MAX_NOTES: usize = 500;
/// Characters of a summary that GitHub takes.
const MAX_SUMMARY: usize = 65_535;
const MAX_TITLE: usize = 255;

/// What a check run shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    pub marker: Marker,
    conclusion: &'static str,
    title: String,
    summary: String,
    notes: Vec<Note>,
}

/// What is to be done.
#[derive(Debug)]
pub enum Step {
    Create,
    /// Says it anew, and adds the notes from the n-th on.
    Amend(CheckRun, usize),
    Keep(CheckRun),
    /// A later run about the same commit has spoken.
    Yield(CheckRun),
}

impl Check {
    pub fn of(report: &Report, name: &str, marker: Marker) -> Result<Self> {
        let mut notes = notes(report);
        notes.truncate(MAX_NOTES);
        for note in &mut notes {
            note.title = cut(&plain(&note.title), MAX_TITLE);
            note.message = plain(&note.message);
        }
        let conclusion = match report.verdict.status {
            Status::Pass => "success",
            // What could not be judged must not let a change through: neutral would count as a success.
            Status::Fail | Status::Inconclusive => "failure",
        };
        let (title, summary) = (title(report), summary(report)?);
        Ok(Self { name: name.to_owned(), marker, conclusion, title, summary, notes })
    }

    /// Decides over the check runs of this name and commit.
    pub fn decide(&self, runs: Vec<CheckRun>) -> Step {
        let marked = runs.into_iter().filter_map(|run| {
            let marker = Marker::read(run.external_id.as_deref()?)?;
            (marker.key == self.marker.key && marker.head == self.marker.head && run.name == self.name)
                .then_some((marker, run))
        });
        let Some((marker, run)) = marked.max_by_key(|(marker, run)| (marker.run, run.id)) else { return Step::Create };
        if marker.is_after(&self.marker) {
            return Step::Yield(run);
        }
        let said = run.output.as_ref().map_or(0, |output| output.annotations_count);
        match (self.is_shown(&run), said) {
            (true, said) if said >= self.notes.len() => Step::Keep(run),
            // Whoever wrote it was interrupted.
            (true, said) => Step::Amend(run, said),
            (false, 0) => Step::Amend(run, 0),
            (false, _) => Step::Create,
        }
    }

    fn is_shown(&self, run: &CheckRun) -> bool {
        let Some(Shown { title, summary, .. }) = &run.output else { return false };
        let same = |shown: &Option<String>, ours: &str| {
            shown.as_ref().is_some_and(|shown| shown.replace("\r\n", "\n").trim_end() == ours.trim_end())
        };
        run.conclusion.as_deref() == Some(self.conclusion) && same(title, &self.title) && same(summary, &self.summary)
    }

    /// The body that creates it, and those that add the notes for which there was no room.
    pub fn creation(&self) -> (Value, Vec<Value>) {
        let (mut first, more) = self.amendment(0);
        first["head_sha"] = json!(self.marker.head);
        (first, more)
    }

    /// The same for a run that shows the first `said` notes already.
    pub fn amendment(&self, said: usize) -> (Value, Vec<Value>) {
        let Self { name, marker, conclusion, .. } = self;
        let mut chunks = self.notes[said.min(self.notes.len())..].chunks(A_REQUEST);
        let first = json!({
            "name": name, "external_id": marker.text(), "status": "completed", "conclusion": conclusion,
            "output": self.output(chunks.next().unwrap_or_default()),
        });
        (first, chunks.map(|chunk| json!({"output": self.output(chunk)})).collect())
    }

    fn output(&self, notes: &[Note]) -> Value {
        let notes: Vec<Value> = notes.iter().map(Note::json).collect();
        json!({"title": self.title, "summary": self.summary, "annotations": notes})
    }
}

/// Counts only: a title stands where nobody expects a stranger's words (SEC-10).
fn title(report: &Report) -> String {
    let n = |severity| report.verdict.reasons.iter().filter(|reason| reason.severity == severity).count();
    let (verdict, nothing) = match report.verdict.status {
        Status::Pass => ("Pass", "nothing failed"),
        Status::Fail => ("Fail", "see below"),
        Status::Inconclusive => ("Inconclusive", "see below"),
    };
    let counts = [
        (n(Severity::Fail), "failing"),
        (n(Severity::Accept), "to accept"),
        (n(Severity::Inconclusive), "not judged"),
        (report.verdict.accepted.len(), "accepted"),
    ];
    let counts = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(n as u64)));
    let warnings = n(Severity::Warn);
    let mut parts: Vec<String> = counts.chain((warnings > 0).then(|| counted(warnings, "warning"))).collect();
    if parts.is_empty() {
        parts.push(nothing.to_owned());
    }
    format!("{verdict}: {}", parts.join(", ")).replace(NBSP, " ")
}

/// As much of the report as there is room for once it is written as GitHub takes it.
fn summary(report: &Report) -> Result<String> {
    let mut room = MAX_SUMMARY;
    loop {
        let text = plain(&report::summary(report, room)?);
        if text.chars().count() <= MAX_SUMMARY {
            return Ok(text);
        }
        room /= 2;
    }
}

/// Characters beyond U+FFFF are refused in places.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            code @ 0x1_0000.. => out.push_str(&format!("\\U{code:08x}")),
            _ => out.push(c),
        }
    }
    out
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

#[cfg(test)]
mod tests;
