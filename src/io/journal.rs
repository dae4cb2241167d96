//! The journal: every reply as soon as it is there, so that an interrupted run resumes without asking twice.
//!
//! One line of JSON a reply, in the git directory. It is with the system at once, which a killed process cannot take back, and on
//! the disk a moment later, for which nobody waits. A line that a crash cut short is ignored. What was paid for and
//! is in no recording yet, such as the answers of a live check, is set aside in a file beside it, for `record`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::files;
use super::model::Raw;
use crate::error::{Error, Result};
use crate::wire::Key;

const JOURNAL: &str = "journal.jsonl";
const SET_ASIDE: &str = "paid.jsonl";
/// The least time between two times that the disk is waited for.
const BETWEEN_SYNCS: Duration = Duration::from_millis(200);

/// Which earlier replies are taken for new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// Those of a run that did not end.
    Unfinished,
    /// Those that were set aside too.
    Paid,
}

/// The journal of one repository, held by one process at a time.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    file: File,
    recall: Recall,
    /// Replies of an earlier, interrupted run.
    unfinished: HashMap<(Key, u32), Raw>,
    /// Replies of earlier runs that no recording holds.
    aside: HashMap<(Key, u32), Raw>,
    disk: Disk,
}

/// Brings to the disk what was written, beside the work.
#[derive(Debug)]
struct Disk {
    /// Says that there is something new; closed when there will be nothing more.
    new: Option<SyncSender<()>>,
    /// Closed when nobody wants to wait any longer.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Disk {
    fn of(file: File) -> Self {
        let (new, news) = mpsc::sync_channel(1);
        let (end, ended) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            for () in news {
                // Whoever writes meanwhile would have to wait for the disk too.
                let _ = ended.recv_timeout(BETWEEN_SYNCS);
                file.sync_data()?;
            }
            Ok(())
        });
        Self { new: Some(new), end: Some(end), thread: Some(thread) }
    }

    /// Says that something was written. Where word of that is on its way already, that will do; where nobody hears it, it failed.
    fn tell(&self) -> bool {
        self.new.as_ref().is_some_and(|new| !matches!(new.try_send(()), Err(TrySendError::Disconnected(()))))
    }

    /// Waits until all is there.
    fn finish(&mut self) -> std::io::Result<()> {
        (self.new, self.end) = (None, None);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(synced)) => synced,
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.finish());
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: Key,
    sample: u32,
    latency_ms: u64,
    body: Value,
}

impl Journal {
    /// Opens the journal below `dir`, with what earlier runs left there.
    pub fn open(dir: &Path, recall: Recall) -> Result<Self> {
        let path = dir.join(JOURNAL);
        let failed =
            |error: &std::io::Error| Error::io(format_args!("cannot use the journal {}", path.display()), error);
        std::fs::create_dir_all(dir).map_err(|e| failed(&e))?;
        let file = OpenOptions::new().create(true).append(true).read(true).open(&path).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Error::usage("another run is asking models for this repository")
                    .hint("wait for it to end, or stop it"));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let text = std::fs::read_to_string(&path).map_err(|e| failed(&e))?;
        if !text.is_empty() && !text.ends_with('\n') {
            // The next line must not continue the one that was cut.
            (&file).write_all(b"\n").map_err(|e| failed(&e))?;
        }
        let aside = std::fs::read_to_string(dir.join(SET_ASIDE)).unwrap_or_default();
        let (unfinished, aside) = (replies(&text), replies(&aside));
        let disk = Disk::of(file.try_clone().map_err(|e| failed(&e))?);
        Ok(Self { dir: dir.to_owned(), file, recall, unfinished, aside, disk })
    }

    /// The directory it stands in, where unfinished files belong too.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The reply an earlier run already got.
    pub fn recall(&self, key: &Key, sample: u32) -> Option<Raw> {
        let at = (key.clone(), sample);
        let aside = || self.aside.get(&at).filter(|_| self.recall == Recall::Paid);
        self.unfinished.get(&at).or_else(aside).cloned()
    }

    /// Keeps a reply, whatever becomes of this process.
    pub fn keep(&mut self, key: &Key, sample: u32, raw: &Raw) -> Result<()> {
        self.file.write_all(line(key, sample, raw).as_bytes()).map_err(|error| self.failed("write", &error))?;
        if self.disk.tell() { Ok(()) } else { self.on_disk() }
    }

    /// Waits until everything is on the disk.
    fn on_disk(&mut self) -> Result<()> {
        self.disk.finish().map_err(|error| self.failed("write", &error))
    }

    /// Ends a run. What is stored elsewhere now is let go of; whatever else was paid for, then or earlier, stays for `record`.
    pub fn end(mut self, stored: &HashSet<(Key, u32)>) -> Result<()> {
        self.on_disk()?;
        // What a killed run could not finish, this one has written anew.
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".regild-") {
                drop(std::fs::remove_file(entry.path()));
            }
        }
        let text = std::fs::read_to_string(self.dir.join(JOURNAL)).map_err(|error| self.failed("read", &error))?;
        let new = replies(&text);
        let left: BTreeMap<_, _> = self.aside.iter().chain(&new).filter(|(at, _)| !stored.contains(*at)).collect();
        let path = self.dir.join(SET_ASIDE);
        if !left.is_empty() {
            let text: String = left.iter().map(|((key, sample), raw)| line(key, *sample, raw)).collect();
            files::write_staged(&path, text.as_bytes(), &self.dir)?;
        } else if !self.aside.is_empty() {
            std::fs::remove_file(&path).map_err(|error| self.failed("empty", &error))?;
        }
        // Emptied, not removed: whoever waits for the lock must find the file that it is on.
        self.file.set_len(0).map_err(|error| self.failed("empty", &error))
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Error {
        Error::io(format_args!("cannot {what} the journal {}", self.dir.join(JOURNAL).display()), error)
    }
}

fn line(key: &Key, sample: u32, raw: &Raw) -> String {
    let line = Line { key: key.clone(), sample, latency_ms: raw.latency_ms, body: raw.body.clone() };
    let mut text = serde_json::to_string(&line).expect("a journal line is plain data");
    text.push('\n');
    text
}

/// The replies of a journal's text; of several for one request the last.
fn replies(text: &str) -> HashMap<(Key, u32), Raw> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    lines.map(|Line { key, sample, latency_ms, body }| ((key, sample), Raw { body, latency_ms })).collect()
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
        let open = || Journal::open(dir.path(), Recall::Unfinished).unwrap();
        let mut journal = open();
        journal.keep(&key("1"), 0, &raw).unwrap();
        journal.file.write_all(b"{\"key\": \"sha256:2\", \"sam").unwrap();
        drop(journal);
        let mut journal = open();
        assert_eq!((journal.recall(&key("1"), 0), journal.recall(&key("1"), 1)), (Some(raw.clone()), None));
        journal.keep(&key("3"), 2, &raw).unwrap();
        drop(journal);
        let journal = open();
        assert_eq!(journal.unfinished.len(), 2);
        journal.end(&HashSet::from([(key("1"), 0), (key("3"), 2)])).unwrap();
        let journal = open();
        assert!(journal.unfinished.is_empty() && journal.aside.is_empty());
    }

    #[test]
    fn what_was_paid_for_stays_until_it_is_stored() {
        let dir = tempfile::tempdir().unwrap();
        let raw = |text: &str| Raw { body: json!(text), latency_ms: 7 };
        let open = |recall| Journal::open(dir.path(), recall).unwrap();
        for said in ["old", "new"] {
            let mut live = open(Recall::Unfinished);
            assert_eq!(live.recall(&key("1"), 0), None, "a live check asks again");
            live.keep(&key("1"), 0, &raw(said)).unwrap();
            live.keep(&key("2"), 0, &raw(said)).unwrap();
            live.end(&HashSet::new()).unwrap();
        }
        let record = open(Recall::Paid);
        assert_eq!(record.recall(&key("1"), 0), Some(raw("new")));
        record.end(&HashSet::from([(key("1"), 0)])).unwrap();
        let record = open(Recall::Paid);
        assert_eq!(record.recall(&key("1"), 0), None, "it is in a recording now");
        assert_eq!(record.recall(&key("2"), 0), Some(raw("new")), "nobody wanted it so far");
        record.end(&HashSet::from([(key("2"), 0)])).unwrap();
        assert!(!dir.path().join(SET_ASIDE).exists());
    }

    #[test]
    fn two_runs_do_not_ask_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Journal::open(dir.path(), Recall::Paid).unwrap();
        assert!(Journal::open(dir.path(), Recall::Paid).unwrap_err().message.contains("another"));
    }
}
