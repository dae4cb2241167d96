//! How commits are related: where two parted, who stands on whom, what was tagged last.

use std::collections::BTreeSet;

use git2::{ErrorCode, Oid};

use super::{Commit, Repo};
use crate::error::{Error, Result};

const DEEPEN: [&str; 2] = ["Set fetch-depth: 0 in actions/checkout.", "Or run: git fetch --unshallow"];

impl Repo {
    /// The last commit that `a` and `b` have in common. Several are refused, and so is one that a shallow clone may have
    /// made up: where history is cut off, an older common commit can look like the last.
    pub fn merge_base(&self, a: &Commit, b: &Commit) -> Result<Commit> {
        let (one, two) = (self.oid(&a.id)?, self.oid(&b.id)?);
        let cut_off = self.shallow_commits();
        let unsound = || {
            let names = format!("`{}` and `{}`", a.reference, b.reference);
            deepen(Error::git(format!("this shallow clone does not reach back to where {names} parted")))
        };
        // Where history is cut off, a walk that ends early fails with one of several codes.
        let failed = |e: git2::Error| match e.code() {
            _ if !cut_off.is_empty() => unsound(),
            ErrorCode::NotFound => unrelated(a, b),
            _ => Error::git(format!("cannot walk the history: {}", e.message())),
        };
        let bases = self.git.merge_bases(one, two).map_err(failed)?;
        // Sound only if no way from a tip down to the merge base ends early.
        if !cut_off.is_empty() && self.meets(&cut_off, &[one, two], &bases).map_err(failed)? {
            return Err(unsound());
        }
        match &bases[..] {
            [] => Err(unrelated(a, b)),
            [base] => self.resolve(&base.to_string()),
            [first, ..] => Err(Error::git(format!(
                "`{}` and `{}` have {} merge bases, and no one of them is the right one",
                a.reference,
                b.reference,
                bases.len()
            ))
            .hint(format!("Choose the tree to compare with: --base-exact {first}"))
            .hint("Or merge the target branch into the head, which leaves a single one.")),
        }
    }

    /// Whether a commit that is reachable from `tips` but not from `bases` is one of `cut_off`.
    fn meets(&self, cut_off: &BTreeSet<String>, tips: &[Oid], bases: &[Oid]) -> Result<bool, git2::Error> {
        let mut walk = self.git.revwalk()?;
        tips.iter().try_for_each(|tip| walk.push(*tip))?;
        bases.iter().try_for_each(|base| walk.hide(*base))?;
        for id in walk {
            if cut_off.contains(&id?.to_string()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The commits whose parents a shallow clone left out. libgit2 looks for them in a linked worktree's own git directory,
    /// where they never are.
    pub(super) fn shallow_commits(&self) -> BTreeSet<String> {
        let list = std::fs::read_to_string(self.git.commondir().join("shallow")).unwrap_or_default();
        list.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    /// Whether the repository has the commit with this full id.
    pub fn has(&self, id: &str) -> bool {
        self.oid(id).is_ok_and(|id| self.git.find_commit(id).is_ok())
    }

    /// Whether this full id is that of something here which leads to no commit, as a tag of a key does.
    pub fn is_no_commit(&self, id: &str) -> bool {
        let object = self.oid(id).ok().and_then(|id| self.git.find_object(id, None).ok());
        object.is_some_and(|object| object.peel_to_commit().is_err_and(|error| error.code() != ErrorCode::NotFound))
    }

    /// The ids of a commit's parents. A shallow clone that ends at the commit is refused: it would seem to have none.
    pub fn parents(&self, commit: &Commit) -> Result<Vec<String>> {
        if self.shallow_commits().contains(&commit.id) {
            return Err(deepen(Error::git(format!("this shallow clone ends at `{}`", commit.reference))));
        }
        let found = self.git.find_commit(self.oid(&commit.id)?);
        let found = found.map_err(|error| self.objects.unreadable(&commit.id, &error))?;
        Ok(found.parent_ids().map(|id| id.to_string()).collect())
    }

    /// Whether `descendant` is `ancestor` or stands on it, as far as this clone reaches back.
    pub fn stands_on(&self, descendant: &Commit, ancestor: &Commit) -> Result<bool> {
        let (descendant, ancestor) = (self.oid(&descendant.id)?, self.oid(&ancestor.id)?);
        Ok(descendant == ancestor || self.git.graph_descendant_of(descendant, ancestor).unwrap_or(false))
    }

    /// The latest of the tags that begin with `prefix` and stand on commits that `head` stands on. A shallow clone that has
    /// none is refused: it may have left out the tag or the way to it.
    pub fn latest_tag(&self, prefix: &str, head: &Commit) -> Result<Option<Commit>> {
        let failed = |error: git2::Error| Error::git(format!("cannot list the tags: {}", error.message()));
        let mut latest: Option<Commit> = None;
        for name in self.git.tag_names(Some(&format!("{prefix}*"))).map_err(failed)?.iter().flatten().flatten() {
            let mut tagged = self.resolve(&format!("refs/tags/{name}"))?;
            name.clone_into(&mut tagged.reference);
            // Of two of the same second, the later name: tags that people number sort as they were made.
            let is_later =
                latest.as_ref().is_none_or(|last| (last.time, &last.reference) < (tagged.time, &tagged.reference));
            if is_later && self.stands_on(head, &tagged)? {
                latest = Some(tagged);
            }
        }
        if latest.is_none() && !self.shallow_commits().is_empty() {
            return Err(deepen(Error::git(format!("this shallow clone does not show the last tag `{prefix}*`"))));
        }
        Ok(latest)
    }
}

fn unrelated(a: &Commit, b: &Commit) -> Error {
    Error::git(format!("`{}` and `{}` have no common history", a.reference, b.reference))
        .hint(format!("Compare with the tree itself: --base-exact {}", a.id))
}

pub(super) fn deepen(error: Error) -> Error {
    DEEPEN.iter().fold(error, |error, hint| error.hint(*hint))
}
