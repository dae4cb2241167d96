//! Opening a repository with its own settings only, and saying what to do where git or libgit2 refuses.

use std::ffi::OsStr;
use std::iter;
use std::path::Path;

use git2::{Config, ConfigLevel, ErrorCode, Repository, RepositoryOpenFlags};

use super::Ownership;
use crate::error::{Error, Result};

/// Opens the repository above `start`, an absolute path without symlinks.
pub(super) fn open(start: &Path, ownership: Ownership) -> Result<Repository> {
    // What is read is kept by whoever reads it; libgit2 would keep it a second time.
    git2::opts::enable_caching(false);
    let opened = match ownership {
        Ownership::Checked => Repository::open_ext(start, RepositoryOpenFlags::empty(), iter::empty::<&OsStr>()),
        Ownership::Trusted => open_unchecked(start),
    };
    let git = opened.map_err(|e| refused(start, &e))?;
    // libgit2 reads the user's and the system's settings to find safe.directory while it opens. From here on they have no
    // say, so that two machines read the same repository alike (SEC-17).
    own_config(&git).and_then(|config| git.set_config(&config)).map_err(|e| refused(start, &e))?;
    Ok(git)
}

/// The settings stored in the repository itself.
fn own_config(git: &Repository) -> Result<Config, git2::Error> {
    let mut config = Config::new()?;
    config.add_file(&git.commondir().join("config"), ConfigLevel::Local, false)?;
    if config.get_bool("extensions.worktreeConfig").unwrap_or(false) {
        config.add_file(&git.path().join("config.worktree"), ConfigLevel::Worktree, false)?;
    }
    Ok(config)
}

/// Opens without asking whose repository it is. libgit2 turns its check off only by an unsafe, process-wide switch, but
/// opening a git directory as bare never makes that check, and the work tree can be attached afterwards.
fn open_unchecked(start: &Path) -> Result<Repository, git2::Error> {
    let git_dir = Repository::discover_path(start, iter::empty::<&OsStr>())?;
    let git = Repository::open_bare(&git_dir)?;
    let config = own_config(&git)?;
    let is_linked = git.path() != git.commondir();
    if !is_linked && config.get_bool("core.bare").unwrap_or(false) {
        return Ok(git);
    }
    let top = match config.get_path("core.worktree") {
        Ok(path) if !is_linked => Some(git_dir.join(path)),
        Ok(_) | Err(_) => checkout_above(start).map(Path::to_owned),
    };
    if let Some(top) = top {
        git.set_workdir(&top, false)?;
    }
    Ok(git)
}

/// The nearest directory that holds a `.git`.
fn checkout_above(start: &Path) -> Option<&Path> {
    start.ancestors().find(|dir| dir.join(".git").exists())
}

/// Why there is nothing to open, and the way out.
fn refused(start: &Path, error: &git2::Error) -> Error {
    let reason = error.message();
    if error.code() == ErrorCode::Owner {
        // safe.directory names the work tree, or the git directory of a bare repository.
        let path = match checkout_above(start) {
            Some(top) => top.to_owned(),
            None => Repository::discover_path(start, iter::empty::<&OsStr>()).unwrap_or_else(|_| start.to_owned()),
        };
        let path = quoted(&path);
        return Error::git(format!("the repository at {path} belongs to another user"))
            .hint(format!("git config --global --add safe.directory {path}"))
            .hint("Or pass --trust-repository if you trust its content.");
    }
    if reason.contains("extensions.refstorage") {
        return Error::git("this repository keeps its refs as reftable, which regild cannot read")
            .hint("git refs migrate --ref-format=files");
    }
    if reason.contains("extensions.partialclone") {
        return Error::git("this partial clone is of an old kind that regild cannot read")
            .hint("Clone again without --filter.");
    }
    if error.code() == ErrorCode::NotFound {
        return Error::git(format!("{} is not inside a git repository", start.display()))
            .hint("Run regild inside a repository, or name one: -C DIR")
            .hint("To start one: git init");
    }
    Error::git(format!("cannot open the repository above {}: {reason}", start.display()))
}

/// A path as a POSIX shell reads it, without a slash at its end.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if text.len() > 1 { text.trim_end_matches('/') } else { &text };
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
