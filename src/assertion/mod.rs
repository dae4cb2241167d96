//! Assertions: what a task declares of its answers, one file per type.
//!
//! An assertion observes a finished run and says whether it holds. Three values: `Ok(holds)`, `Ok(does not)`, `Err(reason)`
//! where the run does not offer what it would have to look at. It never calls a model, reads a file or knows of base and head.
//!
//! To add one: write `assertion/<name>.rs` with a struct, its doc comment (which becomes schema and documentation), `impl
//! Check` and `impl Declared`, and add one line to the list below.

use std::fmt::Debug;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::agent::Trajectory;
use crate::diagnostic::did_you_mean;
use crate::outcome::{Outcome, Reason};
use crate::yaml::{Problem, Step};

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
    contains_keywords::ContainsKeywords,
    max_tokens::MaxTokens,
    max_word_count::MaxWordCount,
    not::Not,
}

/// What an assertion type does.
pub trait Check: Debug + Send + Sync {
    /// What must hold, as a phrase that fits after "expected": "at most 120 words".
    fn expected(&self) -> String;

    /// Looks at a run.
    fn observe(&self, run: &Trajectory) -> Result<Observed, Reason>;
}

/// How an assertion type is declared in YAML. The fields beside `type` are the struct's own.
pub trait Declared: Check + JsonSchema + Sized {
    /// One declaration in YAML flow style, valid as it stands; it appears in the documentation and is run by a test.
    const EXAMPLE: &'static str;

    /// Reads the fields; most types need no more than [`crate::yaml::read_value`].
    fn parse(fields: &Value) -> Result<Self, Problem>;
}

/// What an assertion saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub holds: bool,
    /// What was there instead or indeed, as a phrase that fits after "found": "143 words".
    pub actual: String,
}

impl Observed {
    pub fn new(holds: bool, actual: impl Into<String>) -> Self {
        Self { holds, actual: actual.into() }
    }
}

/// One declared assertion.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The type's name.
    pub name: &'static str,
    /// As declared, for comparing what base and head expect.
    pub declared: Value,
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
        Ok(Self { name: known, declared: declared.clone(), check })
    }

    pub fn expected(&self) -> String {
        self.check.expected()
    }

    pub fn observe(&self, run: &Trajectory) -> Result<Observed, Reason> {
        self.check.observe(run)
    }

    pub fn check(&self, run: &Trajectory) -> Checked {
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
    fn schema_name() -> std::borrow::Cow<'static, str> {
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

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::agent::{Exchange, Stop, ToolResult};
    use crate::wire::{Arguments, Key, Parts, Reply, ReplyStop, Request, ToolCall, Usage};

    /// One step of a made-up run: text, tool calls with arguments, and (input, output) tokens.
    pub(crate) type StepSpec<'a> = (&'a str, &'a [(&'a str, Value)], Option<(u64, u64)>);

    /// A run made of `steps`, ended by `stop`.
    pub(crate) fn run(stop: Stop, steps: &[StepSpec<'_>]) -> Trajectory {
        let request = Request {
            api: "mock".into(),
            model: "mock".into(),
            system: None,
            messages: Vec::new(),
            tools: Vec::new(),
            response_format: None,
            parameters: Default::default(),
            features: Default::default(),
        };
        let exchanges = steps.iter().map(|(text, calls, tokens)| {
            let tool_calls: Vec<_> = calls
                .iter()
                .enumerate()
                .map(|(i, (name, arguments))| ToolCall {
                    id: format!("call_{i}"),
                    name: (*name).to_owned(),
                    arguments: Arguments::Json(arguments.clone()),
                })
                .collect();
            let result = ToolResult { content: "ok".into(), is_error: false, hallucinated: false, delay_ms: 0 };
            Exchange {
                key: Key::of(&request),
                parts: Parts::of(&request),
                body: Value::Null,
                latency_ms: 1_000,
                results: vec![result; tool_calls.len()],
                reply: Reply {
                    text: (*text).to_owned(),
                    stop: if tool_calls.is_empty() { ReplyStop::Finish } else { ReplyStop::ToolCalls },
                    tool_calls,
                    raw_stop: "stop".into(),
                    usage: Usage {
                        input_uncached: tokens.map(|(input, _)| input),
                        output: tokens.map(|(_, output)| output),
                        ..Usage::default()
                    },
                    served_model: None,
                },
            }
        });
        Trajectory { exchanges: exchanges.collect(), stop }
    }

    /// A run that answers `text` at once.
    pub(crate) fn answer(text: &str) -> Trajectory {
        run(Stop::Finish, &[(text, &[], Some((10, 5)))])
    }

    pub(crate) fn assertion(declared: Value) -> Assertion {
        Assertion::parse(&declared).unwrap_or_else(|problem| panic!("{declared}: {problem:?}"))
    }

    /// Checks a table of (run, expected outcome as `Some(holds)` or `None` for unjudged).
    pub(crate) fn table(declared: Value, rows: &[(Trajectory, Option<bool>)]) {
        let assertion = assertion(declared.clone());
        for (run, want) in rows {
            let got = assertion.observe(run);
            assert_eq!(got.as_ref().ok().map(|seen| seen.holds), *want, "{declared} on {:?}: {got:?}", run.text());
        }
    }

    #[test]
    fn the_list_is_the_directory() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/assertion"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        assert_eq!(files, NAMES, "src/assertion/*.rs and the list in mod.rs differ (keep the list sorted)");
    }

    #[test]
    fn every_example_parses_as_its_own_type() {
        for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
            let document = crate::yaml::Document::parse("example.yaml", example.as_bytes()).unwrap();
            assert_eq!(assertion(document.value().clone()).name, name, "{example}");
        }
    }

    #[test]
    fn an_unknown_type_lists_the_types() {
        let problem = Assertion::parse(&json!({"type": "max_word_cuont", "value": 3})).unwrap_err();
        assert_eq!(problem.message, "unknown assertion type `max_word_cuont`");
        let help = problem.help.unwrap();
        assert!(help.starts_with("did you mean `max_word_count`? the types are: "), "{help}");
    }

    #[test]
    fn a_wrong_field_is_named_where_it_stands() {
        let declared = json!({"type": "not", "assertion": {"type": "max_word_count", "valeu": 3}});
        let problem = Assertion::parse(&declared).unwrap_err();
        assert_eq!(problem.path, [Step::from("assertion"), Step::from("valeu")]);
        assert_eq!(problem.help.as_deref(), Some("did you mean `value`?"));
    }
}
