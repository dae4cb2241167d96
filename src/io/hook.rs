//! What surrounds a hook: where git looks for hooks, and what the pre-commit framework tells in the environment.

use std::path::PathBuf;

use crate::error::Result;
use crate::event::{is_id, is_nothing};
use crate::io::git::Repo;
use crate::push::Push;

/// Where git looks for this repository's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hooks {
    Own(PathBuf),
    /// `core.hooksPath` says otherwise, as tools that manage hooks have it.
    Elsewhere(String),
}

pub fn hooks(repo: &Repo) -> Result<Hooks> {
    Ok(match repo.hooks_path()? {
        Some(elsewhere) => Hooks::Elsewhere(elsewhere),
        None => Hooks::Own(repo.common_dir().join("hooks")),
    })
}

/// What the pre-commit framework pushes. It reads git's lines itself, hands on the first of them only, and never a deletion.
pub fn of_pre_commit() -> Option<Push> {
    let id = variable("PRE_COMMIT_TO_REF").filter(|id| is_id(id) && !is_nothing(id))?;
    let replaces = variable("PRE_COMMIT_FROM_REF").filter(|id| is_id(id) && !is_nothing(id));
    let to = variable("PRE_COMMIT_REMOTE_BRANCH").unwrap_or_else(|| "the remote".to_owned());
    Some(Push { to, id, replaces })
}

/// The remote that the pre-commit framework pushes to.
pub fn remote_of_pre_commit() -> Option<String> {
    variable("PRE_COMMIT_REMOTE_NAME")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
