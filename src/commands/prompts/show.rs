//! `regild prompts show`: everything that one version declares, in the order in which people ask.

use serde_json::{Map, Value};

use super::{Text, document, list};
use crate::prompt::{Content, Prompt, Use, Variable};
use crate::report::escape;
use crate::side::Side;

/// What people say of a prompt, in the order it is shown.
const ABOUT: [&str; 6] = ["description", "author", "owner", "created_at", "tags", "metadata"];

/// Columns of the names beside what they name.
const NAME: usize = 12;

pub fn show(side: &Side, prompt: &Prompt, text: Text) -> String {
    let mut page = Page { text, out: String::new() };
    let marks = side.prompts.get(&prompt.id).map(|entry| list::marks(side, entry, prompt)).unwrap_or_default();
    let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
    page.line(&format!("{} {}{marks}", prompt.id, prompt.version));
    page.field("prompt_id", &prompt.prompt_id());
    page.field("fingerprint", &prompt.fingerprint());
    page.field("path", &prompt.path);
    let document = document(side, prompt);
    let declared = |key: &str| document.as_ref().and_then(|document| document.value().get(key));
    for key in ABOUT {
        page.value(key, declared(key).unwrap_or(&Value::Null));
    }
    let models: Vec<&str> = prompt.models.iter().map(crate::id::Id::as_str).collect();
    page.field("models", &models.join(", "));
    page.value("parameters", &Value::Object(prompt.parameters.clone()));
    for (path, part) in &prompt.files {
        let word = match part.use_ {
            Use::Prompt => continue,
            Use::Include => "includes",
            Use::Tools => "tools in",
            Use::OutputSchema => "schema in",
        };
        page.field(word, path);
    }
    page.section("variables", prompt.variables.iter().map(variable));
    page.section("tools", prompt.tools.iter().map(|tool| (tool.name.to_string(), tool.description.clone())));
    page.section(
        "examples",
        prompt.examples.iter().enumerate().map(|(index, example)| {
            let input: Map<String, Value> = example.input.clone().into_iter().collect();
            ((index + 1).to_string(), format!("{} → {}", Value::Object(input), example.output))
        }),
    );
    page.section(
        "tests",
        prompt.tests.iter().map(|task| {
            let expected: Vec<String> = task.assertions.iter().map(crate::assertion::Assertion::expected).collect();
            (task.id.to_string(), expected.join("; "))
        }),
    );
    if let Some(schema) = &prompt.output_schema {
        page.block("output schema", &format!("{schema:#}"));
    }
    if let Some(system) = &prompt.system {
        page.block("system", system);
    }
    match &prompt.content {
        Content::Template(source) => page.block("template", source),
        Content::Messages(messages) => {
            for message in messages {
                page.block(message.role.as_str(), &message.content);
            }
        }
    }
    page.out
}

/// A variable's name and all that is declared of it.
fn variable(variable: &Variable) -> (String, String) {
    let Variable { name, kind, required, default, description, allowed, validation } = variable;
    let mut words = vec![kind.as_str().to_owned(), if *required { "required" } else { "optional" }.to_owned()];
    if !default.is_null() {
        words.push(format!("default {default}"));
    }
    if let Some(allowed) = allowed {
        words.push(format!("one of {}", allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")));
    }
    let limits = serde_json::to_value(validation).unwrap_or_default();
    for (limit, value) in limits.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        words.push(format!("{limit} {}", plain(value)));
    }
    let description = description.as_ref().map(|description| format!(": {description}")).unwrap_or_default();
    (name.clone(), format!("{}{description}", words.join(", ")))
}

/// A value as people write it: texts bare, lists with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

struct Page {
    text: Text,
    out: String,
}

impl Page {
    /// One line, whatever breaks it holds.
    fn line(&mut self, text: &str) {
        self.out.push_str(escape::line(text.trim_end()).trim_end_matches('␤'));
        self.out.push('\n');
    }

    /// A name and a text; nothing where the text is empty.
    fn field(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.line(&format!("  {name:NAME$} {text}"));
        }
    }

    /// A name and a value, a mapping with a line for each key.
    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Object(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.field(if index == 0 { name } else { "" }, &format!("{key}: {}", plain(value)));
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => self.field(name, &plain(value)),
        }
    }

    /// A heading and a line for each item; nothing where there are none.
    fn section(&mut self, title: &str, items: impl Iterator<Item = (String, String)>) {
        let items: Vec<(String, String)> = items.collect();
        let Some(width) = items.iter().map(|(name, _)| name.len().max(NAME)).max() else { return };
        self.out.push_str(&format!("\n{title}\n"));
        for (name, text) in items {
            self.line(&format!("  {name:width$} {text}"));
        }
    }

    /// A text of the prompt as it stands there.
    fn block(&mut self, title: &str, text: &str) {
        let text = self.text.block(text);
        self.out.push_str(&format!("\n── {title} ──\n{text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{side, which};
    use super::*;

    #[test]
    fn everything_declared_is_shown() {
        let side = side();
        let shown = show(&side, which("support", None).find(&side).unwrap(), Text::Escaped);
        for part in [
            "support 12.0.0  (serves, active, rollback)\n",
            "  path         prompts/support/v12.0.0.yaml\n",
            "  description  Answers␤::error::customers\n",
            "\nvariables\n  question     string, required\n  words        integer, optional, default 9\n",
            "\n── system ──\nBe kind.\n",
            "\n── template ──\n{{ question }} in {{ words }}\n",
        ] {
            assert!(shown.contains(part), "{part:?} in {shown}");
        }
    }

    #[test]
    fn sec_08_a_template_is_raw_only_for_programs() {
        let side = side();
        let prompt = which("support", Some("13")).find(&side).unwrap();
        assert!(show(&side, prompt, Text::Raw).contains("\n\u{1b}[31mbrief"));
        assert!(show(&side, prompt, Text::Escaped).contains("\n␛[31mbrief"));
    }
}
