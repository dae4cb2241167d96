//! A file of golden tasks as written (DESIGN 3.2). [`super::resolve`] makes a [`super::Task`] of a declaration.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::script::ScriptRule;
use super::stub::StubSchema;
use crate::config::{Amount, Date};
use crate::id::Id;
use crate::stop::Stop;
use crate::wire::Turn;

/// Golden tasks of one prompt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "golden tasks")]
pub struct TaskFile {
    /// The prompt they are for.
    pub prompt: Id,
    /// Settings of tasks that do not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    pub tasks: Vec<TaskDeclaration>,
}

/// Settings of tasks that do not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    #[schemars(range(min = 1, max = 1000))]
    pub samples: Option<u32>,
    pub models: Vec<Id>,
    pub critical: bool,
    pub family: Option<Id>,
}

/// One golden task.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = id_or_name)]
pub struct TaskDeclaration {
    /// `name` in a prompt file.
    #[serde(alias = "name")]
    pub id: Id,
    #[serde(default)]
    pub description: Option<String>,
    /// The incident it guards against.
    #[serde(default)]
    pub incident: Option<String>,
    /// Whether any flip to failing counts, however few samples there are.
    #[serde(default)]
    pub critical: Option<bool>,
    /// Its share of real traffic, relative to the other tasks; 1 where it is left out.
    #[serde(default)]
    pub weight: Option<Amount>,
    /// Tasks that fail together.
    #[serde(default)]
    pub family: Option<Id>,
    /// Judged and shown, but never failing the gate until the date.
    #[serde(default)]
    pub quarantine: Option<Quarantine>,
    /// What is expected of the task itself.
    #[serde(default)]
    pub expect: Expect,
    /// Values of the prompt's variables; `{$file: path}` below the golden directory stands for a file's text.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// Messages before the prompt's own.
    #[serde(default)]
    pub history: Vec<Turn>,
    /// Aliases it runs on; the prompt's, where it is left out.
    #[serde(default)]
    pub models: Option<Vec<Id>>,
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub samples: Option<u32>,
    /// Stubs of the prompt's tools, by tool name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Id, StubSchema>", extend("propertyNames" = { "$ref": "#/$defs/Id" }))]
    pub tools: BTreeMap<Id, Value>,
    /// Answers of the mock provider; the first rule that matches speaks, none echoes.
    #[serde(default)]
    pub mock: Vec<ScriptRule>,
    /// Short for an assertion `stop_reason`.
    #[serde(default)]
    pub expect_stop_reason: Option<Stop>,
    /// Short for an assertion `max_tool_calls`.
    #[serde(default)]
    pub max_tool_calls: Option<u64>,
    /// Short for an assertion `max_tokens`: all tokens of the run.
    #[serde(default)]
    pub max_tokens: Option<u64>,
    /// Short for an assertion `max_steps`.
    #[serde(default)]
    pub max_steps: Option<NonZeroU64>,
    #[serde(default)]
    #[schemars(with = "Vec<crate::assertion::Assertion>")]
    pub assertions: Vec<Value>,
}

/// Tells the JSON Schema of `name`, the other word for `id`, which serde's `alias` does not.
fn id_or_name(schema: &mut schemars::Schema) {
    let object = schema.ensure_object();
    if let Some(Value::Object(properties)) = object.get_mut("properties")
        && let Some(id) = properties.get("id").cloned()
    {
        properties.shift_insert(1, "name".to_owned(), id);
    }
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|field| field != "id");
    }
    object.insert("oneOf".to_owned(), serde_json::json!([{ "required": ["id"] }, { "required": ["name"] }]));
}

/// Why and until when a task does not fail the gate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    pub why: String,
    /// The last day it holds, as YYYY-MM-DD.
    pub until: Date,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    #[default]
    Pass,
    /// Known to fail: passing is what gets noticed.
    Fail,
}
