//! A finished run: every reply, every tool call with its stubbed result, and why it ended.

use serde_json::Value;

use crate::outcome::Reason;
use crate::stop::Stop;
use crate::wire::{Key, Parts, Reply, ToolCall};

/// One sample, from the first request to the stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    pub exchanges: Vec<Exchange>,
    pub stop: Stop,
}

/// One request answered, and the results of the tools that the answer called.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    pub key: Key,
    pub parts: Parts,
    /// The provider's reply as it came.
    pub body: Value,
    pub reply: Reply,
    /// As measured when it was recorded.
    pub latency_ms: u64,
    /// In the order of `reply.tool_calls`; empty when a budget stopped the run before the tools ran.
    pub results: Vec<ToolResult>,
}

/// What a stub gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    pub content: String,
    pub is_error: bool,
    /// The model called a tool that the prompt does not declare.
    pub hallucinated: bool,
    /// Virtual time the stub took.
    pub delay_ms: u64,
}

impl Trajectory {
    /// The text of the last reply.
    pub fn text(&self) -> &str {
        self.exchanges.last().map_or("", |exchange| &exchange.reply.text)
    }

    /// The answer that text assertions look at; a run stopped by a budget or an error has none.
    pub fn answer(&self) -> Result<&str, Reason> {
        match self.stop {
            stop if stop.is_budget() || stop == Stop::Error => Err(Reason::StoppedEarly { stop }),
            _ => Ok(self.text()),
        }
    }

    /// Every tool call the model asked for, run or not, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.exchanges.iter().flat_map(|exchange| &exchange.reply.tool_calls)
    }

    /// Input and output tokens of all replies; an error where one reply does not tell.
    pub fn total_tokens(&self) -> Result<u64, Reason> {
        self.sum(|reply| reply.usage.total())
    }

    /// Input tokens of all replies; an error where one reply does not tell.
    pub fn input_tokens(&self) -> Result<u64, Reason> {
        self.sum(|reply| reply.usage.input())
    }

    /// Output tokens of all replies; an error where one reply does not tell.
    pub fn output_tokens(&self) -> Result<u64, Reason> {
        self.sum(|reply| reply.usage.output)
    }

    fn sum(&self, tokens: impl Fn(&Reply) -> Option<u64>) -> Result<u64, Reason> {
        let known: Option<u64> = self.exchanges.iter().map(|exchange| tokens(&exchange.reply)).sum();
        known.ok_or_else(|| Reason::NoEvidence { what: "token usage".into() })
    }

    /// Recorded latency and virtual tool delays, in milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        elapsed_ms(&self.exchanges)
    }
}

pub fn elapsed_ms(exchanges: &[Exchange]) -> u64 {
    let tools = |exchange: &Exchange| exchange.results.iter().map(|result| result.delay_ms).sum::<u64>();
    exchanges.iter().map(|exchange| exchange.latency_ms + tools(exchange)).sum()
}
