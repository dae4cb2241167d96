//! What this clone knows of a remote: its default branch, and which commits are there already. Nothing is fetched.

use git2::{Oid, Sort};

use super::{Commit, Repo};
use crate::error::{Error, Result};

impl Repo {
    /// The tip of a remote's default branch as it was last fetched: what its HEAD points at, else main, else master.
    pub fn remote_default(&self, remote: &str) -> Option<Commit> {
        let names = ["HEAD", "main", "master"].map(|name| format!("refs/remotes/{remote}/{name}"));
        names.iter().find_map(|name| self.resolve(name).ok())
    }

    /// The newest commit on the way to `head` that a remote has already; `None` where all of it is new.
    pub fn newest_at_remote(&self, head: &Commit, remote: &str) -> Result<Option<Commit>> {
        let oldest = self.oldest_unknown_to(self.oid(&head.id)?, remote);
        match oldest.map_err(|error| Error::git(format!("cannot walk the history: {}", error.message())))? {
            None => Ok(Some(head.clone())),
            Some(oldest) => match self.parents(&self.resolve(&oldest.to_string())?)?.first() {
                Some(parent) => self.resolve(parent).map(Some),
                None => Ok(None),
            },
        }
    }

    /// The oldest commit on the way to `head` that the remote does not have.
    fn oldest_unknown_to(&self, head: Oid, remote: &str) -> Result<Option<Oid>, git2::Error> {
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
        walk.push(head)?;
        let prefix = format!("refs/remotes/{remote}/");
        for reference in self.git.references()?.flatten() {
            // The remote may be an address, which is no glob; so names are compared and not matched.
            let is_there = reference.name_bytes().starts_with(prefix.as_bytes());
            if let Ok(commit) = reference.peel_to_commit()
                && is_there
            {
                walk.hide(commit.id())?;
            }
        }
        walk.next().transpose()
    }

    /// `core.hooksPath`, whoever set it: here git itself asks the user's settings, so this does too.
    pub fn hooks_path(&self) -> Result<Option<String>> {
        let failed = |error: git2::Error| Error::git(format!("cannot read git's settings: {}", error.message()));
        let mut config = git2::Config::open_default().map_err(failed)?;
        let own = self.git.commondir().join("config");
        config.add_file(&own, git2::ConfigLevel::Local, true).map_err(failed)?;
        Ok(config.get_string("core.hooksPath").ok().filter(|path| !path.is_empty()))
    }

    /// Git's directory, shared by all working trees.
    pub fn common_dir(&self) -> &std::path::Path {
        self.git.commondir()
    }
}
