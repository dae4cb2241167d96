//! The working tree as a snapshot: what git would commit after `git add .`, held in memory.
//!
//! libgit2's own status is not asked: in a sparse checkout it reports every file left out as deleted.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorCode, Index, IndexEntryExtendedFlag, ObjectType, Oid};

use super::Repo;
use super::content::Held;
use super::listing::{Listing, is_within, join, name, roots};
use super::objects::MAX_BLOB;
use super::stamp::Stamp;
use super::tree::LINK_MODE;
use crate::error::{Error, Result};
use crate::snapshot::{EntryKind, Origin, Snapshot};
use crate::wire;

/// How the index notes a submodule.
const SUBMODULE_MODE: u32 = 0o160_000;

impl Repo {
    /// One file of the working tree, as [`Repo::worktree`] would hold it.
    pub fn worktree_file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.worktree(&[path])?.read(path)
    }

    /// The working tree's files at and below `paths`, which are relative to the project root, as are those of the snapshot:
    /// tracked ones, and untracked ones that are not ignored.
    pub fn worktree<P: AsRef<str>>(&self, paths: &[P]) -> Result<Snapshot> {
        let Some(root) = self.root_path() else {
            return Err(
                Error::git("a bare repository has no working tree").hint("Name the commit to check: --head REF")
            );
        };
        let paths = roots(paths)?;
        let tracked = self.tracked(&paths)?;
        let held = Held::over(Arc::clone(&self.objects));
        let mut walk = Walk { repo: self, root, tracked, listing: Listing::default(), held, pending: Vec::new() };
        paths.iter().try_for_each(|path| walk.enter(path))?;
        walk.add_absent(&paths)?;
        let Walk { listing, held, .. } = walk;

        let entries = listing.into_entries();
        let content = entries.iter().map(|(path, entry)| (path, format!("{:?}", entry.kind), &entry.id));
        let tree = format!("worktree:{}", &wire::digest(&content.collect::<Vec<_>>())[..40]);
        let origin = Origin { reference: "worktree".into(), commit: None, tree, time: self.head_time()? };
        Ok(Snapshot::new(origin, entries, Arc::new(held)))
    }

    /// The index, as far as it concerns `paths`.
    fn tracked(&self, paths: &[String]) -> Result<BTreeMap<String, Tracked>> {
        // Opened by its path: the index that libgit2 keeps for a repository stays as it was first read.
        let path = self.git.path().join("index");
        let written = path.metadata().ok().as_ref().and_then(Stamp::of_file).map(|stamp| stamp.modified);
        let index = Index::open_ext(&path, self.objects.format()).map_err(|e| {
            let unusable = Error::git(format!("cannot read the index: {}", e.message()));
            match e.message() {
                reason if reason.contains("'sdir'") => unusable.hint("git sparse-checkout reapply --no-sparse-index"),
                reason if reason.contains("'link'") => unusable.hint("git update-index --no-split-index"),
                _ => unusable,
            }
        })?;
        let mut tracked = BTreeMap::new();
        for entry in index.iter() {
            let Ok(path) = str::from_utf8(&entry.path) else { continue };
            if !is_within(&self.prefix, path) {
                continue;
            }
            let path = path[self.prefix.len()..].trim_start_matches('/');
            // A submodule above a path decides what stands at the path.
            if paths.iter().any(|root| is_within(root, path) || is_within(path, root)) {
                let flags = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
                let is_absent = flags.is_skip_worktree();
                let stamp = Stamp::of_entry(&entry, written);
                tracked.insert(path.to_owned(), Tracked { id: entry.id, mode: entry.mode, is_absent, stamp });
            }
        }
        Ok(tracked)
    }

    fn head_time(&self) -> Result<i64> {
        match self.git.head().and_then(|head| head.peel_to_commit()) {
            Ok(commit) => Ok(commit.time().seconds()),
            Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(0),
            Err(e) => Err(Error::git(format!("cannot read HEAD: {}", e.message()))),
        }
    }
}

/// A path of the index.
struct Tracked {
    id: Oid,
    mode: u32,
    /// Whether a sparse checkout leaves it out of the working tree.
    is_absent: bool,
    /// What the file looked like when git last compared it, where that can be relied on.
    stamp: Option<Stamp>,
}

struct Walk<'a> {
    repo: &'a Repo,
    /// The project root on disk.
    root: PathBuf,
    tracked: BTreeMap<String, Tracked>,
    listing: Listing,
    held: Held,
    /// Directories to list.
    pending: Vec<String>,
}

impl Walk<'_> {
    /// Lists what stands at `root`. A link or submodule on the way is listed in its place and not entered.
    fn enter(&mut self, root: &str) -> Result<()> {
        let mut path = String::new();
        let mut steps = root.split('/').peekable();
        while let Some(step) = steps.next() {
            path = join(&path, step);
            let on_disk = self.root.join(&path);
            let found = match on_disk.symlink_metadata() {
                Ok(found) => found,
                Err(e) if is_gone(&e) => return Ok(()),
                Err(e) => return Err(unreadable(&on_disk, &e)),
            };
            if steps.peek().is_none() || !found.is_dir() || self.foreign(&path).is_some() {
                self.place(path, &found)?;
                break;
            }
        }
        while let Some(dir) = self.pending.pop() {
            self.list(&dir)?;
        }
        Ok(())
    }

    fn list(&mut self, dir: &str) -> Result<()> {
        let on_disk = self.root.join(dir);
        for item in on_disk.read_dir().map_err(|e| unreadable(&on_disk, &e))? {
            let item = item.map_err(|e| unreadable(&on_disk, &e))?;
            if item.file_name().eq_ignore_ascii_case(".git") {
                continue;
            }
            let path = join(dir, name(dir, item.file_name().as_encoded_bytes())?);
            match item.metadata() {
                Ok(found) => self.place(path, &found)?,
                Err(e) if is_gone(&e) => {}
                Err(e) => return Err(unreadable(&item.path(), &e)),
            }
        }
        Ok(())
    }

    /// Takes in what stands at `path`, unless git would not commit it. Sockets and the like are nothing to git.
    fn place(&mut self, path: String, found: &Metadata) -> Result<()> {
        self.listing.visit(&path)?;
        if found.is_dir() {
            match self.foreign(&path) {
                Some(id) => return self.listing.add(path, id, EntryKind::Submodule),
                // An ignored directory may hold files that were added by force.
                None if path.is_empty() || self.has_tracked_below(&path) || !self.is_ignored(&path)? => {
                    self.pending.push(path);
                }
                None => {}
            }
            return Ok(());
        }
        let counts =
            (found.is_file() || found.is_symlink()) && (self.tracked.contains_key(&path) || !self.is_ignored(&path)?);
        if !counts {
            return Ok(());
        }
        let (id, kind) = if found.is_symlink() { self.link(&path)? } else { self.file(&path, found)? };
        self.listing.add(path, id.to_string(), kind)
    }

    /// The id under which another repository stands at the directory `path`, if one does.
    fn foreign(&self, path: &str) -> Option<String> {
        match self.tracked.get(path) {
            Some(tracked) if tracked.mode == SUBMODULE_MODE => return Some(tracked.id.to_string()),
            Some(_) | None => {}
        }
        let nested = !path.is_empty() && !self.has_tracked_below(path) && self.root.join(path).join(".git").exists();
        nested.then(|| self.repo.objects.no_id())
    }

    fn has_tracked_below(&self, dir: &str) -> bool {
        let below = format!("{dir}/");
        self.tracked.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    fn is_ignored(&self, path: &str) -> Result<bool> {
        let path = join(&self.repo.prefix, path);
        let asked = self.repo.git.is_path_ignored(&path);
        asked.map_err(|e| {
            Error::git(format!("cannot tell whether `{}` is ignored: {}", path.escape_debug(), e.message()))
        })
    }

    /// A symbolic link is the text of its target; it is not followed (SEC-06).
    fn link(&self, path: &str) -> Result<(Oid, EntryKind)> {
        let on_disk = self.root.join(path);
        let target = on_disk.read_link().map_err(|e| unreadable(&on_disk, &e))?;
        Ok((self.repo.hash(target.as_os_str().as_encoded_bytes())?, EntryKind::Symlink))
    }

    fn file(&mut self, path: &str, found: &Metadata) -> Result<(Oid, EntryKind)> {
        let on_disk = self.root.join(path);
        let size = found.len();
        if size > MAX_BLOB {
            let id = Oid::hash_file_ext(ObjectType::Blob, &on_disk, self.repo.objects.format());
            let id = id.map_err(|e| Error::git(format!("cannot hash {}: {}", on_disk.display(), e.message())))?;
            self.held.pass_over(id, size);
            return Ok((id, EntryKind::File));
        }
        let tracked = self.tracked.get(path);
        if let Some(tracked) = tracked
            && tracked.mode != LINK_MODE
            && tracked.stamp.is_some()
            && tracked.stamp == Stamp::of_file(found)
        {
            // Untouched since git looked: its content is the object, which is read if somebody asks for it.
            return Ok((tracked.id, EntryKind::File));
        }
        let raw = std::fs::read(&on_disk).map_err(|e| unreadable(&on_disk, &e))?;
        let (id, bytes) = self.repo.as_committed(raw, tracked.map(|tracked| tracked.id))?;
        self.held.keep(id, bytes)?;
        // Where the platform has no links, git writes them as files that hold the target.
        let is_link = tracked.is_some_and(|tracked| tracked.mode == LINK_MODE && tracked.id == id);
        Ok((id, if is_link { EntryKind::Symlink } else { EntryKind::File }))
    }

    /// Adds what git tracks although it is not on disk: what a sparse checkout leaves out, and submodules not checked out.
    fn add_absent(&mut self, roots: &[String]) -> Result<()> {
        let wanted = |path: &str| roots.iter().any(|root| is_within(root, path));
        for (path, tracked) in &self.tracked {
            let kind = match tracked.mode {
                SUBMODULE_MODE => EntryKind::Submodule,
                LINK_MODE => EntryKind::Symlink,
                _ => EntryKind::File,
            };
            let counts = tracked.is_absent || kind == EntryKind::Submodule;
            if counts && wanted(path) && !self.listing.contains(path) {
                self.listing.visit(path)?;
                self.listing.add(path.clone(), tracked.id.to_string(), kind)?;
            }
        }
        Ok(())
    }
}

fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::io(format_args!("cannot read {}", path.display()), error)
}
