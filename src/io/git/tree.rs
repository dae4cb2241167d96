//! A commit's files: trees are read once each and never checked out.

use std::rc::Rc;
use std::sync::Arc;

use git2::{ObjectType, Oid, TreeEntry};

use super::listing::{Listing, join, name, roots};
use super::{Commit, Repo};
use crate::error::{Error, ErrorKind, Result};
use crate::snapshot::{EntryKind, Origin, Snapshot};

/// Bytes of one tree object: room for half a million names, far beyond what a listing accepts.
const MAX_TREE: usize = 32 << 20;
/// How trees note a symbolic link.
pub(super) const LINK_MODE: u32 = 0o120_000;

impl Repo {
    /// One file of a commit; `None` where there is none or where it is not a file. The path is relative to the project root.
    pub fn read_file(&self, commit: &Commit, path: &str) -> Result<Option<Vec<u8>>> {
        self.snapshot(commit, &[path])?.read(path)
    }

    /// A commit's files at and below `paths`, which are relative to the project root, as are those of the snapshot. Paths
    /// that the commit does not have are left out.
    pub fn snapshot<P: AsRef<str>>(&self, commit: &Commit, paths: &[P]) -> Result<Snapshot> {
        let mut listing = Listing::default();
        let paths = roots(paths)?;
        if let Some(project) = self.project_tree(commit)? {
            for path in &paths {
                self.list(project, path, &mut listing)?;
            }
        }
        let origin = Origin {
            reference: commit.reference.clone(),
            commit: Some(commit.id.clone()),
            tree: commit.tree.clone(),
            time: commit.time,
        };
        Ok(Snapshot::new(origin, listing.into_entries(), Arc::clone(&self.objects) as _))
    }

    /// The tree of the project root, unless the commit has no directory there.
    fn project_tree(&self, commit: &Commit) -> Result<Option<Oid>> {
        let mut at = self.oid(&commit.tree)?;
        for step in self.prefix.split('/').filter(|step| !step.is_empty()) {
            match named(&self.tree(at)?, step) {
                Some(item) if item.kind.is_none() => at = item.id,
                Some(_) | None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Lists what stands at `root` below the tree `at`. A link or submodule on the way is listed in its place and not entered.
    fn list(&self, mut at: Oid, root: &str, listing: &mut Listing) -> Result<()> {
        let mut path = String::new();
        for step in root.split('/').filter(|step| !step.is_empty()) {
            let tree = self.tree(at)?;
            let Some(item) = named(&tree, step) else { return Ok(()) };
            path = join(&path, step);
            match item.kind {
                None => at = item.id,
                Some(kind) => return listing.add(path, item.id.to_string(), kind),
            }
        }
        let mut pending = vec![(path, at)];
        while let Some((dir, id)) = pending.pop() {
            for item in self.tree(id)?.iter() {
                let path = join(&dir, name(&dir, &item.name)?);
                listing.visit(&path)?;
                match item.kind {
                    None => pending.push((path, item.id)),
                    Some(kind) => listing.add(path, item.id.to_string(), kind)?,
                }
            }
        }
        Ok(())
    }

    fn tree(&self, id: Oid) -> Result<Rc<[Item]>> {
        if let Some(known) = self.trees.borrow().get(&id) {
            return Ok(Rc::clone(known));
        }
        let failed = |e: git2::Error| self.objects.unreadable(&id.to_string(), &e);
        let (size, _) = self.git.odb().and_then(|odb| odb.read_header(id)).map_err(failed)?;
        if size > MAX_TREE {
            return Err(Error::new(ErrorKind::Limit, format!("tree {id} is larger than {} MiB", MAX_TREE >> 20)));
        }
        let tree = self.git.find_tree(id).map_err(failed)?;
        let item = |entry: TreeEntry<'_>| Item { name: entry.name_bytes().into(), id: entry.id(), kind: leaf(&entry) };
        let items: Rc<[Item]> = tree.iter().map(item).collect();
        self.trees.borrow_mut().insert(id, Rc::clone(&items));
        Ok(items)
    }

    pub(super) fn oid(&self, hex: &str) -> Result<Oid> {
        Oid::from_str_ext(hex, self.objects.format()).map_err(|e| self.objects.unreadable(hex, &e))
    }
}

/// What stands under one name of a tree.
pub(super) struct Item {
    name: Box<[u8]>,
    id: Oid,
    /// `None` for a directory.
    kind: Option<EntryKind>,
}

fn named<'a>(tree: &'a [Item], name: &str) -> Option<&'a Item> {
    tree.iter().find(|item| *item.name == *name.as_bytes())
}

/// What an entry of a tree is; `None` for a directory.
fn leaf(entry: &TreeEntry<'_>) -> Option<EntryKind> {
    match entry.kind() {
        Some(ObjectType::Tree) => None,
        Some(ObjectType::Commit) => Some(EntryKind::Submodule),
        _ if entry.filemode().cast_unsigned() == LINK_MODE => Some(EntryKind::Symlink),
        _ => Some(EntryKind::File),
    }
}
