//! `check --approvals FILE`: whether a review on GitHub says yes to what is judged here.
//!
//! On a pull request, an approval of its tip covers all that the tip brings. A merge queue judges a commit that nobody looked
//! at; there the approval is kept for the findings that the reviewer saw, as long as the change is the one that was approved.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::{Context, Project};
use crate::approval::{Approval, Approvals};
use crate::cli::{Global, RefArgs};
use crate::error::{Error, Result};
use crate::event::{Event, Kind};
use crate::io::files;
use crate::policy::PolicyOrigin;
use crate::report::Report;
use crate::snapshot::Snapshot;
use crate::verdict::{Acceptances, Approved, Awaiting};

/// The run that an approval may reach.
struct Run<'a> {
    project: &'a Project,
    context: &'a Context,
    judge: &'a Judge<'a>,
}

/// What reviews say, and whether head's answers came from another repository.
pub struct Reviews {
    approvals: Approvals,
}

/// Judges the change that was approved, as it stood then; head's answers count as they stand where `bool` says so.
type Judge<'a> = dyn Fn(&Context, bool) -> Result<Report> + 'a;

impl Reviews {
    pub fn read(global: &Global, path: &Path) -> Result<Self> {
        Ok(Self { approvals: Approvals::read(&files::read_text(&global.dir.join(path))?)? })
    }

    pub fn is_from_fork(&self) -> bool {
        self.approvals.from_fork
    }

    /// Adds what was approved to `acceptances`, or why it does not count.
    pub fn settle(
        &self,
        project: &Project,
        context: &Context,
        acceptances: &mut Acceptances,
        judge: &Judge<'_>,
    ) -> Result<()> {
        self.check_subject(context)?;
        // Where head's own settings judge, they do not say whose yes counts.
        let approvers = match context.policy.origin {
            PolicyOrigin::Commit(_) => context.policy.gate.approvers.as_slice(),
            PolicyOrigin::FirstAdoption => &[],
        };
        let approved = match self.approvals.counting(approvers) {
            Ok(None) => return Ok(()),
            Ok(Some(by)) => self.kept(&Run { project, context, judge }, by)?,
            Err(why) => Err(why),
        };
        match approved {
            Ok(approved) => acceptances.approved = Some(approved),
            Err(why) => acceptances.void = Some(why),
        }
        Ok(())
    }

    /// Refuses reviews of another pull request.
    fn check_subject(&self, context: &Context) -> Result<()> {
        let Approvals { repository, pull_request, .. } = &self.approvals;
        let Some(event) = &context.event else { return Ok(()) };
        if *repository == event.repository && Some(*pull_request) == event.pull_request() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the approvals are of pull request {pull_request} of {repository}, which is not judged here"
        )))
    }

    /// The approval as far as it reaches here; the inner `Err` says why it does not.
    fn kept(&self, run: &Run<'_>, by: Approval) -> Result<Result<Approved, String>> {
        let context = run.context;
        let judged = match &context.event {
            Some(event) => event.head(),
            None => context.head.snapshot.origin.commit.as_deref(),
        };
        match &context.event {
            Some(Event { kind: Kind::MergeGroup { .. }, .. }) => self.queued(run, by),
            Some(_) | None if judged == Some(by.head.as_str()) => Ok(Ok(Approved { by, seen: None })),
            Some(_) | None => Ok(Err("what was approved is not what is judged here".to_owned())),
        }
    }

    /// In a merge queue: what awaited a yes in the pull request, if it is still the same change.
    fn queued(&self, run: &Run<'_>, by: Approval) -> Result<Result<Approved, String>> {
        let &Run { project, context, judge } = run;
        if !project.repo.has(&by.head) {
            let fetch = format!("git fetch origin refs/pull/{}/head", by.pull_request);
            return Ok(Err(format!("the approved commit is not here: {fetch}")));
        }
        let Some(target) = context.base.snapshot.origin.commit.as_deref() else {
            return Ok(Err("a merge queue has a base".to_owned()));
        };
        let parted = project.repo.merge_base(&project.repo.resolve(target)?, &project.repo.resolve(&by.head)?)?;
        let refs = RefArgs {
            base_exact: Some(parted.id),
            head: Some(by.head.clone()),
            policy: Some(target.to_owned()),
            base: None,
        };
        let then = project.context(&refs)?;
        let change = |context: &Context| difference(&context.base.snapshot, &context.head.snapshot);
        if change(&then) != change(context) {
            return Ok(Err("what is queued is not the change that was approved".to_owned()));
        }
        let seen = Awaiting::of(&judge(&then, !self.is_from_fork())?.verdict);
        Ok(Ok(Approved { by, seen: Some(seen) }))
    }
}

/// Every path that differs, with the contents' ids on both sides.
fn difference(base: &Snapshot, head: &Snapshot) -> BTreeMap<String, [Option<String>; 2]> {
    let ids = |path: &String| [base, head].map(|side| side.id(path).map(str::to_owned));
    base.differing(head, "").into_iter().map(|path| (path.clone(), ids(&path))).collect()
}
