//! Which commits are compared, and which one judges: what the operator named, else what the event says, else what a developer
//! means who names nothing.
//!
//! Only commits are found here; `context` reads them. What an event says is never more than a request: a commit that is not
//! what the event claims it to be is refused.

use crate::cli::RefArgs;
use crate::error::{Error, Result};
use crate::event::{Event, Kind, Pull};
use crate::io;
use crate::io::git::{Commit, Repo};

/// Tags that mark what was released last, for runs that nobody's change caused.
const RELEASES: &str = "prompts-";

/// What a run compares.
pub struct Compared {
    pub base: Base,
    /// `None` is the working tree.
    pub head: Option<Commit>,
    /// `None` where no commit can judge.
    pub policy: Option<Commit>,
    pub event: Option<Event>,
}

pub enum Base {
    /// The empty tree.
    Nothing,
    Commit(Commit),
}

impl Compared {
    fn new(base: Commit, head: Commit, policy: Commit) -> Self {
        Self { base: Base::Commit(base), head: Some(head), policy: Some(policy), event: None }
    }
}

/// The commits of a run (DESIGN 7), in a repository where `event` happened.
pub fn compared(repo: &Repo, refs: &RefArgs, event: Option<Event>) -> Result<Compared> {
    let finder = Finder { repo };
    let names_none = refs.base.is_none() && refs.base_exact.is_none() && refs.head.is_none();
    let mut compared = match &event {
        Some(event) if names_none => finder.of_event(event)?,
        Some(_) | None => finder.of_refs(refs)?,
    };
    if let Some(reference) = &refs.policy {
        compared.policy = Some(repo.resolve(reference)?);
    }
    compared.event = event.map(|event| finder.about(event, compared.head.as_ref()));
    Ok(compared)
}

/// Finds commits in one repository.
struct Finder<'a> {
    repo: &'a Repo,
}

impl Finder<'_> {
    /// The event, with what the operator named where that is not its own commit: nobody may take the verdict on one commit for
    /// that on another, nor the approval of one.
    fn about(&self, event: Event, head: Option<&Commit>) -> Event {
        let Some((tip, head)) = event.tip().zip(head) else { return event };
        let is_merge =
            || self.repo.parents(head).is_ok_and(|parents| parents.get(1).is_some_and(|parent| parent == tip));
        if head.id == tip || is_merge() { event } else { Event { named: Some(head.id.clone()), ..event } }
    }

    fn of_refs(&self, refs: &RefArgs) -> Result<Compared> {
        let head = match refs.head.as_deref() {
            None | Some("worktree") => None,
            Some(reference) => Some(self.repo.resolve(reference)?),
        };
        if let Some(reference) = &refs.base_exact {
            let base = self.repo.resolve(reference)?;
            return Ok(Compared { policy: Some(base.clone()), base: Base::Commit(base), head, event: None });
        }
        if refs.base.as_deref() == Some("none") {
            // Nothing to compare with; the default branch still judges where there is one.
            let policy = self.repo.default_branch().and_then(|branch| self.repo.resolve(&branch)).ok();
            return Ok(Compared { base: Base::Nothing, head, policy, event: None });
        }
        let reference = match &refs.base {
            Some(reference) => reference.clone(),
            None => self.repo.default_branch()?,
        };
        let tip = self.repo.resolve(&reference)?;
        let stands = match &head {
            Some(head) => head.clone(),
            None => self.repo.resolve("HEAD")?,
        };
        let base = self.parted(&tip, &stands)?;
        Ok(Compared { base: Base::Commit(base), head, policy: Some(tip), event: None })
    }

    fn of_event(&self, event: &Event) -> Result<Compared> {
        match &event.kind {
            Kind::PullRequest { pull, is_guarded: false } => self.of_pull(pull),
            Kind::PullRequest { pull, is_guarded: true } => self.of_guarded_pull(pull),
            Kind::MergeGroup { base, head, .. } => {
                let base = self.named_by_event(base)?;
                Ok(Compared::new(base.clone(), self.named_by_event(head)?, base))
            }
            Kind::Push { before, after, branch } if branch.is_some() && *branch == event.default_branch => {
                self.of_default_push(before.as_deref(), after)
            }
            Kind::Push { before, after, .. } => {
                let (tip, head) = (self.default_tip(event)?, self.named_by_event(after)?);
                // After a force push, what was there before may be gone.
                let before =
                    before.as_ref().filter(|id| self.repo.has(id)).map(|id| self.repo.resolve(id)).transpose()?;
                let base = before.map_or_else(|| self.parted(&tip, &head), Ok)?;
                Ok(Compared::new(base, head, tip))
            }
            Kind::WorkflowRun { head, .. } => {
                let (tip, head) = (self.default_tip(event)?, self.named_by_event(head)?);
                Ok(Compared::new(self.parted(&tip, &head)?, head, tip))
            }
            Kind::Other => self.of_refs(&RefArgs::default()),
            Kind::Wish => {
                let head = self.repo.resolve(&io::event::commit().unwrap_or_else(|| "HEAD".to_owned()))?;
                let tip = self.default_tip(event)?;
                let base = match self.repo.latest_tag(RELEASES, &head)? {
                    Some(released) => released,
                    None => self.parted(&tip, &head)?,
                };
                Ok(Compared::new(base, head, tip))
            }
        }
    }

    /// A push to the default branch. Its tip is what was pushed, so only what stood there before can be compared with it, and
    /// judge it; a clone without that would compare the tip with itself and find nothing.
    fn of_default_push(&self, before: Option<&str>, after: &str) -> Result<Compared> {
        let head = self.named_by_event(after)?;
        match before {
            Some(before) => {
                let base = self.named_by_event(before)?;
                Ok(Compared::new(base.clone(), head, base))
            }
            None => Ok(Compared { base: Base::Nothing, head: Some(head), policy: None, event: None }),
        }
    }

    /// A pull request whose test merge the runner checked out: base is the target as it was merged, so nothing that the
    /// target gained meanwhile looks like a change. Without the test merge, what the head branch changed since it parted.
    fn of_pull(&self, pull: &Pull) -> Result<Compared> {
        let merge = io::event::commit().filter(|id| self.repo.has(id)).map(|id| self.repo.resolve(&id)).transpose()?;
        let merge = merge.map(|commit| Commit { reference: merge_ref(pull), ..commit });
        if let Some(merge) = merge
            && let [base, head] = &self.repo.parents(&merge)?[..]
            && *head == pull.head
        {
            let base = Commit { reference: pull.target.clone(), ..self.repo.resolve(base)? };
            // The target may have gained a stricter policy since the test merge was made.
            let tip = self.tip(&pull.target).filter(|tip| self.repo.stands_on(tip, &base).unwrap_or(false));
            let policy = tip.unwrap_or_else(|| base.clone());
            return Ok(Compared::new(base, merge, policy));
        }
        let head = self.named_by_event(&pull.head)?;
        let tip = self.tip(&pull.target).map_or_else(|| self.named_by_event(&pull.base), Ok)?;
        Ok(Compared::new(self.parted(&tip, &head)?, head, tip))
    }

    /// A pull request seen from the target branch's own workflow: its test merge is fetched and never checked out, and must
    /// be the merge of this very head into the target (SEC-21).
    fn of_guarded_pull(&self, pull: &Pull) -> Result<Compared> {
        let number = pull.number;
        let places = [merge_ref(pull), format!("refs/remotes/pull/{number}/merge")];
        let merge = places.iter().find_map(|place| self.repo.resolve(place).ok()).ok_or_else(|| {
            Error::git(format!("the test merge of pull request {number} is not here"))
                .hint(format!("Fetch it, and do not check it out: git fetch origin +{0}:{0}", merge_ref(pull)))
                .hint("A pull request with conflicts has none: resolve them first.")
        })?;
        let parents = self.repo.parents(&merge)?;
        let [base, head] = &parents[..] else {
            return Err(Error::git(format!("`{}` is no merge of two commits", merge.reference)));
        };
        if *head != pull.head {
            return Err(Error::git(format!("`{}` merges {head}, not the event's head {}", merge.reference, pull.head))
                .hint("The pull request has moved on: the run of its newest commit judges it."));
        }
        let base = Commit { reference: pull.target.clone(), ..self.repo.resolve(base)? };
        let tip = self.tip(&pull.target).map_or_else(|| self.named_by_event(&pull.base), Ok)?;
        if !self.repo.stands_on(&tip, &base)? {
            return Err(Error::git(format!("`{}` was not made from `{}`", merge.reference, pull.target))
                .hint(format!("Fetch more of the target: git fetch --depth 1000 origin {}", tip.id))
                .hint("Or run again: GitHub makes the test merge anew when the target has moved."));
        }
        Ok(Compared::new(base, merge, tip))
    }

    /// The commit where `head` left the branch that `tip` ends; shown by the branch's name.
    fn parted(&self, tip: &Commit, head: &Commit) -> Result<Commit> {
        Ok(Commit { reference: tip.reference.clone(), ..self.repo.merge_base(tip, head)? })
    }

    /// The tip of a branch of the repository that judges: as its remote has it, and in a bare repository as it was fetched.
    fn tip(&self, branch: &str) -> Option<Commit> {
        let mut places = [format!("refs/remotes/origin/{branch}"), format!("refs/heads/{branch}")];
        if self.repo.is_bare() {
            places.reverse();
        }
        let tip = places.iter().find_map(|place| self.repo.resolve(place).ok())?;
        Some(Commit { reference: branch.to_owned(), ..tip })
    }

    fn default_tip(&self, event: &Event) -> Result<Commit> {
        let named = event.default_branch.as_deref().and_then(|branch| self.tip(branch));
        named.map_or_else(|| self.repo.resolve(&self.repo.default_branch()?), Ok)
    }

    fn named_by_event(&self, id: &str) -> Result<Commit> {
        if self.repo.has(id) {
            return self.repo.resolve(id);
        }
        Err(Error::git(format!("the event speaks of commit {id}, which is not here"))
            .hint("Set fetch-depth: 0 in actions/checkout.")
            .hint(format!("After a forced push: git fetch origin {id}"))
            .hint("Or name what to compare: --base REF --head REF"))
    }
}

fn merge_ref(pull: &Pull) -> String {
    format!("refs/pull/{}/merge", pull.number)
}
