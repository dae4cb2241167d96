//! Growth of what runs take, against the gate. Tests on the paired log-ratio will decide here (notes: statistics B4).

use super::EPSILON;
use crate::compare::{Measured, Metric};
use crate::config::Growth;
use crate::policy::Policy;
use crate::report::MetricStatus;

/// Whether a metric is gated, and how it stands.
pub fn metric_status(metric: Metric, measured: &Measured, policy: &Policy) -> (MetricStatus, Option<f64>) {
    let limit = limits(metric, policy).and_then(|(growth, _)| growth.fail.or(growth.warn));
    let delta = measured.head_mean.zip(measured.base_mean).map(|(head, base)| head - base);
    (growth_status(metric, measured.ratio, delta, policy), limit)
}

pub(super) fn growth_status(metric: Metric, ratio: Option<f64>, delta: Option<f64>, policy: &Policy) -> MetricStatus {
    let Some((growth, min_delta)) = limits(metric, policy) else { return MetricStatus::Info };
    let Some(delta) = delta else { return MetricStatus::Unknown };
    // From nothing to something is growth beyond every ratio.
    let ratio = ratio.unwrap_or(if delta > 0.0 { f64::INFINITY } else { 1.0 });
    if delta < min_delta {
        return MetricStatus::Pass;
    }
    let beyond = |limit: Option<f64>| limit.is_some_and(|limit| ratio > limit + EPSILON);
    if beyond(growth.fail) {
        // The founding configuration's alert decides whether a token spike fails or warns.
        let warns_only = metric == Metric::TotalTokens && !policy.alert_on_token_spike;
        return if warns_only { MetricStatus::Warn } else { MetricStatus::Fail };
    }
    if beyond(growth.warn) { MetricStatus::Warn } else { MetricStatus::Pass }
}

/// The limits of a gated metric, and the smallest difference that counts.
fn limits(metric: Metric, policy: &Policy) -> Option<(Growth, f64)> {
    let gate = &policy.gate;
    match metric {
        Metric::TotalTokens => gate.tokens.map(|growth| (growth, 0.0)),
        Metric::ToolCalls => {
            gate.tool_calls.map(|allowed| (Growth { warn: allowed.warn, fail: allowed.fail }, allowed.min_delta))
        }
        Metric::LatencyMs => gate.latency.map(|growth| (growth, 0.0)),
        Metric::OutputTokens | Metric::Steps | Metric::CostUsd => None,
    }
}

/// The limit of a metric as a sentence's end: ", limit +25 %".
pub fn limit_words(metric: Metric, policy: &Policy) -> String {
    match limits(metric, policy).and_then(|(growth, _)| growth.fail.or(growth.warn)) {
        Some(limit) => format!(", limit {:+.0} %", (limit - 1.0) * 100.0),
        None => String::new(),
    }
}
