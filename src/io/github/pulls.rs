//! Pull requests: one by its number or its head, its reviews and commits, and what a reviewer may do.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{GitHub, Listed, Tried};
use crate::approval::Permission;
use crate::github::api::{Allowed, Commit, Pull, Review};

impl GitHub {
    pub fn pull(&self, repository: &str, number: u64) -> Tried<Pull> {
        self.get(&format!("/repos/{repository}/pulls/{number}"))
    }

    /// Those that a commit belongs to.
    pub fn pulls_of_commit(&self, repository: &str, commit: &str) -> Tried<Vec<Pull>> {
        self.get(&format!("/repos/{repository}/commits/{commit}/pulls?per_page=100"))
    }

    /// The open ones of somebody's branch.
    pub fn pulls_of_branch(&self, repository: &str, owner: &str, branch: &str) -> Tried<Vec<Pull>> {
        let branch = utf8_percent_encode(branch, NON_ALPHANUMERIC);
        self.get(&format!("/repos/{repository}/pulls?state=open&head={owner}:{branch}&per_page=100"))
    }

    /// All reviews, oldest first.
    pub fn reviews(&self, repository: &str, number: u64) -> Tried<Listed<Review>> {
        self.list(&format!("/repos/{repository}/pulls/{number}/reviews"))
    }

    /// The commits, of which GitHub lists no more than 250.
    pub fn commits(&self, repository: &str, number: u64) -> Tried<Listed<Commit>> {
        self.list(&format!("/repos/{repository}/pulls/{number}/commits"))
    }

    /// What somebody may do; nothing where GitHub does not know them here.
    pub fn permission(&self, repository: &str, login: &str) -> Tried<Permission> {
        let login = utf8_percent_encode(login, NON_ALPHANUMERIC);
        match self.get::<Allowed>(&format!("/repos/{repository}/collaborators/{login}/permission")) {
            Ok(allowed) => Ok(allowed.permission),
            Err(trouble) if trouble.is_not_found() => Ok(Permission::None),
            Err(trouble) => Err(trouble),
        }
    }
}
