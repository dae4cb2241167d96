//! `regild comment`: what a report says, where the change is reviewed. From the report alone.
//!
//! A comment is a courtesy: one that cannot be written is a warning and never changes a verdict (SEC-19), unless the operator
//! requires it.

mod body;
mod check;
mod sticky;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::pull::{self, PullArgs};
use super::report::root_of;
use crate::cli::Global;
use crate::error::{Error, Result};
use crate::event::is_id;
use crate::github::marker::{Key, Marker};
use crate::github::target::{Target, Where};
use crate::io::github::GitHub;
use crate::io::{self, console, files};
use crate::report::{Report, from_json, words};

#[derive(Debug, Args)]
pub struct CommentArgs {
    /// The report to read.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    #[command(flatten)]
    pub pull: PullArgs,
    /// Which of several comments of one pull request this is.
    #[arg(long, value_name = "KEY", default_value = "default")]
    pub key: Key,
    /// When to comment.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub mode: When,
    /// Exit with 2 where something could not be written.
    #[arg(long)]
    pub require: bool,
    /// Write a check run of this name too.
    #[arg(long, value_name = "NAME")]
    pub check_run: Option<String>,
    /// A template of your own for the comment, as the commit has it that the policy is read from.
    #[arg(long, value_name = "FILE")]
    pub template: Option<String>,
    /// Print the comment and ask nobody.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where something is affected, or where an earlier comment has to be put right.
    #[default]
    Auto,
    Always,
    Never,
}

pub fn run(global: &Global, args: &CommentArgs) -> Result<u8> {
    let report = from_json(&files::read_text(&root_of(global).join(&args.from))?)?;
    if args.dry_run {
        console::print(&body::dry(global, args, &report)?)?;
        return Ok(0);
    }
    let failures = match write(global, args, &report) {
        Ok(failures) => failures,
        Err(error) => vec![error],
    };
    let mut failures = failures.into_iter();
    match failures.next() {
        Some(first) if args.require => {
            failures.for_each(|error| console::warn(&error));
            Err(first)
        }
        first => {
            first.into_iter().chain(failures).for_each(|error| console::warn(&error));
            Ok(0)
        }
    }
}

/// One report on its way to GitHub.
struct Post<'a> {
    global: &'a Global,
    args: &'a CommentArgs,
    report: &'a Report,
    github: GitHub,
    target: Target,
    marker: Marker,
}

/// Writes the comment and the check run; neither stops the other. Gives what went wrong.
fn write(global: &Global, args: &CommentArgs, report: &Report) -> Result<Vec<Error>> {
    if args.mode == When::Never && args.check_run.is_none() {
        return Ok(Vec::new());
    }
    let target = args.pull.target(report.event.as_ref(), pull::now()?.as_ref())?;
    let head = words::head(report).filter(|head| is_id(head)).ok_or_else(|| {
        Error::usage("the report is about no commit, so no pull request has it as its head")
            .hint("Judge a commit: regild check --head REF")
    })?;
    let marker = Marker { key: args.key.clone(), head: head.to_ascii_lowercase(), run: io::event::run() };
    let post = Post { global, args, report, github: args.pull.connect()?, target, marker };
    let comment = match (args.mode, &post.target.pull) {
        (When::Never, _) => Ok(()),
        (_, Where::Queue(_)) => {
            console::note("no comment: what a merge queue judges has no readers\n");
            Ok(())
        }
        (When::Auto | When::Always, _) => post.comment(),
    };
    let check = args.check_run.as_ref().map_or(Ok(()), |name| post.check(name));
    Ok([comment, check].into_iter().filter_map(Result::err).collect())
}
