//! Hermetic runs of the real binary: no environment, no user's git settings, fixed dates.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A time every commit and recording carries.
const TIME: &str = "1795219200";

/// A directory that goes away, with a home of its own.
pub(crate) struct Scratch {
    dir: TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// A repository with the branch `main` at `below`.
    pub(crate) fn repository(&self, below: &str) -> Repository {
        let root = self.path(below);
        std::fs::create_dir_all(&root).unwrap();
        let repository = Repository { root };
        repository.git(&["init", "--quiet", "--initial-branch", "main", "."]);
        repository
    }
}

/// A working tree under test.
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
}

impl Repository {
    /// Runs git, which must succeed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]);
        command.args(args).current_dir(&self.root);
        clean(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Writes a file, with the directories above it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Copies a tree over the working tree.
    pub(crate) fn overlay(&self, from: &Path) {
        if from.is_dir() {
            copy(from, &self.root);
        }
    }

    pub(crate) fn regild(&self, args: &[&str]) -> Run {
        Run(regild(args).current_dir(&self.root).output().unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The binary, with nothing of this machine around it.
pub(crate) fn regild(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regild"));
    command.args(args);
    clean(&mut command);
    command
}

fn clean(command: &mut Command) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", "/nonexistent").env("COLUMNS", "80").env("NO_COLOR", "1");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("SOURCE_DATE_EPOCH", TIME);
    command.env("GIT_AUTHOR_DATE", format!("{TIME} +0000")).env("GIT_COMMITTER_DATE", format!("{TIME} +0000"));
}

/// What a run of the binary gave.
#[must_use = "look at what it said, or assert its exit code"]
pub(crate) struct Run(pub(crate) Output);

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Asserts that it stopped with exit code 2, a message that has `says`, and no panic.
    #[track_caller]
    pub(crate) fn refuses(&self, says: &str) {
        let stderr = self.stderr();
        assert_eq!(self.code(), 2, "{stderr}{}", self.stdout());
        assert!(stderr.contains(says), "no {says:?} in: {stderr}");
        assert!(!stderr.contains("a fault of regild"), "{stderr}");
    }

    #[track_caller]
    pub(crate) fn succeeds(&self) -> String {
        assert_eq!(self.code(), 0, "{}{}", self.stderr(), self.stdout());
        self.stdout()
    }
}
