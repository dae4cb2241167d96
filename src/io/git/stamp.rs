//! What a file looked like when git last compared it with the index: as long as it looks the same, it holds the same.
//!
//! The rule is git's own. A file that changed within the moment in which the index was written looks untouched although it is
//! not, so whatever is as young as the index is read ("racy git").

use std::fs::Metadata;

use git2::IndexEntry;

/// Size, times and number of a file on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) modified: Time,
    changed: Time,
    size: u32,
    inode: u32,
}

/// Seconds and nanoseconds, as far as the index has room for them.
pub(super) type Time = (u32, u32);

impl Stamp {
    /// As the index notes it; `None` where it cannot be relied on. `written` is when the index was.
    pub(super) fn of_entry(entry: &IndexEntry, written: Option<Time>) -> Option<Self> {
        let time = |time: git2::IndexTime| (time.seconds().cast_unsigned(), time.nanoseconds());
        let (modified, changed) = (time(entry.mtime), time(entry.ctime));
        // Git writes a size of 0 where it could not tell.
        let is_old = written.is_some_and(|written| modified < written) && entry.file_size > 0;
        is_old.then_some(Self { modified, changed, size: entry.file_size, inode: entry.ino })
    }

    /// As it is now; `None` where the platform does not say.
    #[cfg(unix)]
    pub(super) fn of_file(found: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let low = |number: i64| number.cast_unsigned() as u32;
        Some(Self {
            modified: (low(found.mtime()), low(found.mtime_nsec())),
            changed: (low(found.ctime()), low(found.ctime_nsec())),
            size: found.len() as u32,
            inode: found.ino() as u32,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn of_file(_: &Metadata) -> Option<Self> {
        None
    }
}
