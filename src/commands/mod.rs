//! The commands: each turns typed arguments into what core takes, runs it, and hands the result to the shell.

use crate::cli::{Cli, Command};
use crate::error::{Error, Result};
use crate::report::escape;

pub mod changed;
pub mod check;
pub mod config;
mod context;
pub mod cost;
pub mod demo;
pub mod diff;
pub mod plan;
pub mod prompts;
pub mod record;
pub mod recordings;
pub mod report;
pub mod schema;
pub mod validate;

/// Runs a command; gives the exit code.
pub fn run(cli: Cli) -> Result<u8> {
    let Cli { global, command } = cli;
    match command {
        Command::Check(args) => check::run(&global, args),
        Command::Changed(args) => changed::run(&global, args),
        Command::Validate(args) => validate::run(&global, &args),
        Command::Plan(args) => plan::run(&global, &args),
        Command::Cost(args) => cost::run(&global, args),
        Command::Diff(args) => diff::run(&global, &args),
        Command::Prompts(args) => prompts::run(&global, args),
        Command::Recordings(args) => recordings::run(&global, args),
        Command::Config(args) => config::run(&global, &args),
        Command::Schema(args) => schema::run(&args),
        Command::Demo(args) => demo::run(&global, args),
        Command::Record(args) => record::run(&global, &args),
        Command::Report(args) => report::run(&global, &args),
    }
}

/// An error as it is shown: the message, the places that caused it, the next steps.
pub fn describe(error: &Error) -> String {
    let mut text = format!("error: {}\n", escape::line(&error.message));
    for diagnostic in &error.diagnostics {
        text.push('\n');
        text.push_str(&escape::block(&diagnostic.render()));
        text.push('\n');
    }
    for hint in &error.hints {
        text.push_str(&format!("  help: {}\n", escape::line(hint)));
    }
    text
}
