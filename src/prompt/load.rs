//! From a parsed prompt file to a [`Prompt`]: reads what it refers to from the same snapshot, and finds every flaw.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::file::PromptFile;
use super::template::{MAX_INCLUDE_DEPTH, TemplateError, assigned, line_of, references};
use super::{Content, MESSAGE, Part, Prompt, SYSTEM, TEMPLATE, Templates, Use, bind};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::golden;
use crate::snapshot::{EntryKind, Snapshot};
use crate::wire::ToolSpec;
use crate::yaml::{Document, Problem, Step, read_value};

/// Bytes of all included templates of one prompt (SEC-06).
const MAX_INCLUDED: usize = 1 << 20;

/// Loads the prompt that `document` declares; `dir` is the prompts directory it stands below.
pub fn load(snapshot: &Snapshot, dir: &str, document: &Document) -> Result<Prompt, Vec<Diagnostic>> {
    let file: PromptFile = document.read().map_err(|diagnostic| vec![*diagnostic])?;
    let mut loader = Loader { snapshot, dir, document, diagnostics: Vec::new(), files: BTreeMap::new() };
    loader.note(&document.path, Use::Prompt);
    let prompt = loader.resolve(file);
    let Loader { diagnostics, .. } = loader;
    match prompt {
        Some(prompt) if !diagnostics.iter().any(Diagnostic::is_error) => Ok(prompt),
        Some(_) | None => Err(diagnostics),
    }
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
                self.error("not-semver", &["version".into()], message, Some("write MAJOR.MINOR.PATCH, as in 1.2.0"));
                None
            }
        };
        for (index, variable) in file.variables.iter().enumerate() {
            if let Some(flaw) = variable.flaw() {
                self.error("bad-variable", &["variables".into(), index.into()], flaw, None);
            }
            if file.variables[..index].iter().any(|earlier| earlier.name == variable.name) {
                let message = format!("the variable `{}` is declared twice", variable.name);
                self.error("bad-variable", &["variables".into(), index.into(), "name".into()], message, None);
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
                self.error("bad-example", &path, misfit.message, misfit.help.as_deref());
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

    fn error(&mut self, code: &str, path: &[Step], message: impl Into<String>, help: Option<&str>) {
        let mut diagnostic = Diagnostic::error(code, self.document.place(path), message);
        diagnostic.help = help.map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }

    fn problem(&mut self, code: &str, problem: &Problem) {
        self.diagnostics.push(self.document.diagnose(code, problem));
    }

    fn check_metadata(&mut self, file: &PromptFile) {
        let score = file.metadata.as_ref().and_then(|metadata| metadata.performance_score);
        if score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            let path = ["metadata".into(), "performance_score".into()];
            self.error("bad-metadata", &path, "`performance_score` must be between 0 and 1", None);
        }
    }

    fn content(&mut self, file: &PromptFile) -> Option<Content> {
        match (&file.template, &file.messages) {
            (Some(template), None) => Some(Content::Template(template.clone())),
            (None, Some(messages)) if !messages.is_empty() => Some(Content::Messages(messages.clone())),
            (None, Some(_)) => {
                self.error("no-template", &["messages".into()], "`messages` is empty", None);
                None
            }
            (Some(_), Some(_)) => {
                let message = "a prompt has `template` or `messages`, not both";
                self.error("no-template", &["messages".into()], message, None);
                None
            }
            (None, None) => {
                self.error("no-template", &[], "a prompt needs `template` or `messages`", None);
                None
            }
        }
    }

    /// Every template text of the file itself, by name and the path where it stands.
    fn own_templates(file: &PromptFile) -> Vec<(String, &str, Vec<Step>)> {
        let mut templates = Vec::new();
        if let Some(source) = &file.template {
            templates.push((TEMPLATE.to_owned(), source.as_str(), vec!["template".into()]));
        }
        if let Some(source) = &file.system {
            templates.push((SYSTEM.to_owned(), source.as_str(), vec!["system".into()]));
        }
        for (index, message) in file.messages.iter().flatten().enumerate() {
            let path = vec!["messages".into(), index.into(), "content".into()];
            templates.push((format!("{MESSAGE}{index}"), message.content.as_str(), path));
        }
        templates
    }

    /// The text of everything included, transitively.
    fn includes(&mut self, file: &PromptFile) -> Option<BTreeMap<String, String>> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut total = 0;
        let mut next: Vec<(String, String, Vec<Step>, usize)> = Self::own_templates(file)
            .into_iter()
            .map(|(name, source, path)| (name, source.to_owned(), path, 0))
            .collect();
        let before = self.diagnostics.len();
        while let Some((name, source, path, depth)) = next.pop() {
            let names = match references(&source) {
                Ok(names) => names,
                Err(error) => {
                    self.template_error(&TemplateError { template: name, ..error });
                    continue;
                }
            };
            for name in names {
                if found.contains_key(&name) {
                    continue;
                }
                if depth >= MAX_INCLUDE_DEPTH {
                    let message = format!("includes are nested deeper than {MAX_INCLUDE_DEPTH}");
                    self.error("include", &path, message, None);
                    break;
                }
                let Some(text) = self.read(&name, Use::Include, &path, "include") else { continue };
                total += text.len();
                if total > MAX_INCLUDED {
                    self.error("include", &path, format!("the includes have more than {MAX_INCLUDED} bytes"), None);
                    return None;
                }
                found.insert(name.clone(), text.clone());
                next.push((name, text, path.clone(), depth + 1));
            }
        }
        (self.diagnostics.len() == before).then_some(found)
    }

    fn compile(&mut self, file: &PromptFile, includes: &BTreeMap<String, String>) -> Option<Templates> {
        let own = Self::own_templates(file).into_iter().map(|(name, source, _)| (name, source.to_owned()));
        let sources = includes.clone().into_iter().chain(own).collect();
        Templates::compile(&sources).map_err(|error| self.template_error(&error)).ok()
    }

    /// Finds variables that templates use and nobody declares.
    fn undeclared(&mut self, file: &PromptFile, templates: &Templates, includes: &BTreeMap<String, String>) {
        let declared: Vec<&str> = file.variables.iter().map(|variable| variable.name.as_str()).collect();
        let own = Self::own_templates(file);
        let sources = || includes.values().map(String::as_str).chain(own.iter().map(|(_, source, _)| *source));
        let mut found = Vec::new();
        let named = includes.iter().map(|(name, source)| (name.as_str(), source.as_str()));
        for (name, source) in named.chain(own.iter().map(|(name, source, _)| (name.as_str(), *source))) {
            for variable in templates.undeclared(name) {
                let known = declared.contains(&variable.as_str()) || variable == "examples" || variable == "loop";
                // What one template sets, those it includes may use.
                if known || sources().any(|source| assigned(source).contains(&variable)) {
                    continue;
                }
                let near = did_you_mean(&variable, declared.iter().copied());
                let error = TemplateError {
                    template: name.to_owned(),
                    line: line_of(source, &variable),
                    message: format!("`{variable}` is not a variable of the prompt"),
                    excerpt: Some(variable),
                };
                found.push((error, near.map(|near| format!("did you mean `{near}`?"))));
            }
        }
        for (error, help) in found {
            self.template_error(&error);
            if let Some(last) = self.diagnostics.last_mut() {
                last.code = "undeclared-variable".to_owned();
                last.help = help;
            }
        }
    }

    /// Places an error of a template in the file where its text stands.
    fn template_error(&mut self, error: &TemplateError) {
        let line = u32::try_from(error.line).unwrap_or(0);
        let place = match own_path(&error.template) {
            Some(path) => template_place(self.document, &path, line, error.excerpt.as_deref()),
            None => {
                Place { line, column: u32::from(line > 0), width: 1, ..Place::file(self.below_dir(&error.template)) }
            }
        };
        self.diagnostics.push(Diagnostic::error("template", place, error.message.clone()));
    }

    fn tools(&mut self, declared: &Value) -> Vec<ToolSpec> {
        let mut tools = Vec::new();
        match declared {
            Value::Null => {}
            Value::String(path) => tools.extend(self.tool_file(path, &["tools".into()])),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path: [Step; 2] = ["tools".into(), index.into()];
                    match item {
                        Value::String(file) => tools.extend(self.tool_file(file, &path)),
                        inline => match read_value(inline) {
                            Ok(tool) => tools.push(tool),
                            Err(problem) => self.problem("bad-tool", &problem.under(&path)),
                        },
                    }
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                self.error("bad-tool", &["tools".into()], "`tools` is a list of tools or of files, or one file", None);
            }
        }
        for (index, tool) in tools.iter().enumerate() {
            if tools[..index].iter().any(|earlier: &ToolSpec| earlier.name.folded() == tool.name.folded()) {
                let message = format!("the tool `{}` is declared twice", tool.name);
                self.error("bad-tool", &["tools".into()], message, None);
            }
            if let Err(error) = crate::json_schema::compile(&tool.input_schema) {
                let message = format!("`input_schema` of the tool `{}` is not a JSON Schema: {error}", tool.name);
                self.error("bad-tool", &["tools".into()], message, None);
            }
        }
        tools
    }

    fn tool_file(&mut self, name: &str, path: &[Step]) -> Vec<ToolSpec> {
        let Some(document) = self.read_document(name, Use::Tools, path) else { return Vec::new() };
        let list = match document.value() {
            Value::Array(_) => read_value::<Vec<ToolSpec>>(document.value()),
            _ => read_value::<ToolSpec>(document.value()).map(|one| vec![one]),
        };
        list.unwrap_or_else(|problem| {
            self.diagnostics.push(document.diagnose("bad-tool", &problem));
            Vec::new()
        })
    }

    fn output_schema(&mut self, declared: &Value) -> Option<Value> {
        let path: [Step; 1] = ["output_schema".into()];
        let schema = match declared {
            Value::Null => return None,
            Value::String(file) => self.read_document(file, Use::OutputSchema, &path)?.value().clone(),
            inline => inline.clone(),
        };
        if let Err(error) = crate::json_schema::compile(&schema) {
            self.error("bad-schema", &path, format!("not a JSON Schema: {error}"), None);
        }
        Some(schema)
    }

    fn tests(&mut self, file: &PromptFile) -> Vec<Arc<crate::golden::Task>> {
        let mut tasks: Vec<Arc<crate::golden::Task>> = Vec::new();
        for (index, declared) in file.tests.iter().enumerate() {
            let path: [Step; 2] = ["tests".into(), index.into()];
            let origin = golden::Origin::version(&self.document.path);
            match golden::resolve(declared, &file.id, self.document, &path, origin, &golden::NoFixtures) {
                Ok(task) if tasks.iter().any(|earlier| earlier.id.folded() == task.id.folded()) => {
                    let message = format!("the test `{}` is declared twice", task.id);
                    self.error("duplicate-task", &path, message, None);
                }
                Ok(task) => tasks.push(Arc::new(task)),
                Err(diagnostics) => self.diagnostics.extend(diagnostics),
            }
        }
        tasks
    }

    fn read_document(&mut self, name: &str, use_: Use, path: &[Step]) -> Option<Document> {
        let text = self.read(name, use_, path, "file")?;
        match Document::parse(&self.below_dir(name), text.as_bytes()) {
            Ok(document) => Some(document),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Reads a file below the prompts directory, refusing every way out of it (SEC-06).
    fn read(&mut self, name: &str, use_: Use, path: &[Step], code: &str) -> Option<String> {
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

/// Where in a prompt file the text of one of its own templates stands; `None` for an included one.
fn own_path(template: &str) -> Option<Vec<Step>> {
    match template {
        TEMPLATE => Some(vec!["template".into()]),
        SYSTEM => Some(vec!["system".into()]),
        other => {
            let index: usize = other.strip_prefix(MESSAGE)?.parse().ok()?;
            Some(vec!["messages".into(), index.into(), "content".into()])
        }
    }
}

/// The place of a 1-based line of a template that stands at `path`. A block scalar's text begins on the line after its key.
fn template_place(document: &Document, path: &[Step], line: u32, excerpt: Option<&str>) -> Place {
    let value = document.place(path);
    let key = document.key_place(path);
    let is_block = key.excerpt.trim_end().ends_with(['|', '>', '-', '+']);
    let number = if is_block { key.line + line } else { value.line };
    if line == 0 {
        return key;
    }
    let Some(text) = document.text().lines().nth((number as usize).saturating_sub(1)) else { return key };
    let found = excerpt.and_then(|excerpt| text.find(excerpt).map(|at| (at, excerpt)));
    let indent = text.len() - text.trim_start().len();
    let (start, width) = match found {
        Some((at, excerpt)) => (at, excerpt.chars().count()),
        None => (indent, text.trim().chars().count()),
    };
    Place {
        file: document.path.clone(),
        line: number,
        column: u32::try_from(text[..start].chars().count()).unwrap_or(0) + 1,
        width: u32::try_from(width).unwrap_or(1).max(1),
        excerpt: text.to_owned(),
    }
}
