//! The commands: each turns typed arguments into what core takes, runs it, and hands the result to the shell.

use clap::{Parser, Subcommand};

use crate::cli::Global;
use crate::error::{Error, Result};
use crate::io::console;
use crate::report::escape;

pub mod approvals;
mod approving;
pub mod changed;
pub mod check;
pub mod comment;
pub mod completions;
pub mod config;
mod context;
pub mod cost;
pub mod demo;
pub mod diff;
pub mod drift;
pub mod explain;
pub mod hook;
pub mod init;
mod live;
pub mod mock_server;
pub mod noise;
pub mod plan;
pub mod prices;
pub mod prompts;
mod pull;
pub mod record;
pub mod recordings;
pub mod report;
pub mod schema;
pub mod suggest;
pub mod traffic;
pub mod validate;

/// The regression gate for prompts kept in git.
///
/// Finds the prompts that changed between two git refs, replays their golden tasks, compares head with base, prices the
/// difference per month, and gives one verdict. Exit codes: 0 pass, 1 fail, 2 nothing was judged, 3 inconclusive.
#[derive(Debug, Parser)]
#[command(name = "regild", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge head against base.
    Check(check::CheckArgs),
    /// Show which prompts changed, and why.
    Changed(changed::ChangedArgs),
    /// Find every mistake in prompts, tasks and settings.
    Validate(validate::ValidateArgs),
    /// Show what a check would run.
    Plan(plan::PlanArgs),
    /// Show what a change costs per month.
    Cost(cost::CostArgs),
    /// Record the answers that are missing or stale.
    Record(record::RecordArgs),
    /// Ask models again for what is recorded, and say where they answer otherwise.
    Drift(drift::DriftArgs),
    /// Show how much recorded runs differ by chance, and how often the gate is wrong for it.
    Noise(noise::NoiseArgs),
    /// Show base's and head's answers side by side.
    Diff(diff::DiffArgs),
    /// Make another format of a report.
    Report(report::ReportArgs),
    /// Say in a pull request on GitHub what a report says.
    Comment(comment::CommentArgs),
    /// Fetch from GitHub who said yes to a pull request.
    Approvals(approvals::ApprovalsArgs),
    /// Show, check and import prices.
    Prices(prices::PricesArgs),
    /// List, show and render prompts.
    Prompts(prompts::PromptsArgs),
    /// Look after recordings.
    Recordings(recordings::RecordingsArgs),
    /// Suggest settings that the recordings speak for.
    Suggest(suggest::SuggestArgs),
    /// Show declared traffic, or measure it at a Prometheus server.
    Traffic(traffic::TrafficArgs),
    /// Show every setting with where it comes from.
    Config(config::ConfigArgs),
    /// Print the JSON Schema of a file format.
    Schema(schema::SchemaArgs),
    /// Serve the recordings over loopback in the formats of OpenAI and Anthropic, for an application's own tests.
    MockServer(mock_server::MockServerArgs),
    /// Judge what is about to be pushed, as a hook of git.
    Hook(hook::HookArgs),
    /// Say what a code means, and what to do about it.
    Explain(explain::ExplainArgs),
    /// Write the first settings, prompt, golden tasks and workflow of a project.
    Init(init::InitArgs),
    /// Write a small repository, check it, and show what regild says.
    Demo(demo::DemoArgs),
    /// Print a script that completes commands and options in a shell.
    Completions(completions::CompletionsArgs),
}

/// Runs a command, and says why it could not be run; gives the exit code. A fault of this program is a reason too: it must
/// not look like a verdict.
pub fn exit_code(run: impl FnOnce() -> Result<u8>) -> u8 {
    // What a panic leaves behind is not looked at again.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    match done {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            console::fail(&error, &describe(&error));
            2
        }
        Err(_) => 2,
    }
}

/// Runs a command; gives the exit code.
pub fn run(cli: Cli) -> Result<u8> {
    let Cli { global, command } = cli;
    console::log_as(global.log_format);
    match command {
        Command::Check(args) => check::run(&global, args),
        Command::Changed(args) => changed::run(&global, args),
        Command::Validate(args) => validate::run(&global, &args),
        Command::Plan(args) => plan::run(&global, &args),
        Command::Cost(args) => cost::run(&global, args),
        Command::Drift(args) => drift::run(&global, args),
        Command::Noise(args) => noise::run(&global, &args),
        Command::Diff(args) => diff::run(&global, &args),
        Command::Comment(args) => comment::run(&global, &args),
        Command::Approvals(args) => approvals::run(&global, &args),
        Command::Prices(args) => prices::run(&global, &args),
        Command::Prompts(args) => prompts::run(&global, args),
        Command::Recordings(args) => recordings::run(&global, args),
        Command::Config(args) => config::run(&global, &args),
        Command::Schema(args) => schema::run(&args),
        Command::Suggest(args) => suggest::run(&global, args),
        Command::Traffic(args) => traffic::run(&global, args),
        Command::Hook(args) => hook::run(&global, &args),
        Command::Explain(args) => explain::run(&args),
        Command::MockServer(args) => mock_server::run(&global, &args),
        Command::Init(args) => init::run(&global, &args),
        Command::Demo(args) => demo::run(&global, args),
        Command::Completions(args) => completions::run(&args),
        Command::Record(args) => record::run(&global, &args),
        Command::Report(args) => report::run(&global, &args),
    }
}

/// Shows why arguments could not be read, or what was asked for instead of a run; gives the exit code.
pub fn refuse(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        let _ = error.print();
        return 0;
    }
    if console::is_logging() {
        let text = error.render().to_string();
        let message = text.trim_start_matches("error: ").trim_end();
        console::fail(&Error::usage(message), &text);
    } else if console::is_watched() {
        // In the colours of the terminal.
        let _ = error.print();
    } else {
        // It repeats the arguments, which may hold the name of anybody's branch.
        console::note(&escape::block(&error.render().to_string()));
    }
    2
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_20_a_fault_of_this_program_is_no_verdict() {
        assert_eq!(exit_code(|| panic!("an invariant is broken")), 2);
        assert_eq!(exit_code(|| Ok(3)), 3);
    }
}
