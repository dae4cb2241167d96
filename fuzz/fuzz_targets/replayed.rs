//! Runs of an agent by given replies, and what must hold of every run: stored, read and replayed it is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use regild::agent::{Agent, Answered, Next, Setup};
use regild::config::{Budgets, Provider};
use regild::golden::Stub;
use regild::id::Id;
use regild::recording::{Address, Provenance, Recording, Sample, Step, Target, replay};
use regild::trajectory::Trajectory;
use regild::wire::{self, Key, Message, Parts, Request, ToolSpec};
use serde_json::{Value, json};

/// The first request of a run with these tools.
pub fn opening(messages: Vec<Message>, tools: impl IntoIterator<Item = Id>) -> Request {
    let spec = |name| ToolSpec { name, description: String::new(), input_schema: json!({"type": "object"}) };
    Request {
        api: "mock".into(),
        model: "m".into(),
        system: None,
        messages,
        tools: tools.into_iter().map(spec).collect(),
        response_format: None,
        parameters: Default::default(),
        features: Default::default(),
    }
}

/// A setup with a tool that answers, one that may be called once, and one without a stub.
pub fn setup() -> Setup {
    let id = |name: &str| Id::new(name).expect("a name");
    let stub = |declared: Value| Stub::parse(&declared).expect("a stub");
    let find = json!([{"when": {"q": {"$regex": "^a"}}, "returns": "found {{args.q}}", "after_ms": 9}, {"error": {}}]);
    let refund = json!({"rules": [{"returns": {}}], "max_calls": 1, "invalid_args": "fail_task"});
    let stubs = BTreeMap::from([(id("find"), stub(find)), (id("refund"), stub(refund))]);
    let said = vec![Message::User { content: "hi".into() }];
    Setup::new(opening(said, ["find", "refund", "other"].map(id)), Arc::new(stubs), Budgets::default())
}

/// Gives the replies of a stored sample to an agent, whatever they were recorded for; the run, if they make one.
pub fn drive(setup: &Setup, sample: &Sample) -> Option<Trajectory> {
    let mut agent = Agent::new(setup);
    let mut steps = Vec::new();
    for step in &sample.steps {
        let Ok(reply) = wire::decode(agent.request(), &step.reply) else { break };
        let (key, parts) = (Key::of(agent.request()), Parts::of(agent.request()));
        steps.push(Step { key: key.clone(), parts: parts.clone(), ..step.clone() });
        let answered = Answered { key, parts, body: step.reply.clone(), reply, latency_ms: step.latency_ms };
        match agent.next(answered) {
            Next::Ask => {}
            Next::Done(run) => {
                check_stored(setup, &run);
                return Some(run);
            }
            Next::Unjudged(reason) => {
                let stored = Sample { steps, ..sample.clone() };
                assert_eq!(replay(setup, &stored), Err(reason), "replay finds another reason");
                return None;
            }
        }
    }
    let stored = Sample { steps, ..sample.clone() };
    assert!(replay(setup, &stored).is_err(), "a run that goes on is taken for evidence");
    None
}

/// That a finished run can be stored, read and replayed to the same.
pub fn check_stored(setup: &Setup, run: &Trajectory) {
    let id = |name: &str| Id::new(name).expect("a name");
    let version = semver::Version::new(1, 0, 0);
    let address = Address { prompt: id("p"), version, task: id("t"), alias: id("m") };
    let target = Target { provider: Provider::Mock, api: "mock".into(), model: "m".into() };
    let provenance = Provenance { recorded_at: String::new(), by: String::new(), stand_in: true, edited: false };
    let recording = Recording::new(&address, target, vec![Sample::of(0, "p", run)], provenance);
    let read = Recording::checked(&recording.to_bytes()).expect("what regild writes it reads");
    assert_eq!(read, recording);
    assert_eq!(replay(setup, &read.samples[0]).as_ref(), Ok(run), "replayed, it is another run");
}
