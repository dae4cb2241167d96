//! The check run: look, decide, write, with further requests for the notes that one does not take.

use super::Post;
use crate::error::Result;
use crate::github::api::CheckRun;
use crate::github::check_run::{Check, Step};
use crate::github::patience::Patience;
use crate::github::trouble::Trouble;
use crate::io::console;
use crate::report::words;

/// What lets a job write check runs.
const MAY_WRITE: &str = "checks: write";

impl Post<'_> {
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let check = Check::of(self.report, name, self.marker.clone())?;
        let doing = format!("write a check run of {}", words::short(&self.marker.head));
        let (run, how) = self.shown(&check).map_err(|trouble| trouble.explain(&doing, MAY_WRITE))?;
        console::note(&format!("check run {how}\n"));
        if let Some(run) = run {
            let otherwise = format!("{}/runs/{}", self.target.repository, run.id);
            console::print(&format!("{}\n", self.github.link(run.html_url.as_deref(), &otherwise)))?;
        }
        Ok(())
    }

    /// Looks, decides and writes until it stands or cannot.
    fn shown(&self, check: &Check) -> Result<(Option<CheckRun>, &'static str), Trouble> {
        let (github, repository) = (&self.github, &self.target.repository);
        let mut patience = Patience::default();
        loop {
            let runs = github.check_runs(repository, &check.marker.head, &check.name)?;
            let (tried, more, how) = match check.decide(runs) {
                Step::Keep(run) => return Ok((Some(run), "says this already")),
                Step::Yield(_) => return Ok((None, "left alone: a later run about this commit has written it")),
                Step::Create => {
                    let (body, more) = check.creation();
                    (github.create_check_run(repository, &body), more, "created")
                }
                Step::Amend(run, said) => {
                    let (body, more) = check.amendment(said);
                    (github.update_check_run(repository, run.id, &body), more, "updated")
                }
            };
            let done = tried.and_then(|run| {
                more.iter().try_for_each(|body| github.update_check_run(repository, run.id, body).map(drop))?;
                Ok(run)
            });
            match done {
                Ok(run) => return Ok((Some(run), how)),
                // What stands there says how far it came.
                Err(trouble) if github.wait(&mut patience, &trouble) => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }
}
