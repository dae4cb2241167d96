//! Any text as golden tasks: each is resolved or refused with a reason, its mock answers and its stubs make a run, and what it
//! expects is judged on that run and on others, without a panic and in words that fit a line.
#![no_main]

mod replayed;

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use regild::agent::{Agent, Answered, Next, Setup};
use regild::assertion::Seen;
use regild::config::Budgets;
use regild::diagnostic::Diagnostic;
use regild::evaluate::Judge;
use regild::golden::file::TaskFile;
use regild::golden::{Fixtures, Origin, Task, resolve};
use regild::mock;
use regild::recording::{Answer, Ended, Evidence, Sample, Step};
use regild::stop::Stop;
use regild::trajectory::Trajectory;
use regild::wire::{self, Key, Message, Parts};
use regild::yaml::{self, Document};
use serde_json::{Value, json};

/// Tasks of one file that are run; more would say the same again.
const MAX_TASKS: usize = 4;

/// A golden directory that has every file.
struct AnyFile;

impl Fixtures for AnyFile {
    fn read(&self, path: &str) -> Result<(String, String, String), String> {
        Ok((format!("golden/{path}"), "1".to_owned(), path.to_owned()))
    }
}

/// Runs that every expectation is held against.
static RUNS: LazyLock<Vec<Trajectory>> = LazyLock::new(|| {
    let call = json!([{"name": "find", "args": {"q": "a", "n": 1.0}}, {"name": "nope", "args": {}}]);
    let said = |text: &str| reply(text, json!([]), json!("finish"));
    [
        vec![said("")],
        vec![said("{\"status\": \"shipped\", \"list\": [1, {\"a\": null}]}")],
        vec![said("```json\n[1, 2]\n```")],
        vec![said(&"Shipped. Order 42 was sent? é語 ".repeat(40))],
        vec![reply("", call.clone(), json!("tool_calls")), said("done")],
        vec![reply("I cannot.", json!([]), json!("refusal"))],
        vec![reply("", json!(vec![call[0].clone(); 20]), json!("tool_calls"))],
    ]
    .into_iter()
    .map(|replies| replayed::drive(&replayed::setup(), &sample(replies)).expect("these replies make runs"))
    .collect()
});

fn reply(text: &str, tool_calls: Value, stop: Value) -> Value {
    let usage = json!({"input_tokens": 100, "output_tokens": 20});
    json!({"mock": true, "text": text, "tool_calls": tool_calls, "stop": stop, "usage": usage})
}

fn sample(replies: Vec<Value>) -> Sample {
    let setup = replayed::setup();
    let parts = Parts::of(&setup.opening);
    let step = |reply| Step { key: setup.key.clone(), parts: parts.clone(), reply, latency_ms: 400 };
    let outcome = Ended { stop: Stop::Finish, steps: 0, tool_calls: 0, total_tokens: None };
    Sample { sample: 0, prompt_id: String::new(), steps: replies.into_iter().map(step).collect(), outcome }
}

/// Asks the mock as the task scripts it, until the run ends.
fn run(task: &Task) -> Option<Trajectory> {
    let mut messages = task.history.clone();
    messages.push(Message::User { content: Value::Object(task.input.clone()).to_string() });
    let opening = replayed::opening(messages, task.stubs.keys().cloned());
    let setup = Setup::new(opening, Arc::clone(&task.stubs), Budgets::default());
    let mut agent = Agent::new(&setup);
    loop {
        let (key, parts) = (Key::of(agent.request()), Parts::of(agent.request()));
        let (body, latency_ms) = mock::answer(&task.script, agent.request(), &setup.key, agent.steps(), 0);
        let reply = wire::decode(agent.request(), &body).expect("what the mock says can be read");
        match agent.next(Answered { key, parts, body, reply, latency_ms }) {
            Next::Ask => {}
            Next::Done(run) => {
                replayed::check_stored(&setup, &run);
                return Some(run);
            }
            Next::Unjudged(_) => return None,
        }
    }
}

fn check(task: &Task) {
    let own = run(task);
    for assertion in &task.assertions {
        assert!(!assertion.expected().is_empty());
        for run in RUNS.iter().chain(&own) {
            for cost_usd in [None, Some("0.5".parse().expect("a number"))] {
                if let Ok(observed) = assertion.observe(&Seen { run, cost_usd }) {
                    assert!(observed.actual.chars().count() <= 201, "{observed:?}");
                }
            }
        }
    }
    let answer = |run| Answer { sample: 0, run, source: "own".into(), stand_in: true, claimed: false };
    let evidence = Evidence { answers: own.into_iter().map(answer).collect(), ..Evidence::default() };
    let judge = Judge::new(task, Some(task), Budgets::default(), false);
    let runs = judge.judge(evidence, 1, |_| None);
    assert!(runs.samples.iter().all(|sample| sample.checks.len() == judge.expectations.len()));
    assert!(runs.samples.iter().all(|sample| sample.by_base.as_ref() == Some(&sample.own)), "one task, two outcomes");
}

fuzz_target!(|data: &[u8]| {
    let Ok(mut document) = Document::parse("golden/a.yaml", data) else { return };
    let yaml::Reading { value, problems } = document.read::<TaskFile>();
    let is_told = problems.iter().any(Diagnostic::is_error);
    let Some(file) = value else { return assert!(is_told, "refused without a word") };
    for (index, declared) in file.tasks.into_iter().enumerate().take(MAX_TASKS) {
        let path = ["tasks".into(), index.into()];
        match resolve(declared, &file.prompt, &document, &path, Origin::golden("golden/a.yaml"), &AnyFile) {
            Ok(task) => check(&task),
            Err(found) => {
                assert!(is_told || found.iter().any(Diagnostic::is_error), "refused without a word");
                found.iter().for_each(|diagnostic| drop(diagnostic.render()));
            }
        }
    }
});
