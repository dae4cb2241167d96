//! The template texts of a prompt: what they include, whether they compile, which variables nobody declares.

use std::collections::BTreeMap;

use super::Loader;
use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean};
use crate::prompt::file::PromptFile;
use crate::prompt::template::{MAX_INCLUDE_DEPTH, TemplateError, assigned, line_of, references};
use crate::prompt::{MESSAGE, SYSTEM, TEMPLATE, Templates, Use};
use crate::yaml::{Document, Step};

/// Bytes of all included templates of one prompt (SEC-06).
const MAX_INCLUDED: usize = 1 << 20;

impl Loader<'_> {
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
    pub(super) fn includes(&mut self, file: &PromptFile) -> Option<BTreeMap<String, String>> {
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
                    self.error(Code::Include, &path, message, None);
                    break;
                }
                let Some(text) = self.read(&name, Use::Include, &path, Code::Include) else { continue };
                total += text.len();
                if total > MAX_INCLUDED {
                    self.error(Code::Include, &path, format!("the includes have more than {MAX_INCLUDED} bytes"), None);
                    return None;
                }
                found.insert(name.clone(), text.clone());
                next.push((name, text, path.clone(), depth + 1));
            }
        }
        (self.diagnostics.len() == before).then_some(found)
    }

    pub(super) fn compile(&mut self, file: &PromptFile, includes: &BTreeMap<String, String>) -> Option<Templates> {
        let own = Self::own_templates(file).into_iter().map(|(name, source, _)| (name, source.to_owned()));
        let sources = includes.clone().into_iter().chain(own).collect();
        Templates::compile(&sources).map_err(|error| self.template_error(&error)).ok()
    }

    /// Finds variables that templates use and nobody declares.
    pub(super) fn undeclared(&mut self, file: &PromptFile, templates: &Templates, includes: &BTreeMap<String, String>) {
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
                last.code = Code::UndeclaredVariable;
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
        self.diagnostics.push(Diagnostic::new(Code::Template, place, error.message.clone()));
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
