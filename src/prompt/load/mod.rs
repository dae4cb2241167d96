//! From a parsed prompt file to a [`Prompt`]: reads what it refers to from the same snapshot, and finds every flaw.

mod parts;
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
        let includes = self.includes(&file);
        let templates = self.compile(&file, includes.as_ref().unwrap_or(&BTreeMap::new()));
        if let (Some(templates), Some(includes)) = (&templates, &includes) {
            self.undeclared(&file, templates, includes);
        }
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
            includes: includes?,
            templates: templates?,
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
        for (index, declared) in file.tests.iter().enumerate() {
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
        let text = self.read(name, use_, path, Code::File)?;
        match Document::parse(&self.below_dir(name), text.as_bytes()) {
            Ok(document) => Some(document),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Reads a file below the prompts directory, refusing every way out of it (SEC-06).
    fn read(&mut self, name: &str, use_: Use, path: &[Step], code: Code) -> Option<String> {
        let fits = !name.is_empty()
            && !name.starts_with('/')
            && !name.contains(['\\', '\0', ':'])
            && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !fits {
            let message = format!("{name:?} must be a path below `{}/`, without `..`", self.dir);
            self.error(code, path, message, None);
            return None;
        }
        let full = self.below_dir(name);
        let message = match self.snapshot.entry(&full).map(|entry| entry.kind) {
            Some(EntryKind::File) => match self.snapshot.read(&full) {
                Ok(Some(bytes)) => match String::from_utf8(bytes) {
                    Ok(text) => {
                        self.note(&full, use_);
                        return Some(text);
                    }
                    Err(_) => format!("`{full}` is not UTF-8"),
                },
                Ok(None) => format!("`{full}` is not here"),
                Err(error) => error.message,
            },
            Some(EntryKind::Symlink) => format!("`{full}` is a symbolic link; regild reads files only"),
            Some(EntryKind::Submodule) => format!("`{full}` is a submodule; regild reads files only"),
            None => {
                let near = did_you_mean(&full, self.snapshot.below(self.dir).map(|(path, _)| path));
                let help =
                    near.map(|near| format!("did you mean `{}`?", near.trim_start_matches(&format!("{}/", self.dir))));
                self.error(code, path, format!("there is no `{full}`"), help.as_deref());
                return None;
            }
        };
        self.error(code, path, message, None);
        None
    }

    fn note(&mut self, path: &str, use_: Use) {
        let object = self.snapshot.id(path).unwrap_or_default().to_owned();
        self.files.insert(path.to_owned(), Part { use_, object });
    }

    fn below_dir(&self, name: &str) -> String {
        if self.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", self.dir) }
    }
}
