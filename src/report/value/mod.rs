//! The report itself: the fields of `report.json`, in its order. The parts stand in files of their own.
//!
//! A frozen value with a version. Nothing here computes; renderers read it, `build` and the pipeline make it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

mod answer;
mod expense;
mod money;
mod prompt;
mod run;
mod task;
mod verdict;

pub use answer::{Answer, Answers, Step, StepCall};
pub use expense::{Attribution, Environment};
pub use money::{Cost, CostTotal, Pair, PriceTable};
pub use prompt::{Metric, MetricStatus, PassRate, Prompt, PromptStatus, Version};
pub use run::{RunTotals, Saved};
pub use task::{Assertion, AssertionOutcome, Tally, Task, TaskOutcome, Unjudged};
pub use verdict::{Accepted, Reason, Severity, Status, Verdict};

/// The version of the format; readers refuse any other.
pub const SCHEMA_VERSION: u32 = 1;

/// What one `regild check` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub schema_version: u32,
    pub tool: Tool,
    /// From the top of the repository to the project root; left out where they are one. Paths are relative to the project root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub root: String,
    pub mode: Mode,
    pub base: Side,
    pub head: Side,
    pub policy: PolicySource,
    /// What a CI runner said happened, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Files below `.github/` that differ between base and head: what runs in CI is not what base has. Stands before all else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflows_changed: Vec<String>,
    pub verdict: Verdict,
    /// One entry per candidate version, by prompt id and head version.
    pub prompts: Vec<Prompt>,
    pub cost: CostTotal,
    pub diagnostics: Vec<Diagnostic>,
    pub run: RunTotals,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// Where answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Replay,
    Live,
}

/// One of the two snapshots compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// As it was asked for, or `worktree`, or `none`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Full object id; null for the working tree and the empty tree.
    pub commit: Option<String>,
    /// Object id of the tree; for the working tree `worktree:` and a digest of the files regild read.
    pub tree: String,
}

/// Which commit's policy judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// Null at first adoption, when no commit has a policy yet.
    pub commit: Option<String>,
}

/// The event that a run on a CI runner judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// As the runner calls it: `pull_request`, `push`, …
    pub name: String,
    /// `owner/name` of the repository that judges.
    pub repository: String,
    pub pull_request: Option<u64>,
    /// Full id of the commit that people know head by: of a pull request its own tip, where its test merge is judged.
    pub head: Option<String>,
    /// Whether head comes from another repository.
    pub from_fork: bool,
}

/// Whether a field is what it is where nobody says anything.
fn is_zero<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}
