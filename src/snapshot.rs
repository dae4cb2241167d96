//! A snapshot: the files of a project at a ref or in the working tree, by path, with their contents at hand by object id.
//!
//! Core reads files only through this value. Contents are addressed by id, so reading is a pure function of the snapshot;
//! `io::git` builds it and provides the bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, ErrorKind, Result};

/// The files of one side.
#[derive(Clone)]
pub struct Snapshot {
    pub origin: Origin,
    /// By path relative to the project root, with `/`.
    entries: BTreeMap<String, Entry>,
    blobs: Arc<dyn Blobs>,
    /// Paths that differ in case only, by what they have in common. Looked for when first asked.
    twins: OnceLock<BTreeMap<String, Vec<String>>>,
}

/// Where a snapshot comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// As asked for: `main`, `v1.2`, `worktree`, `none`.
    pub reference: String,
    /// Full id of the commit; `None` for the working tree and the empty tree.
    pub commit: Option<String>,
    /// Full id of the tree; for the working tree `worktree:` and a digest of what was read.
    pub tree: String,
    /// Committer time in seconds since 1970 of the commit, or of the commit the working tree stands on.
    pub time: i64,
}

/// One path of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Git's object id of the content, also for files of the working tree.
    pub id: String,
    pub kind: EntryKind,
}

/// What stands at a path. Only files are read (SEC-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Symlink,
    Submodule,
}

/// Bytes by object id.
pub trait Blobs: Send + Sync {
    fn read(&self, id: &str) -> Result<Vec<u8>>;
}

impl Blobs for BTreeMap<String, Vec<u8>> {
    fn read(&self, id: &str) -> Result<Vec<u8>> {
        self.get(id).cloned().ok_or_else(|| Error::new(ErrorKind::Git, format!("object {id} is not here")))
    }
}

impl Snapshot {
    pub fn new(origin: Origin, entries: BTreeMap<String, Entry>, blobs: Arc<dyn Blobs>) -> Self {
        Self { origin, entries, blobs, twins: OnceLock::new() }
    }

    /// The snapshot without any file.
    pub fn empty() -> Self {
        let origin = Origin { reference: "none".into(), commit: None, tree: "none".into(), time: 0 };
        Self::new(origin, BTreeMap::new(), Arc::new(BTreeMap::new()))
    }

    /// What stands at `path`, if anything does.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The object id of the file at `path`.
    pub fn id(&self, path: &str) -> Option<&str> {
        self.entries.get(path).map(|entry| entry.id.as_str())
    }

    /// The paths below `dir`, sorted. `dir` has no trailing slash.
    pub fn below<'a>(&'a self, dir: &str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let prefix = if matches!(dir, "" | ".") { String::new() } else { format!("{dir}/") };
        self.entries
            .range(prefix.clone()..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// The paths below `dir` that stand on one side only or with other contents, sorted.
    pub fn differing(&self, other: &Self, dir: &str) -> Vec<String> {
        let of = |snapshot: &Self| -> BTreeMap<String, Entry> {
            snapshot.below(dir).map(|(path, entry)| (path.to_owned(), entry.clone())).collect()
        };
        let (one, two) = (of(self), of(other));
        let paths: std::collections::BTreeSet<&String> = one.keys().chain(two.keys()).collect();
        paths.into_iter().filter(|path| one.get(*path) != two.get(*path)).cloned().collect()
    }

    /// Another path that differs from `path` in case only: some file systems cannot hold both.
    pub fn twin(&self, path: &str) -> Option<&str> {
        let twins = self.twins.get_or_init(|| {
            let mut folded: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for path in self.entries.keys() {
                folded.entry(path.to_lowercase()).or_default().push(path.clone());
            }
            folded.retain(|_, paths| paths.len() > 1);
            folded
        });
        twins.get(&path.to_lowercase())?.iter().map(String::as_str).find(|twin| *twin != path)
    }

    /// The content of the file at `path`; `None` where there is none, or where it is not a file.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.entries.get(path) {
            Some(Entry { id, kind: EntryKind::File }) => {
                let bytes = self.blobs.read(id);
                bytes.map(Some).map_err(|e| Error { message: format!("{path}: {}", e.message), ..e })
            }
            Some(Entry { kind: EntryKind::Symlink | EntryKind::Submodule, .. }) | None => Ok(None),
        }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("origin", &self.origin).field("files", &self.entries.len()).finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A snapshot of the given files, for tests of core.
    pub(crate) fn snapshot(files: &[(&str, &str)]) -> Snapshot {
        let mut entries = BTreeMap::new();
        let mut blobs = BTreeMap::new();
        for (path, text) in files {
            let id = crate::wire::digest(text);
            entries.insert((*path).to_owned(), Entry { id: id.clone(), kind: EntryKind::File });
            blobs.insert(id, text.as_bytes().to_vec());
        }
        let origin = Origin { reference: "test".into(), commit: None, tree: "test".into(), time: 0 };
        Snapshot::new(origin, entries, Arc::new(blobs))
    }

    #[test]
    fn lists_a_directory_and_not_its_namesakes() {
        let files = snapshot(&[("a/b.yaml", "1"), ("a/c/d.yaml", "2"), ("a.yaml", "3"), ("ab/x", "4")]);
        let below = |dir| files.below(dir).map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(below("a"), ["a/b.yaml", "a/c/d.yaml"]);
        assert_eq!(below("").len(), 4);
        assert_eq!(files.read("a/b.yaml").unwrap().as_deref(), Some(b"1".as_slice()));
        assert_eq!(files.read("nope").unwrap(), None);
    }

    #[test]
    fn finds_paths_that_differ_in_case_only() {
        let files = snapshot(&[("a/Part.j2", "1"), ("a/part.j2", "2"), ("É", "3"), ("é", "4"), ("b", "5")]);
        assert_eq!(files.twin("a/part.j2"), Some("a/Part.j2"));
        assert_eq!(files.twin("é"), Some("É"));
        assert_eq!(files.twin("b"), None);
    }
}
