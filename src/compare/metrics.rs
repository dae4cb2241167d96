//! What runs took, on both sides: mean of the tasks' means, nearest-rank 95th percentile, ratio.
//!
//! Only tasks that both sides ran alike count. Intervals and tests of notes: statistics B2 will stand in [`Measured`].

use rust_decimal::prelude::ToPrimitive as _;

use super::Cell;
use crate::evaluate::{Measures, Runs};
use crate::stats::nearest_rank;

/// A measure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    TotalTokens,
    OutputTokens,
    ToolCalls,
    Steps,
    LatencyMs,
    CostUsd,
}

impl Metric {
    pub const ALL: [Self; 6] =
        [Self::TotalTokens, Self::OutputTokens, Self::ToolCalls, Self::Steps, Self::LatencyMs, Self::CostUsd];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TotalTokens => "total_tokens",
            Self::OutputTokens => "output_tokens",
            Self::ToolCalls => "tool_calls",
            Self::Steps => "steps",
            Self::LatencyMs => "latency_ms",
            Self::CostUsd => "cost_usd",
        }
    }

    /// The metric as a sentence says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::TotalTokens => "tokens per run",
            Self::OutputTokens => "output tokens per run",
            Self::ToolCalls => "tool calls per run",
            Self::Steps => "steps per run",
            Self::LatencyMs => "latency per run",
            Self::CostUsd => "cost per run",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn of(self, measures: &Measures) -> Option<f64> {
        match self {
            Self::TotalTokens => measures.total_tokens.map(|count| count as f64),
            Self::OutputTokens => measures.output_tokens.map(|count| count as f64),
            Self::ToolCalls => Some(measures.tool_calls as f64),
            Self::Steps => Some(measures.steps as f64),
            Self::LatencyMs => Some(measures.latency_ms as f64),
            Self::CostUsd => measures.cost_usd.and_then(|cost| cost.to_f64()),
        }
    }
}

/// A metric over the tasks of a prompt. `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    pub base_mean: Option<f64>,
    pub head_mean: Option<f64>,
    pub base_p95: Option<f64>,
    pub head_p95: Option<f64>,
    pub ratio: Option<f64>,
    /// How many tasks it rests on.
    pub tasks: usize,
}

/// Measures one metric over cells of one prompt.
pub fn measure(metric: Metric, cells: &[&Cell<'_>]) -> Measured {
    let pairs: Vec<(&Runs, &Runs)> = cells.iter().filter_map(|cell| cell.pair()).collect();
    let values =
        |runs: &Runs| -> Option<Vec<f64>> { runs.samples.iter().map(|sample| metric.of(&sample.measures)).collect() };
    let base: Option<Vec<Vec<f64>>> = pairs.iter().map(|(base, _)| values(base)).collect();
    let head: Option<Vec<Vec<f64>>> = pairs.iter().map(|(_, head)| values(head)).collect();
    let (base_mean, head_mean) = (base.as_deref().and_then(mean_of_means), head.as_deref().and_then(mean_of_means));
    let ratio = match (base_mean, head_mean) {
        (Some(base), Some(head)) if base > 0.0 => Some(head / base),
        _ => None,
    };
    Measured {
        base_mean,
        head_mean,
        base_p95: base.and_then(|tasks| nearest_rank(&tasks.concat(), 0.95)),
        head_p95: head.and_then(|tasks| nearest_rank(&tasks.concat(), 0.95)),
        ratio,
        tasks: pairs.len(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(values.iter().sum::<f64>() / values.len() as f64) }
}

/// Each task counts once, however many samples it has.
fn mean_of_means(tasks: &[Vec<f64>]) -> Option<f64> {
    let means: Option<Vec<f64>> = tasks.iter().map(|task| mean(task)).collect();
    mean(&means?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_count_alike() {
        assert_eq!(mean_of_means(&[vec![1.0, 1.0, 1.0], vec![3.0]]), Some(2.0));
        assert_eq!(mean_of_means(&[vec![1.0], vec![]]), None);
    }
}
