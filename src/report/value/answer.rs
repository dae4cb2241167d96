//! What models said, as far as a report carries it. All of it is hostile text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    pub base: Vec<Answer>,
    pub head: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Hostile text: whatever a model said.
    pub text: String,
    pub stop: String,
    /// Whether `text` was cut.
    pub truncated: bool,
    /// The tools called, in order, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// How the answer came about. The last step says `text`, which is not repeated there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Steps that are not among `steps`, to keep the report small.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub more_steps: u32,
}

/// One reply of the model in a sample, and the tools it called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the model said beside its calls, cut to 1 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<StepCall>,
    /// Input and output; null where the provider did not tell.
    pub tokens: Option<u64>,
}

/// One tool call and what its stub gave back, each text cut to 1 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepCall {
    pub name: String,
    /// As JSON, or what the model wrote instead of JSON.
    pub arguments: String,
    /// Null where a budget stopped the run before the tool ran.
    pub result: Option<String>,
    /// Whether `result` is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}
