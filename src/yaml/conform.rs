//! A document against the schema of its format: every misfit, at its place and in words.
//!
//! A validator speaks of keywords and branches. A person wants to know what stands there, what should, and what was probably
//! meant; so alternatives are told apart by kind and by `type`, and only the one that was meant is spoken of.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Rule};
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

use super::shape::Shape;
use super::{Document, MAX_TOLD, Step};
use crate::diagnostic::{Code, did_you_mean};

/// One misfit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The value, or the key, that is wrong.
    pub(super) path: Vec<Step>,
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The key that an unknown one was meant for.
    pub(super) meant: Option<String>,
    /// Whether what was written would do as text, had it been in quotes.
    pub(super) is_text: bool,
}

/// Every misfit of a document.
pub(super) fn misfits(document: &Document, shape: &Shape) -> Vec<Misfit> {
    let mut reader = Reader { document, shape, found: Vec::new() };
    for error in shape.validator.iter_errors(&document.value).take(MAX_TOLD) {
        reader.explain(&error);
    }
    let mut found = reader.found;
    // A key with a typo is one mistake: that the right key is missing says the same again.
    let meant: Vec<(Vec<Step>, String)> = found
        .iter()
        .filter_map(|misfit| Some((misfit.path.split_last()?.1.to_vec(), missing(misfit.meant.as_ref()?))))
        .collect();
    let is_told = |one: &Misfit| meant.iter().any(|(parent, message)| one.path == *parent && one.message == *message);
    found.retain(|misfit| misfit.code != Code::MissingField || !is_told(misfit));
    found
}

fn missing(name: &str) -> String {
    format!("`{name}` is missing")
}

struct Reader<'a> {
    document: &'a Document,
    shape: &'a Shape,
    found: Vec<Misfit>,
}

impl Reader<'_> {
    fn explain(&mut self, error: &ValidationError<'_>) {
        let path = steps(error.instance_path());
        let schema = error.schema_path().as_str();
        match error.kind() {
            Rule::AdditionalProperties { unexpected } | Rule::UnevaluatedProperties { unexpected } => {
                // Where names follow a rule of their own, that rule says what is wrong with one.
                if self.shape.around(schema).is_some_and(|node| node.get("propertyNames").is_some()) {
                    return;
                }
                let known = self.shape.keys(schema);
                for key in unexpected {
                    let meant = did_you_mean(key, known.iter().copied()).map(str::to_owned);
                    let help = match &meant {
                        Some(near) => Some(format!("did you mean `{near}`?")),
                        None => list("the keys here are", known.iter().copied()),
                    };
                    let path = [path.as_slice(), &[key.as_str().into()]].concat();
                    let message = format!("unknown field `{key}`");
                    self.found.push(Misfit { path, code: Code::UnknownField, message, help, meant, is_text: false });
                }
            }
            Rule::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.add(path, Code::MissingField, missing(name), None);
            }
            Rule::Type { kind } => self.wrong_type(path, &[kind]),
            Rule::Enum { options } => self.unknown_value(path, options.as_array().map_or(&[], Vec::as_slice)),
            Rule::Constant { expected_value } => self.unknown_value(path, std::slice::from_ref(&**expected_value)),
            Rule::AnyOf { context } | Rule::OneOfNotValid { context } => self.alternatives(path, schema, context),
            Rule::OneOfMultipleValid { .. } => self.both(path, schema),
            Rule::PropertyNames { error } => {
                let key = error.instance().as_str().unwrap_or_default().to_owned();
                let message = self.sentence(error, &format!("`{key}`"));
                let path = [path.as_slice(), &[Step::Key(key)]].concat();
                self.add(path, Code::Invalid, message, None);
            }
            _ => {
                let message = self.sentence(error, &self.document.words(&path));
                self.add(path, Code::Invalid, message, None);
            }
        }
    }

    fn add(&mut self, path: Vec<Step>, code: Code, message: String, help: Option<String>) {
        self.found.push(Misfit { path, code, message, help, meant: None, is_text: false });
    }

    /// What a rule on one value says, about a value that `words` show.
    fn sentence(&self, error: &ValidationError<'_>, words: &str) -> String {
        let around = self.shape.around(error.schema_path().as_str());
        let limit = |name: &str| around.and_then(|node| node.get(name)).map(Value::to_string);
        if let (Rule::Pattern { .. }, Some(says)) =
            (error.kind(), around.and_then(|node| node.get("patternErrorMessage")).and_then(Value::as_str))
        {
            return format!("{words} {says}");
        }
        match (error.kind(), limit("minimum"), limit("maximum")) {
            (Rule::Minimum { .. } | Rule::Maximum { .. }, Some(min), Some(max)) => {
                format!("must be {min} to {max}, not {words}")
            }
            (Rule::Minimum { .. }, Some(min), None) => format!("must be at least {min}, not {words}"),
            (Rule::Maximum { .. }, None, Some(max)) => format!("must be at most {max}, not {words}"),
            (Rule::MinItems { limit }, ..) => format!("must have at least {limit} items"),
            (Rule::MinLength { .. }, ..) => format!("{words} is too short"),
            _ => error.to_string(),
        }
    }

    fn wrong_type(&mut self, path: Vec<Step>, kinds: &[&TypeKind]) {
        let mut expected: Vec<&str> = kinds.iter().flat_map(|kind| words_of(kind)).collect();
        expected.dedup();
        // That a key may be left empty is no news to who wrote something there.
        if expected.len() > 1 {
            expected.retain(|word| *word != "nothing");
        }
        let wants_text = expected.contains(&"text");
        let raw = self.document.raw_scalar(&path).unwrap_or_default();
        let (message, is_text) = match self.document.at(&path) {
            Some(Value::Number(_)) if wants_text => {
                (format!("expected text, but `{raw}` is a number: write it in quotes"), true)
            }
            Some(Value::Bool(_)) if wants_text => {
                (format!("expected text, but `{raw}` is true or false: write it in quotes"), true)
            }
            _ => (format!("expected {}, found {}", expected.join(" or "), self.document.words(&path)), false),
        };
        let is_word = matches!(raw.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off");
        let help =
            (is_word && expected.contains(&"true or false")).then(|| "YAML 1.2 knows true and false only".into());
        self.found.push(Misfit { path, code: Code::WrongType, message, help, meant: None, is_text });
    }

    fn unknown_value(&mut self, path: Vec<Step>, options: &[Value]) {
        let names: Vec<String> =
            options.iter().map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned)).collect();
        let written = self.document.at(&path).and_then(Value::as_str).unwrap_or_default();
        let listed = list("the values are", names.iter().map(String::as_str));
        let help = match did_you_mean(written, names.iter().map(String::as_str)) {
            Some(near) if names.len() > 8 => Some(format!("did you mean `{near}`? {}", listed.unwrap_or_default())),
            Some(near) => Some(format!("did you mean `{near}`?")),
            None => listed,
        };
        let message = format!("unknown value {}", self.document.words(&path));
        self.add(path, Code::UnknownValue, message, help);
    }

    /// None of several alternatives fits: speaks of the one that was meant.
    fn alternatives(&mut self, path: Vec<Step>, schema: &str, branches: &[Vec<ValidationError<'static>>]) {
        let fitting: Vec<&Vec<_>> = branches.iter().filter(|branch| !rejects_kind(branch, &path)).collect();
        if fitting.is_empty() {
            let mut kinds = Vec::new();
            branches.iter().flatten().for_each(|error| types(error, &path, &mut kinds));
            return self.wrong_type(path, &kinds);
        }
        let tags = self.shape.types(schema);
        if !tags.is_empty() {
            let tag = [path.as_slice(), &["type".into()]].concat();
            let written = self.document.at(&tag).and_then(Value::as_str);
            return match tags.iter().position(|name| Some(*name) == written).and_then(|index| branches.get(index)) {
                Some(meant) => meant.iter().for_each(|error| self.explain(error)),
                None => self.unknown_type(path, tag, &noun(schema), &tags),
            };
        }
        let options: Vec<Value> = fitting.iter().flat_map(|branch| values(branch, &path)).collect();
        if fitting.len() > 1 && !options.is_empty() {
            return self.unknown_value(path, &options);
        }
        if let Some(nearest) = fitting.into_iter().min_by_key(|branch| branch.len()) {
            nearest.iter().for_each(|error| self.explain(error));
        }
    }

    /// No alternative has the `type` that was written, or none was.
    fn unknown_type(&mut self, path: Vec<Step>, tag: Vec<Step>, noun: &str, names: &[&str]) {
        let all = format!("the types are: {}", names.join(", "));
        match self.document.at(&tag).map(|written| written.as_str().unwrap_or_default().to_owned()) {
            Some(written) => {
                let help = match did_you_mean(&written, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {all}"),
                    None => all,
                };
                let message = format!("unknown {noun} type {}", self.document.words(&tag));
                self.add(tag, Code::UnknownValue, message, Some(help));
            }
            None => self.add(path, Code::MissingField, missing("type"), Some(all)),
        }
    }

    /// Several alternatives fit at once, which differ in what they require.
    fn both(&mut self, path: Vec<Step>, schema: &str) {
        let branches = self.shape.around(schema).and_then(|node| node.get("oneOf")).and_then(Value::as_array);
        let required = branches.into_iter().flatten().filter_map(|branch| branch["required"][0].as_str());
        let names: Vec<String> = required.map(|name| format!("`{name}`")).collect();
        self.add(path, Code::Invalid, format!("give one of {}, not several", names.join(" and ")), None);
    }
}

/// Whether an alternative takes another kind of value than the one at `path`.
fn rejects_kind(branch: &[ValidationError<'_>], path: &[Step]) -> bool {
    branch.iter().any(|error| match error.kind() {
        Rule::Type { .. } => steps(error.instance_path()) == path,
        Rule::AnyOf { context } | Rule::OneOfNotValid { context } => {
            steps(error.instance_path()) == path && context.iter().all(|branch| rejects_kind(branch, path))
        }
        _ => false,
    })
}

/// The kinds of value that an alternative takes at `path`.
fn types<'e>(error: &'e ValidationError<'_>, path: &[Step], kinds: &mut Vec<&'e TypeKind>) {
    match error.kind() {
        Rule::Type { kind } if steps(error.instance_path()) == path => kinds.push(kind),
        Rule::AnyOf { context } | Rule::OneOfNotValid { context } => {
            context.iter().flatten().for_each(|error| types(error, path, kinds));
        }
        _ => {}
    }
}

/// The values that an alternative takes at `path`.
fn values(branch: &[ValidationError<'_>], path: &[Step]) -> Vec<Value> {
    let mut found = Vec::new();
    for error in branch.iter().filter(|error| steps(error.instance_path()) == path) {
        match error.kind() {
            Rule::Enum { options } => found.extend(options.as_array().into_iter().flatten().cloned()),
            Rule::Constant { expected_value } => found.push((**expected_value).clone()),
            _ => {}
        }
    }
    found
}

fn words_of(kind: &TypeKind) -> Vec<&'static str> {
    let word = |kind| match kind {
        jsonschema::JsonType::String => "text",
        jsonschema::JsonType::Integer => "a whole number",
        jsonschema::JsonType::Number => "a number",
        jsonschema::JsonType::Boolean => "true or false",
        jsonschema::JsonType::Array => "a list",
        jsonschema::JsonType::Object => "a mapping",
        jsonschema::JsonType::Null => "nothing",
    };
    match kind {
        TypeKind::Single(one) => vec![word(*one)],
        TypeKind::Multiple(many) => many.iter().map(word).collect(),
    }
}

/// What the alternatives at `pointer` of a schema are: its definitions have our own words for names.
fn noun(pointer: &str) -> String {
    pointer.strip_prefix("/$defs/").and_then(|rest| rest.split('/').next()).unwrap_or("value").to_lowercase()
}

/// "the values are: a, b", where the list can be read at a glance.
fn list<'n>(lead: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty() && names.len() <= 24).then(|| format!("{lead}: {}", names.join(", ")))
}

fn steps(location: &Location) -> Vec<Step> {
    let step = |segment| match segment {
        LocationSegment::Property(name) => Step::Key(name.into_owned()),
        LocationSegment::Index(index) => Step::Index(index),
    };
    location.iter().map(step).collect()
}
