//! Problems in a user's files as data: a code, a severity, a place and help. One renderer, at the end of this file.
//!
//! A diagnostic carries the line it points at, so that a report can show it later without the file.

mod code;

pub use code::Code;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of a line that is shown.
const MAX_LINE: usize = 400;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    /// 1-based; 0 where only the file is known.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Characters to underline, at least 1 where there is a line.
    pub width: u32,
    /// The text of the line; nothing where it is too long to be shown.
    pub excerpt: String,
}

impl Place {
    /// The character that begins at the byte `at` of a file's text.
    pub fn of(path: &str, text: &str, at: usize) -> Self {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self {
            file: path.to_owned(),
            line: u32::try_from(text[..at].matches('\n').count()).unwrap_or(u32::MAX) + 1,
            column: count(&text[start..at]) + 1,
            width: 1,
            excerpt: shown_line(text[start..end].trim_end_matches('\r')),
        }
    }

    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { file: path.into(), ..Self::default() }
    }
}

/// Something wrong in a user's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// Stable, kebab-case.
    #[schemars(with = "String")]
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// Relative to the project root.
    pub file: String,
    /// 1-based; 0 where the problem is the file as a whole.
    pub line: u32,
    /// 1-based, in characters; 0 where the problem is the file as a whole.
    pub column: u32,
    /// Characters underlined.
    #[serde(default)]
    pub width: u32,
    /// The line the problem stands on.
    #[serde(default)]
    pub excerpt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic that weighs what its code usually weighs.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        let Place { file, line, column, width, excerpt } = place;
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            file,
            line,
            column,
            width,
            excerpt,
            help: None,
        }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Place and message in one line: how findings and the verdict's reasons speak of it.
    pub fn sentence(&self) -> String {
        let Self { file, line, message, .. } = self;
        if *line > 0 { format!("{file}:{line}: {message}") } else { format!("{file}: {message}") }
    }

    /// The diagnostic as a person reads it, in plain text, without a trailing newline. The caller escapes hostile text.
    pub fn render(&self) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&self.message).id(self.code.as_str());
        let file = annotate_snippets::Origin::path(&self.file);
        let mut group = if self.line == 0 {
            title.element(file)
        } else if self.excerpt.is_empty() {
            title.element(file.line(self.line as usize).char_column(self.column as usize))
        } else {
            let span = byte_span(&self.excerpt, self.column, self.width);
            title.element(
                Snippet::source(&self.excerpt)
                    .line_start(self.line as usize)
                    .path(&self.file)
                    .annotation(AnnotationKind::Primary.span(span)),
            )
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        Renderer::plain().render(&[group])
    }
}

/// A line as diagnostics show it: nothing where it is too long to be read, as in a document on one line.
pub fn shown_line(line: &str) -> String {
    if line.len() <= MAX_LINE { line.to_owned() } else { String::new() }
}

/// Sorts by file and position, the order in which a person mends them, and drops repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (&a.file, a.line, a.column, a.code, &a.message).cmp(&(&b.file, b.line, b.column, b.code, &b.message))
    });
    diagnostics.dedup();
}

/// The bytes of `excerpt` that `width` characters from the 1-based `column` cover, kept inside the line.
fn byte_span(excerpt: &str, column: u32, width: u32) -> std::ops::Range<usize> {
    let at = |chars: u32| excerpt.char_indices().nth(chars as usize).map_or(excerpt.len(), |(i, _)| i);
    let start = at(column.saturating_sub(1));
    start..at(column.saturating_sub(1) + width.max(1))
}

/// The nearest of `names` to `word`, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underlines_the_offending_text() {
        let place = Place { file: "p.yaml".into(), line: 3, column: 1, width: 8, excerpt: "tempalte: |".into() };
        let shown =
            Diagnostic::new(Code::UnknownField, place, "unknown field `tempalte`").help("did you mean `template`?");
        let text = shown.render();
        assert!(text.contains("error[unknown-field]: unknown field `tempalte`"), "{text}");
        assert!(text.contains("p.yaml:3:1"), "{text}");
        assert!(text.contains("^^^^^^^^"), "{text}");
        assert!(text.contains("did you mean `template`?"), "{text}");
    }

    #[test]
    fn a_span_never_leaves_its_line() {
        assert_eq!(byte_span("héllo", 2, 99), 1..6);
        assert_eq!(byte_span("", 4, 1), 0..0);
    }

    #[test]
    fn suggests_only_near_names() {
        assert_eq!(did_you_mean("tempalte", ["template", "tests"]), Some("template"));
        assert_eq!(did_you_mean("zzz", ["template", "tests"]), None);
    }
}
