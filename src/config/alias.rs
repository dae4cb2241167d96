//! Models under names of the team's own, and who speaks to them.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::Id;
use crate::wire::{self, HttpApi};

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
}

/// Which of its APIs an OpenAI-like provider is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OpenaiApi {
    /// Chat Completions.
    Chat,
    Responses,
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
    /// Which API `openai` and `openai-compatible` are spoken to in, `chat` where it is left out; taken from the policy only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<OpenaiApi>,
    /// How a deployed prompt API is spoken to, with the provider `http`; taken from the policy only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpApi>,
    /// The environment variable that holds the key; taken from the policy only.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The header that the key goes in as it is, instead of the provider's usual one; taken from the policy only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_header: Option<String>,
    /// Further headers of every call, none of them secret; taken from the policy only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A PEM file, relative to the project's root, whose certificates are trusted beside the system's; taken from the policy
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// Calls in a minute, further tries included; taken from the policy only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_requests_per_minute: Option<NonZeroU32>,
    /// Input and output tokens in a minute; taken from the policy only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens_per_minute: Option<NonZeroU64>,
    /// The `provider/model` whose price applies.
    #[serde(default)]
    pub price_as: Option<String>,
    /// The aliases that answer where this one does not, the nearest first. Each is tested on every task of this one, with recordings
    /// of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Id>,
    /// Other names under which the model may answer; `*` stands for anything. Taken from the policy only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<String>,
}

impl Alias {
    /// The wire format it is spoken to in; part of every recording's key.
    pub fn api(&self) -> &'static str {
        match (self.provider, self.api) {
            (Provider::Openai | Provider::OpenaiCompatible, Some(OpenaiApi::Responses)) => "openai.responses",
            (Provider::Openai | Provider::OpenaiCompatible, Some(OpenaiApi::Chat) | None) => "openai.chat",
            (Provider::Anthropic, _) => "anthropic.messages",
            (Provider::Gemini, _) => "gemini.generate",
            (Provider::Ollama, _) => "ollama.chat",
            (Provider::Http, _) => wire::HTTP,
            (Provider::Mock, _) => wire::mock::API,
        }
    }

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
