//! Contents by object id, for many threads at once.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use git2::{ErrorCode, ObjectFormat, ObjectType, Odb, Oid, Repository};

use crate::error::{Error, ErrorKind, Result};
use crate::snapshot::Blobs;

/// The largest file that regild reads.
pub(super) const MAX_BLOB: u64 = 16 << 20;

/// The object database of a repository. One libgit2 handle inflates under a lock, so each thread borrows its own.
pub(super) struct Objects {
    dir: PathBuf,
    format: ObjectFormat,
    /// Whether a remote promised to hand out missing objects later, as in a partial clone.
    is_partial: bool,
    idle: Mutex<Vec<Odb<'static>>>,
}

impl Objects {
    pub(super) fn of(git: &Repository) -> Self {
        let dir = git.commondir().join("objects");
        Self { dir, format: git.object_format(), is_partial: is_partial(git), idle: Mutex::default() }
    }

    pub(super) fn format(&self) -> ObjectFormat {
        self.format
    }

    /// The id of nothing.
    pub(super) fn no_id(&self) -> String {
        match self.format {
            ObjectFormat::Sha1 => Oid::ZERO_SHA1.to_string(),
            ObjectFormat::Sha256 => Oid::ZERO_SHA256.to_string(),
        }
    }

    /// Why an object could not be read.
    pub(super) fn unreadable(&self, id: &str, error: &git2::Error) -> Error {
        if error.code() != ErrorCode::NotFound {
            return Error::git(format!("object {id} cannot be read: {}", error.message()));
        }
        let missing = Error::git(format!("object {id} is missing"));
        if self.is_partial {
            missing
                .hint(
                    "This is a partial clone; regild never fetches. Get every object: git fetch --refetch --no-filter",
                )
                .hint("Or clone again without --filter.")
        } else {
            missing.hint("See what is broken: git fsck")
        }
    }

    fn read_from(&self, odb: &Odb<'_>, hex: &str) -> Result<Vec<u8>> {
        let failed = |e: git2::Error| self.unreadable(hex, &e);
        let id = Oid::from_str_ext(hex, self.format).map_err(failed)?;
        let (size, kind) = odb.read_header(id).map_err(failed)?;
        if kind != ObjectType::Blob {
            return Err(Error::git(format!("object {hex} is a {kind}, not a file")));
        }
        // Before inflating: a few packed kilobytes may unfold into gigabytes (SEC-25).
        within_limit(size as u64)?;
        odb.read(id).map(|object| object.data().to_vec()).map_err(failed)
    }

    fn handle(&self) -> Result<Odb<'static>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(odb) = idle {
            return Ok(odb);
        }
        let unusable = |reason: &str| Error::git(format!("cannot open {}: {reason}", self.dir.display()));
        let dir = self.dir.to_str().ok_or_else(|| unusable("the path is not UTF-8"))?;
        let odb = Odb::new_ext(self.format).map_err(|e| unusable(e.message()))?;
        odb.add_disk_alternate(dir).map_err(|e| unusable(e.message()))?;
        Ok(odb)
    }
}

impl Blobs for Objects {
    fn read(&self, id: &str) -> Result<Vec<u8>> {
        let odb = self.handle()?;
        let bytes = self.read_from(&odb, id);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(odb);
        bytes
    }
}

/// Refuses a file of more than [`MAX_BLOB`] bytes.
pub(super) fn within_limit(size: u64) -> Result<()> {
    if size <= MAX_BLOB {
        return Ok(());
    }
    let (has, may) = (size as f64 / f64::from(1 << 20), MAX_BLOB >> 20);
    Err(Error::new(ErrorKind::Limit, format!("a file of {has:.1} MiB is over the limit of {may} MiB")))
}

/// Whether git may have left objects out that a remote promised to keep.
fn is_partial(git: &Repository) -> bool {
    let Ok(config) = git.config() else { return false };
    let Ok(entries) = config.entries(Some(r"^remote\..*\.(promisor|partialclonefilter)$")) else { return false };
    let mut found = false;
    entries.for_each(|_| found = true).is_ok() && found
}
