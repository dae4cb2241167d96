//! Models under names of the team's own, and who speaks to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::Id;

/// Who speaks to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    Openai,
    Anthropic,
    Gemini,
    Ollama,
    OpenaiCompatible,
    Http,
    /// The stand-in that answers as the tasks script it.
    Mock,
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::OpenaiCompatible => "openai-compatible",
            Self::Http => "http",
            Self::Mock => "mock",
        }
    }

    /// The wire format it is spoken to in; part of every recording's key.
    pub fn api(self) -> &'static str {
        match self {
            Self::Openai | Self::OpenaiCompatible => "openai.chat",
            Self::Anthropic => "anthropic.messages",
            Self::Gemini => "gemini.generate",
            Self::Ollama => "ollama.chat",
            Self::Http => "http",
            Self::Mock => crate::wire::mock::API,
        }
    }
}

/// A model under a name of the team's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    pub provider: Provider,
    /// The model as the provider names it; the alias itself for `mock`.
    #[serde(default)]
    pub model: Option<String>,
    /// Sampling parameters sent with every request.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Where the provider is reached; taken from the policy only.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The environment variable that holds the key; taken from the policy only.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The `provider/model` whose price applies.
    #[serde(default)]
    pub price_as: Option<String>,
    /// Other names under which the model may answer; `*` stands for anything. Taken from the policy only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<String>,
}

impl Alias {
    /// The name under which an alias called `name` is priced.
    pub fn price_key(&self, name: &Id) -> String {
        match (&self.price_as, self.provider) {
            (Some(key), _) => key.clone(),
            (None, Provider::Mock) => format!("mock/{name}"),
            (None, provider) => format!("{}/{}", provider.as_str(), self.model(name)),
        }
    }

    /// The model's name, for an alias called `name`.
    pub fn model<'a>(&'a self, name: &'a Id) -> &'a str {
        self.model.as_deref().unwrap_or(name.as_str())
    }
}
