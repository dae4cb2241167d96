//! Asking models, many samples at once: who is asked what, what it may and does cost, and what came of it.
//!
//! `record` and `check --mode live` stand on this room. It judges nothing and writes nothing but the journal.

mod fresh;
mod job;
mod money;
mod session;

pub use fresh::{Asking, Called, ask};
pub use job::Job;
pub use money::{Account, plan};
pub use session::{Session, holds};
