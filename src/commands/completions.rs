//! `regild completions`: a script that completes regild's commands and options in a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::Cli;
use crate::error::Result;
use crate::io::console;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to complete in.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

pub fn run(args: &CompletionsArgs) -> Result<u8> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "regild", &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
