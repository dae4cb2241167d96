//! regild, the regression gate for prompts kept in git.

pub mod agent;
pub mod assertion;
pub mod diagnostic;
pub mod error;
pub mod id;
pub mod outcome;
pub mod wire;
pub mod yaml;
