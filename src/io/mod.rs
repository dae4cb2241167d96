//! The shell: the only modules that may touch the world. Core never imports them; `commands` and `pipeline` do.
#![expect(clippy::disallowed_methods, reason = "io is the effectful shell")]

pub mod clock;
pub mod console;
pub mod event;
pub mod files;
pub mod git;
pub mod github;
pub mod hook;
pub mod journal;
pub mod model;
pub mod prometheus;
pub mod runner;
pub mod serve;
pub mod threads;
