//! One task on one alias in a report: what became of it, and what was expected of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answers;

/// What became of a task between base and head (DESIGN 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskOutcome {
    Regressed,
    NewFailure,
    ExpectationChanged,
    Removed,
    Unjudged,
    StillFailing,
    /// It passes less often than on base, by too little to tell from chance.
    Unsteady,
    NewPass,
    Fixed,
    Passing,
}

impl TaskOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::NewFailure => "new_failure",
            Self::ExpectationChanged => "expectation_changed",
            Self::Removed => "removed",
            Self::Unjudged => "unjudged",
            Self::StillFailing => "still_failing",
            Self::Unsteady => "unsteady",
            Self::NewPass => "new_pass",
            Self::Fixed => "fixed",
            Self::Passing => "passing",
        }
    }

    /// Passing now, with nothing to say about it.
    pub fn is_plain_pass(self) -> bool {
        matches!(self, Self::Passing | Self::NewPass | Self::Fixed)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub id: String,
    /// The alias it ran on.
    pub model: String,
    pub outcome: TaskOutcome,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The code and the sentence of why it could not be judged, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<Unjudged>,
    pub base: Option<Tally>,
    pub head: Option<Tally>,
    /// Every assertion, worst first.
    pub assertions: Vec<Assertion>,
    /// Empty for tasks that plainly pass, unless all answers were asked for.
    pub answers: Answers,
    /// Where the task is declared, in head or, for a removed one, in base.
    pub file: String,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unjudged {
    /// Stable, kebab-case: recording-missing, unconfirmed, …
    pub code: String,
    pub message: String,
}

/// How many samples passed on one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub passed: u32,
    pub samples: u32,
    /// 95 % Wilson interval of the share that passes; null without samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
    /// Where the recording was found: `own`, `own:<version>`, `base`, `head`, or `none`.
    pub source: String,
    /// Recorded from the mock provider, which stands in for a model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stand_in: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssertionOutcome {
    Fail,
    Unjudged,
    Pass,
}

/// One assertion over the head samples of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose expectation: `base` where only base declares it, `head` where only head does, else `both`.
    pub declared: String,
    pub outcome: AssertionOutcome,
    /// How many of the head samples failed it.
    pub failed: u32,
    pub samples: u32,
    pub expected: String,
    /// From the first sample that shows the outcome.
    pub actual: String,
    /// One sentence: expected, found, in how many samples.
    pub message: String,
}
