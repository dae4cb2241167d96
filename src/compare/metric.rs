//! What a run takes, as numbers: tokens, calls, steps, time, money. How two sides differ in it is `growth`'s work.

use rust_decimal::prelude::ToPrimitive as _;

use crate::evaluate::Measures;

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

    /// Whether it counts few things, so that 0 is usual and a difference says more than a ratio.
    pub fn is_count(self) -> bool {
        match self {
            Self::ToolCalls | Self::Steps => true,
            Self::TotalTokens | Self::OutputTokens | Self::LatencyMs | Self::CostUsd => false,
        }
    }

    /// The metric of one run; `None` where it is not known.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn of(self, measures: &Measures) -> Option<f64> {
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
