//! Standard output and error: the one place that prints. A closed pipe ends the printing, not the process.
//!
//! A build server obeys lines that look like its commands, whoever wrote them. So on one, whatever is printed is disarmed here
//! once more (SEC-08); only [`command`], [`mask`] and [`warn`] let a command out.

use std::backtrace::BacktraceStatus;
use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, Result};
use crate::log::{Event, Run};
use crate::report::escape::command::data;
use crate::report::{Look, escape};

/// Bytes of standard input that are read.
const MAX_INPUT: u64 = 16 << 20;

/// Whether to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal that can, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// What standard error is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: JSON lines, one for every run too, without personal data and keys.
    Json,
}

/// How standard error is written, from the command line on.
static LOG_FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Settles how standard error is written. The first word counts.
pub fn log_as(format: LogFormat) {
    let _ = LOG_FORMAT.set(format);
}

/// Whether standard error is JSON lines.
pub fn is_logging() -> bool {
    LOG_FORMAT.get() == Some(&LogFormat::Json)
}

/// Settles it where the command line itself cannot be read.
pub fn log_as_asked() {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let is_json = args.iter().any(|arg| arg == "--log-format=json")
        || args.windows(2).any(|pair| pair[0] == "--log-format" && pair[1] == "json");
    log_as(if is_json { LogFormat::Json } else { LogFormat::Text });
}

/// Prints to standard output. A reader that went away is no error.
pub fn print(text: &str) -> Result<()> {
    command(&disarmed(text))
}

/// Prints commands for GitHub's runner, as they are.
pub fn command(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("cannot write to standard output", &error))
        }
        _ => Ok(()),
    }
}

/// Says something to know on standard error.
pub fn note(text: &str) {
    tell(text, |text| Event::note(text).line());
}

/// Says on standard error how far something is.
pub fn progress(text: &str) {
    tell(text, |text| Event::progress(text).line());
}

/// Says on standard error why nothing was judged; `text` is how people are told.
pub fn fail(error: &Error, text: &str) {
    tell(text, |_| Event::error(error).line());
}

/// A line for each run, where standard error is JSON lines.
pub fn log(runs: &[Run]) {
    if is_logging() {
        write(&runs.iter().map(|run| Event::Run(run).line()).collect::<String>());
    }
}

fn tell(text: &str, line: impl Fn(&str) -> String) {
    if is_logging() { write(&line(text)) } else { write(text) }
}

fn write(text: &str) {
    write_as_it_is(&disarmed(text));
}

/// `text` without commands, where somebody could obey them.
fn disarmed(text: &str) -> Cow<'_, str> {
    if is_ci() { Cow::Owned(escape::disarm(text)) } else { Cow::Borrowed(text) }
}

/// There is nobody left to tell if it fails.
fn write_as_it_is(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// How standard output wants to be written to.
pub fn look(colour: Colour) -> Look {
    let width = match terminal_size::terminal_size_of(io::stdout()) {
        Some((terminal_size::Width(width), _)) => usize::from(width),
        None => variable("COLUMNS").and_then(|columns| columns.parse().ok()).unwrap_or(80),
    };
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    Look { width: width.clamp(40, 120), colour }
}

/// Whether somebody reads standard error on a terminal.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Tells of a fault of this program in the same way as of every other error; `describe` words it for people.
pub fn tell_of_panics(describe: fn(&Error) -> String) {
    std::panic::set_hook(Box::new(move |fault| {
        let place = fault.location().map(ToString::to_string).unwrap_or_default();
        let what = fault.payload_as_str().unwrap_or("unknown");
        let message = format!("a fault of regild itself, at {place}: {what}");
        let error = Error::new(ErrorKind::Internal, message).hint("please report it; nothing was judged");
        let trace = std::backtrace::Backtrace::capture();
        let trace = if trace.status() == BacktraceStatus::Captured { trace.to_string() } else { String::new() };
        fail(&error, &format!("{}{trace}", describe(&error)));
    }));
}

/// Whether what is printed goes to a program that reads it byte by byte: neither a terminal nor a build log.
pub fn is_raw() -> bool {
    !io::stdout().is_terminal() && !is_ci()
}

/// Asks whoever sits at the terminal; `None` where nobody does.
pub fn confirm(question: &str) -> Option<bool> {
    if is_ci() || is_logging() || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    write(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Tells GitHub's runner, where this is one, to blacken a value in everything that is printed from now on (SEC-13). The runner
/// takes the line itself out of its log. JSON lines stay JSON: there, every key is looked for before a line is written.
pub fn mask(value: &str) {
    to_runner("add-mask", value);
}

/// Says why something was not done that the verdict does not depend on; on GitHub's runner as an annotation too.
pub fn warn(error: &Error) {
    let lines: Vec<String> =
        std::iter::once(&error.message).chain(&error.hints).map(|text| escape::line(text)).collect();
    note(&format!("warning: {}\n", lines.join("\n  help: ")));
    to_runner("warning title=regild", &lines.join("\n"));
}

/// A command to GitHub's runner, where this is one.
fn to_runner(name: &str, text: &str) {
    if variable("GITHUB_ACTIONS").is_some_and(|value| value == "true") && !is_logging() {
        write_as_it_is(&format!("::{name}::{}\n", data(text)));
    }
}

/// What standard input holds.
pub fn input() -> Result<String> {
    let mut text = String::new();
    // Git tells its hooks a line a ref; nobody pushes megabytes of them.
    let read = io::stdin().lock().take(MAX_INPUT).read_to_string(&mut text);
    read.map_err(|error| Error::io("cannot read standard input", &error))?;
    Ok(text)
}

/// Whether this runs on a build server.
pub fn is_ci() -> bool {
    variable("CI").is_some_and(|ci| !matches!(ci.as_str(), "" | "0" | "false")) || variable("GITHUB_ACTIONS").is_some()
}

/// The program as it was called, for commands to copy.
pub fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if called.contains('/') && !called.contains(char::is_whitespace) { called } else { "regild".to_owned() }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
