//! Git: a ref or the working tree becomes a snapshot. The only module that speaks to libgit2.
//!
//! Nothing here runs the git binary, a filter, a hook or a fetch (SEC-17). A ref is resolved to an object id once, and from
//! then on everything is read by id (SEC-16).

mod content;
mod history;
mod listing;
mod objects;
mod open;
mod patch;
mod refs;
mod remote;
mod stamp;
#[cfg(test)]
mod tests;
mod tree;
mod worktree;
mod write;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use git2::{Oid, Repository};

use crate::error::{Error, Result};
use objects::Objects;
pub use patch::Patched;
pub use refs::Commit;
use tree::Item;
pub use write::NewRepo;

/// Whether a repository that belongs to another user is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Only with git's consent: the user owns it, or `safe.directory` names it.
    Checked,
    /// Always, because the operator said so (`--trust-repository`).
    Trusted,
}

/// A repository, and the project inside it.
pub struct Repo {
    git: Repository,
    /// From the top of the work tree to the project root, with `/`; empty where they are one.
    prefix: String,
    objects: Arc<Objects>,
    /// Trees that were read: both sides of a comparison have most of them in common.
    trees: RefCell<HashMap<Oid, Rc<[Item]>>>,
}

impl Repo {
    /// Finds the repository above `start`. The project root is the nearest directory from `start` up to the top of the work
    /// tree that holds `config`, else that top. In a bare repository it is the root of every tree.
    pub fn discover(start: &Path, config: &str, ownership: Ownership) -> Result<Self> {
        let start =
            start.canonicalize().map_err(|e| Error::io(format_args!("cannot enter {}", start.display()), &e))?;
        let git = open::open(&start, ownership)?;
        let prefix = match git.workdir() {
            Some(top) => project(&start, top, config)?,
            None => String::new(),
        };
        let objects = Arc::new(Objects::of(&git));
        Ok(Self { git, prefix, objects, trees: RefCell::default() })
    }

    /// Whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.git.workdir().is_none()
    }

    /// The top of the working tree.
    pub fn workdir(&self) -> Option<&Path> {
        self.git.workdir()
    }

    /// From the top of the work tree to the project root, with `/`; empty where they are one.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The project root on disk.
    pub fn root_path(&self) -> Option<PathBuf> {
        self.git.workdir().map(|top| top.join(&self.prefix))
    }

    /// The directory for regild's own files, as `git rev-parse --git-path regild` names it: each linked worktree has its own.
    pub fn private_dir(&self) -> PathBuf {
        self.git.path().join("regild")
    }
}

/// The path from `top` to the nearest directory at or above `start` that holds `config`.
fn project(start: &Path, top: &Path, config: &str) -> Result<String> {
    let top = top.canonicalize().map_err(|e| Error::io(format_args!("cannot enter {}", top.display()), &e))?;
    let found = start.ancestors().take_while(|dir| dir.starts_with(&top)).find(|dir| dir.join(config).is_file());
    let Some(below) = found.and_then(|dir| dir.strip_prefix(&top).ok()) else { return Ok(String::new()) };
    let names = below.iter().map(|name| name.to_str()).collect::<Option<Vec<_>>>();
    let names = names.ok_or_else(|| Error::git(format!("the path of {} is not UTF-8", below.display())))?;
    Ok(names.join("/"))
}
