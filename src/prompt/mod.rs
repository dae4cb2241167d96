//! Prompts: a file of a snapshot, with everything it refers to, checked and ready to render.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::golden::Task;
use crate::id::Id;
use crate::wire::{Message, ToolSpec, Turn, digest, hex};

mod catalog;
pub mod file;
mod load;
mod template;
mod variable;

pub use catalog::{Entry, Prompts, VersionEntry, is_set_aside};
pub use file::Example;
pub use load::load;
pub(crate) use template::references;
pub use template::{TemplateError, Templates};
pub use variable::{Misfit, Type, Variable, bind};

/// The name of the main template, of the system template, and the prefix of the messages' templates.
pub(crate) const TEMPLATE: &str = "template";
pub(crate) const SYSTEM: &str = "system";
pub(crate) const MESSAGE: &str = "messages/";

/// One version of a prompt, resolved.
#[derive(Debug)]
pub struct Prompt {
    pub id: Id,
    pub version: Version,
    /// Of its file, relative to the project root.
    pub path: String,
    pub content: Content,
    pub system: Option<String>,
    pub parameters: Map<String, Value>,
    /// Aliases, the first of which serves; empty where the project's default applies.
    pub models: Vec<Id>,
    pub tools: Vec<ToolSpec>,
    pub output_schema: Option<Value>,
    pub variables: Vec<Variable>,
    pub examples: Vec<Example>,
    /// Golden tasks that the file itself declares.
    pub tests: Vec<std::sync::Arc<Task>>,
    /// Every file it is made of, its own first, with its object id and what it is used for.
    pub files: BTreeMap<String, Part>,
    /// Source text of every template it includes, by path below the prompts directory.
    pub includes: BTreeMap<String, String>,
    pub templates: Templates,
}

/// What a prompt is asked with.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// One user message.
    Template(String),
    Messages(Vec<Turn>),
}

/// A file that a prompt is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub use_: Use,
    pub object: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Prompt,
    Include,
    Tools,
    OutputSchema,
}

/// What a prompt says for one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub system: Option<String>,
    pub messages: Vec<Message>,
}

impl Prompt {
    /// `<id>:<version>:<12 hex>`: the hash is of the template's source, or of the messages' canonical JSON.
    pub fn prompt_id(&self) -> String {
        let hash = match &self.content {
            Content::Template(source) => hex(&Sha256::digest(source.as_bytes())),
            Content::Messages(messages) => digest(messages),
        };
        format!("{}:{}:{}", self.id, self.version, &hash[..12])
    }

    /// SHA-256 over all that is sent for this prompt; equal fingerprints ask models the same.
    pub fn fingerprint(&self) -> String {
        digest(&self.sent())
    }

    /// What is sent, part by part, under the words that reasons use.
    pub fn sent(&self) -> BTreeMap<&'static str, Value> {
        let content = match &self.content {
            Content::Template(source) => ("template", json!(source)),
            Content::Messages(messages) => ("messages", json!(messages)),
        };
        BTreeMap::from([
            content,
            ("system", json!(self.system)),
            ("includes", json!(self.includes)),
            ("tools", json!(self.tools)),
            ("output schema", json!(self.output_schema)),
            ("parameters", json!(self.parameters)),
            // Defaults and examples reach the rendered text too.
            ("variables", json!(self.variables.iter().map(|v| (&v.name, &v.default)).collect::<Vec<_>>())),
            ("examples", json!(self.examples)),
        ])
    }

    /// Renders the prompt for an input that [`bind`] accepted.
    pub fn render(&self, bound: &Map<String, Value>) -> Result<Rendered, TemplateError> {
        let mut context = bound.clone();
        context.insert("examples".to_owned(), json!(self.examples));
        let system = self.system.as_ref().map(|_| self.templates.render(SYSTEM, &context)).transpose()?;
        let messages = match &self.content {
            Content::Template(_) => vec![Message::User { content: self.templates.render(TEMPLATE, &context)? }],
            Content::Messages(messages) => {
                let render = |(index, message): (usize, &Turn)| {
                    let content = self.templates.render(&format!("{MESSAGE}{index}"), &context)?;
                    Ok(message.role.says(content))
                };
                messages.iter().enumerate().map(render).collect::<Result<_, _>>()?
            }
        };
        Ok(Rendered { system, messages })
    }
}
