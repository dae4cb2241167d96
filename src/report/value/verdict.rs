//! The verdict of a report: its status, what it rests on, and what a person said yes to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Prompt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    Fail,
    Inconclusive,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub status: Status,
    /// 0 pass, 1 fail, 3 inconclusive.
    pub exit_code: u8,
    /// What a person said yes to; stands first in every output.
    pub accepted: Vec<Accepted>,
    /// Worst first.
    pub reasons: Vec<Reason>,
}

/// A finding that an operator, a review or a waiver excused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub code: String,
    pub prompt: Option<String>,
    pub task: Option<String>,
    /// `operator`, `review` or `waiver`.
    pub by: String,
    pub who: Option<String>,
    pub reason: String,
    /// The sentence of the finding it excuses.
    pub message: String,
}

/// How a finding weighs in the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Fail,
    /// Inconclusive until accepted.
    Accept,
    /// Inconclusive: could not be judged.
    Inconclusive,
    Warn,
}

/// One line of the verdict: a sentence to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stable, kebab-case.
    pub code: String,
    pub severity: Severity,
    pub prompt: Option<String>,
    /// Head's version of the prompt, or base's where head has none; tells entries of one prompt apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub task: Option<String>,
    pub model: Option<String>,
    pub message: String,
    /// The command or step that mends it; safe to copy, made of validated ids only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Reason {
    /// Whether it is about this entry of the report.
    pub fn is_about(&self, entry: &Prompt) -> bool {
        let shown = entry.head.as_ref().or(entry.base.as_ref()).map(|version| &version.version);
        self.prompt.as_ref() == Some(&entry.id) && (self.version.is_none() || self.version.as_ref() == shown)
    }
}
