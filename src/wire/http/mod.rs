//! A deployed prompt API: an HTTP service of the team's own that is given a prompt's name and its input, and answers with a text.
//!
//! Its format is declared, not known: which values go where in the body, and where in a reply the answer stands. The declaration
//! is part of the request, and so of a recording's key. Pure; sending is the transport's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Call, DecodeError, Message, Reply, ReplyStop, Request, Usage};

#[cfg(test)]
mod tests;

pub const API: &str = "http";

/// How a deployed prompt API is spoken to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpApi {
    /// What follows the alias's `base_url`, such as `/v1/prompt/execute`.
    pub path: String,
    /// The request's body. The texts `$prompt`, `$version`, `$input`, `$model`, `$text` (the last rendered user message) and
    /// `$messages` stand for their values; everything else is sent as it is.
    #[serde(default = "usual_body")]
    pub body: Map<String, Value>,
    /// Where in a reply the answer stands, as a JSON pointer. What is no text is written as JSON.
    pub output: String,
    /// Where the reason to stop stands; without one, every answer is a finished one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
    /// What the API's words for that reason mean, beside regild's own. Any other word is an error.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stops: BTreeMap<String, StopWord>,
    /// Where the number of input tokens stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<String>,
    /// Where the number of output tokens stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<String>,
    /// Where the name of the model that answered stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Why a deployed prompt stopped. It runs its own tools, so that no call of one can be a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopWord {
    Finish,
    Length,
    ContextOverflow,
    Refusal,
    ContentFilter,
    Malformed,
    Error,
}

impl StopWord {
    fn stop(self) -> ReplyStop {
        match self {
            Self::Finish => ReplyStop::Finish,
            Self::Length => ReplyStop::Length,
            Self::ContextOverflow => ReplyStop::ContextOverflow,
            Self::Refusal => ReplyStop::Refusal,
            Self::ContentFilter => ReplyStop::ContentFilter,
            Self::Malformed => ReplyStop::Malformed,
            Self::Error => ReplyStop::Error,
        }
    }
}

/// What stands for a value in a body.
pub(super) const WORDS: [&str; 6] = ["$prompt", "$version", "$input", "$model", "$text", "$messages"];

fn usual_body() -> Map<String, Value> {
    let entries = [("prompt_id", "$prompt"), ("version", "$version"), ("variables", "$input")];
    entries.into_iter().map(|(name, word)| (name.to_owned(), word.into())).collect()
}

/// A step into a declaration: the keys and indices that lead to a value.
pub type At = Vec<String>;

impl HttpApi {
    /// What a request for a prompt carries beside its messages.
    pub fn features(&self, prompt: &str, version: &str, input: Map<String, Value>) -> Map<String, Value> {
        let entries =
            [("http", json!(self)), ("prompt", prompt.into()), ("version", version.into()), ("input", input.into())];
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Everything that cannot be meant, and where.
    pub fn misfits(&self) -> Vec<(At, String)> {
        let mut found = Vec::new();
        let is_path = self.path.starts_with('/')
            && self.path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\' | b'%'))
            && !self.path.split('/').any(|step| matches!(step, "." | ".."));
        if !is_path {
            found.push((vec!["path".to_owned()], "is no path: it begins with `/` and has no query".to_owned()));
        }
        let Self { path: _, body, output, stop, stops: _, input_tokens, output_tokens, model } = self;
        let pointers = [
            ("output", Some(output)),
            ("stop", stop.as_ref()),
            ("input_tokens", input_tokens.as_ref()),
            ("output_tokens", output_tokens.as_ref()),
            ("model", model.as_ref()),
        ];
        for (name, pointer) in pointers {
            if pointer.is_some_and(|pointer| !is_pointer(pointer)) {
                found.push((vec![name.to_owned()], "is no JSON pointer, as in `/usage/output_tokens`".to_owned()));
            }
        }
        body.iter()
            .for_each(|(name, value)| unknown_words(value, &mut vec!["body".to_owned(), name.clone()], &mut found));
        found
    }
}

/// RFC 6901: empty, or steps that each begin with `/`; a `~` is written `~0`, and a `/` inside a step `~1`.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

fn unknown_words(value: &Value, at: &mut At, found: &mut Vec<(At, String)>) {
    let mut inside = |step: String, value: &Value| {
        at.push(step);
        unknown_words(value, at, found);
        at.pop();
    };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(name, value)| inside(name.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| inside(index.to_string(), value)),
        Value::String(text) if is_word(text) && !WORDS.contains(&text.as_str()) => {
            found.push((at.clone(), format!("`{text}` stands for nothing; there are {}", WORDS.join(", "))));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text looks as if it stood for a value: `$name`, and not `$5` or `costs $name`.
fn is_word(text: &str) -> bool {
    let name = text.strip_prefix('$').unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn declared(request: &Request) -> Option<HttpApi> {
    HttpApi::deserialize(request.features.get("http")?).ok()
}

/// Writes a request; `None` where it carries no declaration.
pub(super) fn encode(request: &Request) -> Option<Call> {
    let HttpApi { path, body, .. } = declared(request)?;
    Some(Call { path, headers: Vec::new(), body: filled(&body.into(), request) })
}

fn filled(value: &Value, request: &Request) -> Value {
    let feature = |name: &str| request.features.get(name).cloned().unwrap_or(Value::Null);
    match value {
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| (name.clone(), filled(value, request))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, request)).collect(),
        Value::String(text) => match text.as_str() {
            "$prompt" => feature("prompt"),
            "$version" => feature("version"),
            "$input" => feature("input"),
            "$model" => request.model.clone().into(),
            "$text" => last_said(request).into(),
            "$messages" => messages(request),
            _ => value.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn last_said(request: &Request) -> &str {
    let said = request.messages.iter().rev().find_map(|message| match message {
        Message::User { content } => Some(content.as_str()),
        Message::System { .. } | Message::Assistant { .. } | Message::Tool { .. } => None,
    });
    said.unwrap_or_default()
}

/// Who said what, the system prompt first. Tools are the API's own affair and never stand here.
fn messages(request: &Request) -> Value {
    let system = request.system.iter().map(|text| ("system", text));
    let said = request.messages.iter().filter_map(|message| match message {
        Message::System { content } => Some(("system", content)),
        Message::User { content } => Some(("user", content)),
        Message::Assistant { content, .. } => Some(("assistant", content)),
        Message::Tool { .. } => None,
    });
    system.chain(said).map(|(role, content)| json!({"role": role, "content": content})).collect()
}

/// Reads the body of a reply that was no error.
pub(super) fn decode(request: &Request, body: &Value) -> Result<Reply, DecodeError> {
    let declared = declared(request).ok_or_else(|| DecodeError("the request does not say how to read it".into()))?;
    let at = |pointer: &Option<String>| body.pointer(pointer.as_deref()?).filter(|value| !value.is_null());
    let output = body.pointer(&declared.output).filter(|value| !value.is_null());
    let text = text_of(output.ok_or_else(|| DecodeError(format!("the reply has nothing at {:?}", declared.output)))?);
    let raw_stop = at(&declared.stop).map(text_of);
    let stop = raw_stop.as_deref().map_or(ReplyStop::Finish, |word| {
        let own = || StopWord::deserialize(&Value::from(word)).ok();
        declared.stops.get(word).copied().or_else(own).map_or(ReplyStop::Error, StopWord::stop)
    });
    let usage = Usage {
        input_uncached: at(&declared.input_tokens).and_then(Value::as_u64),
        output: at(&declared.output_tokens).and_then(Value::as_u64),
        ..Usage::default()
    };
    let served_model = at(&declared.model).and_then(Value::as_str).map(str::to_owned);
    Ok(Reply { text, tool_calls: Vec::new(), stop, raw_stop: raw_stop.unwrap_or_default(), usage, served_model })
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
