//! The template texts of a prompt: whether they parse, and which variables they use that nobody declares, or leave unused.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Loader, scalar};
use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean, shown_line};
use crate::prompt::file::PromptFile;
use crate::prompt::template::{TemplateError, Undeclared, references, trace};
use crate::prompt::{MESSAGE, SYSTEM, TEMPLATE, Templates};
use crate::yaml::Step;

/// What hangs on a name that is only asked for.
const ASKED: &str = "variables are declared even where a template only asks for them: declare it with `required: false`; \
    it is none where the input has no value";

impl Loader<'_> {
    /// Every template text of the file itself, by name and the path where it stands.
    pub(super) fn own_templates(file: &PromptFile) -> Vec<(String, &str)> {
        let mut templates = Vec::new();
        templates.extend(file.template.as_deref().map(|source| (TEMPLATE.to_owned(), source)));
        templates.extend(file.system.as_deref().map(|source| (SYSTEM.to_owned(), source)));
        for (index, message) in file.messages.iter().flatten().enumerate() {
            templates.push((format!("{MESSAGE}{index}"), message.content.as_str()));
        }
        templates
    }

    /// The templates of the prompt and the texts they include, all checked.
    pub(super) fn templates(&mut self, file: &PromptFile) -> (BTreeMap<String, String>, Templates) {
        let before = self.diagnostics.len();
        let includes = self.includes(file);
        let is_sound = !self.diagnostics[before..].iter().any(Diagnostic::is_error);
        let mut sources = includes.clone();
        sources.extend(Self::own_templates(file).into_iter().map(|(name, source)| (name, source.to_owned())));
        if is_sound {
            self.trace(file, &sources, true);
        } else {
            // What stands alone can be followed all the same.
            let stands_alone = |name: &String, text: &mut String| {
                own_path(name).is_some() && references(name, text).is_ok_and(|named| named.is_empty())
            };
            let mut followed = sources.clone();
            followed.retain(stands_alone);
            self.trace(file, &followed, false);
        }
        (includes, Templates::new(sources))
    }

    /// Finds names that templates use and nobody declares and, where these templates are `all`, variables that are declared and
    /// not used.
    fn trace(&mut self, file: &PromptFile, sources: &BTreeMap<String, String>, all: bool) {
        let declared: BTreeSet<&str> = file.variables.iter().map(|variable| variable.name.as_str()).collect();
        let own = Self::own_templates(file).into_iter().map(|(name, _)| name);
        let entries: Vec<String> = own.filter(|name| sources.contains_key(name)).collect();
        let usage = trace(sources, &entries, &declared);
        for Undeclared { template, name, range, asks } in &usage.undeclared {
            let place = self.template_place(template, &sources[template], range);
            let near = did_you_mean(name, declared.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            let message = format!("`{name}` is not a variable of the prompt");
            let mut diagnostic = Diagnostic::new(Code::UndeclaredVariable, place, message);
            diagnostic.help = near.or_else(|| asks.then(|| ASKED.to_owned()));
            self.diagnostics.push(diagnostic);
        }
        for (error, help) in &usage.flaws {
            self.template_error(error, &sources[&error.template], help.as_deref());
        }
        for (index, variable) in file.variables.iter().enumerate() {
            // What a template means by a name that nobody declares may be this one.
            if all && !usage.used.contains(&variable.name) && usage.undeclared.is_empty() {
                let path = ["variables".into(), index.into(), "name".into()];
                let message = format!("no template uses the variable `{}`", variable.name);
                self.error(Code::UnusedVariable, &path, message, None);
            }
        }
    }

    /// Places an error of a template in the file where its text stands.
    pub(super) fn template_error(&mut self, error: &TemplateError, text: &str, help: Option<&str>) {
        let place = self.template_place(&error.template, text, &error.range);
        let mut diagnostic = Diagnostic::new(Code::Template, place, error.message.clone());
        diagnostic.help = help.map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }

    /// Where a part of a template's text stands: in the prompt file's scalar, or in the included file.
    pub(super) fn template_place(&self, template: &str, text: &str, range: &Range<usize>) -> Place {
        let Some(path) = own_path(template) else { return place_in(&self.below_dir(template), text, range) };
        match scalar::source_range(self.document, &path, text, range) {
            Some(range) => place_in(&self.document.path, self.document.text(), &range),
            None => self.document.key_place(&path),
        }
    }
}

/// Where in a prompt file the text of one of its own templates stands; `None` for an included one.
pub(super) fn own_path(template: &str) -> Option<Vec<Step>> {
    match template {
        TEMPLATE => Some(vec!["template".into()]),
        SYSTEM => Some(vec!["system".into()]),
        other => {
            let index: usize = other.strip_prefix(MESSAGE)?.parse().ok()?;
            Some(vec!["messages".into(), index.into(), "content".into()])
        }
    }
}

/// The place of a range of a file, as far as it goes on the line where it begins.
pub(super) fn place_in(file: &str, text: &str, range: &Range<usize>) -> Place {
    let before = text.get(..range.start).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let end = range.end.clamp(before.len(), (start + line.len()).max(before.len()));
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Place {
        file: file.to_owned(),
        line: u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1),
        column: count(&before[start..]) + 1,
        width: text.get(before.len()..end).map_or(1, count).max(1),
        excerpt: shown_line(line),
    }
}
