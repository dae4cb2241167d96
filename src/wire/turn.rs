//! A message as people write it: who speaks, and what. Prompts declare them as templates, tasks as history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Message;

/// One message; in a prompt file its content is a Jinja2 template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub role: Role,
    pub content: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// A message of this role.
    pub fn says(self, content: String) -> Message {
        match self {
            Self::System => Message::System { content },
            Self::User => Message::User { content },
            Self::Assistant => Message::Assistant { content, tool_calls: Vec::new() },
        }
    }
}
