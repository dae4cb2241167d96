//! One candidate version in a report, with what its runs measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cost, Task};

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
    /// What of its wording differs, as unified diffs of its parts, cut to 4 KiB; left out where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    pub tasks: Vec<Task>,
    /// By metric name: total_tokens, output_tokens, tool_calls, steps, latency_ms, cost_usd.
    pub metrics: std::collections::BTreeMap<String, Metric>,
    /// Null where no task was judged on both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<PassRate>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricStatus {
    Pass,
    Warn,
    Fail,
    /// Beyond the limit, with too few samples to tell whether that is chance.
    Inconclusive,
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
    /// Head over base: the geometric mean of the tasks' ratios or, for counts, head_mean / base_mean; null where base has none.
    pub ratio: Option<f64>,
    /// 95 % confidence interval of the ratio; null where it was not estimated.
    pub ci95: Option<[f64; 2]>,
    /// One-sided, of no growth; null where nothing was tested.
    pub p_value: Option<f64>,
    pub status: MetricStatus,
    /// The ratio beyond which the gate fails, where it is gated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The test that p_value is of, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The tasks it rests on, on all aliases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<usize>,
    /// The smallest ratio that these tasks and samples would show beyond the gate in four of five cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
}

impl Metric {
    /// head_mean / base_mean, which is what stands in tables of means; `None` where base has none.
    pub fn mean_ratio(&self) -> Option<f64> {
        let ratio = self.head_mean? / self.base_mean.filter(|base| *base > 0.0)?;
        ratio.is_finite().then_some(ratio)
    }

    /// `ratio`, where the means tell another: a few large tasks weigh more in a mean.
    pub fn typical_ratio(&self) -> Option<f64> {
        self.ratio.filter(|typical| self.mean_ratio().is_some_and(|mean| (mean - typical).abs() > 0.03))
    }
}

/// The share of samples that pass base's expectations, over the tasks that both sides ran alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassRate {
    pub base: f64,
    pub head: f64,
    /// 95 % confidence interval of head − base.
    pub ci95: Option<[f64; 2]>,
    /// One-sided, of no fall.
    pub p_value: f64,
    pub status: MetricStatus,
    /// The fall beyond which the gate fails, where it is gated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
}
