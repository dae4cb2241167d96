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
use crate::stop::Stop;
use crate::trajectory::Trajectory;
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
    all_of::AllOf,
    any_of::AnyOf,
    contains::Contains,
    contains_keywords::ContainsKeywords,
    equals::Equals,
    forbidden_phrases::ForbiddenPhrases,
    json_schema::FollowsSchema,
    matches::Matches,
    max_steps::MaxSteps,
    max_tokens::MaxTokens,
    max_tool_calls::MaxToolCalls,
    max_word_count::MaxWordCount,
    min_word_count::MinWordCount,
    not::Not,
    stop_reason::StopReason,
    tool_calls::ToolCalls,
    valid_json::ValidJson,
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
    /// What was there instead or indeed, as a phrase that fits after "found": "143 words". At most a line or two.
    pub actual: String,
}

impl Observed {
    pub fn new(holds: bool, actual: impl Into<String>) -> Self {
        Self { holds, actual: cut(&actual.into(), 200).into_owned() }
    }

    /// Judges an upper limit, also of a run that a budget stopped. Where the provider failed, more was to come: the run
    /// can have broken the limit, but it cannot have kept it.
    fn at_most(limit: u64, count: u64, unit: &str, run: &Trajectory) -> Result<Self, Reason> {
        if count <= limit && run.stop == Stop::Error {
            return Err(Reason::StoppedEarly { stop: run.stop });
        }
        Ok(Self::new(count <= limit, format!("{count} {unit}")))
    }
}

/// The beginning of `text`, at most `chars` characters and a mark that there was more.
fn cut(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The beginning of `text` in quotes and on one line.
fn quote(text: &str) -> String {
    format!("{:?}", cut(text, 80))
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

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::trajectory::{Exchange, ToolResult};
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

    /// Checks that a declaration is refused for the value at `path`, with a message that contains `says`.
    pub(crate) fn refused(declared: Value, path: &str, says: &str) {
        let problem = Assertion::parse(&declared).expect_err(&declared.to_string());
        let steps = problem.path.iter().map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        });
        assert_eq!(steps.collect::<Vec<_>>().join("/"), path, "{declared}: {}", problem.message);
        assert!(problem.message.contains(says), "{declared}: {}", problem.message);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "this test is about the directory itself")]
    fn the_list_is_the_directory() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/assertion"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        assert_eq!(files, NAMES, "src/assertion/*.rs and the list in mod.rs differ (keep the list sorted)");
    }

    fn example_value(example: &str) -> Value {
        crate::yaml::Document::parse("example.yaml", example.as_bytes()).unwrap().value().clone()
    }

    #[test]
    fn every_example_parses_as_its_own_type() {
        for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
            assert_eq!(assertion(example_value(example)).name, name, "{example}");
        }
    }

    #[test]
    fn the_schema_accepts_every_example_and_no_typo() {
        let schema = schemars::schema_for!(Assertion).to_value();
        let schema = jsonschema::options().offline().build(&schema).unwrap();
        for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
            let mut declared = example_value(example);
            assert!(schema.is_valid(&declared), "{example}: {:?}", schema.validate(&declared));
            declared["typo"] = json!(1);
            assert!(!schema.is_valid(&declared), "{name}");
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

    /// Assertions that judge a run which a budget stopped. All others look at an answer, which such a run lacks.
    const OF_ANY_RUN: &[&str] = &["max_steps", "max_tokens", "max_tool_calls", "stop_reason", "tool_calls"];

    #[test]
    fn without_evidence_no_type_judges() {
        for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
            let assertion = assertion(example_value(example));
            let budget = assertion.observe(&run(Stop::Timeout, &[("shipped", &[], Some((1, 1)))]));
            assert_eq!(budget.is_ok(), OF_ANY_RUN.contains(&name), "{example}: {budget:?}");
            let failed = assertion.observe(&run(Stop::Error, &[("shipped", &[], Some((1, 1)))]));
            assert_eq!(failed.is_ok(), name == "stop_reason", "{example}: {failed:?}");
        }
    }

    #[test]
    fn what_was_found_fits_a_line() {
        let long = "x\n".repeat(9_999);
        for text in [&long, "```json", "{\"a\": 1}", ""] {
            for (_, example, _) in catalogue(&mut SchemaGenerator::default()) {
                let seen = assertion(example_value(example)).observe(&answer(text)).unwrap();
                assert!(seen.actual.chars().count() <= 201 && !seen.actual.is_empty(), "{example}: {seen:?}");
            }
        }
    }

    /// An assertion built from leaves that hold, do not hold or cannot be judged on [`Formula::run`].
    #[derive(Debug, Clone)]
    enum Formula {
        Leaf(Option<bool>),
        Not(Box<Self>),
        All(Vec<Self>),
        Any(Vec<Self>),
    }

    impl Formula {
        fn any() -> impl Strategy<Value = Self> {
            any::<Option<bool>>().prop_map(Self::Leaf).prop_recursive(4, 32, 4, |inner| {
                prop_oneof![
                    inner.clone().prop_map(|inner| Self::Not(Box::new(inner))),
                    vec(inner.clone(), 1..4).prop_map(Self::All),
                    vec(inner, 1..4).prop_map(Self::Any),
                ]
            })
        }

        /// The declaration, with what `settled` yields in place of the leaves that cannot be judged.
        fn declare(&self, settled: &mut dyn Iterator<Item = bool>) -> Value {
            let mut list = |inner: &[Self]| inner.iter().map(|inner| inner.declare(settled)).collect::<Vec<_>>();
            match self {
                Self::Not(inner) => json!({"type": "not", "assertion": inner.declare(settled)}),
                Self::All(inner) => json!({"type": "all_of", "assertions": list(inner)}),
                Self::Any(inner) => json!({"type": "any_of", "assertions": list(inner)}),
                Self::Leaf(holds) => match holds.or_else(|| settled.next()) {
                    Some(true) => json!({"type": "stop_reason", "value": "timeout"}),
                    Some(false) => json!({"type": "stop_reason", "value": "finish"}),
                    None => json!({"type": "contains", "value": "a"}),
                },
            }
        }

        fn judge(&self, settled: &mut dyn Iterator<Item = bool>) -> Result<bool, Reason> {
            let run = run(Stop::Timeout, &[("a", &[], None)]);
            assertion(self.declare(settled)).observe(&run).map(|seen| seen.holds)
        }

        fn value(&self) -> Result<bool, Reason> {
            self.judge(&mut std::iter::empty())
        }

        fn not(&self) -> Self {
            Self::Not(Box::new(self.clone()))
        }
    }

    proptest! {
        #[test]
        fn de_morgan_holds_in_three_values(a in Formula::any(), b in Formula::any()) {
            let (both, either) = ([a.clone(), b.clone()], [a.not(), b.not()]);
            prop_assert_eq!(Formula::All(both.to_vec()).not().value(), Formula::Any(either.to_vec()).value());
            prop_assert_eq!(Formula::Any(both.to_vec()).not().value(), Formula::All(either.to_vec()).value());
        }

        #[test]
        fn two_negations_cancel(a in Formula::any()) {
            prop_assert_eq!(a.not().not().value(), a.value());
        }

        /// A verdict reached without some evidence is the one that any such evidence would have left standing.
        #[test]
        fn missing_evidence_never_decides(a in Formula::any(), evidence in vec(any::<bool>(), 1..32)) {
            if let Ok(holds) = a.value() {
                prop_assert_eq!(a.judge(&mut evidence.into_iter().cycle()), Ok(holds));
            }
        }
    }
}
