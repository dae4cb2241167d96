//! The agent loop, sans-io: it says what to ask next and is told the reply, until the run is done.
//!
//! Replay drives it from recordings, `record` from a provider; both see the same budgets, stubs and stop reasons.

mod trajectory;

pub use trajectory::{Exchange, Stop, ToolResult, Trajectory};
