//! A prompt file as written (DESIGN 3.1). Loading it into a [`super::Prompt`] resolves what it refers to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::variable::Variable;
use crate::config::OneOrMany;
use crate::golden::file::TaskDeclaration;
use crate::id::Id;
use crate::wire::{ToolSpec, Turn};

/// One version of a prompt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "prompt file")]
pub struct PromptFile {
    /// The prompt this is a version of.
    pub id: Id,
    /// Semantic version, in quotes if it has fewer than three parts.
    pub version: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub author: Option<String>,
    /// The team that answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// What was measured of it elsewhere; further keys are kept.
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// Jinja2; becomes one user message.
    #[serde(default)]
    pub template: Option<String>,
    /// Several messages, each a Jinja2 template.
    #[serde(default)]
    pub messages: Option<Vec<Turn>>,
    /// The system prompt, Jinja2.
    #[serde(default)]
    pub system: Option<String>,
    /// Sampling parameters; each key overrides the alias's.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Aliases it runs on; the first serves and is priced.
    #[serde(default)]
    pub models: Vec<Id>,
    /// Tools the model may call: a list of tools or of files, or one file.
    #[serde(default)]
    #[schemars(with = "Option<ToolsSchema>")]
    pub tools: Value,
    /// JSON Schema of the answer: inline, or a file.
    #[serde(default)]
    #[schemars(with = "Option<FileOrObject>")]
    pub output_schema: Value,
    /// What the templates may use.
    pub variables: Vec<Variable>,
    /// Checked against the variables, and given to the templates as `examples`.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Golden tasks of this version.
    #[serde(default)]
    pub tests: Vec<TaskDeclaration>,
}

/// Known keys are typed; others are kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Metadata {
    #[serde(default)]
    pub tested: Option<bool>,
    #[serde(default)]
    pub test_date: Option<String>,
    /// Between 0 and 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub performance_score: Option<f64>,
    #[serde(default)]
    pub avg_cost_usd: Option<f64>,
    #[serde(default)]
    pub avg_latency_ms: Option<f64>,
    #[serde(default)]
    pub recommended_model: Option<String>,
}

/// An input with the answer it should get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub input: BTreeMap<String, Value>,
    pub output: Value,
}

/// A file of tools: one, or a list.
pub type ToolFile = OneOrMany<ToolSpec>;

/// Stands for the shapes of `tools` in the JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ToolsSchema {
    File(String),
    List(Vec<ToolSchema>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ToolSchema {
    File(String),
    Inline(ToolSpec),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum FileOrObject {
    File(String),
    Inline(Map<String, Value>),
}
