//! What the mock provider is told to answer, as tasks declare it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::wire::mock::Stop;

/// Answers for requests that match `when`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptRule {
    #[serde(default)]
    pub when: When,
    /// The replies of a run, one a step; after the last one the mock finishes with what it said last.
    #[schemars(length(min = 1))]
    pub steps: Vec<ScriptStep>,
    /// How much token counts and latency vary from sample to sample: 0.1 is ±10 %, seeded by content.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub noise: f64,
}

/// Which requests a rule answers; everything declared must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Text that the system prompt or a message contains, in any case.
    pub prompt_contains: Option<String>,
    /// The model's name.
    pub model: Option<String>,
}

/// One reply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptStep {
    pub text: String,
    pub tool_calls: Vec<ScriptCall>,
    /// `tool_calls` where there are some, else `finish`.
    pub stop: Option<Stop>,
    /// Estimated at four characters a token where it is left out.
    pub input_tokens: Option<u64>,
    /// Estimated at four characters a token where it is left out.
    pub output_tokens: Option<u64>,
    /// Estimated from the output tokens where it is left out.
    pub latency_ms: Option<u64>,
}

/// A tool the mock calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptCall {
    pub name: String,
    #[serde(default)]
    pub args: Map<String, Value>,
}
