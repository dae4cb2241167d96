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
    /// Growth of tokens per run.
    pub tokens: Option<Growth>,
    /// Growth of tool calls per run.
    pub tool_calls: Option<Allowance>,
    /// Growth of latency per run.
    pub latency: Option<Growth>,
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
            tokens: Some(Growth::default()),
            tool_calls: Some(Allowance::default()),
            latency: None,
            cost: CostGate::default(),
            severity: BTreeMap::new(),
            waivers: Vec::new(),
            approvers: Vec::new(),
        }
    }
}

/// Ratios of head to base beyond which growth warns or fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Growth {
    pub warn: Option<f64>,
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
    pub warn: Option<f64>,
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
