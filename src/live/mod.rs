//! Asking models, many samples at once: who is asked what, what it may and does cost, and what came of it.
//!
//! `record` and `check --mode live` stand on this room. It judges nothing and writes nothing but the journal.

mod ask;
mod fresh;
mod job;
mod money;
mod session;
mod wanted;

pub use ask::{Asking, ask};
pub use fresh::{Called, OfBase, call};
pub use money::Account;
pub use session::holds;
pub use wanted::{Came, Wanted};
