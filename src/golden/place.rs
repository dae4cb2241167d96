//! Where the parts of tasks and prompts stand. They do not carry the places of all their parts: a file is read again for the
//! rare diagnostic that points into it, once for all of them.

use std::collections::BTreeMap;

use super::Task;
use crate::diagnostic::Place;
use crate::snapshot::Snapshot;
use crate::yaml::{Document, Step};

/// Documents, read as they are needed.
pub struct Places<'a> {
    snapshot: &'a Snapshot,
    documents: BTreeMap<String, Option<Document>>,
}

impl<'a> Places<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, documents: BTreeMap::new() }
    }

    /// The place of a task: that of its id.
    pub fn task(&mut self, task: &Task) -> Place {
        let document = self.document(&task.origin.file);
        // The founding documents call it `name`.
        let mut names = ["id", "name"].map(|name| [task.origin.path.as_slice(), &[name.into()]].concat()).into_iter();
        document.and_then(|document| names.find_map(|path| document.value_at(&path))).unwrap_or_else(|| whole(task))
    }

    /// The key of the input `name`, or the task where it has none of that name.
    pub fn input(&mut self, task: &Task, name: &str) -> Place {
        self.key(task, &["input".into(), name.into()]).unwrap_or_else(|| self.task(task))
    }

    /// The key of the stub of `tool`.
    pub fn stub(&mut self, task: &Task, tool: &str) -> Place {
        self.key(task, &["tools".into(), tool.into()]).unwrap_or_else(|| self.task(task))
    }

    /// The example `index` of the prompt that stands at `file`.
    pub fn example(&mut self, file: &str, index: usize) -> Place {
        let path: [Step; 2] = ["examples".into(), index.into()];
        self.document(file).map_or_else(|| Place::file(file), |document| document.place(&path))
    }

    fn key(&mut self, task: &Task, below: &[Step]) -> Option<Place> {
        self.document(&task.origin.file)?.key(&[task.origin.path.as_slice(), below].concat())
    }

    fn document(&mut self, file: &str) -> Option<&Document> {
        let snapshot = self.snapshot;
        let open = || Document::open(snapshot, file).and_then(Result::ok);
        self.documents.entry(file.to_owned()).or_insert_with(open).as_ref()
    }
}

fn whole(task: &Task) -> Place {
    let line = task.origin.line;
    Place { line, column: u32::from(line > 0), width: u32::from(line > 0), ..Place::file(&*task.origin.file) }
}
