//! Recordings served to an application's own tests: which stored reply answers which request of a client.
//!
//! Stands beside the pipeline. A request is answered with what a recording holds for that very request, or not at all; nothing
//! is invented. Pure: sockets and signals are `io::serve`'s.

mod collect;
mod form;
mod index;
mod server;

pub use collect::{Collected, collect};
pub use form::Compare;
pub use index::{Answer, Index, Miss};
pub use server::Server;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The host that the client believes it talks to.
    pub host: Option<String>,
    pub body: Body,
}

/// What came of reading a body.
#[derive(Debug, Clone)]
pub enum Body {
    Whole(Vec<u8>),
    TooLarge,
    /// It broke off.
    Broken,
}

/// What goes back, and what is said of it on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// One line, not yet escaped.
    pub said: String,
}

/// The largest request that is read.
pub const MAX_BODY: usize = 8 << 20;

#[cfg(test)]
mod tests;
