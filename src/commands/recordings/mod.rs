//! `regild recordings`: what is recorded, what it says, what nobody needs any more, what was edited on purpose.

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::error::Result;

mod prune;
mod rehash;
mod show;
mod status;

#[derive(Debug, Args)]
pub struct RecordingsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which tasks have answers that fit.
    Status(status::StatusArgs),
    /// Show what was answered, step by step.
    Show(show::ShowArgs),
    /// Delete recordings of prompts, versions, tasks and aliases that are gone.
    Prune(prune::PruneArgs),
    /// Say that a recording was edited on purpose.
    Rehash(rehash::RehashArgs),
}

pub fn run(global: &Global, args: RecordingsArgs) -> Result<u8> {
    match args.command {
        Command::Status(args) => status::run(global, &args),
        Command::Show(args) => show::run(global, &args),
        Command::Prune(args) => prune::run(global, &args),
        Command::Rehash(args) => rehash::run(global, &args),
    }
}
