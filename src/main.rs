//! Parses, runs, prints the error, returns the exit code. Nothing else may exit or print errors.

use std::process::ExitCode;

use clap::Parser as _;

/// A check makes and drops small values by the million, on every core.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match regild::commands::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::from(error.use_stderr()) * 2;
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    regild::io::threads::prepare();
    match regild::commands::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            regild::io::console::say(&regild::commands::describe(&error));
            ExitCode::from(2)
        }
    }
}
