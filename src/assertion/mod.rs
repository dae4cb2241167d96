//! Assertions: what a task declares of its answers, one file per type.
//!
//! An assertion observes a finished run and says whether it holds. Three values: `Ok(holds)`, `Ok(does not)`, `Err(reason)`
//! where the run does not offer what it would have to look at. It never calls a model, reads a file or knows of base and head.
//!
//! To add one: write `assertion/<name>.rs` with a struct, its doc comment (which becomes schema and documentation), `impl
//! Check` and `impl Declared`, and add one line to the list below.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::diagnostic::did_you_mean;
use crate::outcome::{Outcome, Reason};
use crate::wire::canonical_text;
use crate::yaml::{Problem, Step};

mod bounds;
mod observed;
mod text;

pub use judge::{Judge, NoOpinions, Opinion, Opinions};
pub use observed::{Observed, Seen};
pub use similar_to::token_f1;

#[cfg(test)]
pub(crate) mod tests;

/// Declares the modules and the registry of all assertion types.
macro_rules! assertions {
    ($($module:ident::$kind:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every assertion type, by the name it has in `type:`.
        pub const NAMES: &[&str] = &[$(stringify!($module)),*];

        fn parse_fields(name: &str, fields: &Value) -> Option<Result<Arc<dyn Check>, Problem>> {
            match name {
                $(stringify!($module) => {
                    Some(<$module::$kind as Declared>::parse(fields).map(|check| Arc::new(check) as Arc<dyn Check>))
                })*
                _ => None,
            }
        }

        /// Name, example and schema of every type, in the order of the list.
        pub fn catalogue(generator: &mut SchemaGenerator) -> Vec<(&'static str, &'static str, Schema)> {
            vec![$((
                stringify!($module),
                <$module::$kind as Declared>::EXAMPLE,
                <$module::$kind as JsonSchema>::json_schema(generator),
            )),*]
        }
    };
}

assertions! {
    all_of::AllOf,
    any_of::AnyOf,
    contains::Contains,
    contains_keywords::ContainsKeywords,
    ends_with::EndsWith,
    equals::Equals,
    forbidden_phrases::ForbiddenPhrases,
    json_path::JsonPath,
    json_schema::FollowsSchema,
    judge::Judge,
    matches::Matches,
    max_char_count::MaxCharCount,
    max_cost_usd::MaxCostUsd,
    max_output_tokens::MaxOutputTokens,
    max_seconds::MaxSeconds,
    max_steps::MaxSteps,
    max_tokens::MaxTokens,
    max_tool_calls::MaxToolCalls,
    max_word_count::MaxWordCount,
    min_word_count::MinWordCount,
    not::Not,
    one_of::OneOf,
    sentence_count::SentenceCount,
    similar_to::SimilarTo,
    starts_with::StartsWith,
    stop_reason::StopReason,
    tool_calls::ToolCalls,
    valid_json::ValidJson,
    word_count::WordCount,
}

/// What an assertion type does.
pub trait Check: Debug + Send + Sync {
    /// What must hold, as a phrase that fits after "expected": "at most 120 words".
    fn expected(&self) -> String;

    /// Looks at a run.
    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason>;

    /// Itself, where it is a judge, whose opinion somebody has to ask for.
    fn as_judge(&self) -> Option<&Judge> {
        None
    }
}

/// How an assertion type is declared in YAML. The fields beside `type` are the struct's own.
pub trait Declared: Check + JsonSchema + Sized {
    /// One declaration in YAML flow style, valid as it stands; it appears in the documentation and is run by a test.
    const EXAMPLE: &'static str;

    /// Reads the fields; most types need no more than [`crate::yaml::read_value`].
    fn parse(fields: &Value) -> Result<Self, Problem>;
}

/// One declared assertion.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The type's name.
    pub name: &'static str,
    /// What is declared, as one line of canonical JSON: two assertions are the same where this is.
    pub declared: Box<str>,
    check: Arc<dyn Check>,
}

/// The result of one assertion on one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub outcome: Outcome,
    pub actual: String,
}

impl Assertion {
    /// Reads a declaration: a mapping with `type` and the type's own fields.
    pub fn parse(declared: &Value) -> Result<Self, Problem> {
        let Value::Object(entries) = declared else {
            return Err(Problem::new(Vec::new(), "expected an assertion: a mapping with a `type`"));
        };
        let at_type = || vec![Step::from("type")];
        let name = match entries.get("type") {
            Some(Value::String(name)) => name.as_str(),
            Some(_) => return Err(Problem::new(at_type(), "`type` must be text")),
            None => return Err(unknown_type(Vec::new(), "an assertion needs a `type`", "")),
        };
        let mut fields = entries.clone();
        fields.shift_remove("type");
        let Some(known) = NAMES.iter().find(|known| **known == name) else {
            return Err(unknown_type(at_type(), format!("unknown assertion type `{name}`"), name));
        };
        let check = parse_fields(known, &Value::Object(fields)).expect("every name of the list parses")?;
        Ok(Self { name: known, declared: canonical_text(declared).into(), check })
    }

    /// Reads an assertion that stands inside another.
    fn parse_inner(declared: &Value) -> Result<Self, Problem> {
        let parsed = Self::parse(declared)?;
        match parsed.as_judge() {
            // Inside a negation or a choice its word would outweigh what can be counted (SEC-18).
            Some(_) => Err(Problem::new(
                vec![Step::from("type")],
                "`judge` stands beside the other assertions, not inside one",
            )),
            None => Ok(parsed),
        }
    }

    pub fn expected(&self) -> String {
        self.check.expected()
    }

    pub fn as_judge(&self) -> Option<&Judge> {
        self.check.as_judge()
    }

    pub fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        self.check.observe(run)
    }

    pub fn check(&self, run: &Seen<'_>) -> Checked {
        match self.observe(run) {
            Ok(Observed { holds: true, actual }) => Checked { outcome: Outcome::Pass, actual },
            Ok(Observed { holds: false, actual }) => Checked { outcome: Outcome::Fail, actual },
            Err(reason) => Checked { actual: reason.to_string(), outcome: Outcome::Unjudged(reason) },
        }
    }
}

fn unknown_type(path: Vec<Step>, message: impl Into<String>, name: &str) -> Problem {
    let list = format!("the types are: {}", NAMES.join(", "));
    let help = match did_you_mean(name, NAMES.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    };
    Problem { help: Some(help), ..Problem::new(path, message) }
}

/// The schema of any assertion: one of the types, told apart by `type`.
impl JsonSchema for Assertion {
    fn schema_name() -> Cow<'static, str> {
        "Assertion".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let branches: Vec<Value> = catalogue(generator)
            .into_iter()
            .map(|(name, _, mut schema)| {
                let object = schema.ensure_object();
                if let Some(Value::Object(properties)) = object.get_mut("properties") {
                    properties.shift_insert(0, "type".into(), serde_json::json!({ "const": name }));
                } else {
                    object.insert("properties".into(), serde_json::json!({ "type": { "const": name } }));
                }
                match object.get_mut("required") {
                    Some(Value::Array(required)) => required.insert(0, "type".into()),
                    _ => drop(object.insert("required".into(), serde_json::json!(["type"]))),
                }
                schema.to_value()
            })
            .collect();
        json_schema!({ "oneOf": branches })
    }
}
