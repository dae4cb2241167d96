//! Anthropic's Messages as its server sees them.
//!
//! The reverse of `wire::anthropic`. What that file writes is read here as it was, save for what the API does not carry: system
//! messages among others are one text with the first, arguments that are no JSON are wrapped, and `max_tokens` always stands.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{error, events, write};
