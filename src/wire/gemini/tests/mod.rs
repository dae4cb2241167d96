//! What is said to Gemini, and what is made of what it says, one row per fact of the notes.

use serde_json::{Value, json};

use crate::wire::{Arguments, ToolCall};

mod replies;
mod requests;

fn call(position: usize, name: &str, arguments: Arguments) -> ToolCall {
    ToolCall { id: format!("call_{position}"), name: name.into(), arguments }
}

/// A reply body with one candidate.
fn body(parts: Value, finish: &str) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}]})
}
