//! regild, the regression gate for prompts kept in git.
//!
//! A check goes one way, and the modules stand in its order:
//!
//! ```text
//! refs ─▶ snapshot×2 ─▶ side×2 ─▶ changes ─▶ plan ─▶ run ─▶ evaluate ─▶ compare + cost ─▶ verdict ─▶ report ─▶ formats
//!                └────▶ policy ──────────────────────────────────────────────────▲
//! ```
//! [`pipeline::check`] is where it is put together: read it first. Everything but [`io`], [`live`] and [`commands`] is pure: no clock,
//! no environment, no files, no network; a lint holds it so.

// Words that every room uses.
pub mod approval;
pub mod diagnostic;
pub mod diff;
pub mod error;
pub mod event;
pub mod finding;
pub mod id;
pub mod json_path;
pub mod json_schema;
pub mod matcher;
pub mod origins;
pub mod outcome;
pub mod push;
pub mod redact;
pub mod stop;
pub mod text;
pub mod yaml;

// What a project declares.
pub mod config;
pub mod golden;
pub mod prompt;
pub mod side;
pub mod snapshot;
pub mod survey;

// What judges.
pub mod policy;

// What is asked and answered.
pub mod agent;
pub mod mock;
pub mod recording;
pub mod serving;
pub mod shelves;
pub mod spend;
pub mod trajectory;
pub mod wire;

// From two sides to a verdict.
pub mod assertion;
pub mod changes;
pub mod compare;
pub mod cost;
pub mod discipline;
pub mod evaluate;
pub mod excerpt;
pub mod judging;
pub mod limits;
pub mod log;
pub mod notice;
pub mod panel;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod stats;
pub mod verdict;
pub mod wording;

// What is said where a change is reviewed.
pub mod github;

// What is generated or checked beside a comparison.
pub mod docs;
pub mod drift;
pub mod explain;
pub mod init;
pub mod noise;
pub mod schema;
pub mod simulate;
pub mod suggest;
pub mod traffic;
pub mod validate;

// The shell.
pub mod cli;
pub mod commands;
pub mod demo;
pub mod io;
pub mod live;
