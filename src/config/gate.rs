//! The `gate:` section: which findings fail, wait for acceptance, warn, or are off.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::Amount;
use crate::diagnostic::Code;
use crate::id::Id;

/// How a kind of finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Fail,
    /// Inconclusive until somebody accepts it.
    Accept,
    Warn,
    Off,
}

/// Which findings fail, wait, warn or are off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// A task that passed on base fails on head.
    pub regression: Level,
    /// A task without a measured base fails on head.
    pub new_failure: Level,
    /// A task fails on both sides.
    pub still_failing: Level,
    /// A task was removed or altered so that base's expectations no longer hold.
    pub expectation_changed: Level,
    /// A changed prompt has no task.
    pub untested: Level,
    /// A task has no usable recording on base.
    pub base_unmeasured: Level,
    /// The share of samples that must pass; two thirds where it is null.
    #[serde(deserialize_with = "super::scalar::share")]
    #[schemars(range(min = 0, max = 1))]
    pub min_pass: Option<f64>,
    /// The sides of a task differ by more than the prompt, so that nothing between them can be blamed on it.
    pub not_comparable: Level,
    /// The days that may lie between the answers of both sides; null is any number.
    pub max_days_between: Option<u64>,
    /// How sure a regression must be.
    pub evidence: EvidenceGate,
    /// A fall of the share of samples that pass, over all tasks of a prompt.
    pub pass_rate: Option<Fall>,
    /// Growth of tokens per run.
    pub tokens: Option<Growth>,
    /// Growth of output tokens per run; null does not gate it.
    pub output_tokens: Option<Growth>,
    /// Growth of tool calls per run.
    pub tool_calls: Option<Allowance>,
    /// Growth of steps per run; null does not gate it.
    pub steps: Option<Allowance>,
    /// Growth of latency per run; null does not gate it. Fewer than 30 runs a side are never gated by it.
    pub latency: Option<Growth>,
    /// Growth of tokens or tool calls of single tasks: the ratio that warns, and of a critical task fails; null looks at none.
    #[serde(deserialize_with = "super::scalar::ratio")]
    #[schemars(range(min = 1, max = 10))]
    pub task_growth: Option<f64>,
    /// The monthly cost.
    pub cost: CostGate,
    /// What diagnostics weigh, by code; docs/diagnostics.md lists the codes with what each weighs otherwise.
    #[schemars(schema_with = "super::severity::schema")]
    pub severity: BTreeMap<Code, Level>,
    /// Findings excused until a date.
    pub waivers: Vec<Waiver>,
    /// Whose approving review on GitHub accepts what awaits a yes, by login; whoever may write to the repository where it is empty.
    #[schemars(inner(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9-]{0,38}$")))]
    pub approvers: Vec<String>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            regression: Level::Fail,
            new_failure: Level::Fail,
            still_failing: Level::Warn,
            expectation_changed: Level::Accept,
            untested: Level::Accept,
            base_unmeasured: Level::Warn,
            min_pass: None,
            not_comparable: Level::Accept,
            max_days_between: Some(90),
            evidence: EvidenceGate::default(),
            pass_rate: Some(Fall::default()),
            tokens: Some(Growth::default()),
            output_tokens: None,
            tool_calls: Some(Allowance::default()),
            steps: None,
            latency: None,
            task_growth: Some(1.5),
            cost: CostGate::default(),
            severity: BTreeMap::new(),
            waivers: Vec::new(),
            approvers: Vec::new(),
        }
    }
}

/// How sure a regression must be before it fails. docs/verdict.md says what each number does to false alarms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceGate {
    /// A task that flips fails the gate where chance explains the flip with at most this probability (Fisher's exact test).
    #[serde(deserialize_with = "super::scalar::chance")]
    #[schemars(range(min = 0, max = 1))]
    pub flip_p_value: f64,
    /// And only where some task of an equally unsteady suite would flip so far, though nothing changed, with at most this probability.
    #[serde(deserialize_with = "super::scalar::chance")]
    #[schemars(range(min = 0, max = 1))]
    pub flip_by_noise: f64,
    /// A flip that is not that sure awaits more samples where the share that passes falls by this much; a smaller one warns.
    #[serde(deserialize_with = "super::scalar::chance")]
    #[schemars(range(min = 0, max = 1))]
    pub flip_min_drop: f64,
    /// With what confidence growth, or a fall of the pass rate, must be real before it fails.
    #[serde(deserialize_with = "super::scalar::confidence")]
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub fail_confidence: f64,
    /// With what confidence it must be real before it warns.
    #[serde(deserialize_with = "super::scalar::confidence")]
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub warn_confidence: f64,
    /// The ratio that growth must exceed with that confidence to fail, whatever was measured.
    #[serde(deserialize_with = "super::scalar::floor")]
    #[schemars(range(min = 1, max = 10))]
    pub growth_floor: f64,
    /// Tasks that a test over tasks needs; with fewer, the samples of each task must tell.
    pub min_tasks: usize,
}

impl Default for EvidenceGate {
    fn default() -> Self {
        Self {
            flip_p_value: 0.05,
            flip_by_noise: 0.002,
            flip_min_drop: 0.5,
            fail_confidence: 0.99,
            warn_confidence: 0.95,
            growth_floor: 1.05,
            min_tasks: 5,
        }
    }
}

/// Falls of a share, in points of 0 to 1, beyond which it warns or fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fall {
    #[serde(deserialize_with = "super::scalar::share")]
    #[schemars(range(min = 0, max = 1))]
    pub warn: Option<f64>,
    #[serde(deserialize_with = "super::scalar::share")]
    #[schemars(range(min = 0, max = 1))]
    pub fail: Option<f64>,
}

impl Default for Fall {
    fn default() -> Self {
        Self { warn: Some(0.05), fail: Some(0.10) }
    }
}

/// Ratios of head to base beyond which growth warns or fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Growth {
    #[serde(deserialize_with = "super::scalar::ratio")]
    #[schemars(range(min = 1, max = 10))]
    pub warn: Option<f64>,
    #[serde(deserialize_with = "super::scalar::ratio")]
    #[schemars(range(min = 1, max = 10))]
    pub fail: Option<f64>,
}

impl Default for Growth {
    fn default() -> Self {
        Self { warn: Some(1.10), fail: Some(1.25) }
    }
}

/// [`Growth`] of a small count: ratios matter only once the difference reaches `min_delta`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Allowance {
    #[serde(deserialize_with = "super::scalar::ratio")]
    #[schemars(range(min = 1, max = 10))]
    pub warn: Option<f64>,
    #[serde(deserialize_with = "super::scalar::ratio")]
    #[schemars(range(min = 1, max = 10))]
    pub fail: Option<f64>,
    /// The smallest difference of means that counts.
    pub min_delta: f64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { warn: Some(1.10), fail: Some(1.25), min_delta: 1.0 }
    }
}

/// Limits on the monthly cost; null is no limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CostGate {
    /// US dollars that all affected prompts together may cost more per month.
    pub max_increase_usd_month: Option<Amount>,
    /// The same in percent.
    pub max_increase_percent: Option<f64>,
    /// US dollars that one request of a prompt may cost.
    pub max_usd_per_request: Option<Amount>,
    /// What an unknown cost of an affected prompt does.
    pub unknown: Level,
    /// Whether a limit inside the interval is inconclusive instead of a warning.
    pub strict: bool,
}

impl Default for CostGate {
    fn default() -> Self {
        Self {
            max_increase_usd_month: None,
            max_increase_percent: None,
            max_usd_per_request: None,
            unknown: Level::Warn,
            strict: false,
        }
    }
}

/// A finding that the policy excuses until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The finding's code.
    pub finding: String,
    /// The prompt it applies to; all where it is left out.
    #[serde(default)]
    pub prompt: Option<Id>,
    /// The task it applies to; all where it is left out.
    #[serde(default)]
    pub task: Option<Id>,
    /// The last day it holds, as YYYY-MM-DD.
    pub until: super::scalar::Date,
    pub who: String,
    pub why: String,
}
