//! From a parsed prompt file to a [`Prompt`]: reads what it refers to from the same snapshot, and finds every flaw.

mod includes;
mod parts;
mod scalar;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::PromptFile;
use super::{Content, Part, Prompt, Use, bind};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::golden;
use crate::snapshot::{EntryKind, Snapshot};
use crate::yaml::{Document, Problem, Reading, Step};

/// Loads the prompt that `document` declares; `dir` is the prompts directory it stands below.
/// There is a prompt only where nothing is wrong with it; what is not quite right may come with one.
pub fn load(snapshot: &Snapshot, dir: &str, document: &mut Document) -> (Option<Prompt>, Vec<Diagnostic>) {
    let Reading { value, problems: diagnostics } = document.read::<PromptFile>();
    let Some(file) = value else { return (None, diagnostics) };
    let mut loader = Loader { snapshot, dir, document, diagnostics, files: BTreeMap::new() };
    loader.note(&loader.document.path, Use::Prompt);
    let prompt = loader.resolve(file);
    let Loader { diagnostics, .. } = loader;
    (prompt.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)), diagnostics)
}

struct Loader<'a> {
    snapshot: &'a Snapshot,
    dir: &'a str,
    document: &'a Document,
    diagnostics: Vec<Diagnostic>,
    files: BTreeMap<String, Part>,
}

/// Why a file that a prompt refers to is not read.
struct Refusal {
    /// Where it is not the reference that is wrong.
    code: Option<Code>,
    message: String,
    help: Option<String>,
}

impl Refusal {
    fn new(message: String) -> Self {
        Self { code: None, message, help: None }
    }
}

impl Loader<'_> {
    fn resolve(&mut self, file: PromptFile) -> Option<Prompt> {
        let version = match semver::Version::parse(&file.version) {
            Ok(version) => Some(version),
            Err(error) => {
                let message = format!("`{}` is not a semantic version: {error}", file.version);
                self.error(Code::NotSemver, &["version".into()], message, Some("write MAJOR.MINOR.PATCH, as in 1.2.0"));
                None
            }
        };
        for (index, variable) in file.variables.iter().enumerate() {
            if let Some(flaw) = variable.flaw() {
                self.error(Code::BadVariable, &["variables".into(), index.into()], flaw, None);
            }
            if file.variables[..index].iter().any(|earlier| earlier.name == variable.name) {
                let message = format!("the variable `{}` is declared twice", variable.name);
                self.error(Code::BadVariable, &["variables".into(), index.into(), "name".into()], message, None);
            }
        }
        self.check_metadata(&file);
        let content = self.content(&file);
        let (includes, templates) = self.templates(&file);
        let tools = self.tools(&file.tools);
        let output_schema = self.output_schema(&file.output_schema);
        for (index, example) in file.examples.iter().enumerate() {
            for misfit in bind(&file.variables, &example.input).err().unwrap_or_default() {
                let path = ["examples".into(), index.into(), "input".into(), Step::Key(misfit.name)];
                self.error(Code::BadExample, &path, misfit.message, misfit.help.as_deref());
            }
        }
        let tests = self.tests(&file);
        Some(Prompt {
            id: file.id,
            version: version?,
            path: self.document.path.clone(),
            content: content?,
            system: file.system,
            parameters: file.parameters,
            models: file.models,
            tools,
            output_schema,
            variables: file.variables,
            examples: file.examples,
            tests,
            files: std::mem::take(&mut self.files),
            includes,
            templates,
        })
    }

    fn error(&mut self, code: Code, path: &[Step], message: impl Into<String>, help: Option<&str>) {
        let mut diagnostic = Diagnostic::new(code, self.document.place(path), message);
        diagnostic.help = help.map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }

    fn problem(&mut self, code: Code, problem: &Problem) {
        self.diagnostics.extend(self.document.tell(code, problem));
    }

    fn check_metadata(&mut self, file: &PromptFile) {
        let score = file.metadata.as_ref().and_then(|metadata| metadata.performance_score);
        if score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            let path = ["metadata".into(), "performance_score".into()];
            self.error(Code::Invalid, &path, "`performance_score` must be between 0 and 1", None);
        }
    }

    fn content(&mut self, file: &PromptFile) -> Option<Content> {
        match (&file.template, &file.messages) {
            (Some(template), None) => Some(Content::Template(template.clone())),
            (None, Some(messages)) if !messages.is_empty() => Some(Content::Messages(messages.clone())),
            (None, Some(_)) => {
                self.error(Code::NoTemplate, &["messages".into()], "`messages` is empty", None);
                None
            }
            (Some(_), Some(_)) => {
                let message = "a prompt has `template` or `messages`, not both";
                self.error(Code::NoTemplate, &["messages".into()], message, None);
                None
            }
            (None, None) => {
                self.error(Code::NoTemplate, &[], "a prompt needs `template` or `messages`", None);
                None
            }
        }
    }

    fn tests(&mut self, file: &PromptFile) -> Vec<Arc<crate::golden::Task>> {
        let mut tasks: Vec<Arc<crate::golden::Task>> = Vec::new();
        for (index, declared) in file.tests.iter().cloned().enumerate() {
            let path: [Step; 2] = ["tests".into(), index.into()];
            let origin = golden::Origin::version(&self.document.path);
            match golden::resolve(declared, &file.id, self.document, &path, origin, &golden::NoFixtures) {
                Ok(task) if tasks.iter().any(|earlier| earlier.id.folded() == task.id.folded()) => {
                    let message = format!("the test `{}` is declared twice", task.id);
                    self.error(Code::DuplicateTask, &path, message, None);
                }
                Ok(task) => tasks.push(Arc::new(task)),
                Err(diagnostics) => self.diagnostics.extend(diagnostics),
            }
        }
        tasks
    }

    fn read_document(&mut self, name: &str, use_: Use, path: &[Step]) -> Option<Document> {
        let text = match self.read(name, use_) {
            Ok(text) => text,
            Err(refusal) => {
                self.error(refusal.code.unwrap_or(Code::File), path, refusal.message, refusal.help.as_deref());
                return None;
            }
        };
        match Document::parse(&self.below_dir(name), &text) {
            Ok(document) => Some(document),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Reads a file below the prompts directory, refusing every way out of it (SEC-06).
    fn read(&mut self, name: &str, use_: Use) -> Result<Vec<u8>, Refusal> {
        let fits = !name.is_empty()
            && !name.starts_with('/')
            && !name.contains(['\\', '\0', ':'])
            && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !fits {
            return Err(Refusal::new(format!("{name:?} must be a path below `{}/`, without `..`", self.dir)));
        }
        let full = self.below_dir(name);
        match self.snapshot.entry(&full).map(|entry| entry.kind) {
            Some(EntryKind::File) => {}
            Some(EntryKind::Symlink) => {
                return Err(Refusal::new(format!("`{full}` is a symbolic link; regild reads files only")));
            }
            Some(EntryKind::Submodule) => {
                return Err(Refusal::new(format!("`{full}` is a submodule; regild reads files only")));
            }
            None => return Err(self.absent(&full)),
        }
        if let Some(twin) = self.snapshot.twin(&full) {
            let message = format!("`{full}` and `{twin}` differ in case only; not every file system can hold both");
            return Err(Refusal::new(message));
        }
        match self.snapshot.read(&full) {
            Ok(Some(bytes)) => {
                self.note(&full, use_);
                Ok(bytes)
            }
            Ok(None) => Err(Refusal::new(format!("`{full}` is not here"))),
            Err(error) => Err(Refusal { code: Some(Code::Unreadable), message: error.message, help: None }),
        }
    }

    fn absent(&self, full: &str) -> Refusal {
        let near = did_you_mean(full, self.snapshot.below(self.dir).map(|(path, _)| path));
        let inside = |path: &str| match self.dir {
            "" => path.to_owned(),
            dir => path.strip_prefix(dir).unwrap_or(path).trim_start_matches('/').to_owned(),
        };
        let message = match near {
            Some(near) if near.to_lowercase() == full.to_lowercase() => {
                format!("there is no `{full}`; `{near}` is written otherwise")
            }
            _ => format!("there is no `{full}`"),
        };
        Refusal { code: None, message, help: near.map(|near| format!("did you mean `{}`?", inside(near))) }
    }

    fn note(&mut self, path: &str, use_: Use) {
        let object = self.snapshot.id(path).unwrap_or_default().to_owned();
        self.files.insert(path.to_owned(), Part { use_, object });
    }

    fn below_dir(&self, name: &str) -> String {
        if self.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", self.dir) }
    }
}

#[cfg(test)]
mod tests;
