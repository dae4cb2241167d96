//! Findings on the lines of files, as check runs take them: the annotations of the runner, as many as there are.

use serde_json::{Value, json};

use crate::report::Report;
use crate::report::annotations::{Annotation, Level, Place, annotations};

/// A finding on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    path: String,
    line: u32,
    level: Level,
    pub title: String,
    pub message: String,
}

impl Note {
    pub fn json(&self) -> Value {
        let level = match self.level {
            Level::Error => "failure",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        // The file as a whole is its first line.
        let line = self.line.max(1);
        json!({"path": self.path, "start_line": line, "end_line": line, "annotation_level": level,
            "title": self.title, "message": self.message})
    }
}

/// The findings that are about a file, worst first. The others stand in the summary.
pub fn notes(report: &Report) -> Vec<Note> {
    let note = |annotation: Annotation| {
        let Annotation { level, place, title, message } = annotation;
        let Place { file, line, column: _ } = place?;
        Some(Note { path: file, line, level, title, message })
    };
    annotations(report).into_iter().filter_map(note).collect()
}
