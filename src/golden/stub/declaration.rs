//! Stubs as they are written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Behaviour, InvalidArgs, OnUnmatched, Rule, Then};
use crate::matcher::Matcher;
use crate::yaml::Problem;

/// The long form of a stub.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubDeclaration {
    /// The first rule that matches answers.
    #[serde(default)]
    pub(super) rules: Vec<RuleDeclaration>,
    #[serde(default)]
    pub(super) on_unmatched: OnUnmatched,
    /// Answers where no rule does and `on_unmatched` is `default`.
    #[serde(default)]
    pub(super) default: Option<BehaviourDeclaration>,
    /// One call more ends the run.
    #[serde(default)]
    pub(super) max_calls: Option<u32>,
    #[serde(default)]
    pub(super) invalid_args: InvalidArgs,
}

/// One rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDeclaration {
    /// What the arguments must contain: plain values, or `{$eq, $ne, $in, $regex, $gt, $gte, $lt, $lte, $exists, $any}`.
    #[serde(default)]
    pub(super) when: Option<Map<String, Value>>,
    /// Whether the arguments must be exactly `when`, without further keys.
    #[serde(default)]
    pub(super) exact: bool,
    /// Answers only these calls of the tool, counted from 1.
    #[serde(default)]
    pub(super) nth: Vec<u32>,
    /// JSON or text; `{{args.NAME}}` in text stands for an argument.
    #[serde(default)]
    pub(super) returns: Option<Value>,
    #[serde(default)]
    pub(super) error: Option<ErrorDeclaration>,
    /// Virtual milliseconds it takes.
    #[serde(default)]
    pub(super) after_ms: u64,
    /// Answers in turn.
    #[serde(default)]
    pub(super) sequence: Vec<BehaviourDeclaration>,
    #[serde(default)]
    pub(super) then: Then,
}

/// One answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BehaviourDeclaration {
    #[serde(default)]
    pub(super) returns: Option<Value>,
    #[serde(default)]
    pub(super) error: Option<ErrorDeclaration>,
    #[serde(default)]
    pub(super) after_ms: u64,
}

/// A tool that fails.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorDeclaration {
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) kind: ErrorKind,
    /// Virtual milliseconds until it fails.
    #[serde(default)]
    pub(super) after_ms: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    #[default]
    ToolError,
    Timeout,
}

/// Stands for the two forms of a stub in the JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub enum StubSchema {
    Rules(Vec<RuleDeclaration>),
    Full(StubDeclaration),
}

impl RuleDeclaration {
    pub(super) fn read(self) -> Result<Rule, Problem> {
        let Self { when, exact, nth, returns, error, after_ms, sequence, then } = self;
        let when = when
            .map(|when| Matcher::parse(&Value::Object(when), exact))
            .transpose()
            .map_err(|problem| problem.under(&["when".into()]))?;
        if nth.contains(&0) {
            return Err(Problem::new(vec!["nth".into()], "`nth` counts from 1"));
        }
        let behaviours = if sequence.is_empty() {
            vec![behaviour(returns, error, after_ms).map_err(|why| Problem::new(Vec::new(), why))?]
        } else if returns.is_some() || error.is_some() {
            return Err(Problem::new(vec!["sequence".into()], "a rule has `sequence`, or `returns`, or `error`"));
        } else {
            let read = |(index, one): (usize, BehaviourDeclaration)| {
                behaviour(one.returns, one.error, one.after_ms)
                    .map_err(|why| Problem::new(vec!["sequence".into(), index.into()], why))
            };
            sequence.into_iter().enumerate().map(read).collect::<Result<_, _>>()?
        };
        Ok(Rule { when, nth, behaviours, then })
    }
}

pub(super) fn behaviour(
    returns: Option<Value>,
    error: Option<ErrorDeclaration>,
    after_ms: u64,
) -> Result<Behaviour, &'static str> {
    match (returns, error) {
        (Some(content), None) => Ok(Behaviour::Returns { content, after_ms }),
        (None, Some(ErrorDeclaration { message, kind, after_ms: own })) => {
            let word = match kind {
                ErrorKind::ToolError => "the tool failed",
                ErrorKind::Timeout => "the tool timed out",
            };
            Ok(Behaviour::Error { message: message.unwrap_or_else(|| word.to_owned()), after_ms: after_ms + own })
        }
        (Some(_), Some(_)) => Err("a result has `returns` or `error`, not both"),
        (None, None) => Err("a result needs `returns` or `error`"),
    }
}
