//! Golden tasks: an input for a prompt, the tools' answers, and what must hold.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::assertion::Assertion;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::wire::{Message, digest};
use crate::yaml::{Document, Step};

pub mod file;
mod place;
mod script;
mod stub;

pub use file::{Expect, Quarantine, TaskDeclaration};
pub use place::Places;
pub use script::{ScriptRule, ScriptStep};
pub use stub::{Answer, Counters, InvalidArgs, Stub};

/// One golden task, resolved.
#[derive(Debug, Clone)]
pub struct Task {
    pub prompt: Id,
    pub id: Id,
    pub origin: Origin,
    pub incident: Option<String>,
    pub critical: bool,
    pub weight: Decimal,
    pub family: Option<Id>,
    pub quarantine: Option<Quarantine>,
    pub expect: Expect,
    /// With fixtures put in.
    pub input: Map<String, Value>,
    pub history: Vec<Message>,
    /// Aliases it names itself.
    pub models: Option<Vec<Id>>,
    pub samples: Option<u32>,
    pub stubs: Arc<BTreeMap<Id, Stub>>,
    pub script: Vec<ScriptRule>,
    pub assertions: Vec<Assertion>,
    /// Fixture files it reads, with their object ids.
    pub fixtures: BTreeMap<String, String>,
    /// Hash of what the prompt is confronted with: input, history and stubs.
    pub stimulus: String,
    /// Hash of all that is expected of the answer.
    pub expectation: String,
}

/// Where a task is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub file: String,
    pub line: u32,
    /// The way to it inside its document.
    pub path: Vec<Step>,
    /// Declared by a prompt file, for that version only.
    pub of_version: bool,
}

impl Origin {
    pub fn golden(file: &str) -> Self {
        Self { file: file.to_owned(), line: 0, path: Vec::new(), of_version: false }
    }

    pub fn version(file: &str) -> Self {
        Self { file: file.to_owned(), line: 0, path: Vec::new(), of_version: true }
    }
}

/// The text of fixture files, by path below the golden directory.
pub trait Fixtures {
    /// The full path, object id and text of a fixture; the error is a sentence.
    fn read(&self, path: &str) -> Result<(String, String, String), String>;
}

/// For tasks that stand in prompt files, which have no golden directory.
pub struct NoFixtures;

impl Fixtures for NoFixtures {
    fn read(&self, _: &str) -> Result<(String, String, String), String> {
        Err("`$file` is for tasks below the golden directory; write the value here".to_owned())
    }
}

/// Makes a task of a declaration that stands at `path` of `document`.
pub fn resolve(
    declared: TaskDeclaration,
    prompt: &Id,
    document: &Document,
    path: &[Step],
    origin: Origin,
    fixtures: &dyn Fixtures,
) -> Result<Task, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    // Something may be wrong that has been told already.
    let mut is_sound = true;
    let place = |steps: &[Step]| -> Place { document.place(&[path, steps].concat()) };
    let mut used = BTreeMap::new();
    let mut input = declared.input;
    for (name, value) in &mut input {
        if let Err(why) = put_fixtures(value, fixtures, &mut used) {
            let at = place(&["input".into(), name.as_str().into()]);
            diagnostics.push(Diagnostic::new(Code::Fixture, at, why));
        }
    }
    let mut stubs = BTreeMap::new();
    for (tool, stub) in &declared.tools {
        match Stub::parse(stub) {
            Ok(stub) => drop(stubs.insert(tool.clone(), stub)),
            Err(problem) => {
                let prefix = [path, &["tools".into(), tool.as_str().into()]].concat();
                diagnostics.extend(document.tell(Code::BadStub, &problem.under(&prefix)));
                is_sound = false;
            }
        }
    }
    let mut assertions =
        shorthands(declared.expect_stop_reason, declared.max_tool_calls, declared.max_tokens, declared.max_steps);
    for (index, assertion) in declared.assertions.iter().enumerate() {
        match Assertion::parse(assertion) {
            Ok(assertion) if is_judge_twice(&assertions, &assertion) => {
                let at = place(&["assertions".into(), index.into()]);
                diagnostics.push(Diagnostic::new(Code::BadAssertion, at, "two judges of one task have the same name"));
            }
            Ok(assertion) => assertions.push(assertion),
            Err(problem) => {
                let prefix = [path, &["assertions".into(), index.into()]].concat();
                diagnostics.extend(document.tell(Code::BadAssertion, &problem.under(&prefix)));
                is_sound = false;
            }
        }
    }
    if declared.samples == Some(0) || declared.samples.is_some_and(|samples| samples > 1000) {
        diagnostics.push(Diagnostic::new(Code::BadSamples, place(&["samples".into()]), "`samples` must be 1 to 1000"));
    }
    for (index, rule) in declared.mock.iter().enumerate() {
        if rule.steps.is_empty() || !(0.0..=1.0).contains(&rule.noise) {
            let at = place(&["mock".into(), index.into()]);
            diagnostics.push(Diagnostic::new(
                Code::BadMock,
                at,
                "a mock rule needs `steps`, and `noise` between 0 and 1",
            ));
        }
    }
    if !is_sound || !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let at = document.place(&[path, &["id".into()]].concat());
    let stimulus = digest(&(&input, &declared.history, &declared.tools));
    let task = Task {
        prompt: prompt.clone(),
        id: declared.id,
        origin: Origin { line: at.line, path: path.to_vec(), ..origin },
        incident: declared.incident,
        critical: declared.critical.unwrap_or(false),
        weight: declared.weight.map_or(Decimal::ONE, |weight| weight.0),
        family: declared.family,
        quarantine: declared.quarantine,
        expect: declared.expect,
        stimulus,
        expectation: String::new(),
        input,
        history: declared.history.into_iter().map(|turn| turn.role.says(turn.content)).collect(),
        models: declared.models,
        samples: declared.samples,
        stubs: Arc::new(stubs),
        script: declared.mock,
        assertions,
        fixtures: used,
    };
    Ok(task.adding(Vec::new()))
}

impl Task {
    /// The task with further assertions, and the hash of its expectations made anew.
    #[must_use]
    pub fn adding(mut self, assertions: Vec<Assertion>) -> Self {
        self.assertions.extend(assertions);
        let assertions: Vec<&str> = self.assertions.iter().map(|assertion| &*assertion.declared).collect();
        let expect = match self.expect {
            Expect::Pass => "pass",
            Expect::Fail => "fail",
        };
        self.expectation = digest(&json!([assertions, expect]));
        self
    }
}

/// Whether an assertion is a judge whose name is taken.
fn is_judge_twice(assertions: &[Assertion], new: &Assertion) -> bool {
    let name = |assertion: &Assertion| assertion.as_judge().map(|judge| judge.name.clone());
    name(new).is_some_and(|new| assertions.iter().any(|known| name(known).as_ref() == Some(&new)))
}

/// The assertions that the seed's shorthands stand for.
pub fn shorthands(
    stop: Option<crate::stop::Stop>,
    max_tool_calls: Option<u64>,
    max_tokens: Option<u64>,
    max_steps: Option<NonZeroU64>,
) -> Vec<Assertion> {
    let stop = stop.map(|stop| json!({"type": "stop_reason", "value": stop}));
    let limit = |name: &str, value: Option<u64>| value.map(|value| json!({"type": name, "value": value}));
    [
        stop,
        limit("max_tool_calls", max_tool_calls),
        limit("max_tokens", max_tokens),
        limit("max_steps", max_steps.map(NonZeroU64::get)),
    ]
    .into_iter()
    .flatten()
    .map(|declared| Assertion::parse(&declared).expect("the shorthands are well-formed assertions"))
    .collect()
}

/// Replaces every `{$file: path}` inside `value` by the file's text.
fn put_fixtures(value: &mut Value, fixtures: &dyn Fixtures, used: &mut BTreeMap<String, String>) -> Result<(), String> {
    match value {
        Value::Object(entries) if entries.len() == 1 && entries.contains_key("$file") => {
            let Some(Value::String(path)) = entries.get("$file") else {
                return Err("`$file` needs a path".to_owned());
            };
            let (full, object, text) = fixtures.read(path)?;
            used.insert(full, object);
            *value = Value::String(text);
            Ok(())
        }
        Value::Object(entries) => entries.values_mut().try_for_each(|value| put_fixtures(value, fixtures, used)),
        Value::Array(items) => items.iter_mut().try_for_each(|item| put_fixtures(item, fixtures, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
