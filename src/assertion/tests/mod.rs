//! What the tests of assertions share: made-up runs, tables, refusals. The tests of all types together stand beside it.

use serde_json::Value;

use super::{Assertion, NoOpinions, Seen};
use crate::stop::Stop;
use crate::trajectory::{Exchange, ToolResult, Trajectory};
use crate::wire::{Arguments, Key, Parts, Reply, ReplyStop, Request, ToolCall, Usage};
use crate::yaml::Step;

mod algebra;
mod evidence;
mod outcomes;
mod registry;

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

/// The run as assertions see it where nothing is known of its price.
pub(crate) fn unpriced(run: &Trajectory) -> Seen<'_> {
    Seen { run, cost_usd: None, opinions: &NoOpinions }
}

/// Checks a table of (run, expected outcome as `Some(holds)` or `None` for unjudged).
pub(crate) fn table(declared: Value, rows: &[(Trajectory, Option<bool>)]) {
    let assertion = assertion(declared.clone());
    for (run, want) in rows {
        let got = assertion.observe(&unpriced(run));
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

/// What an example in YAML declares.
fn example_value(example: &str) -> Value {
    crate::yaml::Document::parse("example.yaml", example.as_bytes()).unwrap().value().clone()
}
