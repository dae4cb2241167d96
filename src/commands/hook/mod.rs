//! `regild hook`: judging what is about to be pushed, and the hook that has git ask for it.

mod install;
mod pre_push;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Judge what git is about to push, on recorded answers; git, pre-commit and lefthook call it.
    PrePush(pre_push::PrePushArgs),
    /// Have git call it before every push of this repository.
    Install(install::InstallArgs),
}

pub fn run(global: &Global, args: &HookArgs) -> Result<u8> {
    match &args.command {
        HookCommand::PrePush(args) => pre_push::run(global, args),
        HookCommand::Install(args) => install::run(global, args),
    }
}
