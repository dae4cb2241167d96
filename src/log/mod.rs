//! What regild says while it works, as JSON for programs: one line an event, on standard error, without personal data and keys.
//!
//! The words for people are made where the event happens; here they become an event like any other. Nothing is written here.

mod run;

use serde::Serialize;

pub use run::{Log, Run, Subject};

use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::redact::{Secrets, redact};
use crate::report::escape;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// One sample of one side of one cell.
    Run(&'a Run),
    /// How far something is.
    Progress { message: String },
    /// Something to know.
    Note { message: String },
    /// Why nothing was judged; the last line.
    Error(Failure),
}

/// An error as programs read it.
#[derive(Debug, Serialize)]
pub struct Failure {
    kind: &'static str,
    message: String,
    hints: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Event<'_> {
    pub fn progress(text: &str) -> Self {
        Self::Progress { message: said(text) }
    }

    pub fn note(text: &str) -> Self {
        Self::Note { message: said(text) }
    }

    pub fn error(error: &Error) -> Self {
        let Error { kind, message, hints, diagnostics } = error;
        Self::Error(Failure {
            kind: kind.as_str(),
            message: said(message),
            hints: hints.iter().map(|hint| said(hint)).collect(),
            diagnostics: diagnostics.iter().map(shown).collect(),
        })
    }

    /// The event on one line, which does nothing to a terminal or a build server that shows it.
    pub fn line(&self) -> String {
        let json = serde_json::to_string(self).expect("an event is plain data");
        escape::json(&json) + "\n"
    }
}

fn said(text: &str) -> String {
    redact(text.trim_end(), &Secrets::default()).text
}

/// What people are shown, in the words that they are shown.
fn shown(diagnostic: &Diagnostic) -> Diagnostic {
    let Diagnostic { code, severity, message, file, line, column, width, excerpt, help } = diagnostic;
    Diagnostic {
        code: *code,
        severity: *severity,
        message: said(message),
        file: file.clone(),
        line: *line,
        column: *column,
        width: *width,
        excerpt: said(excerpt),
        help: help.as_deref().map(said),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::report::escape::tests::{commands, nasty};

    #[test]
    fn an_error_is_one_line_with_its_next_steps() {
        let error = Error::usage("unknown ref `bob@example.com`").hint("regild check --base main");
        let line = Event::error(&error).line();
        let value: Value = serde_json::from_str(&line).unwrap();
        let want = json!({"event": "error", "kind": "usage", "message": "unknown ref `[email]`",
            "hints": ["regild check --base main"], "diagnostics": []});
        assert_eq!(value, want);
        assert!(line.starts_with("{\"event\":\"error\",\"kind\":") && line.ends_with("}\n"), "{line}");
    }

    proptest! {
        #[test]
        fn sec_08_an_event_is_one_line_of_plain_characters(text in nasty()) {
            let line = Event::note(&text).line();
            let body = line.strip_suffix('\n').unwrap();
            prop_assert!(!body.contains(char::is_control), "{:?}", body);
            prop_assert!(!body.contains(['\u{202e}', '\u{200b}', '\u{feff}', '\u{2028}']), "{:?}", body);
            prop_assert_eq!(commands(&line), Vec::<&str>::new());
            let value: Value = serde_json::from_str(&line).unwrap();
            // Pieces may come together as an email address.
            let plain = redact(text.trim_end(), &Secrets::default()).text;
            prop_assert_eq!(value["message"].as_str().unwrap(), plain);
        }
    }
}
