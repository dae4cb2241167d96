//! OpenAI's Chat Completions as its server sees them.
//!
//! The reverse of `wire::openai_chat`. What that file writes is read here as it was, save for what the API does not carry:
//! whether a tool's result is an error, and which parameters were features.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{error, events, write};
