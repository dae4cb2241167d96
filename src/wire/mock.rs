//! The `mock` provider's reply body. It is a stand-in for a model and says so in every body it writes.
//!
//! Shape: `{"mock": true, "text", "tool_calls": [{"name", "args"}], "stop", "usage": {"input_tokens", "output_tokens"}}`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Arguments, DecodeError, Reply, ReplyStop, ToolCall, Usage};

/// The mock provider's name in a request's `api`.
pub const API: &str = "mock";

/// A reply body of the mock provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Always true.
    pub mock: bool,
    pub text: String,
    pub tool_calls: Vec<Call>,
    pub stop: Stop,
    pub usage: Tokens,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub name: String,
    pub args: Value,
}

/// The stop reasons a mock can be told to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Finish,
    ToolCalls,
    Length,
    Refusal,
    ContentFilter,
    ContextOverflow,
    Malformed,
    Pause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Stop {
    fn word(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::ToolCalls => "tool_calls",
            Self::Length => "length",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::ContextOverflow => "context_overflow",
            Self::Malformed => "malformed",
            Self::Pause => "pause",
        }
    }
}

pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    let Body { mock: _, text, tool_calls, stop, usage } =
        Body::deserialize(body).map_err(|error| DecodeError(format!("not a reply of the mock provider: {error}")))?;
    let tool_calls = tool_calls
        .into_iter()
        .enumerate()
        .map(|(i, Call { name, args })| ToolCall { id: format!("call_{i}"), name, arguments: Arguments::Json(args) })
        .collect();
    Ok(Reply {
        text,
        tool_calls,
        stop: match stop {
            Stop::Finish => ReplyStop::Finish,
            Stop::ToolCalls => ReplyStop::ToolCalls,
            Stop::Length => ReplyStop::Length,
            Stop::Refusal => ReplyStop::Refusal,
            Stop::ContentFilter => ReplyStop::ContentFilter,
            Stop::ContextOverflow => ReplyStop::ContextOverflow,
            Stop::Malformed => ReplyStop::Malformed,
            Stop::Pause => ReplyStop::Pause,
        },
        raw_stop: stop.word().to_owned(),
        usage: Usage {
            input_uncached: Some(usage.input_tokens),
            output: Some(usage.output_tokens),
            ..Usage::default()
        },
        served_model: None,
    })
}
