//! Paths while a snapshot is being collected: which ones are asked for, and how many are too many (SEC-06, SEC-25).

use std::collections::BTreeMap;
use std::path::{Component, Path};

use crate::error::{Error, ErrorKind, Result};
use crate::snapshot::{Entry, EntryKind};

/// Files and directories that one snapshot may visit.
const MAX_ENTRIES: usize = 200_000;
/// Bytes of a path. Trees can nest without end, and every path holds all names above it.
const MAX_PATH: usize = 4096;

/// The entries found so far, by path relative to the project root.
#[derive(Default)]
pub(super) struct Listing {
    entries: BTreeMap<String, Entry>,
    visited: usize,
}

impl Listing {
    /// Counts a file or directory before anything is done about it: trees may refer to each other so that they unfold into
    /// more directories than anyone can walk, without a single file.
    pub(super) fn visit(&mut self, path: &str) -> Result<()> {
        self.visited += 1;
        if self.visited > MAX_ENTRIES {
            let message = format!("more than {MAX_ENTRIES} files and directories to read");
            let hint = "Keep prompts.dir and testing.dir to directories that hold prompts and tasks only.";
            return Err(Error::new(ErrorKind::Limit, message).hint(hint));
        }
        if path.len() > MAX_PATH {
            return Err(Error::new(ErrorKind::Limit, format!("a path of more than {MAX_PATH} bytes")));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, path: String, id: String, kind: EntryKind) -> Result<()> {
        match self.entries.insert(path.clone(), Entry { id, kind }) {
            None => Ok(()),
            // Git never writes such a tree, and its readers disagree on which of the two counts.
            Some(_) => Err(Error::git(format!("two entries bear the name `{}`", path.escape_debug()))),
        }
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    pub(super) fn into_entries(self) -> BTreeMap<String, Entry> {
        self.entries
    }
}

/// `name` inside `dir`, where an empty `dir` is the root.
pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() || name.is_empty() { format!("{dir}{name}") } else { format!("{dir}/{name}") }
}

/// Whether `path` is `dir` or below it.
pub(super) fn is_within(dir: &str, path: &str) -> bool {
    match path.strip_prefix(dir) {
        Some(rest) => dir.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// The name of an entry of a tree or directory. Names that would leave the directory, or the project, are refused.
pub(super) fn name<'a>(dir: &str, bytes: &'a [u8]) -> Result<&'a str> {
    let usable = |name: &&str| is_plain(name) && !name.contains('\0');
    std::str::from_utf8(bytes).ok().filter(usable).ok_or_else(|| {
        let path = join(dir, &String::from_utf8_lossy(bytes));
        Error::git(format!("the path `{}` cannot be used", path.escape_debug()))
            .hint("Rename the file: names must be UTF-8, and plain names.")
    })
}

/// Brings the paths a caller asks for into one form and drops those that lie below another.
pub(super) fn roots<P: AsRef<str>>(paths: &[P]) -> Result<Vec<String>> {
    let mut roots = paths.iter().map(|path| root(path.as_ref())).collect::<Result<Vec<_>>>()?;
    roots.sort();
    roots.dedup();
    let all = roots.clone();
    roots.retain(|path| !all.iter().any(|other| other != path && is_within(other, path)));
    Ok(roots)
}

fn root(path: &str) -> Result<String> {
    let absolute = path.starts_with('/');
    let names = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect::<Vec<_>>();
    if absolute || path.contains('\0') || !names.iter().all(|name| is_plain(name)) {
        let message = format!("`{}` does not lie inside the project", path.escape_debug());
        let hint = "Paths are relative to the directory of regild.yaml, without `..`.";
        return Err(Error::config(message, Vec::new()).hint(hint));
    }
    Ok(names.join("/"))
}

/// Whether `name` is one step down on every platform, and not into git's own directory.
fn is_plain(name: &str) -> bool {
    let mut steps = Path::new(name).components();
    let one_step = matches!((steps.next(), steps.next()), (Some(Component::Normal(_)), None));
    one_step && !name.contains('/') && !name.eq_ignore_ascii_case(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brings_roots_into_one_form() {
        let cleaned = roots(&["./prompts/", "prompts/a", "golden//x", "prompts", "prompts.yaml"]).unwrap();
        assert_eq!(cleaned, ["golden/x", "prompts", "prompts.yaml"]);
        assert_eq!(roots(&["a", "."]).unwrap(), [""]);
    }

    #[test]
    fn sec_06_refuses_paths_that_leave_the_project() {
        for path in ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/config", "a\0b"] {
            assert_eq!(roots(&[path]).unwrap_err().kind, ErrorKind::Config, "{path}");
        }
        for bytes in [b"..".as_slice(), b".", b"", b"a/b", b".git", b"\xff"] {
            assert!(name("", bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_namesake_is_not_within() {
        assert!(is_within("a", "a/b") && is_within("a", "a") && is_within("", "a"));
        assert!(!is_within("a", "ab") && !is_within("a/b", "a"));
    }
}
