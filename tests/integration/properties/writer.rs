//! A writer of YAML in block style, for tests of the reader: it writes one value in many ways and keeps where it put what.

use proptest::prelude::*;
use regild::yaml::Step;
use serde_json::Value;

/// How a value is written, drawn anew for each node.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// Choices, used up in turn and begun again.
    choices: Vec<u8>,
    pub(super) crlf: bool,
}

pub(super) fn style() -> impl Strategy<Value = Style> {
    (proptest::collection::vec(any::<u8>(), 1..24), any::<bool>()).prop_map(|(choices, crlf)| Style { choices, crlf })
}

/// Where a scalar or a key was written: 1-based line and column, the latter in characters.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) path: Vec<Step>,
    pub(super) is_key: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value as YAML, with the marks of all that stands on one line.
pub(super) fn write(value: &Value, style: &Style) -> (String, Vec<Mark>) {
    let mut writer = Writer { out: String::new(), line: 1, marks: Vec::new(), style, next: 0 };
    writer.node(value, 0, &mut Vec::new(), true);
    let text = if style.crlf { writer.out.replace('\n', "\r\n") } else { writer.out };
    (text, writer.marks)
}

struct Writer<'a> {
    out: String,
    line: u32,
    marks: Vec<Mark>,
    style: &'a Style,
    next: usize,
}

impl Writer<'_> {
    fn choose(&mut self, among: u8) -> u8 {
        self.next += 1;
        self.style.choices[self.next % self.style.choices.len()] % among
    }

    /// Writes what stands after a key or a dash, or the root.
    fn node(&mut self, value: &Value, indent: usize, path: &mut Vec<Step>, is_root: bool) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                if !is_root {
                    self.end_line();
                }
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(&" ".repeat(indent));
                    self.out.push_str("- ");
                    path.push(index.into());
                    self.node(item, indent + 2, path, false);
                    path.pop();
                }
            }
            Value::Object(entries) if !entries.is_empty() => {
                if !is_root {
                    self.end_line();
                }
                for (key, item) in entries {
                    if self.choose(5) == 0 {
                        self.out.push_str(&" ".repeat(indent));
                        self.out.push_str("# é: [");
                        self.end_line();
                    }
                    self.out.push_str(&" ".repeat(indent));
                    path.push(Step::Key(key.clone()));
                    self.mark(path, true);
                    let key = self.line_of_text(key);
                    self.out.push_str(&key);
                    self.out.push_str(": ");
                    self.node(item, indent + 2, path, false);
                    path.pop();
                }
            }
            Value::String(text) if !is_root && can_be_literal(text) && self.choose(2) == 0 => {
                self.literal(text, indent);
            }
            scalar => {
                // An empty list or mapping is shown by its key.
                if !scalar.is_array() && !scalar.is_object() {
                    self.mark(path, false);
                }
                let written = match scalar {
                    Value::String(text) => self.line_of_text(text),
                    Value::Null if self.choose(2) == 0 => "~".to_owned(),
                    other => other.to_string(),
                };
                self.out.push_str(&written);
                self.end_line();
            }
        }
    }

    fn mark(&mut self, path: &[Step], is_key: bool) {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let column = u32::try_from(self.out[start..].chars().count()).unwrap() + 1;
        self.marks.push(Mark { path: path.to_vec(), is_key, line: self.line, column });
    }

    /// A text as a plain, single-quoted or double-quoted scalar on one line.
    fn line_of_text(&mut self, text: &str) -> String {
        let is_plain = !text.is_empty()
            && text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, 'é' | '語'))
            && !matches!(text, "null" | "true" | "false");
        match self.choose(3) {
            0 if is_plain => text.to_owned(),
            1 if text.chars().all(|c| c == '\t' || (is_printable(c) && c != '\n')) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            _ => quoted(text),
        }
    }

    /// A literal block: its indentation and what becomes of its end are written out.
    fn literal(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        let ending = match text.len() - body.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        self.out.push_str(&format!("|2{ending}"));
        self.end_line();
        // The indicator counts from the parent, whose indentation is two less than its children's.
        let pad = " ".repeat(indent);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.out.push_str(&pad);
                self.out.push_str(line);
            }
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.line += 1;
    }
}

/// A double-quoted scalar, on which JSON and YAML agree but for what YAML does not print.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in serde_json::to_string(text).unwrap().chars() {
        if is_printable(c) { out.push(c) } else { out.push_str(&format!("\\U{:08X}", u32::from(c))) }
    }
    out
}

/// What may stand in a YAML stream as it is, and counts as one character of one line everywhere.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn can_be_literal(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    !body.is_empty() && body.chars().all(|c| c == '\n' || is_printable(c))
}
