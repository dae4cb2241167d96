//! The one comment that is kept up to date: look, decide, write; and look again after whatever left open what was written.

use super::{Post, When, body};
use crate::commands::pull::{MAY_READ, number};
use crate::error::Result;
use crate::github::api::Comment;
use crate::github::patience::Patience;
use crate::github::sticky::{First, Step, decide};
use crate::github::trouble::Trouble;
use crate::io::github::Found;
use crate::io::{console, runner};
use crate::report::{Report, words};

/// What lets a job comment.
const MAY_WRITE: &str = "pull-requests: write";

/// What became of the comment.
enum Done {
    /// It stands there.
    Stands(Comment, &'static str),
    Nothing(String),
}

impl Post<'_> {
    pub(super) fn comment(&self) -> Result<()> {
        let head = words::short(&self.marker.head);
        let Some(number) = number(&self.github, &self.target)? else {
            console::note(&format!("no comment: no open pull request has {head} as its head\n"));
            return Ok(());
        };
        let doing = format!("comment on pull request {number} of {}", self.target.repository);
        let body = body::of(self.global, self.args, self.report, &self.marker.line())?;
        let done = self.keep_up(number, &body).map_err(|(trouble, may)| trouble.explain(&doing, may))?;
        match done {
            Done::Nothing(why) => console::note(&format!("no comment: {why}\n")),
            Done::Stands(comment, how) => {
                let otherwise = format!("{}/pull/{number}#issuecomment-{}", self.target.repository, comment.id);
                console::note(&format!("comment {how}\n"));
                let url = self.github.link(comment.html_url.as_deref(), &otherwise);
                runner::set_outputs(&[("comment-url", url.clone())])?;
                console::print(&format!("{url}\n"))?;
            }
        }
        Ok(())
    }

    /// Looks, decides and writes until it stands or cannot. With a trouble comes what the job may lack.
    fn keep_up(&self, number: u64, body: &str) -> Result<Done, (Trouble, &'static str)> {
        let Self { github, target, marker, .. } = self;
        let repository = &target.repository;
        let first = match self.args.mode {
            When::Auto if !is_affected(self.report) => First::Needless,
            When::Auto | When::Always | When::Never => First::Wanted,
        };
        let mut patience = Patience::default();
        // Comments that somebody deleted after they were listed.
        let mut gone: Vec<u64> = Vec::new();
        loop {
            let tip = github.pull(repository, number).map_err(|trouble| (trouble, MAY_READ))?.head.sha;
            if tip != marker.head {
                let (tip, ours) = (words::short(&tip), words::short(&marker.head));
                return Ok(Done::Nothing(format!(
                    "the pull request has moved on to {tip}, the report is about {ours}"
                )));
            }
            let Found { mut own, is_cut } =
                github.own_comments(repository, number, &marker.key).map_err(|trouble| (trouble, MAY_READ))?;
            own.retain(|candidate| !gone.contains(&candidate.comment.id));
            let (tried, how, known) = match decide(&own, marker, body, first) {
                Step::Nothing => {
                    return Ok(Done::Nothing("nothing is affected, and nothing was said before".to_owned()));
                }
                Step::Yield(_) => return Ok(Done::Nothing("a later run about this commit has written it".to_owned())),
                Step::Keep(comment) => return Ok(Done::Stands(comment, "says this already")),
                Step::Update(known) => (github.update_comment(repository, known.id, body), "updated", Some(known.id)),
                Step::Create => {
                    if is_cut {
                        console::note(
                            "there are too many comments to look for an earlier one of ours in all of them\n",
                        );
                    }
                    (github.create_comment(repository, number, body), "created", None)
                }
            };
            match (tried, known) {
                (Ok(comment), _) => {
                    if own.len() > 1 {
                        console::note(&format!(
                            "{} more of our comments have this key; they are left as they are\n",
                            own.len() - 1
                        ));
                    }
                    return Ok(Done::Stands(comment, how));
                }
                (Err(trouble), Some(id)) if trouble.is_not_found() => gone.push(id),
                // It may have succeeded nevertheless.
                (Err(trouble), _) if github.wait(&mut patience, &trouble) => {}
                (Err(trouble), _) => return Err((trouble, MAY_WRITE)),
            }
        }
    }
}

/// Whether a report says anything that a reviewer who read nothing before has to know.
fn is_affected(report: &Report) -> bool {
    let verdict = &report.verdict;
    !report.prompts.is_empty()
        || !verdict.reasons.is_empty()
        || !verdict.accepted.is_empty()
        || !report.diagnostics.is_empty()
}
