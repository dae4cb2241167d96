//! The other end of the wire: requests as clients of a provider write them, read into the neutral request, and neutral
//! replies written as that provider writes them. One folder an API, the reverse of the file that speaks it.
//!
//! Pure. What answers a request is decided elsewhere; nothing that the neutral reply does not hold is made up here.

use serde_json::{Map, Value, json};

use super::{DecodeError, Message, Reply, Request, ToolCall};

mod anthropic;
mod openai;

/// A wire format that clients are answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    OpenaiChat,
    AnthropicMessages,
}

/// A request as a client wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    pub request: Request,
    /// Whether the reply is wanted as server-sent events.
    pub stream: bool,
    /// Whether a stream ends with the usage, where the API leaves that to the client.
    pub stream_usage: bool,
}

/// A recorded reply on its way to a client.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub reply: &'a Reply,
    pub model: &'a str,
    /// What ids are made of: letters, digits and `_`, another one for every reply.
    pub id: &'a str,
}

/// What goes back for a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    Reply(Value),
    /// The API says this with an error and a status.
    Error(u16, Value),
    /// The API has no word for how the reply ended, so that whatever were said would be wrong.
    NoWord,
}

/// Why a request is not answered with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not what the API takes.
    Malformed,
    /// It asks for a host that this is not.
    Forbidden,
    /// It asks at a place or in a way that is not served.
    NotServed,
    TooLarge,
    NotRecorded,
    UnknownModel,
    NoWord,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OpenaiChat, Self::AnthropicMessages];

    /// Reads a request's body.
    pub fn read(self, body: &Value) -> Result<Incoming, DecodeError> {
        let Value::Object(body) = body else { return Err(DecodeError("the request is no JSON object".into())) };
        match self {
            Self::OpenaiChat => openai::read(body),
            Self::AnthropicMessages => anthropic::read(body),
        }
    }

    /// What is left of a request, of whatever API, once it went through this format: the same for the request of a recording
    /// and for that of a client who asks the same.
    pub fn carried(self, request: &Request) -> Result<Request, DecodeError> {
        let body = match self {
            Self::OpenaiChat => super::openai_chat::encode(request, &[]).body,
            Self::AnthropicMessages => super::anthropic::encode(request, &[]).body,
        };
        Ok(self.read(&body)?.request)
    }

    /// Writes a reply.
    pub fn write(self, outgoing: &Outgoing<'_>) -> Written {
        match self {
            Self::OpenaiChat => openai::write(outgoing),
            Self::AnthropicMessages => anthropic::write(outgoing),
        }
    }

    /// A written reply as server-sent events.
    pub fn events(self, reply: &Value, usage: bool) -> String {
        match self {
            Self::OpenaiChat => openai::events(reply, usage),
            Self::AnthropicMessages => anthropic::events(reply),
        }
    }

    /// The body of an error.
    pub fn error(self, fault: Fault, message: &str) -> Value {
        match self {
            Self::OpenaiChat => openai::error(fault, message),
            Self::AnthropicMessages => anthropic::error(fault, message),
        }
    }
}

/// The calls of a conversation by the ids a client gave them. Every turn numbers its calls anew, as keys want it.
#[derive(Debug, Default)]
struct Calls {
    /// Of the last turn that called: the client's id and the call's name.
    last: Vec<(String, String)>,
}

impl Calls {
    /// Takes a turn's calls with the client's ids.
    fn turn(&mut self, calls: &[(String, ToolCall)]) {
        if !calls.is_empty() {
            self.last = calls.iter().map(|(id, call)| (id.clone(), call.name.clone())).collect();
        }
    }

    /// The result of the call that the client knows as `id`.
    fn result(&self, id: &str, content: String, is_error: bool) -> Result<Message, DecodeError> {
        let at = self.last.iter().position(|(known, _)| known == id);
        let at =
            at.ok_or_else(|| DecodeError(format!("a tool result for `{id}`, which the turn before does not call")))?;
        Ok(Message::Tool { call_id: format!("call_{at}"), name: self.last[at].1.clone(), content, is_error })
    }
}

/// Puts the results of each turn in the order of its calls, whichever was ready first.
fn in_order(messages: &mut [Message]) {
    let place = |message: &Message| match message {
        Message::Tool { call_id, .. } => call_id.strip_prefix("call_").and_then(|at| at.parse::<usize>().ok()),
        Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
    };
    for run in messages.chunk_by_mut(|a, b| place(a).is_some() && place(b).is_some()) {
        run.sort_by_key(place);
    }
}

/// A field that must be a text.
fn text_field(value: &Map<String, Value>, field: &str) -> Result<String, DecodeError> {
    let text = value.get(field).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| DecodeError(format!("`{field}` must be a text")))
}

/// The items of a field that must be a list; none where it is left out.
fn list_field<'a>(value: &'a Map<String, Value>, field: &str) -> Result<&'a [Value], DecodeError> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(DecodeError(format!("`{field}` must be a list"))),
    }
}

/// An item that must be an object.
fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, DecodeError> {
    value.as_object().ok_or_else(|| DecodeError(format!("{what} must be an object")))
}

/// The name of a tool, which recordings can only hold as an id.
fn tool_name(tool: &Map<String, Value>) -> Result<crate::id::Id, DecodeError> {
    crate::id::Id::new(&text_field(tool, "name")?).map_err(|why| DecodeError(format!("a tool's name: {why}")))
}

/// One server-sent event.
fn event(name: Option<&str>, data: &Value) -> String {
    match name {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}

/// A number of tokens, or null where the recording does not tell.
fn tokens(count: Option<u64>) -> Value {
    count.map_or(Value::Null, |count| json!(count))
}

#[cfg(test)]
mod tests;
