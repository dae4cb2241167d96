//! Findings on the lines of files, as check runs take them.

use serde_json::{Value, json};

use crate::report::{Reason, Report, Severity, escape};

/// Bytes of a message; GitHub takes 64 KiB.
const MESSAGE_BYTES: usize = 4096;

/// How a note looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Failure,
    Warning,
    Notice,
}

/// A finding on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub path: String,
    pub line: u32,
    pub level: Level,
    pub title: String,
    pub message: String,
}

impl Note {
    pub fn json(&self) -> Value {
        let level = match self.level {
            Level::Failure => "failure",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        // The file as a whole is its first line.
        let line = self.line.max(1);
        json!({"path": self.path, "start_line": line, "end_line": line, "annotation_level": level,
            "title": self.title, "message": escape::cut(&self.message, MESSAGE_BYTES)})
    }
}

/// The findings that are about a file, worst first.
pub fn notes(report: &Report) -> Vec<Note> {
    let mut notes: Vec<Note> = report.verdict.reasons.iter().filter_map(|reason| of_reason(report, reason)).collect();
    notes.sort_by_key(|note| note.level);
    notes
}

fn of_reason(report: &Report, reason: &Reason) -> Option<Note> {
    let entry = report.prompts.iter().find(|entry| reason.is_about(entry))?;
    let task = entry.tasks.iter().find(|task| {
        reason.task.as_ref() == Some(&task.id) && reason.model.as_ref().is_none_or(|model| *model == task.model)
    });
    let (path, line) = match task {
        Some(task) => (task.file.clone(), task.line),
        None => (entry.head.as_ref().or(entry.base.as_ref())?.path.clone(), 1),
    };
    let level = match reason.severity {
        Severity::Fail | Severity::Accept | Severity::Inconclusive => Level::Failure,
        Severity::Warn => Level::Warning,
    };
    let message = reason.help.as_ref().map_or(reason.message.clone(), |help| format!("{}\n{help}", reason.message));
    Some(Note { path, line, level, title: reason.code.clone(), message: escape::block(&message) })
}
