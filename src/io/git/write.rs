//! The few writes regild makes to git: a new repository for the demo. Nothing here touches a repository it did not make.

use std::path::Path;

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};

use crate::error::{Error, Result};

/// A repository that regild made.
pub struct NewRepo(Repository);

impl NewRepo {
    /// Makes an empty repository with the branch `main`.
    pub fn init(dir: &Path) -> Result<Self> {
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").no_reinit(true).external_template(false);
        Repository::init_opts(dir, &options).map(Self).map_err(|error| failed("make a repository", &error))
    }

    /// Commits everything in the working tree; `time` is in seconds since 1970.
    pub fn commit_all(&self, message: &str, time: i64) -> Result<()> {
        self.try_commit(message, time).map_err(|error| failed("commit", &error))
    }

    /// Makes a branch at the current commit and works on it from now on.
    pub fn start_branch(&self, name: &str) -> Result<()> {
        let start = || {
            let tip = self.0.head()?.peel_to_commit()?;
            self.0.branch(name, &tip, false)?;
            self.0.set_head(&format!("refs/heads/{name}"))
        };
        start().map_err(|error: git2::Error| failed("make a branch", &error))
    }

    fn try_commit(&self, message: &str, time: i64) -> Result<(), git2::Error> {
        let mut index = self.0.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = self.0.find_tree(index.write_tree()?)?;
        let who = Signature::new("regild demo", "demo@example.com", &Time::new(time, 0))?;
        let parent = self.0.head().and_then(|head| head.peel_to_commit()).ok();
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        self.0.commit(Some("HEAD"), &who, &who, message, &tree, &parents).map(|_| ())
    }
}

fn failed(what: &str, error: &git2::Error) -> Error {
    Error::git(format!("cannot {what}: {}", error.message()))
}
