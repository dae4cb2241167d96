//! regild, the regression gate for prompts kept in git.

pub mod agent;
pub mod assertion;
pub mod changes;
pub mod compare;
pub mod config;
pub mod cost;
pub mod diagnostic;
pub mod error;
pub mod evaluate;
pub mod golden;
pub mod id;
pub mod io;
pub mod json_schema;
pub mod mock;
pub mod outcome;
pub mod plan;
pub mod policy;
pub mod prompt;
pub mod recording;
pub mod report;
pub mod side;
pub mod snapshot;
pub mod wire;
pub mod yaml;
