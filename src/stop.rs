//! Why runs end: one vocabulary for budgets, assertions, recordings and reports.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Finish,
    Refusal,
    ContentFilter,
    Length,
    ContextOverflow,
    Malformed,
    MaxSteps,
    MaxToolCalls,
    MaxTokens,
    Timeout,
    ToolErrorLimit,
    Error,
}

impl Stop {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::Length => "length",
            Self::ContextOverflow => "context_overflow",
            Self::Malformed => "malformed",
            Self::MaxSteps => "max_steps",
            Self::MaxToolCalls => "max_tool_calls",
            Self::MaxTokens => "max_tokens",
            Self::Timeout => "timeout",
            Self::ToolErrorLimit => "tool_error_limit",
            Self::Error => "error",
        }
    }

    /// Whether one of the run's budgets ended it.
    pub fn is_budget(self) -> bool {
        match self {
            Self::MaxSteps | Self::MaxToolCalls | Self::MaxTokens | Self::Timeout | Self::ToolErrorLimit => true,
            Self::Finish
            | Self::Refusal
            | Self::ContentFilter
            | Self::Length
            | Self::ContextOverflow
            | Self::Malformed
            | Self::Error => false,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
