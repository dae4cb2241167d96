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
    /// What of a push is new to the remote.
    fn pushed(&self, push: &Push, remote: &str) -> Result<Pushed> {
        let head = self.repo.resolve(&push.id)?;
        let stands = push.replaces.as_ref().filter(|id| self.repo.has(id));
        // After a rebase, or where the remote knows more than this clone, what stands there may have nothing in common.
        let base =
            stands.map(|id| self.repo.resolve(id)).transpose()?.and_then(|old| self.repo.merge_base(&old, &head).ok());
        let base = match base {
            Some(base) => Some(base),
            None => self.new_since(&head, remote)?,
        };
        Ok(Pushed { to: push.to.clone(), head, base })
    }

    /// Where a new branch left the remote's default branch, as its pull request will see it; else the newest commit that the
    /// remote has of it.
    fn new_since(&self, head: &Commit, remote: &str) -> Result<Option<Commit>> {
        if let Some(default) = self.repo.remote_default(remote)
            && let Ok(base) = self.repo.merge_base(&default, head)
        {
            return Ok(Some(base));
        }
        self.repo.newest_at_remote(head, remote)
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
