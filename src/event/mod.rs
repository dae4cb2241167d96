//! What a CI runner says happened: which pull request, which commits, whose. Read from the event's payload, before anything
//! is resolved in git.
//!
//! Pure: `io::event` brings name and bytes, `commands` turns an event into the two trees and the policy. A payload is written
//! by GitHub, but much in it was written by whoever opened the pull request, so every word is checked before it is used.

mod payload;

use crate::error::{Error, Result};
use payload::{MergeGroup, Named, PullRequest, Push, Run};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// As the runner calls it: `pull_request`, `push`, …
    pub name: String,
    /// `owner/name` of the repository whose workflow runs.
    pub repository: String,
    /// The branch that changes of this repository are meant for, unless they say otherwise.
    pub default_branch: Option<String>,
    pub kind: Kind,
    /// What the operator named to be judged, where that is something else than the event's own commit.
    pub named: Option<String>,
}

/// What there is to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    PullRequest {
        pull: Pull,
        /// Whether the workflow is the target branch's own, which may hold secrets and must not hold head (SEC-15).
        is_guarded: bool,
    },
    /// What a merge queue wants to put on the target branch.
    MergeGroup {
        base: String,
        head: String,
        /// The pull request that this entry of the queue stands for, as the name of its branch says.
        pull: Option<u64>,
    },
    Push {
        /// `None` where the branch is new.
        before: Option<String>,
        after: String,
        /// Without `refs/heads/`; `None` for tags.
        branch: Option<String>,
    },
    /// Another workflow ended. Like a guarded pull request: head is only ever read.
    WorkflowRun {
        head: String,
        from_fork: bool,
        /// Where head came from, for whoever looks for its pull request.
        branch: Option<Branch>,
    },
    /// Somebody asked, or it was time.
    Wish,
    /// Something that has no code of its own, such as a comment. Whatever is checked out then may be anybody's.
    Other,
}

/// A branch of somebody's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    pub owner: String,
    pub name: String,
}

/// A pull request as its event describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    pub number: u64,
    /// The branch it is meant for.
    pub target: String,
    /// The target's tip when the event was made.
    pub base: String,
    /// The pull request's own tip, which people know it by.
    pub head: String,
    /// Whether head comes from another repository, or from one that is gone.
    pub from_fork: bool,
}

impl Event {
    /// Reads the payload of the event `name`. `None` where there is nothing left to judge: a branch or a tag was deleted.
    pub fn read(name: &str, payload: &[u8]) -> Result<Option<Self>> {
        let kind = match name {
            "pull_request" | "pull_request_review" | "pull_request_review_comment" => {
                pull_request(parse(name, payload)?, false)?
            }
            "pull_request_target" => pull_request(parse(name, payload)?, true)?,
            "merge_group" => merge_group(parse(name, payload)?)?,
            "push" => match push(parse(name, payload)?)? {
                Some(kind) => kind,
                None => return Ok(None),
            },
            "workflow_run" => workflow_run(parse(name, payload)?)?,
            "workflow_dispatch" | "repository_dispatch" | "schedule" => Kind::Wish,
            _ => Kind::Other,
        };
        let Named { full_name, default_branch } = parse::<payload::Owned>(name, payload)?.repository;
        if !is_repository(&full_name) {
            return Err(broken(name, "`repository.full_name` is no owner/name"));
        }
        let default_branch = default_branch.map(|name| branch("repository.default_branch", name)).transpose()?;
        Ok(Some(Self { name: name.to_owned(), repository: full_name, default_branch, kind, named: None }))
    }

    /// Whether head's answers are no evidence until somebody accepts them: they come from another repository.
    pub fn is_untrusted(&self) -> bool {
        match &self.kind {
            Kind::PullRequest { pull, .. } => pull.from_fork,
            Kind::WorkflowRun { from_fork, .. } => *from_fork,
            Kind::Other => true,
            Kind::MergeGroup { .. } | Kind::Push { .. } | Kind::Wish => false,
        }
    }

    /// Whether this runs with the target branch's rights, so that head must stay data (SEC-15).
    pub fn is_guarded(&self) -> bool {
        matches!(&self.kind, Kind::PullRequest { is_guarded: true, .. } | Kind::WorkflowRun { .. })
    }

    /// The pull request that is judged, where there is one.
    pub fn pull_request(&self) -> Option<u64> {
        match &self.kind {
            Kind::PullRequest { pull, .. } => Some(pull.number),
            Kind::MergeGroup { pull, .. } => *pull,
            Kind::Push { .. } | Kind::WorkflowRun { .. } | Kind::Wish | Kind::Other => None,
        }
    }

    /// The commit that people know head by.
    pub fn head(&self) -> Option<&str> {
        self.named.as_deref().or(self.tip())
    }

    /// The commit that the event itself is about, whatever is judged.
    pub fn tip(&self) -> Option<&str> {
        match &self.kind {
            Kind::PullRequest { pull, .. } => Some(&pull.head),
            Kind::MergeGroup { head, .. } | Kind::WorkflowRun { head, .. } => Some(head),
            Kind::Push { after, .. } => Some(after),
            Kind::Wish | Kind::Other => None,
        }
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(name: &str, payload: &'a [u8]) -> Result<T> {
    serde_json::from_slice(payload).map_err(|error| broken(name, &error.to_string()))
}

fn broken(name: &str, why: &str) -> Error {
    Error::usage(format!("the payload of the event `{name}` cannot be read: {why}"))
        .hint("Name what to compare: --base REF --head REF")
}

fn pull_request(payload: payload::OfPullRequest, is_guarded: bool) -> Result<Kind> {
    let PullRequest { number, base, head } = payload.pull_request;
    // A head whose repository is gone is nobody's word.
    let from_fork =
        head.repo.as_ref().map(|repo| repo.id) != base.repo.as_ref().map(|repo| repo.id) || head.repo.is_none();
    let pull = Pull {
        number,
        target: branch("pull_request.base.ref", base.name)?,
        base: id("pull_request.base.sha", base.sha)?,
        head: id("pull_request.head.sha", head.sha)?,
        from_fork,
    };
    Ok(Kind::PullRequest { pull, is_guarded })
}

fn merge_group(payload: payload::OfMergeGroup) -> Result<Kind> {
    let MergeGroup { base_sha, head_sha, head_ref } = payload.merge_group;
    let base = id("merge_group.base_sha", base_sha)?;
    let head = id("merge_group.head_sha", head_sha)?;
    Ok(Kind::MergeGroup { base, head, pull: queued(&head_ref) })
}

/// The number in `refs/heads/gh-readonly-queue/<target>/pr-<number>-<commit>`.
fn queued(head_ref: &str) -> Option<u64> {
    let name = head_ref.strip_prefix("refs/heads/")?.strip_prefix("gh-readonly-queue/")?;
    let (_, entry) = name.rsplit_once('/')?;
    entry.strip_prefix("pr-")?.split_once('-')?.0.parse().ok()
}

/// `None` where a branch or tag was deleted.
fn push(payload: Push) -> Result<Option<Kind>> {
    let Push { before, after, name } = payload;
    if is_nothing(&after) {
        return Ok(None);
    }
    let before = id("before", before)?;
    Ok(Some(Kind::Push {
        before: (!is_nothing(&before)).then_some(before),
        after: id("after", after)?,
        branch: name.strip_prefix("refs/heads/").map(|name| branch("ref", name.to_owned())).transpose()?,
    }))
}

fn workflow_run(payload: payload::OfRun) -> Result<Kind> {
    let Run { head_sha, head_branch, head_repository } = payload.workflow_run;
    let from_fork = head_repository.as_ref().is_none_or(|head| head.id != payload.repository.id);
    let owner = head_repository.and_then(|head| head.owner).map(|owner| owner.login);
    let branch = match (owner.filter(|owner| is_name(owner)), head_branch) {
        (Some(owner), Some(name)) => Some(Branch { owner, name: branch("workflow_run.head_branch", name)? }),
        (Some(_) | None, Some(_) | None) => None,
    };
    Ok(Kind::WorkflowRun { head: id("workflow_run.head_sha", head_sha)?, from_fork, branch })
}

/// An id of 40 or 64 hexadecimal digits.
fn id(what: &str, text: String) -> Result<String> {
    if is_id(&text) { Ok(text.to_ascii_lowercase()) } else { Err(unusable(what, &text, "a full commit id")) }
}

/// The name of a branch that git would take (SEC-17).
fn branch(what: &str, text: String) -> Result<String> {
    let is_odd = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let is_name = !text.is_empty() && !text.starts_with(['-', '/']) && !text.contains("..") && !text.contains("@{");
    if is_name && !text.contains(is_odd) { Ok(text) } else { Err(unusable(what, &text, "the name of a branch")) }
}

fn unusable(what: &str, text: &str, wanted: &str) -> Error {
    let shown: String = text.chars().take(80).collect();
    Error::usage(format!("the event's `{what}` is `{}`, not {wanted}", shown.escape_debug()))
        .hint("Name what to compare: --base REF --head REF")
}

/// Whether `text` is an object id, of either kind of repository.
pub fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether `text` is the id that stands for no object, of either kind of repository.
pub fn is_nothing(text: &str) -> bool {
    is_id(text) && text.bytes().all(|b| b == b'0')
}

/// Whether `text` is `owner/name` as GitHub allows them.
pub fn is_repository(text: &str) -> bool {
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// Whether an account or a repository can be called `text`.
fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests;
