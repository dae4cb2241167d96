//! The journal: every reply as soon as it is there, so that an interrupted recording resumes without asking twice.
//!
//! One line of JSON a reply, synced, in the git directory. A line that a crash cut short is ignored. The journal is emptied
//! once every file it fed is written.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::Raw;
use crate::error::{Error, Result};
use crate::wire::Key;

/// The journal of one repository, held by one process at a time.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Replies of an earlier, interrupted run.
    replies: HashMap<(Key, u32), Raw>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: Key,
    sample: u32,
    latency_ms: u64,
    body: Value,
}

impl Journal {
    /// Opens the journal below `dir`, with what an interrupted run left in it.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("journal.jsonl");
        let failed =
            |error: &std::io::Error| Error::io(format_args!("cannot use the journal {}", path.display()), error);
        std::fs::create_dir_all(dir).map_err(|e| failed(&e))?;
        let file = OpenOptions::new().create(true).append(true).read(true).open(&path).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Error::usage("another `regild record` is at work in this repository")
                    .hint("wait for it to end, or stop it"));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let text = std::fs::read_to_string(&path).map_err(|e| failed(&e))?;
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let replies =
            lines.map(|Line { key, sample, latency_ms, body }| ((key, sample), Raw { body, latency_ms })).collect();
        if !text.is_empty() && !text.ends_with('\n') {
            // The next line must not continue the one that was cut.
            (&file).write_all(b"\n").map_err(|e| failed(&e))?;
        }
        Ok(Self { path, file, replies })
    }

    /// The directory it stands in, where unfinished files belong too.
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// How many replies an earlier run left.
    pub fn left_over(&self) -> usize {
        self.replies.len()
    }

    /// The reply an earlier run already got.
    pub fn recall(&self, key: &Key, sample: u32) -> Option<Raw> {
        self.replies.get(&(key.clone(), sample)).cloned()
    }

    /// Keeps a reply, durably.
    pub fn keep(&mut self, key: &Key, sample: u32, raw: &Raw) -> Result<()> {
        let line = Line { key: key.clone(), sample, latency_ms: raw.latency_ms, body: raw.body.clone() };
        let mut text = serde_json::to_string(&line).expect("a journal line is plain data");
        text.push('\n');
        self.file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|error| Error::io(format_args!("cannot write the journal {}", self.path.display()), &error))
    }

    /// Ends the journal: everything in it is stored elsewhere now.
    pub fn finish(self) -> Result<()> {
        // What a killed run could not finish, this one has written anew.
        for entry in std::fs::read_dir(self.dir()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".regild-") {
                drop(std::fs::remove_file(entry.path()));
            }
        }
        // Emptied, not removed: whoever waits for the lock must find the file that it is on.
        self.file
            .set_len(0)
            .map_err(|error| Error::io(format_args!("cannot empty the journal {}", self.path.display()), &error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(text: &str) -> Key {
        serde_json::from_value(json!(format!("sha256:{text}"))).unwrap()
    }

    #[test]
    fn an_interrupted_run_is_recalled_and_a_cut_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let raw = Raw { body: json!({"text": "a\nb"}), latency_ms: 7 };
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.keep(&key("1"), 0, &raw).unwrap();
        journal.file.write_all(b"{\"key\": \"sha256:2\", \"sam").unwrap();
        drop(journal);
        let mut journal = Journal::open(dir.path()).unwrap();
        assert_eq!((journal.left_over(), journal.recall(&key("1"), 0)), (1, Some(raw.clone())));
        assert_eq!(journal.recall(&key("1"), 1), None);
        journal.keep(&key("3"), 2, &raw).unwrap();
        drop(journal);
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!(journal.left_over(), 2);
        journal.finish().unwrap();
        assert_eq!(Journal::open(dir.path()).unwrap().left_over(), 0);
    }

    #[test]
    fn two_recordings_do_not_run_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Journal::open(dir.path()).unwrap();
        assert!(Journal::open(dir.path()).unwrap_err().message.contains("another"));
    }
}
