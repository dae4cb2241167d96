//! Parses, runs, prints the error, returns the exit code. Nothing else may exit or print errors.

use std::process::ExitCode;

use clap::Parser as _;
use regild::commands;
use regild::io::console;

/// A check makes and drops small values by the million, on every core.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    console::tell_of_panics(commands::describe);
    let cli = match commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                console::log_as_asked();
            }
            return ExitCode::from(commands::refuse(&error));
        }
    };
    regild::io::threads::prepare();
    ExitCode::from(commands::exit_code(|| commands::run(cli)))
}
