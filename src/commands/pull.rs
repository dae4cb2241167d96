//! What commands that speak to GitHub have in common: which pull request is meant, and how long GitHub is waited for.

use std::time::Duration;

use clap::Args;

use crate::error::{Error, Result};
use crate::event::Event;
use crate::github::target::{self, Named, Target, Where};
use crate::io;
use crate::io::github::GitHub;
use crate::report::{self, words};

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "GitHub")]
pub struct PullArgs {
    /// The repository on GitHub; what the report or the event says, where left out.
    #[arg(long, value_name = "OWNER/NAME")]
    pub repo: Option<String>,
    /// The pull request; what the event or the report says, where left out.
    #[arg(long, value_name = "NUMBER")]
    pub pull_request: Option<u64>,
    /// How many milliseconds a second of waiting takes, for tests.
    #[arg(long, value_name = "N", default_value_t = 1000, hide = true)]
    pub second_ms: u64,
}

/// What may be missing where a pull request is only read.
pub const MAY_READ: &str = "pull-requests: read";

impl PullArgs {
    /// Where to look, before GitHub is asked.
    pub fn target(&self, report: Option<&report::Event>, now: Option<&Event>) -> Result<Target> {
        let named = Named { repository: self.repo.clone(), pull_request: self.pull_request };
        target::find(&named, report, now)
    }

    pub fn connect(&self) -> Result<GitHub> {
        GitHub::connect(Duration::from_millis(self.second_ms))
    }
}

/// What happened, as the runner says it.
pub fn now() -> Result<Option<Event>> {
    io::event::current()
}

/// The number of the pull request; `Err` where several could be meant, `None` where none is.
pub fn number(github: &GitHub, target: &Target) -> Result<Option<u64>> {
    let repository = &target.repository;
    let (found, head) = match &target.pull {
        Where::Number(number) | Where::Queue(Some(number)) => return Ok(Some(*number)),
        Where::Queue(None) | Where::Unknown => {
            return Err(Error::usage("which pull request is meant is not known").hint("Name it: --pull-request N"));
        }
        Where::OfCommit(head) => (github.pulls_of_commit(repository, head), head),
        Where::OfBranch { owner, branch, head } => (github.pulls_of_branch(repository, owner, branch), head),
    };
    let doing = format!("look for the pull request of {}", words::short(head));
    let found = found.map_err(|trouble| trouble.explain(&doing, MAY_READ))?;
    target::only(found, repository, head)
}
