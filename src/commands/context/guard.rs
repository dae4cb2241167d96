//! Where a workflow of the target branch looks at somebody's pull request, head stays data (SEC-15).
//!
//! Such a workflow runs with rights that its pull request has not. So head is read as git objects only, nothing is asked of a
//! model, and no key is at hand that a mistake could give away. Whoever set the workflow up otherwise is stopped before
//! anything is read.

use crate::config::Alias;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::io::git::Repo;
use crate::io::model;
use crate::snapshot::{Entry, Snapshot};

const ADVICE: &str = "Check out nothing of the pull request: fetch it into a bare repository (docs/github.md).";

/// Refuses a repository that holds head's files where a program could run them. `on_disk` reads the working tree.
pub fn guard(
    repo: &Repo,
    event: &Event,
    base: &Snapshot,
    head: &Snapshot,
    on_disk: impl FnOnce() -> Result<Snapshot>,
) -> Result<()> {
    let name = &event.name;
    let Some(commit) = &head.origin.commit else {
        return Err(Error::usage(format!("under `{name}` the working tree is not judged")).hint(ADVICE));
    };
    let is_change = head.origin.tree != base.origin.tree;
    if let Ok(checked_out) = repo.resolve("HEAD") {
        let is_head = checked_out.id == *commit || event.tip() == Some(&checked_out.id);
        if is_head || (is_change && checked_out.tree == head.origin.tree) {
            return Err(Error::git(format!("under `{name}`, HEAD is the pull request's own")).hint(ADVICE));
        }
    }
    if repo.is_bare() {
        return Ok(());
    }
    let files = |snapshot: &Snapshot| -> Vec<(String, Entry)> {
        snapshot.below("").map(|(path, entry)| (path.to_owned(), entry.clone())).collect()
    };
    let (on_disk, of_head) = (files(&on_disk()?), files(head));
    if on_disk == of_head && of_head != files(base) {
        return Err(Error::git(format!("under `{name}`, the working tree is the pull request's own")).hint(ADVICE));
    }
    Ok(())
}

/// Refuses a key in the environment, by the name of its variable.
pub fn without_keys<'a>(event: &Event, aliases: impl Iterator<Item = &'a Alias>) -> Result<()> {
    match model::keys_at_hand(aliases).first() {
        None => Ok(()),
        Some(variable) => {
            Err(Error::usage(format!("under `{}`, the key in {variable} is in reach of a pull request", event.name))
                .hint("Leave provider keys out of this job: replay needs none."))
        }
    }
}
