//! A YAML document with positions: parsed once into a tree, from which typed values and error places come.
//!
//! Every settings, prompt and task file enters here. Nothing below knows what a document means.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::Location;

mod node;

use node::{Kind, Node};

use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean};

/// The largest document that is read, in bytes (SEC-07).
pub const MAX_BYTES: usize = 1 << 20;

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    pub path: String,
    text: String,
    root: Node,
    value: Value,
}

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A problem found while reading a typed value: where, relative to the value that was read, and what.
#[derive(Debug, Clone)]
pub struct Problem {
    pub path: Vec<Step>,
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub fn new(path: Vec<Step>, message: impl Into<String>) -> Self {
        Self { path, message: message.into(), help: None }
    }

    /// The same problem seen from an enclosing value.
    #[must_use]
    pub fn under(mut self, prefix: &[Step]) -> Self {
        self.path.splice(0..0, prefix.iter().cloned());
        self
    }
}

impl Document {
    /// Parses one YAML document. JSON is YAML, so `.json` files come this way too.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let whole = |code, message: String| Box::new(Diagnostic::new(code, Place::file(path), message));
        if bytes.len() > MAX_BYTES {
            return Err(whole(
                Code::TooLarge,
                format!("the file has {} bytes; regild reads at most {MAX_BYTES}", bytes.len()),
            ));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|e| whole(Code::NotUtf8, format!("the file is not UTF-8 (byte {})", e.valid_up_to())))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let root: Node = serde_saphyr::from_str_with_options(&text, options()).map_err(|error| {
            let place = error.location().map_or_else(|| Place::file(path), |at| place_of(path, &text, at));
            Box::new(Diagnostic::new(Code::Yaml, place, plain_message(&error)))
        })?;
        let value = root.to_value();
        Ok(Self { path: path.to_owned(), text, root, value })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Reads the whole document as a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Box<Diagnostic>> {
        read_value(&self.value).map_err(|problem| Box::new(self.diagnose(Code::Invalid, &problem)))
    }

    /// Places a problem of this document.
    pub fn diagnose(&self, code: Code, problem: &Problem) -> Diagnostic {
        let code = if problem.message.starts_with("unknown field") { Code::UnknownField } else { code };
        let mut message = problem.message.clone();
        let (node, _) = self.root.find(&problem.path);
        if let Kind::Scalar(Value::Number(_)) = &node.kind
            && message.contains("expected a string")
        {
            // The number YAML made of it may no longer look like what was written: 1.10 became 1.1.
            message = format!("expected text, but `{}` is a number: write it in quotes", self.raw(node.at));
        }
        // A key that should not be there is itself what is wrong; of anything else it is the value.
        let place = if code == Code::UnknownField { self.key_place(&problem.path) } else { self.place(&problem.path) };
        let mut diagnostic = Diagnostic::new(code, place, message);
        diagnostic.help.clone_from(&problem.help);
        diagnostic
    }

    /// The place of the value at `path`, or of the nearest enclosing one that exists. Collections are shown by their key.
    pub fn place(&self, path: &[Step]) -> Place {
        let (node, key) = self.root.find(path);
        let at = match (&node.kind, key) {
            (Kind::Scalar(_), _) | (_, None) => node.at,
            (_, Some(key)) => key,
        };
        place_of(&self.path, &self.text, at)
    }

    /// The place of the key that the last step of `path` names.
    pub fn key_place(&self, path: &[Step]) -> Place {
        let (node, key) = self.root.find(path);
        place_of(&self.path, &self.text, key.unwrap_or(node.at))
    }

    fn raw(&self, at: Location) -> &str {
        let (Some(start), Some(len)) = (at.span().byte_offset(), at.span().byte_len()) else { return "" };
        let (start, len) = (usize::try_from(start).unwrap_or(0), usize::try_from(len).unwrap_or(0));
        self.text.get(start..start + len).unwrap_or("")
    }
}

/// Reads `value` as a `T`; an error says where inside `value` it stands.
pub fn read_value<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().iter().filter_map(step).collect();
        let message = error.inner().to_string();
        match suggestion(&message) {
            // Where one name is meant, the others are in the way.
            Some(help) => {
                let short = message.split(", expected").next().unwrap_or_default().to_owned();
                Problem { path, message: short, help: Some(help) }
            }
            None => Problem { path, message, help: None },
        }
    })
}

fn step(segment: &serde_path_to_error::Segment) -> Option<Step> {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { variant } => Some(Step::Key(variant.clone())),
        Segment::Unknown => None,
    }
}

/// Finds the did-you-mean in serde's "unknown field `x`, expected one of `a`, `b`".
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (word, names) = (quoted.next()?, quoted.collect::<Vec<_>>());
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    did_you_mean(word, names).map(|name| format!("did you mean `{name}`?"))
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_documents: 1,
            max_nodes: 100_000,
            max_total_scalar_bytes: 8 << 20,
            max_aliases: 1_000,
            max_merge_keys: 1_000,
        },
    }
}

/// The crate's message without its own position, which a diagnostic shows by itself.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or_default();
    match text.rfind(" at line ") {
        Some(cut) => text[..cut].trim_end_matches([',', ':']).to_owned(),
        None => text.to_owned(),
    }
}

fn place_of(path: &str, text: &str, at: Location) -> Place {
    let line = u32::try_from(at.line()).unwrap_or(0);
    let column = u32::try_from(at.column()).unwrap_or(0);
    let excerpt = text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().to_owned();
    let rest = excerpt.chars().count().saturating_sub(column.saturating_sub(1) as usize);
    let width = u32::try_from(at.span().len().min(rest as u64)).unwrap_or(1).max(1);
    Place { file: path.to_owned(), line, column, width, excerpt }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its type matters here")]
        version: String,
        #[expect(dead_code, reason = "only its type matters here")]
        items: Vec<u32>,
    }

    fn failure(text: &str) -> Diagnostic {
        let document = match Document::parse("f.yaml", text.as_bytes()) {
            Ok(document) => document,
            Err(diagnostic) => return *diagnostic,
        };
        *document.read::<Sample>().unwrap_err()
    }

    #[test]
    fn an_error_stands_where_the_mistake_is() {
        for (text, line, column, says) in [
            ("version: 1.10\nitems: []\n", 1, 10, "`1.10` is a number"),
            ("version: a\nitem: []\n", 2, 1, "unknown field `item`"),
            ("version: a\nitems: [1, x]\n", 2, 12, "invalid type"),
            ("version: a\nversion: b\n", 2, 1, "duplicate"),
            ("version: [\n", 1, 10, "unclosed"),
        ] {
            let shown = failure(text);
            assert_eq!((shown.line, shown.column), (line, column), "{text:?}: {shown:?}");
            assert!(shown.message.contains(says), "{text:?}: {}", shown.message);
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        assert_eq!(failure("versoin: a\nitems: []\n").help.as_deref(), Some("did you mean `version`?"));
    }

    #[test]
    fn yaml_1_2_words_stay_text() {
        let document = Document::parse("f.yaml", b"a: NO\nb: on\nc: true\n").unwrap();
        assert_eq!(document.value(), &serde_json::json!({"a": "NO", "b": "on", "c": true}));
    }
}
