//! `regild traffic`: how often prompts are asked for in production, as declared and as measured.

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::error::Result;

mod pull;
mod show;

#[derive(Debug, Args)]
pub struct TrafficArgs {
    #[command(subcommand)]
    pub command: TrafficCommand,
}

#[derive(Debug, Subcommand)]
pub enum TrafficCommand {
    /// Show what is declared, by prompt and environment, and how old it is.
    Show(show::ShowArgs),
    /// Ask a Prometheus server how often prompts were asked for, and declare that.
    Pull(Box<pull::PullArgs>),
}

pub fn run(global: &Global, args: TrafficArgs) -> Result<u8> {
    match args.command {
        TrafficCommand::Show(args) => show::run(global, &args),
        TrafficCommand::Pull(args) => pull::run(global, &args),
    }
}
