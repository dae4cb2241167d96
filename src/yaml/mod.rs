//! A YAML document with positions: parsed once into a tree, from which typed values and error places come.
//!
//! Every settings, prompt and task file enters here. Nothing below knows what a document means.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::Location;

mod conform;
mod node;
mod parse;
mod scan;
mod shape;
mod trap;

use conform::{Misfit, misfits};
use node::{Kind, Node};
pub use parse::MAX_BYTES;
pub use scan::{Scanned, scan};
pub use shape::{Format, Shape};

use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean, shown_line};
use crate::snapshot::{EntryKind, Snapshot};

/// Misfits of one document that are told. Whoever mends those sees the next.
const MAX_TOLD: usize = 100;

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    pub path: String,
    text: String,
    root: Node,
    value: Value,
    /// What is wrong with it as YAML, though it could be parsed.
    flaws: Vec<Diagnostic>,
    /// Where it does not fit its schema.
    misfits: Vec<Vec<Step>>,
}

/// What reading a document as a typed value came to.
#[derive(Debug)]
pub struct Reading<T> {
    /// There where what fits is enough to go on with, so that one run finds what is wrong with the rest too.
    pub value: Option<T>,
    /// Everything that does not fit. A value that comes with errors must not be used for anything but finding more.
    pub problems: Vec<Diagnostic>,
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
    /// Reads and parses the document at `path` of a snapshot; `None` where nothing stands there.
    pub fn open(snapshot: &Snapshot, path: &str) -> Option<Result<Self, Box<Diagnostic>>> {
        let refuse = |code, message| Err(Box::new(Diagnostic::new(code, Place::file(path), message)));
        Some(match (snapshot.entry(path)?.kind, snapshot.read(path)) {
            (EntryKind::Symlink, _) => refuse(Code::NotAFile, "a symbolic link is not followed".to_owned()),
            (EntryKind::Submodule, _) => refuse(Code::NotAFile, "a submodule is not looked into".to_owned()),
            (EntryKind::File, Ok(bytes)) => Self::parse(path, &bytes.unwrap_or_default()),
            (EntryKind::File, Err(error)) => refuse(Code::Unreadable, error.message),
        })
    }

    /// Parses one YAML document. JSON is YAML, so `.json` files come this way too.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        parse::parse(path, bytes)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What is wrong with it as YAML: keys that stand twice, numbers that readers differ on, characters that hide.
    pub fn flaws(&self) -> &[Diagnostic] {
        &self.flaws
    }

    /// Reads the whole document as the format that `T` is, and finds everything in which it is not.
    pub fn read<T: Format>(&mut self) -> Reading<T> {
        let misfits = misfits(self, T::shape());
        let mut problems = self.flaws.clone();
        let is_told = |problems: &[Diagnostic], one: &Diagnostic| {
            problems.iter().any(|told| told.is_error() && (told.line, told.column) == (one.line, one.column))
        };
        for misfit in misfits.iter().take(MAX_TOLD) {
            let diagnostic = self.misfit(misfit);
            if !is_told(&problems, &diagnostic) {
                problems.push(diagnostic);
            }
        }
        let mended = (!misfits.is_empty()).then(|| self.mended(&misfits));
        let value = match read_value(mended.as_ref().unwrap_or(&self.value)) {
            Ok(value) => Some(value),
            Err(problem) => {
                // Where the schema has spoken, the rest is what follows from it.
                let diagnostic = self.diagnose(Code::Invalid, &problem);
                if misfits.is_empty() && !is_told(&problems, &diagnostic) {
                    problems.push(diagnostic);
                }
                None
            }
        };
        crate::diagnostic::sort(&mut problems);
        self.misfits = misfits.into_iter().map(|misfit| misfit.path).collect();
        Reading { value, problems }
    }

    /// Reads the whole document as a `T` that has no schema; the first problem is all that is told.
    pub fn read_as<T: DeserializeOwned>(&self) -> Result<T, Box<Diagnostic>> {
        read_value(&self.value).map_err(|problem| Box::new(self.diagnose(Code::Invalid, &problem)))
    }

    /// The value as it was probably meant: keys without their typos, text where only the quotes were missing, and nothing
    /// else that does not fit.
    fn mended(&self, misfits: &[Misfit]) -> Value {
        let mut value = self.value.clone();
        for Misfit { path, meant, is_text, .. } in misfits {
            let Some((Step::Key(key), parent)) = path.split_last() else { continue };
            let parent = parent.iter().try_fold(&mut value, |value, step| match step {
                Step::Key(key) => value.get_mut(key),
                Step::Index(index) => value.get_mut(index),
            });
            let Some(Value::Object(entries)) = parent else { continue };
            match self.raw_scalar(path) {
                Some(raw) if *is_text => drop(entries.insert(key.clone(), raw.into())),
                _ => {
                    let removed = entries.shift_remove(key);
                    if let (Some(meant), Some(value)) = (meant, removed) {
                        entries.entry(meant).or_insert(value);
                    }
                }
            }
        }
        value
    }

    fn misfit(&self, misfit: &Misfit) -> Diagnostic {
        let Misfit { path, code, message, help, meant: _, is_text: _ } = misfit;
        // A key that should not be there is itself what is wrong; of anything else it is the value.
        let place = if *code == Code::UnknownField { self.key_place(path) } else { self.place(path) };
        Diagnostic { help: help.clone(), ..Diagnostic::new(*code, place, message) }
    }

    /// Places a problem, unless it is about a value that [`Document::read`] has told of already.
    pub fn tell(&self, code: Code, problem: &Problem) -> Option<Diagnostic> {
        let is_about = |told: &Vec<Step>| told.starts_with(&problem.path) || problem.path.starts_with(told);
        (!self.misfits.iter().any(is_about)).then(|| self.diagnose(code, problem))
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

    /// The place of the value that `path` leads to, if all of it is there.
    pub fn value_at(&self, path: &[Step]) -> Option<Place> {
        self.at(path).map(|_| self.place(path))
    }

    /// The place of the key that `path` leads to, if all of it is there.
    pub fn key(&self, path: &[Step]) -> Option<Place> {
        self.at(path).map(|_| self.key_place(path))
    }

    /// The place of the key that the last step of `path` names.
    pub fn key_place(&self, path: &[Step]) -> Place {
        let (node, key) = self.root.find(path);
        place_of(&self.path, &self.text, key.unwrap_or(node.at))
    }

    /// The value at `path`.
    fn at(&self, path: &[Step]) -> Option<&Value> {
        path.iter().try_fold(&self.value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index).or_else(|| value.get(index.to_string())),
        })
    }

    /// What stands at `path`, for a sentence: a scalar as it is written, or what kind of collection it is.
    fn words(&self, path: &[Step]) -> String {
        match self.at(path) {
            Some(Value::Null) | None => "nothing".to_owned(),
            Some(Value::Array(_)) => "a list".to_owned(),
            Some(Value::Object(_)) => "a mapping".to_owned(),
            Some(Value::String(text)) => {
                let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
                format!("{:?}", &text[..end])
            }
            Some(Value::Bool(_) | Value::Number(_)) => format!("`{}`", self.raw_scalar(path).unwrap_or_default()),
        }
    }

    /// A number or a word as it is written, which its value may no longer tell: 1.10 became 1.1.
    fn raw_scalar(&self, path: &[Step]) -> Option<String> {
        let (node, _) = self.root.find(path);
        matches!(node.kind, Kind::Scalar(_)).then(|| self.raw(node.at).to_owned())
    }

    fn raw(&self, at: Location) -> &str {
        let (Some(start), Some(len)) = (at.span().byte_offset(), at.span().byte_len()) else { return "" };
        let (start, len) = (usize::try_from(start).unwrap_or(0), usize::try_from(len).unwrap_or(0));
        self.text.get(start..start + len).unwrap_or("")
    }

    fn shown(&self, at: Location) -> Place {
        place_of(&self.path, &self.text, at)
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

fn place_of(path: &str, text: &str, at: Location) -> Place {
    let line = u32::try_from(at.line()).unwrap_or(0);
    let column = u32::try_from(at.column()).unwrap_or(0);
    let offset = at.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    // From the place to the line it stands on, without counting lines from the start each time.
    let excerpt = match offset.and_then(|offset| text.split_at_checked(offset)) {
        Some((before, after)) => {
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let end = after.find('\n').map_or(text.len(), |newline| before.len() + newline);
            text[start..end].trim_end_matches('\r')
        }
        None => text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default(),
    };
    let excerpt = shown_line(excerpt);
    let rest = excerpt.chars().count().saturating_sub(column.saturating_sub(1) as usize);
    let width = u32::try_from(at.span().len().min(rest as u64)).unwrap_or(1).max(1);
    Place { file: path.to_owned(), line, column, width, excerpt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::file::TaskFile;
    use crate::prompt::file::PromptFile;

    fn problems<T: Format>(text: &str) -> Vec<String> {
        let mut document = match Document::parse("f.yaml", text.as_bytes()) {
            Ok(document) => document,
            Err(diagnostic) => return vec![diagnostic.render()],
        };
        let found = document.read::<T>().problems;
        let help = |one: &Diagnostic| one.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let show = |one: &Diagnostic| {
            format!("{}:{}+{} {}: {}{}", one.line, one.column, one.width, one.code, one.message, help(one))
        };
        found.iter().map(show).collect()
    }

    #[test]
    fn every_misfit_of_a_prompt_is_told_at_its_place() {
        let text = "id: a b\nversoin: 1.0.0\ntempalte: x\nvariables:\n  - {name: n, type: text, required: yes}\n\
            owner: 5\ntags: x\nmetadata: {performance_score: 7}\nexamples: {}\ndescription:\nzzz: 1\n";
        assert_eq!(
            problems::<PromptFile>(text),
            [
                "1:5+3 invalid: \"a b\" is not an id: use 1 to 64 of A-Z a-z 0-9 _ . - and begin with a letter or digit",
                "2:1+7 unknown-field: unknown field `versoin` (did you mean `version`?)",
                "3:1+8 unknown-field: unknown field `tempalte` (did you mean `template`?)",
                "5:21+4 unknown-value: unknown value \"text\" (the values are: string, integer, number, boolean, array, object)",
                "5:37+3 wrong-type: expected true or false, found \"yes\" (YAML 1.2 knows true and false only)",
                "6:8+1 wrong-type: expected text, but `5` is a number: write it in quotes",
                "7:7+1 wrong-type: expected a list, found \"x\"",
                "8:31+1 invalid: must be 0 to 1, not `7`",
                "9:1+8 wrong-type: expected a list, found a mapping",
                "11:1+3 unknown-field: unknown field `zzz` (the keys here are: id, version, description, author, owner, \
                 created_at, tags, metadata, template, messages, system, parameters, models, tools, output_schema, \
                 variables, examples, tests)",
            ]
        );
    }

    #[test]
    fn an_assertion_is_told_by_the_type_it_names() {
        let text = "prompt: a\ntasks:\n  - id: t\n    assertions:\n      - {type: max_word_cuont, value: 3}\n      \
            - {type: max_word_count, valeu: 3}\n      - {value: 3}\n      - x\n      \
            - {type: not, assertion: {type: max_steps, value: many}}\n";
        let found = problems::<TaskFile>(text);
        assert!(found[0].starts_with("5:16+14 unknown-value: unknown assertion type \"max_word_cuont\" (did you mean `max_word_count`? the types are: all_of, "), "{found:#?}");
        assert_eq!(found[1], "6:32+5 unknown-field: unknown field `valeu` (did you mean `value`?)");
        assert!(found[2].contains("missing-field: `type` is missing (the types are: all_of"), "{found:#?}");
        assert_eq!(found[3], "8:9+1 wrong-type: expected a mapping, found \"x\"");
        assert_eq!(found[4], "9:57+4 wrong-type: expected a whole number, found \"many\"");
        assert_eq!(found.len(), 5, "{found:#?}");
    }

    #[test]
    fn alternatives_are_told_by_what_was_meant() {
        for (field, says) in [
            ("weight: [1]", "expected a number or text, found a list"),
            ("weight: ten", "\"ten\" is not an amount"),
            ("samples: 0", "must be 1 to 1000, not `0`"),
            ("expect: fial", "unknown value \"fial\" (did you mean `fail`?)"),
            ("tools: {f: [{returnz: 1}]}", "unknown field `returnz` (did you mean `returns`?)"),
            ("tools: {f: 3}", "expected a list or a mapping, found `3`"),
            ("tools: {\"a b\": []}", "`a b` is not an id"),
            ("quarantine: {why: x, until: soon}", "\"soon\" is not a day"),
            ("name: u", "give one of `id` and `name`, not several"),
            ("max_tokens: 010", "is octal to one reader"),
            ("incident: 1.10", "expected text, but `1.10` is a number: write it in quotes"),
        ] {
            let found = problems::<TaskFile>(&format!("prompt: a\ntasks:\n  - id: t\n    {field}\n"));
            assert_eq!(found.len(), 1, "{field}: {found:#?}");
            assert!(found[0].contains(says), "{field}: {found:#?}");
        }
        let found = problems::<TaskFile>("prompt: a\ntasks:\n  - max_tokens: 9\n");
        assert_eq!(found, ["3:5+1 missing-field: `id` is missing"]);
    }

    #[test]
    fn what_fits_is_read_though_something_else_does_not() {
        let text = "id: a\nversion: 1.10\ntemplate: x\nvariables: []\ntagz: []\nowner: 5\n";
        let reading = Document::parse("f.yaml", text.as_bytes()).unwrap().read::<PromptFile>();
        let file = reading.value.expect("enough is there");
        assert_eq!((file.version.as_str(), file.owner.as_deref()), ("1.10", Some("5")));
        assert_eq!(reading.problems.len(), 3);
    }

    #[test]
    fn yaml_1_2_words_stay_text() {
        let document = Document::parse("f.yaml", b"a: NO\nb: on\nc: true\n").unwrap();
        assert_eq!(document.value(), &serde_json::json!({"a": "NO", "b": "on", "c": true}));
    }
}
