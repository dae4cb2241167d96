//! `regild approvals`: who said yes to a pull request, into a file that `regild check --approvals` reads.
//!
//! A check itself never speaks to the network. Whose yes counts is the policy's to say, not decided here.

use std::path::PathBuf;

use clap::Args;

use super::pull::{self, MAY_READ, PullArgs};
use super::report::root_of;
use crate::approval::{Approvals, Permission, Review, SCHEMA_VERSION, State};
use crate::cli::Global;
use crate::error::{Error, ErrorKind, Result};
use crate::event::is_id;
use crate::github::reviews::{Word, authors, last_words};
use crate::github::target::Where;
use crate::github::trouble::Trouble;
use crate::io::github::GitHub;
use crate::io::{console, files};

#[derive(Debug, Args)]
pub struct ApprovalsArgs {
    #[command(flatten)]
    pub pull: PullArgs,
    /// Where to write.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

pub fn run(global: &Global, args: &ApprovalsArgs) -> Result<u8> {
    let target = args.pull.target(None, pull::now()?.as_ref())?;
    if target.pull == Where::Queue(None) {
        return Err(Error::usage("the name of the merge queue's branch does not say which pull request it stands for"));
    }
    let github = args.pull.connect()?;
    let number = pull::number(&github, &target)?
        .ok_or_else(|| Error::usage("no open pull request has this head").hint("Name it: --pull-request N"))?;
    let doing = format!("read the reviews of pull request {number} of {}", target.repository);
    let approvals =
        fetch(&github, &target.repository, number).map_err(|trouble| trouble.explain(&doing, MAY_READ))??;
    let mut text = serde_json::to_string_pretty(&approvals).expect("a document with string keys");
    text.push('\n');
    files::write(&root_of(global).join(&args.output), text.as_bytes())?;
    let yes = approvals.reviews.iter().filter(|review| review.state == State::Approved).count();
    console::note(&format!("{yes} of {} reviewers said yes\n", approvals.reviews.len()));
    Ok(0)
}

fn fetch(github: &GitHub, repository: &str, number: u64) -> Result<Result<Approvals>, Trouble> {
    let pull = github.pull(repository, number)?;
    let reviews = github.reviews(repository, number)?;
    let commits = github.commits(repository, number)?;
    let (authors, unknown_authors) = authors(&pull, &commits.entries);
    let mut said = Vec::new();
    for Word { login, state, commit, is_bot } in last_words(&reviews.entries) {
        // What a program may do says nothing about whose word its yes is.
        let permission = match state {
            State::Approved if !is_bot => github.permission(repository, &login)?,
            State::Approved | State::ChangesRequested | State::Dismissed => Permission::None,
        };
        said.push(Review { login, state, commit, permission });
    }
    let refused = |what: &str| Ok(Err(Error::new(ErrorKind::Git, what).hint("Run the job again.")));
    if reviews.is_cut {
        return refused("there are more reviews than can be read");
    }
    if github.pull(repository, number)?.head.sha != pull.head.sha || !is_id(&pull.head.sha) {
        return refused("the pull request moved on while its reviews were read");
    }
    Ok(Ok(Approvals {
        schema_version: SCHEMA_VERSION,
        repository: repository.to_owned(),
        pull_request: number,
        from_fork: pull.is_from_fork(),
        head: pull.head.sha,
        reviews: said,
        authors,
        unknown_authors,
    }))
}
