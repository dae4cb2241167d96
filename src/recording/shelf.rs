//! The recordings of one tree, indexed by what they answer. Files are read only when they are asked for.

use std::collections::BTreeMap;

use semver::Version;

use super::{Address, Flaw, Recording};
use crate::id::Id;
use crate::snapshot::{EntryKind, Snapshot};

/// The recordings of one snapshot.
#[derive(Debug)]
pub struct Shelf<'a> {
    snapshot: &'a Snapshot,
    golden: String,
    /// Versions recorded, highest first, by prompt, task and alias.
    index: BTreeMap<(Id, Id, Id), Vec<Version>>,
}

impl<'a> Shelf<'a> {
    /// Indexes the recordings below `golden`.
    pub fn new(snapshot: &'a Snapshot, golden: &str) -> Self {
        let mut index: BTreeMap<_, Vec<Version>> = BTreeMap::new();
        let dir = if golden.is_empty() { super::DIR.to_owned() } else { format!("{golden}/{}", super::DIR) };
        for (path, entry) in snapshot.below(&dir) {
            if entry.kind == EntryKind::File
                && let Some(Address { prompt, version, task, alias }) = Address::of(golden, path)
            {
                index.entry((prompt, task, alias)).or_default().push(version);
            }
        }
        for versions in index.values_mut() {
            versions.sort();
            versions.reverse();
        }
        Self { snapshot, golden: golden.to_owned(), index }
    }

    /// Every address, in order.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.index.iter().flat_map(|((prompt, task, alias), versions)| {
            versions.iter().map(|version| Address {
                prompt: prompt.clone(),
                version: version.clone(),
                task: task.clone(),
                alias: alias.clone(),
            })
        })
    }

    /// The addresses that may answer for `wanted`: itself first, then other versions, the highest first.
    pub fn candidates(&self, wanted: &Address) -> Vec<Address> {
        let key = (wanted.prompt.clone(), wanted.task.clone(), wanted.alias.clone());
        let versions = self.index.get(&key).map_or(&[][..], Vec::as_slice);
        let own = versions.iter().filter(|version| **version == wanted.version);
        let others = versions.iter().filter(|version| **version != wanted.version);
        own.chain(others).map(|version| Address { version: version.clone(), ..wanted.clone() }).collect()
    }

    /// Whether two shelves hold the same bytes wherever either may answer for `wanted`.
    pub fn holds_alike(&self, other: &Self, wanted: &Address) -> bool {
        let candidates = self.candidates(wanted);
        candidates == other.candidates(wanted)
            && candidates.iter().all(|address| self.object(address) == other.object(address))
    }

    pub fn path(&self, address: &Address) -> String {
        address.path(&self.golden)
    }

    /// The object id of the file at an address.
    pub fn object(&self, address: &Address) -> Option<&str> {
        self.snapshot.id(&self.path(address))
    }

    /// Reads and checks the file at an address; `None` where there is none.
    pub fn read(&self, address: &Address) -> Option<Result<Recording, Flaw>> {
        match self.snapshot.read(&self.path(address)) {
            Ok(Some(bytes)) => Some(Recording::checked(&bytes)),
            Ok(None) => None,
            Err(error) => Some(Err(Flaw::Unsupported(error.message))),
        }
    }
}
