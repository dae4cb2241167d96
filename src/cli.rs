//! What commands have in common on the command line. No decisions here: each command turns its arguments into what core
//! takes.

use std::path::PathBuf;

use clap::Args;

use crate::io::console::{Colour, LogFormat};
use crate::report::Format;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Work as if started in DIR.
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    pub dir: PathBuf,
    /// The settings file, relative to the project root.
    #[arg(long, value_name = "FILE", global = true, default_value = crate::config::FILE)]
    pub config: String,
    /// When to colour.
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: Colour,
    /// How standard error is written: for people, or for programs as JSON lines.
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    pub log_format: LogFormat,
    /// Read a repository that belongs to another user.
    #[arg(long, global = true)]
    pub trust_repository: bool,
}

/// Which trees are compared, and which one judges.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Refs")]
pub struct RefArgs {
    /// Compare with the merge base of REF and head; `none` is the empty tree. The default branch, where left out.
    #[arg(long, value_name = "REF", visible_alias = "base-ref", conflicts_with = "base_exact")]
    pub base: Option<String>,
    /// Compare with REF itself.
    #[arg(long, value_name = "REF")]
    pub base_exact: Option<String>,
    /// Judge REF instead of the working tree.
    #[arg(long, value_name = "REF", visible_alias = "head-ref")]
    pub head: Option<String>,
    /// Take the policy from REF instead of the tip of the base branch.
    #[arg(long, value_name = "REF")]
    pub policy: Option<String>,
}

/// Which prompts and tasks are looked at.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// Only this task; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    pub tasks: Vec<String>,
    /// Unchanged prompts as well.
    #[arg(long)]
    pub all: bool,
}

/// Where outputs go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Write FORMAT to PATH; may be given several times.
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = parse_output)]
    pub outputs: Vec<(Format, PathBuf)>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
}

/// An amount of US dollars.
pub type Usd = rust_decimal::Decimal;

fn parse_output(text: &str) -> Result<(Format, PathBuf), String> {
    use clap::ValueEnum as _;
    let (format, path) = text.split_once('=').ok_or("write FORMAT=PATH, as in junit=report.xml")?;
    let known = || {
        Format::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value).map(|v| v.get_name().to_owned())
    };
    let format = Format::from_str(format, false)
        .map_err(|_| format!("unknown format {format:?}; there are {}", known().collect::<Vec<_>>().join(", ")))?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok((format, PathBuf::from(path)))
}
