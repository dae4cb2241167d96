//! What files of the working tree hold, in the form in which git would commit it.

use std::collections::BTreeMap;
use std::sync::Arc;

use git2::{ObjectType, Oid};

use super::Repo;
use super::objects::{Objects, within_limit};
use crate::error::{Error, ErrorKind, Result};
use crate::snapshot::Blobs;

/// Bytes that one snapshot of the working tree may hold (SEC-25).
const MAX_HELD: u64 = 2 << 30;

/// Contents read from disk; what a sparse checkout leaves out comes from the object database.
pub(super) struct Held {
    files: BTreeMap<String, Content>,
    bytes: u64,
    objects: Arc<Objects>,
}

enum Content {
    Bytes(Vec<u8>),
    /// Over the limit, so only its size.
    TooLarge(u64),
}

impl Held {
    pub(super) fn over(objects: Arc<Objects>) -> Self {
        Self { files: BTreeMap::new(), bytes: 0, objects }
    }

    pub(super) fn keep(&mut self, id: Oid, bytes: Vec<u8>) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_HELD {
            let message = format!("more than {} GiB of files to read", MAX_HELD >> 30);
            return Err(Error::new(ErrorKind::Limit, message));
        }
        self.files.insert(id.to_string(), Content::Bytes(bytes));
        Ok(())
    }

    /// Notes a file that is too large to hold. Only reading it is an error.
    pub(super) fn pass_over(&mut self, id: Oid, size: u64) {
        self.files.insert(id.to_string(), Content::TooLarge(size));
    }
}

impl Blobs for Held {
    fn read(&self, id: &str) -> Result<Vec<u8>> {
        match self.files.get(id) {
            Some(Content::Bytes(bytes)) => Ok(bytes.clone()),
            Some(Content::TooLarge(size)) => within_limit(*size).map(|()| Vec::new()),
            None => self.objects.read(id),
        }
    }
}

impl Repo {
    /// A file's bytes and id as git would commit them: with LF for CRLF, except in binary files and in files that were
    /// committed with CRLF. Otherwise every file of a Windows checkout would count as changed.
    pub(super) fn as_committed(&self, raw: Vec<u8>, tracked: Option<Oid>) -> Result<(Oid, Vec<u8>)> {
        let id = self.hash(&raw)?;
        if tracked == Some(id) || !has_crlf(&raw) || is_binary(&raw) {
            return Ok((id, raw));
        }
        let committed = tracked.map(|id| self.objects.read(&id.to_string()));
        if matches!(committed, Some(Ok(committed)) if has_crlf(&committed)) {
            return Ok((id, raw));
        }
        let mut text = Vec::with_capacity(raw.len());
        let mut rest = raw.iter().peekable();
        while let Some(byte) = rest.next() {
            if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
                text.push(*byte);
            }
        }
        Ok((self.hash(&text)?, text))
    }

    pub(super) fn hash(&self, bytes: &[u8]) -> Result<Oid> {
        Oid::hash_object_ext(ObjectType::Blob, bytes, self.objects.format())
            .map_err(|e| Error::git(format!("cannot hash a file: {}", e.message())))
    }
}

fn has_crlf(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\r\n")
}

/// Git's rule for leaving line ends alone, in short: a NUL, or a CR that ends no line.
fn is_binary(bytes: &[u8]) -> bool {
    bytes.contains(&0) || bytes.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n') || bytes.ends_with(b"\r")
}
