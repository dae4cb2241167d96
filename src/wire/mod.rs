//! What is said to a model and what it answers, in regild's own terms: one neutral request, one neutral reply.
//!
//! Pure: encoding and decoding only. Each provider's format is one file beside this one; sending is `io::model`'s work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod anthropic;
mod canonical;
mod gemini;
mod http;
mod key;
pub mod mock;
mod ollama;
mod openai_chat;
mod openai_responses;
pub mod serve;
mod served;
mod trouble;
mod turn;

pub use http::{API as HTTP, HttpApi};
pub use key::{Key, Parts, canonical_text, digest, hex};
pub use served::{is_served_as, is_unverified};
pub use trouble::{Trouble, message as error_message, trouble};
pub use turn::{Role, Turn};

/// One call to a model, without anything that names a provider's transport. Its canonical JSON is what a recording's key
/// is made of, so every field here must change the answer and nothing else may stand here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The wire format, such as `openai.chat`.
    pub api: String,
    /// The model as the provider names it.
    pub model: String,
    pub system: Option<String>,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    /// JSON Schema that the answer must follow.
    pub response_format: Option<Value>,
    /// Sampling parameters, as declared.
    pub parameters: Map<String, Value>,
    /// Further switches of the API that change answers, such as beta features.
    pub features: Map<String, Value>,
}

/// How providers name the limit of a reply's tokens.
const MAX_OUTPUT: [&str; 5] =
    ["max_completion_tokens", "max_tokens", "max_output_tokens", "maxOutputTokens", "num_predict"];

impl Request {
    /// The most tokens that a reply may have, where the parameters say so.
    pub fn max_output(&self) -> Option<u64> {
        MAX_OUTPUT.iter().find_map(|name| self.parameters.get(*name)?.as_u64())
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Message {
    System { content: String },
    User { content: String },
    Assistant { content: String, tool_calls: Vec<ToolCall> },
    Tool { call_id: String, name: String, content: String, is_error: bool },
}

/// A tool as the model is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolSpec {
    /// The name the model calls it by.
    pub name: crate::id::Id,
    /// What it does, in words for the model.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

/// A model's wish to call a tool. `id` is positional (`call_0`, `call_1`, …), so that keys do not depend on a provider's
/// random ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Arguments,
}

/// The arguments of a tool call: JSON, or the raw text of something that is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arguments {
    Json(Value),
    Malformed(String),
}

impl Arguments {
    /// As a text that holds JSON, or should.
    pub fn text(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Malformed(raw) => raw.clone(),
        }
    }
}

/// One answer of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub stop: ReplyStop,
    /// The provider's own word for `stop`.
    pub raw_stop: String,
    pub usage: Usage,
    /// The model that answered, where the provider says.
    pub served_model: Option<String>,
}

/// Why a model stopped talking, in one vocabulary for all providers (notes: provider semantics, C1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyStop {
    Finish,
    ToolCalls,
    Length,
    ContextOverflow,
    Refusal,
    ContentFilter,
    Pause,
    Malformed,
    Error,
}

/// Tokens of one reply in disjoint buckets; `None` means that the provider did not say, which is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_uncached: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    /// The part of `cache_write` that is kept for an hour, where the provider tells it apart.
    pub cache_write_1h: Option<u64>,
    /// All output, reasoning included.
    pub output: Option<u64>,
    /// The part of `output` spent on reasoning.
    pub reasoning: Option<u64>,
}

impl Usage {
    /// All input tokens, if the provider told of any.
    pub fn input(&self) -> Option<u64> {
        self.input_uncached?.checked_add(self.cache_read.unwrap_or(0))?.checked_add(self.cache_write.unwrap_or(0))
    }

    /// Input and output tokens, if both are known.
    pub fn total(&self) -> Option<u64> {
        self.input()?.checked_add(self.output?)
    }
}

/// One call of an API as it goes over the wire. The host and the key are the transport's.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What follows the endpoint's base URL, such as `/chat/completions`.
    pub path: String,
    /// Headers that the API asks for, beside those of the transport.
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Value,
}

/// A reply body that is not what its API promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub String);

/// An API of a provider.
struct Api {
    name: &'static str,
    encode: fn(&Request, &[Value]) -> Call,
    decode: fn(&Value) -> Result<Reply, DecodeError>,
}

/// Every API of a provider. [`HTTP`] is not among them: each request of it brings its own format.
const APIS: [Api; 5] = [
    Api { name: openai_chat::API, encode: openai_chat::encode, decode: openai_chat::decode },
    Api { name: openai_responses::API, encode: openai_responses::encode, decode: openai_responses::decode },
    Api { name: anthropic::API, encode: anthropic::encode, decode: anthropic::decode },
    Api { name: gemini::API, encode: gemini::encode, decode: gemini::decode },
    Api { name: ollama::API, encode: ollama::encode, decode: ollama::decode },
];

fn api(name: &str) -> Option<&'static Api> {
    APIS.iter().find(|api| api.name == name)
}

/// Whether requests can be written for `name` and its replies read.
pub fn speaks(name: &str) -> bool {
    name == http::API || api(name).is_some()
}

/// Writes a request for its API. `earlier` are the reply bodies of the run so far, one for each of its turns: some APIs want
/// back what they said as they said it. `None` where this version does not speak the API.
pub fn encode(request: &Request, earlier: &[Value]) -> Option<Call> {
    match api(&request.api) {
        Some(api) => Some((api.encode)(request, earlier)),
        None if request.api == http::API => http::encode(request),
        None => None,
    }
}

/// Reads a reply body, which answers `request`.
pub fn decode(request: &Request, body: &Value) -> Result<Reply, DecodeError> {
    if request.api == http::API { http::decode(request, body) } else { decode_of(&request.api, body) }
}

/// Reads a reply body of the API called `name`, where the request is not at hand. That is not enough for [`HTTP`].
pub fn decode_of(name: &str, body: &Value) -> Result<Reply, DecodeError> {
    match api(name) {
        Some(api) => (api.decode)(body),
        None if name == mock::API => mock::decode(body),
        None if name == http::API => Err(DecodeError("how its replies are read stands in the settings only".into())),
        None => Err(DecodeError(format!("this version of regild does not read replies of the API `{name}`"))),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A conversation with everything that adapters write: history, two turns with tools, an answer format.
    pub(crate) fn conversation(api: &str) -> Request {
        let call = |at: usize, arguments| ToolCall { id: format!("call_{at}"), name: "find".into(), arguments };
        let result = |at: usize, content: &str, is_error| Message::Tool {
            call_id: format!("call_{at}"),
            name: "find".into(),
            content: content.into(),
            is_error,
        };
        let find = crate::id::Id::new("find").unwrap();
        Request {
            api: api.into(),
            model: "m".into(),
            system: Some("be brief".into()),
            messages: vec![
                Message::User { content: "hi".into() },
                Message::Assistant {
                    content: String::new(),
                    tool_calls: vec![
                        call(0, Arguments::Json(json!({"q": "a"}))),
                        call(1, Arguments::Malformed("{oops".into())),
                    ],
                },
                result(0, "found", false),
                result(1, "no", true),
                Message::Assistant { content: "again".into(), tool_calls: vec![call(0, Arguments::Json(json!({})))] },
                result(0, "x", false),
            ],
            tools: vec![ToolSpec { name: find, description: "finds".into(), input_schema: json!({"type": "object"}) }],
            response_format: Some(json!({"type": "object"})),
            parameters: json!({"temperature": 0}).as_object().unwrap().clone(),
            features: Default::default(),
        }
    }
}
