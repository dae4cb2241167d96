//! `regild hook pre-push`: every ref that is pushed is judged, offline, before it leaves the machine.
//!
//! A verdict of fail stops the push; what could not be judged does so only where that is asked for, since a colleague's
//! review, a recording or an acceptance may still come. `git push --no-verify` passes by.

use std::collections::BTreeSet;

use clap::Args;

use crate::cli::{Global, RefArgs, SelectArgs};
use crate::commands::check::{JudgingArgs, judge};
use crate::commands::context::Project;
use crate::error::Result;
use crate::io::git::Commit;
use crate::io::{console, hook};
use crate::push::{self, Push};
use crate::report::{Format, Report, Status, escape, headline, render};

#[derive(Debug, Args)]
pub struct PrePushArgs {
    /// The remote's name, as git gives it.
    #[arg(default_value = "origin")]
    remote: String,
    /// The remote's address, as git gives it.
    url: Option<String>,
    /// Stop the push of what could not be judged, too.
    #[arg(long)]
    strict: bool,
}

/// A ref to judge: what is pushed, and from where on it is new.
struct Pushed {
    to: String,
    head: Commit,
    /// `None` where all of it is new.
    base: Option<Commit>,
}

pub fn run(global: &Global, args: &PrePushArgs) -> Result<u8> {
    let project = Project { is_apart: true, ..Project::open(global)? };
    let pushes = match hook::of_pre_commit() {
        Some(push) => vec![push],
        None => push::read(&console::input()?)?,
    };
    let remote = hook::remote_of_pre_commit().unwrap_or_else(|| args.remote.clone());
    let mut code = 0;
    let mut judged = BTreeSet::new();
    for push in pushes {
        if project.repo.is_no_commit(&push.id) {
            console::note(&format!("regild: {}: no commit, so there are no prompts\n", escape::line(&push.to)));
            continue;
        }
        let pushed = project.pushed(&push, &remote)?;
        // A branch and a tag of it are one thing to judge.
        if judged.insert((pushed.base.as_ref().map(|base| base.id.clone()), pushed.head.id.clone())) {
            code = code.max(project.judge_push(global, &pushed, &remote, args.strict)?);
        }
    }
    if code != 0 {
        console::note("regild stops this push; `git push --no-verify` passes by it.\n");
    }
    Ok(code)
}

impl Project {
    /// What a push is compared with. Where it left the remote's default branch, as its pull request will see it: what an
    /// earlier push broke on the way would otherwise be what is compared with, and hide itself. Without a default branch, what
    /// stands there now, else the newest commit that the remote has of it.
    fn pushed(&self, push: &Push, remote: &str) -> Result<Pushed> {
        let head = self.repo.resolve(&push.id)?;
        // What is unrelated, or not in this clone, is nothing to compare with.
        let parted = |from: Commit| self.repo.merge_base(&from, &head).ok();
        let stands = || push.replaces.as_ref().filter(|id| self.repo.has(id)).and_then(|id| self.repo.resolve(id).ok());
        let base = match self.repo.remote_default(remote).and_then(parted).or_else(|| stands().and_then(parted)) {
            Some(base) => Some(base),
            None => self.repo.newest_at_remote(&head, remote)?,
        };
        Ok(Pushed { to: push.to.clone(), head, base })
    }

    /// Judges one push and says what came of it; gives the exit code.
    fn judge_push(&self, global: &Global, pushed: &Pushed, remote: &str, is_strict: bool) -> Result<u8> {
        let Pushed { to, head, base } = pushed;
        let policy = self.repo.remote_default(remote).or_else(|| base.clone());
        let refs = RefArgs {
            base: base.is_none().then(|| "none".to_owned()),
            base_exact: base.as_ref().map(|base| base.id.clone()),
            head: Some(head.id.clone()),
            policy: policy.map(|policy| policy.id),
        };
        let select = SelectArgs::default();
        let report = judge(&self.context_for(&refs, &select)?, &select, &JudgingArgs::default(), None)?;
        let to = escape::line(to);
        let stops = match report.verdict.status {
            Status::Pass => false,
            Status::Fail => true,
            Status::Inconclusive => is_strict,
        };
        if report.verdict.status == Status::Pass {
            console::print(&format!("regild: {to}: {}\n", escape::line(&headline(&report))))?;
        } else {
            console::print(&format!("regild: {to}\n{}\n", shown(&report, global)?))?;
            if !stops {
                console::note("regild: not all could be judged; the push goes on (--strict would stop it).\n");
            }
        }
        Ok(if stops { report.verdict.exit_code } else { 0 })
    }
}

fn shown(report: &Report, global: &Global) -> Result<String> {
    render(report, Format::Terminal, console::look(global.color))
}
