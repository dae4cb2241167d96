//! A patch, applied to the files of HEAD without touching the index or the working tree: what would stand where.

use git2::{ApplyOptions, Delta, Diff, DiffFile, FileMode};

use super::Repo;
use crate::error::{Error, Result};

/// A file that a patch changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// Relative to the project root.
    pub path: String,
    /// What HEAD has there; `None` where it has nothing.
    pub before: Option<Vec<u8>>,
    /// What the patch puts there; `None` where it deletes.
    pub after: Option<Vec<u8>>,
}

impl Repo {
    /// What `patch` makes of HEAD. Anything but plain files added, edited or deleted below the project root is refused.
    pub fn patched(&self, patch: &[u8]) -> Result<Vec<Patched>> {
        let broken =
            |error: git2::Error| Error::usage(format!("this is no patch that git can apply: {}", error.message()));
        let diff = Diff::from_buffer(patch).map_err(broken)?;
        if diff.deltas().len() == 0 {
            return Err(
                Error::usage("the patch changes nothing").hint("Was anything recorded? See the run that made it.")
            );
        }
        let paths = diff.deltas().map(|delta| self.plain(&delta)).collect::<Result<Vec<String>>>()?;
        let head = self.git.find_tree(self.oid(&self.resolve("HEAD")?.tree)?).map_err(broken)?;
        let applied = self.git.apply_to_tree(&head, &diff, Some(&mut ApplyOptions::new()));
        let applied = applied.map_err(|error| {
            Error::usage(format!("the patch does not fit HEAD: {}", error.message()))
                .hint("It was made for another commit: check that one out, or record again.")
        })?;
        let blob = |id| self.git.find_blob(id).map(|blob| blob.content().to_vec()).map_err(broken);
        let file = |path: String| {
            let full = std::path::Path::new(&path);
            let before = head.get_path(full).ok().map(|entry| blob(entry.id())).transpose()?;
            let after = applied.get_path(full, 0).map(|entry| blob(entry.id)).transpose()?;
            let path = self.below_project(&path).unwrap_or(&path).to_owned();
            Ok(Patched { path, before, after })
        };
        paths.into_iter().map(file).collect()
    }

    /// The full path of a delta that is a plain file below the project root.
    fn plain(&self, delta: &git2::DiffDelta<'_>) -> Result<String> {
        let name = |file: &DiffFile<'_>| file.path().and_then(|path| path.to_str()).unwrap_or_default().to_owned();
        let (old, new) = (name(&delta.old_file()), name(&delta.new_file()));
        let path = if new.is_empty() { &old } else { &new };
        let refuse = |why: &str| Error::usage(format!("the patch {why} {}", path.escape_debug()));
        let is_file = |file: &DiffFile<'_>| matches!(file.mode(), FileMode::Blob | FileMode::Unreadable);
        match delta.status() {
            Delta::Added | Delta::Modified | Delta::Deleted => {}
            _ => return Err(refuse("moves or retypes")),
        }
        if !old.is_empty() && !new.is_empty() && old != new {
            return Err(refuse("moves"));
        }
        if !is_file(&delta.old_file()) || !is_file(&delta.new_file()) {
            return Err(refuse("makes something else than a plain file of"));
        }
        if self.below_project(path).is_none() {
            return Err(refuse("leaves the project with"));
        }
        Ok(path.clone())
    }

    fn below_project<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.prefix.is_empty() { Some(path) } else { path.strip_prefix(&self.prefix)?.strip_prefix('/') }
    }
}
