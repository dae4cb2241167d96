//! Files of the working tree and of reports: read, and written whole or not at all.

use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// Writes `bytes` to `path` atomically: a reader sees the old file or the new one, and a kill leaves no half. Creates the
/// directories above it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, None, 0o644)
}

/// [`write()`], of a file that can be run.
pub fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes, None, 0o755)
}

/// [`write()`], with the unfinished file kept in `staging`, so that a kill leaves nothing at all beside `path`.
pub fn write_staged(path: &Path, bytes: &[u8], staging: &Path) -> Result<()> {
    replace(path, bytes, Some(staging), 0o644)
}

fn replace(path: &Path, bytes: &[u8], staging: Option<&Path>, mode: u32) -> Result<()> {
    let failed = |error: &std::io::Error| Error::io(format_args!("cannot write {}", path.display()), error);
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(dir).map_err(|e| failed(&e))?;
    let unfinished = |place: &Path| -> std::io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".regild-");
        #[cfg(not(unix))]
        let _ = mode;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        let mut file = builder.tempfile_in(place)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    if let Some(staging) = staging {
        let file = unfinished(staging).map_err(|e| failed(&e))?;
        match file.persist(path) {
            Ok(_) => return Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::CrossesDevices => {}
            Err(error) => return Err(failed(&error.error)),
        }
    }
    unfinished(dir).map_err(|e| failed(&e))?.persist(path).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// Reads a text file that the operator names.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io(format_args!("cannot read {}", path.display()), &e))
}

/// Reads a file that the operator names, of at most `limit` bytes.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let failed = |error: &std::io::Error| Error::io(format_args!("cannot read {}", path.display()), error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("{} is over the limit of {} MiB", path.display(), limit >> 20),
        ));
    }
    Ok(bytes)
}

/// [`read_text`], of a file that need not be there.
pub fn read_if_any(path: &Path) -> Result<Option<String>> {
    if exists(path) { read_text(path).map(Some) } else { Ok(None) }
}

/// Deletes the file at `path`, and the directories above it that are left empty, up to and including `top`.
pub fn remove(path: &Path, top: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|e| Error::io(format_args!("cannot delete {}", path.display()), &e))?;
    let above = path.ancestors().skip(1).take_while(|dir| dir.starts_with(top));
    // A directory that still holds something ends this; it is meant to stay.
    let _ = above.map(std::fs::remove_dir).find(Result::is_err);
    Ok(())
}

/// The first symbolic link on the way from `root` down to `path`, itself included.
pub fn link_on_the_way(root: &Path, path: &str) -> Option<String> {
    let steps = path.match_indices('/').map(|(at, _)| &path[..at]).chain(std::iter::once(path));
    let is_link = |step: &&str| root.join(step).symlink_metadata().is_ok_and(|found| found.is_symlink());
    steps.into_iter().find(is_link).map(str::to_owned)
}

/// `path` as other processes find it.
pub fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Whether anything stands at `path`.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether nothing stands at `path`, or an empty directory.
pub fn is_fresh(path: &Path) -> Result<bool> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(Error::io(format_args!("cannot look at {}", path.display()), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_leaves_no_empty_directory_behind_and_stops_at_the_top() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("golden/recordings");
        for name in ["a/1/x.json", "a/2/x.json"] {
            write(&top.join(name), b"{}").unwrap();
        }
        remove(&top.join("a/1/x.json"), &top).unwrap();
        assert!(!top.join("a/1").exists() && top.join("a/2/x.json").exists());
        remove(&top.join("a/2/x.json"), &top).unwrap();
        assert!(!top.exists() && dir.path().join("golden").exists());
        assert!(remove(&top.join("a/2/x.json"), &top).unwrap_err().message.contains("cannot delete"));
    }
}
