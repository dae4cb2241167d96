//! The report: everything a run found out, as one frozen value. Every output is a function of it.
//!
//! Renderers see nothing else: no settings, files or clock. So any of them can run again later from `report.json`, and none
//! can decide anything. Severities and sentences are made before this value is built.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;

pub mod annotations;
pub mod build;
mod class;
mod costs;
pub mod escape;
mod format;
mod headline;
#[cfg(test)]
mod hostile;
mod html;
mod junit;
mod markdown;
pub mod numbers;
mod read;
mod rows;
#[cfg(test)]
pub mod sample;
pub mod sarif;
pub mod step;
pub mod terminal;
pub mod words;

pub use format::{Format, render};
pub use headline::sentence as headline;
pub use markdown::{SUMMARY_BYTES, comment, comment_as, head_of, summary};
pub use read::from_json;
pub use terminal::{Look, help_line, sign};

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

/// How a prompt differs between base and head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptStatus {
    Added,
    Modified,
    Removed,
    IdChanged,
    /// Not changed itself: asked for by `--all` or `--prompt`.
    Unchanged,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    pub id: String,
    pub status: PromptStatus,
    /// Why it was looked at, each a short phrase.
    pub why: Vec<String>,
    /// Whether this version is the one that serves traffic at head.
    pub served: bool,
    pub base: Option<Version>,
    pub head: Option<Version>,
    pub tasks: Vec<Task>,
    /// By metric name: total_tokens, output_tokens, tool_calls, steps, latency_ms, cost_usd.
    pub metrics: std::collections::BTreeMap<String, Metric>,
    /// Null where nothing was run.
    pub cost: Option<Cost>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub version: String,
    pub prompt_id: String,
    pub fingerprint: String,
    pub path: String,
}

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
    NewPass,
    Fixed,
    Passing,
}

impl Reason {
    /// Whether it is about this entry of the report.
    pub fn is_about(&self, entry: &Prompt) -> bool {
        let shown = entry.head.as_ref().or(entry.base.as_ref()).map(|version| &version.version);
        self.prompt.as_ref() == Some(&entry.id) && (self.version.is_none() || self.version.as_ref() == shown)
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub passed: u32,
    pub samples: u32,
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
    #[serde(default, skip_serializing_if = "is_zero")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricStatus {
    Pass,
    Warn,
    Fail,
    /// Shown, not gated.
    Info,
    /// One side was not measured.
    Unknown,
}

/// One measure per run, on both sides, over the tasks that both sides ran alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Mean of the tasks' means.
    pub base_mean: Option<f64>,
    pub head_mean: Option<f64>,
    /// Nearest-rank 95th percentile of all runs.
    pub base_p95: Option<f64>,
    pub head_p95: Option<f64>,
    /// head_mean / base_mean; null where base is 0 or unknown.
    pub ratio: Option<f64>,
    /// 95 % confidence interval of the ratio; null where it was not estimated.
    pub ci95: Option<[f64; 2]>,
    pub p_value: Option<f64>,
    pub status: MetricStatus,
    /// The ratio beyond which the gate fails, where it is gated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
}

/// What a prompt costs per month on both sides. Money is a decimal string; null is unknown, never 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    pub ci95_usd_month: Option<[String; 2]>,
    /// `measured`, or `unknown: why`.
    pub basis: String,
    pub usd_per_1k_requests: Pair,
    /// Declared requests per month, where they are.
    pub requests_per_month: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub base: Option<String>,
    pub head: Option<String>,
}

/// The cost of all affected, served prompts together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostTotal {
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    /// Null where unknown or where base costs nothing.
    pub delta_percent: Option<f64>,
    /// The increase per month that the policy allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_usd_month: Option<String>,
    /// Sentences: what is missing in the sums, and why.
    pub unknown: Vec<String>,
    pub price_table: PriceTable,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    pub source: String,
    pub as_of: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunTotals {
    /// Samples replayed from recordings, both sides.
    pub replayed: u64,
    pub model_calls: u64,
    pub spend_usd: String,
    /// Whether some call had no known price, so that more was spent than is said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// Calls that were made again, and the seconds spent waiting for that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited_seconds: u64,
    /// Calls that were not made, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<Saved>,
}

/// Calls that a live run did not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    pub calls: u64,
    pub why: String,
}

impl Default for RunTotals {
    fn default() -> Self {
        let spend_usd = "0".to_owned();
        Self {
            replayed: 0,
            model_calls: 0,
            spend_usd,
            unpriced: false,
            retries: 0,
            waited_seconds: 0,
            saved: Vec::new(),
        }
    }
}

/// The path of a file from the top of the repository, which is how GitHub speaks of it.
fn below(root: &str, file: &str) -> String {
    if root.is_empty() { file.to_owned() } else { format!("{root}/{file}") }
}

fn is_zero<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}
