//! A project in memory, for targets that read one as the commands do.

use std::collections::BTreeMap;
use std::sync::Arc;

use regild::side::{OnBadSettings, Side};
use regild::snapshot::{Entry, EntryKind, Origin, Snapshot};
use regild::validate::validate;

/// Reads and validates a project of these files.
pub fn run(files: &[(&str, &[u8])]) {
    let mut entries = BTreeMap::new();
    let mut blobs = BTreeMap::new();
    for (index, (path, bytes)) in files.iter().enumerate() {
        let id = index.to_string();
        entries.insert((*path).to_owned(), Entry { id: id.clone(), kind: EntryKind::File });
        blobs.insert(id, bytes.to_vec());
    }
    let origin = Origin { reference: "fuzz".into(), commit: None, tree: "fuzz".into(), time: 0 };
    let snapshot = Snapshot::new(origin, entries, Arc::new(blobs));
    if let Ok(side) = Side::read(snapshot, "regild.yaml", OnBadSettings::Default) {
        validate(&side).iter().for_each(|diagnostic| drop(diagnostic.render()));
    }
}
