//! Who answers: the transports to models. In this version only the mock provider, which needs none.

use serde_json::Value;

use crate::config::Provider;
use crate::error::{Error, Result};
use crate::golden::ScriptRule;
use crate::mock;
use crate::wire::{Key, Request};

/// A model that a task's runs talk to.
#[derive(Debug)]
pub struct Model<'a> {
    script: &'a [ScriptRule],
}

/// A reply as it came, with the time it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    pub body: Value,
    pub latency_ms: u64,
}

impl<'a> Model<'a> {
    /// Connects to a provider. `script` is what the mock answers with.
    pub fn connect(provider: Provider, script: &'a [ScriptRule]) -> Result<Self> {
        match provider {
            Provider::Mock => Ok(Self { script }),
            Provider::Openai
            | Provider::Anthropic
            | Provider::Gemini
            | Provider::Ollama
            | Provider::OpenaiCompatible
            | Provider::Http => {
                let message = format!("this version of regild does not talk to `{}`", provider.as_str());
                Err(Error::usage(message).hint("declare the alias with `provider: mock` to record a stand-in"))
            }
        }
    }

    /// Asks for the reply to `request`, the 0-based `step` of a sample.
    pub fn ask(&self, request: &Request, key: &Key, step: usize, sample: u32) -> Raw {
        let (body, latency_ms) = mock::answer(self.script, request, key, step, sample);
        Raw { body, latency_ms }
    }
}
