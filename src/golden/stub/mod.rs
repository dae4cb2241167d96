//! Stubs: what a task's tools answer, declared as rules, so that an agent runs without any real tool (notes: replay D2).

mod declaration;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use declaration::StubSchema;
use declaration::{StubDeclaration, behaviour};

use crate::matcher::Matcher;
use crate::yaml::{Problem, Step, read_value};

/// The stub of one tool.
#[derive(Debug)]
pub struct Stub {
    rules: Vec<Rule>,
    on_unmatched: OnUnmatched,
    default: Option<Behaviour>,
    max_calls: Option<u32>,
    pub invalid_args: InvalidArgs,
}

#[derive(Debug)]
struct Rule {
    when: Option<Matcher>,
    /// 1-based indexes of the calls of this tool that it answers; all where empty.
    nth: Vec<u32>,
    behaviours: Vec<Behaviour>,
    then: Then,
}

#[derive(Debug, Clone, PartialEq)]
enum Behaviour {
    Returns { content: Value, after_ms: u64 },
    Error { message: String, after_ms: u64 },
}

/// What a stub counts during one run.
#[derive(Debug, Default)]
pub struct Counters {
    calls: u32,
    by_rule: BTreeMap<usize, usize>,
}

/// What a stub says to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Result {
        content: String,
        is_error: bool,
        delay_ms: u64,
    },
    /// The declaration says that this call ends the run.
    FailTask,
}

/// What happens to a call that no rule answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OnUnmatched {
    /// The model is told that there is no such result.
    #[default]
    Error,
    /// The stub's `default` answers.
    Default,
    /// The run ends.
    FailTask,
}

/// What happens to a call whose arguments do not fit the tool's schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvalidArgs {
    /// The model is told.
    #[default]
    ReturnError,
    /// The run ends.
    FailTask,
}

/// What a rule with a sequence does once the sequence is used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Then {
    #[default]
    RepeatLast,
    Error,
    Cycle,
}

impl Stub {
    /// Reads a stub: a list of rules, or the long form.
    pub fn parse(declared: &Value) -> Result<Self, Problem> {
        let (declaration, prefix) = match declared {
            Value::Array(_) => {
                let rules = read_value(declared)?;
                let declaration = StubDeclaration {
                    rules,
                    on_unmatched: OnUnmatched::default(),
                    default: None,
                    max_calls: None,
                    invalid_args: InvalidArgs::default(),
                };
                (declaration, Vec::new())
            }
            long => (read_value::<StubDeclaration>(long)?, vec![Step::from("rules")]),
        };
        let StubDeclaration { rules, on_unmatched, default, max_calls, invalid_args } = declaration;
        let default = default.map(|default| behaviour(default.returns, default.error, default.after_ms)).transpose();
        let default = default.map_err(|why| Problem::new(vec!["default".into()], why))?;
        if (on_unmatched == OnUnmatched::Default) != default.is_some() {
            return Err(Problem::new(Vec::new(), "`default` and `on_unmatched: default` need each other"));
        }
        let rules = rules.into_iter().enumerate().map(|(index, rule)| {
            let mut path = prefix.clone();
            path.push(index.into());
            rule.read().map_err(|problem| problem.under(&path))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, on_unmatched, default, max_calls, invalid_args })
    }

    /// Answers one call.
    pub fn answer(&self, counters: &mut Counters, arguments: &Value) -> Answer {
        counters.calls += 1;
        if self.max_calls.is_some_and(|max| counters.calls > max) {
            return Answer::FailTask;
        }
        let rule = self.rules.iter().enumerate().find(|(_, rule)| {
            (rule.nth.is_empty() || rule.nth.contains(&counters.calls))
                && rule.when.as_ref().is_none_or(|when| when.matches(arguments))
        });
        let Some((index, rule)) = rule else {
            return match (self.on_unmatched, &self.default) {
                (OnUnmatched::FailTask, _) => Answer::FailTask,
                (OnUnmatched::Default, Some(default)) => default.answer(arguments),
                (OnUnmatched::Default | OnUnmatched::Error, _) => error("no result for these arguments".to_owned(), 0),
            };
        };
        let used = counters.by_rule.entry(index).or_default();
        let turn = *used;
        *used += 1;
        match (rule.behaviours.get(turn), rule.then, rule.behaviours.as_slice()) {
            (Some(behaviour), _, _) => behaviour.answer(arguments),
            (None, Then::RepeatLast, [.., last]) => last.answer(arguments),
            (None, Then::Cycle, all @ [_, ..]) => all[turn % all.len()].answer(arguments),
            (None, Then::Error | Then::RepeatLast | Then::Cycle, _) => error("no further result".to_owned(), 0),
        }
    }
}

impl Behaviour {
    fn answer(&self, arguments: &Value) -> Answer {
        match self {
            Self::Returns { content: Value::String(text), after_ms } => {
                Answer::Result { content: fill(text, arguments), is_error: false, delay_ms: *after_ms }
            }
            Self::Returns { content, after_ms } => {
                Answer::Result { content: content.to_string(), is_error: false, delay_ms: *after_ms }
            }
            Self::Error { message, after_ms } => error(message.clone(), *after_ms),
        }
    }
}

fn error(message: String, delay_ms: u64) -> Answer {
    Answer::Result { content: message, is_error: true, delay_ms }
}

/// Replaces `{{args.NAME}}`; nothing else is a template here.
fn fill(text: &str, arguments: &Value) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{args.") {
        let Some(close) = rest[open..].find("}}") else { break };
        filled.push_str(&rest[..open]);
        match arguments.get(rest[open + 7..open + close].trim()) {
            Some(Value::String(value)) => filled.push_str(value),
            Some(value) => filled.push_str(&value.to_string()),
            None => filled.push_str(&rest[open..open + close + 2]),
        }
        rest = &rest[open + close + 2..];
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(declared: Value, calls: &[Value]) -> Vec<Answer> {
        let stub = Stub::parse(&declared).unwrap();
        let mut counters = Counters::default();
        calls.iter().map(|call| stub.answer(&mut counters, call)).collect()
    }

    fn result(content: &str) -> Answer {
        Answer::Result { content: content.into(), is_error: false, delay_ms: 0 }
    }

    #[test]
    fn the_first_matching_rule_answers() {
        let declared = json!([
            {"when": {"id": "42"}, "returns": {"status": "shipped"}},
            {"nth": [2], "error": {"kind": "timeout", "after_ms": 5000}},
            {"when": {"id": {"$regex": "^9"}}, "returns": "order {{args.id}}, {{args.none}}"},
        ]);
        let calls = [json!({"id": "42", "x": 1}), json!({"id": "9"}), json!({"id": "91"}), json!({"id": "7"})];
        assert_eq!(
            answers(declared, &calls),
            [
                result("{\"status\":\"shipped\"}"),
                error("the tool timed out".into(), 5000),
                result("order 91, {{args.none}}"),
                error("no result for these arguments".into(), 0),
            ]
        );
    }

    #[test]
    fn sequences_end_as_declared() {
        let calls = vec![json!({}); 3];
        for (then, third) in
            [("repeat_last", result("b")), ("cycle", result("a")), ("error", error("no further result".into(), 0))]
        {
            let declared = json!([{"sequence": [{"returns": "a"}, {"returns": "b"}], "then": then}]);
            assert_eq!(answers(declared, &calls), [result("a"), result("b"), third], "{then}");
        }
    }

    #[test]
    fn calls_beyond_the_declaration_end_the_run() {
        let declared = json!({"rules": [{"returns": "a"}], "max_calls": 1});
        assert_eq!(answers(declared, &[json!({}), json!({})]), [result("a"), Answer::FailTask]);
        let declared = json!({"rules": [], "on_unmatched": "fail_task"});
        assert_eq!(answers(declared, &[json!({})]), [Answer::FailTask]);
        let declared = json!({"rules": [], "on_unmatched": "default", "default": {"returns": "d"}});
        assert_eq!(answers(declared, &[json!({})]), [result("d")]);
    }

    #[test]
    fn mistakes_are_found_at_load() {
        for (declared, at) in [
            (json!([{"when": {"id": {"$regex": "("}}, "returns": 1}]), 4),
            (json!([{"returns": 1, "error": {}}]), 1),
            (json!([{}]), 1),
            (json!([{"retruns": 1}]), 2),
            (json!([{"when": {"a": {"$exits": true}}, "returns": 1}]), 4),
            (json!({"rules": [{"nth": [0], "returns": 1}]}), 3),
        ] {
            let problem = Stub::parse(&declared).unwrap_err();
            assert_eq!(problem.path.len(), at, "{declared}: {problem:?}");
        }
    }
}
