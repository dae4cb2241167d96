//! Where the things that findings speak of are declared: the lines of tasks, the files of prompts, the places of diagnostics.
//!
//! Paths come out as the top of the repository sees them. Nothing is escaped here but titles, which hold codes and ids only.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::id::Id;
use crate::report::{Prompt, Report, TaskOutcome, below, headline, words};

/// Where an annotation stands; line 0 is the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Place {
    pub fn of(document: &Diagnostic, root: &str) -> Self {
        Self { file: below(root, &document.file), line: document.line, column: document.column }
    }
}

/// What a finding is about.
pub struct Subject<'a> {
    pub prompt: Option<&'a str>,
    pub task: Option<&'a str>,
    pub model: Option<&'a str>,
}

impl Subject<'_> {
    /// The code and the ids. Whatever is no code or no id stays out: a title is made of our own words only.
    pub fn title(&self, code: &str) -> String {
        let valid = |id: Option<&str>| id.filter(|id| Id::new(id).is_ok()).map(str::to_owned);
        let subject =
            words::subject(valid(self.prompt).as_deref(), valid(self.task).as_deref(), valid(self.model).as_deref());
        let code = headline::kebab(code);
        let code = if Id::new(&code).is_ok() { code.as_str() } else { "finding" };
        if subject.is_empty() { code.to_owned() } else { format!("{code}: {subject}") }
    }
}

/// Where things of a report are declared.
pub struct Places<'a> {
    /// The entries of each prompt, by its id.
    prompts: BTreeMap<&'a str, Vec<&'a Prompt>>,
    /// By code and sentence, which is how the verdict speaks of them, with whether it did.
    documents: BTreeMap<(&'a str, String), (&'a Diagnostic, bool)>,
    pub root: &'a str,
}

impl<'a> Places<'a> {
    pub fn of(report: &'a Report) -> Self {
        let mut prompts: BTreeMap<&str, Vec<&Prompt>> = BTreeMap::new();
        for prompt in &report.prompts {
            prompts.entry(&prompt.id).or_default().push(prompt);
        }
        let document = |one: &'a Diagnostic| ((one.code.as_str(), one.sentence()), (one, false));
        Self { prompts, documents: report.diagnostics.iter().map(document).collect(), root: &report.root }
    }

    /// The document that a reason of the verdict speaks of, from now on said.
    pub fn document(&mut self, code: &str, message: &str) -> Option<&'a Diagnostic> {
        let code = Code::ALL.iter().find(|known| known.as_str() == code)?.as_str();
        let (document, is_said) = self.documents.get_mut(&(code, message.to_owned()))?;
        *is_said = true;
        Some(document)
    }

    /// The documents that nothing of the verdict speaks of.
    pub fn unsaid(&self) -> impl Iterator<Item = &'a Diagnostic> {
        self.documents.values().filter(|(_, is_said)| !is_said).map(|(document, _)| *document)
    }

    /// The line of a task, or the file of a prompt, among the entries that `fits` picks.
    pub fn find(&self, subject: &Subject<'_>, fits: impl Fn(&Prompt) -> bool) -> Option<Place> {
        let mut entries = self.prompts.get(subject.prompt?)?.iter().filter(|entry| fits(entry)).peekable();
        let first = *entries.peek()?;
        let tasks = entries.flat_map(|entry| &entry.tasks);
        let task = subject.task.and_then(|id| {
            let mut tasks = tasks.filter(|task| task.id == id);
            tasks.find(|task| subject.model.is_none_or(|model| model == task.model))
        });
        match task {
            // A removed one stands in base's file, which nobody is shown.
            Some(task) if task.outcome != TaskOutcome::Removed && !task.file.is_empty() => {
                Some(Place { file: below(self.root, &task.file), line: task.line, column: 0 })
            }
            Some(_) | None => {
                let head = first.head.as_ref()?;
                Some(Place { file: below(self.root, &head.path), line: 1, column: 0 })
            }
        }
    }
}
