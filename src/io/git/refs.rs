//! From what the operator types to commits.

use std::collections::BTreeMap;

use git2::ErrorCode;

use super::Repo;
use super::history::deepen;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Result};

/// A commit, resolved once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// As asked for.
    pub reference: String,
    /// Full id in hexadecimal.
    pub id: String,
    /// Full id of its tree.
    pub tree: String,
    /// Committer time in seconds since 1970.
    pub time: i64,
}

impl Repo {
    /// The branch that changes are meant for: what `origin/HEAD` points at, else main, else master. The remote's branch goes
    /// before the local one of the same name, which may be old.
    pub fn default_branch(&self) -> Result<String> {
        let remote_head = self.git.find_reference("refs/remotes/origin/HEAD").ok();
        if let Some(target) = remote_head.as_ref().and_then(|head| head.symbolic_target().ok().flatten())
            && self.git.find_reference(target).is_ok()
        {
            return Ok(target.strip_prefix("refs/remotes/").unwrap_or(target).to_owned());
        }
        for name in ["main", "master"] {
            for (full, short) in [("refs/remotes/origin/", "origin/"), ("refs/heads/", "")] {
                if self.git.find_reference(&format!("{full}{name}")).is_ok() {
                    return Ok(format!("{short}{name}"));
                }
            }
        }
        if self.is_unborn() {
            return Err(no_commit());
        }
        Err(Error::git("no default branch: there is no origin/HEAD, no main and no master")
            .hint("Name the base: --base REF")
            .hint("Or let git ask the remote: git remote set-head origin --auto"))
    }

    /// The commit that a branch, a tag, an id or an expression such as `HEAD~1` names.
    pub fn resolve(&self, reference: &str) -> Result<Commit> {
        check_spelling(reference)?;
        self.check_unambiguous(reference)?;
        let object = self.git.revparse_single(reference).map_err(|e| self.unresolved(reference, &e))?;
        let commit = object.peel_to_commit().map_err(|e| match e.code() {
            ErrorCode::NotFound => self.objects.unreadable(&object.id().to_string(), &e),
            _ => Error::git(format!("`{reference}` does not name a commit")),
        })?;
        Ok(Commit {
            reference: reference.to_owned(),
            id: commit.id().to_string(),
            tree: commit.tree_id().to_string(),
            time: commit.time().seconds(),
        })
    }

    /// A tag may bear the name of a branch, and git would take the tag: whoever may push tags could then choose the policy.
    fn check_unambiguous(&self, reference: &str) -> Result<()> {
        let end = ["~", "^", "@{"].iter().filter_map(|suffix| reference.find(suffix)).min();
        let name = &reference[..end.unwrap_or(reference.len())];
        let full = ["refs/tags/", "refs/heads/", "refs/remotes/"].map(|kind| format!("{kind}{name}"));
        let mut meanings = BTreeMap::new();
        for full in full {
            if let Ok(commit) = self.git.find_reference(&full).and_then(|found| found.peel_to_commit()) {
                meanings.entry(commit.id()).or_insert(full);
            }
        }
        if meanings.len() < 2 {
            return Ok(());
        }
        let mut names = meanings.into_values().collect::<Vec<_>>();
        names.sort();
        Err(Error::git(format!("`{name}` is ambiguous")).hint(format!("Write one of: {}", names.join(", "))))
    }

    /// Why a reference names nothing, and what may have been meant.
    fn unresolved(&self, reference: &str, error: &git2::Error) -> Error {
        if self.is_unborn() {
            return no_commit();
        }
        let branches = self.branches();
        let mut unknown = match error.code() {
            ErrorCode::Ambiguous => Error::git(format!("`{reference}` is the beginning of several ids")),
            _ => Error::git(format!("unknown ref `{reference}`")),
        };
        if let Some(near) = did_you_mean(reference, branches.iter().map(String::as_str)) {
            unknown = unknown.hint(format!("Did you mean `{near}`?"));
        }
        if let Some((remote, branch)) = self.at_remote(reference) {
            let fetch = format!("git fetch {remote} {branch}:refs/remotes/{remote}/{branch}");
            unknown = unknown.hint(format!("If the remote has it: {fetch}"));
        }
        if self.shallow_commits().is_empty() { unknown } else { deepen(unknown) }
    }

    /// The remote and the branch that a reference may mean, if both can stand in a command as they are (SEC-22).
    fn at_remote<'a>(&self, reference: &'a str) -> Option<(&'a str, &'a str)> {
        let is_remote = |name: &str| self.git.find_remote(name).is_ok();
        let (remote, branch) = match reference.split_once('/') {
            Some((remote, branch)) if is_remote(remote) => (remote, branch),
            Some(_) | None => ("origin", reference),
        };
        let is_word = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
        };
        let is_id = branch.len() >= 7 && branch.bytes().all(|b| b.is_ascii_hexdigit());
        let is_branch = is_word(branch) && !is_id && !matches!(branch, "HEAD" | "FETCH_HEAD" | "ORIG_HEAD");
        (is_word(remote) && is_branch && is_remote(remote)).then_some((remote, branch))
    }

    fn is_unborn(&self) -> bool {
        self.git.head().is_err() && self.branches().is_empty()
    }

    /// The short names of all branches and tags.
    fn branches(&self) -> Vec<String> {
        let Ok(references) = self.git.references() else { return Vec::new() };
        references.flatten().filter_map(|found| found.shorthand().map(str::to_owned).ok()).collect()
    }
}

/// Refuses what is no name of a commit before anything else sees it (SEC-17).
fn check_spelling(reference: &str) -> Result<()> {
    let shown = reference.escape_debug();
    if reference.is_empty() || reference.starts_with('-') || reference.chars().any(char::is_control) {
        return Err(Error::git(format!("`{shown}` cannot be a ref")).hint("Name a branch, a tag or a commit id."));
    }
    if reference.contains("..") {
        return Err(Error::git(format!("`{shown}` is a range, not a commit")).hint("Name the ends: --base A --head B"));
    }
    if reference.contains(':') || reference.contains("^{/") {
        return Err(
            Error::git(format!("`{shown}` does not name a commit")).hint("Name a branch, a tag or a commit id.")
        );
    }
    Ok(())
}

fn no_commit() -> Error {
    Error::git("the repository has no commit yet")
        .hint("Commit first: git add . && git commit")
        .hint("Or compare with nothing: --base none")
}
