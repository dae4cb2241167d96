//! The agent loop, sans-io: it says what to ask next and is told the reply, until the run is done.
//!
//! Replay drives it from recordings, `record` from a provider; both see the same budgets, stubs and stop reasons. No clock
//! runs here: time is the latency it is told and the virtual delays of stubs.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::config::Budgets;
use crate::golden::{Answer, Counters, InvalidArgs, Stub};
use crate::id::Id;
use crate::json_schema;
use crate::outcome::Reason;
use crate::stop::Stop;
use crate::trajectory::{self, Exchange, ToolResult, Trajectory};
use crate::wire::{Arguments, Key, Message, Parts, Reply, ReplyStop, Request, ToolCall};

mod opening;

pub use opening::opening;

/// How often in a row a model may pause and be asked to go on.
const MAX_PAUSES: u32 = 5;

/// What every sample of a task begins with.
#[derive(Debug)]
pub struct Setup {
    /// The first request.
    pub opening: Request,
    /// The key of the first request.
    pub key: Key,
    pub stubs: Arc<BTreeMap<Id, Stub>>,
    pub limits: Budgets,
    /// Compiled argument schemas, in the order of the opening's tools; made when the first call needs them.
    schemas: OnceLock<Vec<Option<jsonschema::Validator>>>,
}

impl Setup {
    pub fn new(opening: Request, stubs: Arc<BTreeMap<Id, Stub>>, limits: Budgets) -> Self {
        let key = Key::of(&opening);
        Self { opening, key, stubs, limits, schemas: OnceLock::new() }
    }

    /// What is wrong with the arguments of a call of the tool at `index`, if anything is.
    fn misfit(&self, index: usize, arguments: &Value) -> Option<String> {
        let compile = || self.opening.tools.iter().map(|tool| json_schema::compile(&tool.input_schema).ok()).collect();
        let schema = self.schemas.get_or_init(compile).get(index)?.as_ref()?;
        let found = json_schema::violations(schema, arguments, 3);
        if found.is_empty() { None } else { Some(found.join("; ")) }
    }
}

/// A reply to the request that was asked.
#[derive(Debug)]
pub struct Answered {
    pub key: Key,
    pub parts: Parts,
    /// The provider's reply as it came.
    pub body: Value,
    pub reply: Reply,
    pub latency_ms: u64,
}

/// What follows a reply.
#[derive(Debug)]
pub enum Next {
    /// Ask [`Agent::request`].
    Ask,
    Done(Trajectory),
    /// The run went where its task says nothing.
    Unjudged(Reason),
}

/// One run in progress.
#[derive(Debug)]
pub struct Agent<'a> {
    setup: &'a Setup,
    request: Request,
    exchanges: Vec<Exchange>,
    counters: BTreeMap<&'a Id, Counters>,
    requested_calls: u64,
    pauses: u32,
}

impl<'a> Agent<'a> {
    pub fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            request: setup.opening.clone(),
            exchanges: Vec::new(),
            counters: BTreeMap::new(),
            requested_calls: 0,
            pauses: 0,
        }
    }

    /// What to ask now.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// How many replies were given so far.
    pub fn steps(&self) -> usize {
        self.exchanges.len()
    }

    /// Takes a reply and says how to go on. The order of the checks is that of notes: replay D3.
    pub fn next(&mut self, answered: Answered) -> Next {
        let Answered { key, parts, body, reply, latency_ms } = answered;
        self.exchanges.push(Exchange { key, parts, body, reply: reply.clone(), latency_ms, results: Vec::new() });
        let ended = match reply.stop {
            ReplyStop::Refusal => Some(Stop::Refusal),
            ReplyStop::ContentFilter => Some(Stop::ContentFilter),
            ReplyStop::Length => Some(Stop::Length),
            ReplyStop::ContextOverflow => Some(Stop::ContextOverflow),
            ReplyStop::Malformed => Some(Stop::Malformed),
            ReplyStop::Error => Some(Stop::Error),
            ReplyStop::Finish | ReplyStop::ToolCalls | ReplyStop::Pause => None,
        };
        if let Some(stop) = ended {
            return self.done(stop);
        }
        if reply.stop == ReplyStop::Pause && reply.tool_calls.is_empty() {
            self.pauses += 1;
            self.say(&reply);
            return if self.pauses > MAX_PAUSES { self.done(Stop::MaxSteps) } else { self.within_budget() };
        }
        if reply.tool_calls.is_empty() {
            return self.done(Stop::Finish);
        }
        self.requested_calls += reply.tool_calls.len() as u64;
        if self.requested_calls > u64::from(self.setup.limits.max_tool_calls) {
            return self.done(Stop::MaxToolCalls);
        }
        self.say(&reply);
        for call in &reply.tool_calls {
            match self.run_tool(call) {
                Ok(result) => self.take(call, result),
                Err(Ended::Task) => return self.done(Stop::ToolErrorLimit),
                Err(Ended::Unjudged(reason)) => return Next::Unjudged(reason),
            }
        }
        self.within_budget()
    }

    /// Asks on, unless tokens, steps or time are used up.
    fn within_budget(&mut self) -> Next {
        let limits = self.setup.limits;
        let tokens: u64 = self.exchanges.iter().filter_map(|exchange| exchange.reply.usage.total()).sum();
        let elapsed = trajectory::elapsed_ms(&self.exchanges);
        if tokens > limits.max_tokens {
            self.done(Stop::MaxTokens)
        } else if self.exchanges.len() as u64 >= u64::from(limits.max_steps) {
            self.done(Stop::MaxSteps)
        } else if elapsed >= u64::from(limits.max_seconds) * 1_000 {
            self.done(Stop::Timeout)
        } else {
            Next::Ask
        }
    }

    fn done(&mut self, stop: Stop) -> Next {
        Next::Done(Trajectory { exchanges: std::mem::take(&mut self.exchanges), stop })
    }

    fn say(&mut self, reply: &Reply) {
        self.request
            .messages
            .push(Message::Assistant { content: reply.text.clone(), tool_calls: reply.tool_calls.clone() });
    }

    fn take(&mut self, call: &ToolCall, result: ToolResult) {
        self.request.messages.push(Message::Tool {
            call_id: call.id.clone(),
            name: call.name.clone(),
            content: result.content.clone(),
            is_error: result.is_error,
        });
        if let Some(exchange) = self.exchanges.last_mut() {
            exchange.results.push(result);
        }
    }

    fn run_tool(&mut self, call: &ToolCall) -> Result<ToolResult, Ended> {
        let failed = |content: String, hallucinated| ToolResult { content, is_error: true, hallucinated, delay_ms: 0 };
        let declared = self.setup.opening.tools.iter().position(|tool| tool.name.as_str() == call.name);
        let Some(index) = declared else {
            return Ok(failed(format!("unknown tool `{}`", call.name), true));
        };
        let Some((tool, stub)) = self.setup.stubs.iter().find(|(tool, _)| tool.as_str() == call.name) else {
            return Err(Ended::Unjudged(Reason::NoStub { tool: call.name.clone() }));
        };
        let misfit = match &call.arguments {
            Arguments::Malformed(raw) => Err(format!("the arguments are not JSON: {raw}")),
            Arguments::Json(arguments) => match self.setup.misfit(index, arguments) {
                Some(misfit) => Err(format!("the arguments do not fit: {misfit}")),
                None => Ok(arguments),
            },
        };
        match (misfit, stub.invalid_args) {
            (Err(_), InvalidArgs::FailTask) => Err(Ended::Task),
            (Err(why), InvalidArgs::ReturnError) => Ok(failed(why, false)),
            (Ok(arguments), _) => match stub.answer(self.counters.entry(tool).or_default(), arguments) {
                Answer::Result { content, is_error, delay_ms } => {
                    Ok(ToolResult { content, is_error, hallucinated: false, delay_ms })
                }
                Answer::FailTask => Err(Ended::Task),
            },
        }
    }
}

/// Why a tool call did not give a result.
enum Ended {
    Task,
    Unjudged(Reason),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{ToolSpec, Usage};

    fn setup(limits: Budgets) -> Setup {
        let opening = Request {
            api: "mock".into(),
            model: "mock".into(),
            system: None,
            messages: vec![Message::User { content: "hi".into() }],
            tools: vec![ToolSpec {
                name: Id::new("find").unwrap(),
                description: String::new(),
                input_schema: json!({"type": "object", "required": ["q"]}),
            }],
            response_format: None,
            parameters: Default::default(),
            features: Default::default(),
        };
        let stub = Stub::parse(&json!([{"when": {"q": "a"}, "returns": "found", "after_ms": 2000}])).unwrap();
        Setup::new(opening, Arc::new(BTreeMap::from([(Id::new("find").unwrap(), stub)])), limits)
    }

    fn reply(text: &str, calls: &[(&str, Value)], stop: ReplyStop) -> Reply {
        let call = |(i, (name, args)): (usize, &(&str, Value))| ToolCall {
            id: format!("call_{i}"),
            name: (*name).into(),
            arguments: Arguments::Json(args.clone()),
        };
        Reply {
            text: text.into(),
            tool_calls: calls.iter().enumerate().map(call).collect(),
            stop,
            raw_stop: String::new(),
            usage: Usage { input_uncached: Some(100), output: Some(10), ..Usage::default() },
            served_model: None,
        }
    }

    /// Drives a run that gets the same reply at every step but the last ones.
    fn drive(limits: Budgets, mut replies: Vec<Reply>) -> Next {
        let setup = setup(limits);
        let mut agent = Agent::new(&setup);
        replies.reverse();
        loop {
            let reply = replies.pop().expect("the run asks for more than the test has");
            let request = agent.request();
            let (key, parts) = (Key::of(request), Parts::of(request));
            match agent.next(Answered { key, parts, body: Value::Null, reply, latency_ms: 1_000 }) {
                Next::Ask => {}
                end => return end,
            }
        }
    }

    fn stop(limits: Budgets, replies: Vec<Reply>) -> Stop {
        match drive(limits, replies) {
            Next::Done(trajectory) => trajectory.stop,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_end_has_its_reason() {
        let wide = Budgets { max_steps: 9, max_tool_calls: 9, max_seconds: 99, max_tokens: 9_999 };
        let call = || reply("", &[("find", json!({"q": "a"}))], ReplyStop::ToolCalls);
        let two = || reply("", &[("find", json!({"q": "a"})), ("find", json!({"q": "a"}))], ReplyStop::ToolCalls);
        let end = |stop| reply("x", &[], stop);
        for (limits, replies, want) in [
            (wide, vec![end(ReplyStop::Finish)], Stop::Finish),
            (wide, vec![call(), end(ReplyStop::Finish)], Stop::Finish),
            (wide, vec![end(ReplyStop::Length)], Stop::Length),
            (wide, vec![end(ReplyStop::Refusal)], Stop::Refusal),
            (wide, vec![end(ReplyStop::ContentFilter)], Stop::ContentFilter),
            (wide, vec![end(ReplyStop::ContextOverflow)], Stop::ContextOverflow),
            (wide, vec![end(ReplyStop::Malformed)], Stop::Malformed),
            (wide, vec![end(ReplyStop::Error)], Stop::Error),
            (wide, vec![end(ReplyStop::Pause), end(ReplyStop::Finish)], Stop::Finish),
            (Budgets { max_tool_calls: 2, ..wide }, vec![call(), two()], Stop::MaxToolCalls),
            (Budgets { max_tool_calls: 3, ..wide }, vec![call(), two(), end(ReplyStop::Finish)], Stop::Finish),
            (Budgets { max_tokens: 219, ..wide }, vec![call(), call()], Stop::MaxTokens),
            (Budgets { max_tokens: 220, ..wide }, vec![call(), call(), end(ReplyStop::Finish)], Stop::Finish),
            (Budgets { max_steps: 2, ..wide }, vec![call(), call()], Stop::MaxSteps),
            (Budgets { max_seconds: 6, ..wide }, vec![call(), call()], Stop::Timeout),
        ] {
            let shown = format!("{limits:?} {replies:?}");
            assert_eq!(stop(limits, replies), want, "{shown}");
        }
    }

    #[test]
    fn the_model_is_told_of_its_mistakes() {
        let calls = [("nope", json!({})), ("find", json!({})), ("find", json!({"q": "b"}))];
        let replies = vec![reply("", &calls, ReplyStop::ToolCalls), reply("ok", &[], ReplyStop::Finish)];
        let Next::Done(run) = drive(Budgets::default(), replies) else { panic!() };
        let results: Vec<_> =
            run.exchanges[0].results.iter().map(|r| (r.content.as_str(), r.is_error, r.hallucinated)).collect();
        assert_eq!(
            results,
            [
                ("unknown tool `nope`", true, true),
                ("the arguments do not fit: \"q\" is a required property", true, false),
                ("no result for these arguments", true, false),
            ]
        );
        assert_eq!(run.text(), "ok");
    }

    #[test]
    fn a_declared_tool_without_stub_leaves_the_run_unjudged() {
        let mut setup = setup(Budgets::default());
        setup.stubs = Arc::new(BTreeMap::new());
        let mut agent = Agent::new(&setup);
        let reply = reply("", &[("find", json!({"q": "a"}))], ReplyStop::ToolCalls);
        let (key, parts) = (setup.key.clone(), Parts::of(&setup.opening));
        let next = agent.next(Answered { key, parts, body: Value::Null, reply, latency_ms: 0 });
        assert!(matches!(next, Next::Unjudged(Reason::NoStub { tool }) if tool == "find"));
    }
}
