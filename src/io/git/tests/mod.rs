//! Against real repositories in temporary directories. Where libgit2 cannot make one (shallow, partial, sparse, reftable),
//! the git binary does.

mod open;
mod refs;
mod shallow;
mod tree;
mod worktree;

use std::path::{Path, PathBuf};
use std::process::Command;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, RepositoryInitOptions, Signature, Time};
use tempfile::TempDir;

use super::{Ownership, Repo};
use crate::error::Error;
use crate::snapshot::Snapshot;

const CONFIG: &str = "regild.yaml";

/// A repository of a test's own.
struct Project {
    dir: TempDir,
    git: Repository,
}

impl Project {
    fn new() -> Self {
        Self::with(RepositoryInitOptions::new().initial_head("main"))
    }

    fn with(options: &RepositoryInitOptions) -> Self {
        let dir = TempDir::new().unwrap();
        let git = Repository::init_opts(dir.path(), options).unwrap();
        Self { dir, git }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn open(&self) -> Repo {
        open(self.path())
    }

    /// Commits `files` as the whole tree, `at` seconds after 1970, and moves `branch` there.
    fn commit(&self, branch: &str, at: i64, parents: &[Oid], files: &[(&str, &str)]) -> Oid {
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            update.upsert(*path, self.git.blob(text.as_bytes()).unwrap(), FileMode::Blob);
        }
        let tree = update.create_updated(&self.git, &self.empty_tree()).unwrap();
        self.commit_tree(branch, at, parents, tree)
    }

    fn commit_tree(&self, branch: &str, at: i64, parents: &[Oid], tree: Oid) -> Oid {
        let who = Signature::new("test", "test@example.org", &Time::new(at, 0)).unwrap();
        let parents = parents.iter().map(|id| self.git.find_commit(*id).unwrap()).collect::<Vec<_>>();
        let parents = parents.iter().collect::<Vec<_>>();
        let tree = self.git.find_tree(tree).unwrap();
        let id = self.git.commit(None, &who, &who, &format!("at {at}"), &tree, &parents).unwrap();
        self.git.reference(&format!("refs/heads/{branch}"), id, true, "test").unwrap();
        id
    }

    fn empty_tree(&self) -> git2::Tree<'_> {
        let id = self.git.treebuilder(None).unwrap().write().unwrap();
        self.git.find_tree(id).unwrap()
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn track(&self, paths: &[&str]) {
        let mut index = self.git.index().unwrap();
        paths.iter().for_each(|path| index.add_path(Path::new(path)).unwrap());
        index.write().unwrap();
    }

    /// Where the git binary clones this repository from.
    fn url(&self) -> String {
        format!("file://{}", self.path().display())
    }
}

fn open(path: &Path) -> Repo {
    Repo::discover(path, CONFIG, Ownership::Checked).unwrap()
}

fn refused(path: &Path) -> Error {
    match Repo::discover(path, CONFIG, Ownership::Checked) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

/// Runs the git binary without anyone's settings.
fn git(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(args).current_dir(dir).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "test@example.org");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A clone into a directory of its own, by the git binary.
fn clone(from: &Project, options: &[&str]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let url = from.url();
    git(dir.path(), &[&["clone", "-q"], options, &[&url, "clone"]].concat());
    let path = dir.path().join("clone");
    (dir, path)
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.below("").map(|(path, _)| path).collect()
}

fn text(snapshot: &Snapshot, path: &str) -> String {
    String::from_utf8(snapshot.read(path).unwrap().unwrap()).unwrap()
}

#[track_caller]
fn assert_hint(error: &Error, part: &str) {
    assert!(error.hints.iter().any(|hint| hint.contains(part)), "no `{part}` in {error:?}");
}
