//! A client's Chat Completions request, read into the neutral one.
//!
//! Parts that no recording can hold, such as images, are refused rather than passed over: what answers must have been asked
//! the same.

use serde_json::{Map, Value, json};

use crate::wire::openai_chat::{API, read_call};
use crate::wire::serve::{Calls, Incoming, in_order, list_field, object, text_field, tool_name};
use crate::wire::{DecodeError, Message, Request, ToolSpec};

/// Fields that say how to answer and never what.
const DELIVERY: [&str; 2] = ["stream", "stream_options"];

pub(in crate::wire::serve) fn read(body: &Map<String, Value>) -> Result<Incoming, DecodeError> {
    let mut messages = messages(list_field(body, "messages")?)?;
    // The first thing said by the system is the prompt's; others stand among the messages.
    let system = match messages.first_mut() {
        Some(Message::System { content }) => {
            let content = std::mem::take(content);
            messages.remove(0);
            Some(content)
        }
        _ => None,
    };
    in_order(&mut messages);
    if body.get("n").is_some_and(|n| !matches!(n.as_u64(), Some(1)) && !n.is_null()) {
        return Err(DecodeError("`n`: a recording holds one choice; ask again for the next sample".into()));
    }
    let tools = list_field(body, "tools")?.iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    let known = ["model", "messages", "tools", "response_format"];
    let parameters =
        body.iter().filter(|(name, _)| !known.contains(&name.as_str()) && !DELIVERY.contains(&name.as_str()));
    let request = Request {
        api: API.to_owned(),
        model: text_field(body, "model")?,
        system,
        messages,
        tools,
        response_format: response_format(body)?,
        parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
        features: Map::new(),
    };
    let stream = body.get("stream") == Some(&Value::Bool(true));
    let stream_usage = body.get("stream_options").and_then(|options| options.get("include_usage"));
    Ok(Incoming { request, stream, stream_usage: stream_usage == Some(&Value::Bool(true)) })
}

fn messages(said: &[Value]) -> Result<Vec<Message>, DecodeError> {
    if said.is_empty() {
        return Err(DecodeError("`messages` must not be empty".into()));
    }
    let mut calls = Calls::default();
    let read = |message| {
        let message = object(message, "a message")?;
        let content = text(message.get("content").unwrap_or(&Value::Null))?;
        match text_field(message, "role")?.as_str() {
            "system" | "developer" => Ok(Message::System { content }),
            "user" => Ok(Message::User { content }),
            "assistant" => {
                let made = list_field(message, "tool_calls")?.iter().enumerate().map(|(at, call)| {
                    let id = text_field(object(call, "a tool call")?, "id")?;
                    Ok((id, read_call(at, call)?))
                });
                let made = made.collect::<Result<Vec<_>, DecodeError>>()?;
                calls.turn(&made);
                let refusal = message.get("refusal").and_then(Value::as_str).filter(|_| content.is_empty());
                let content = refusal.map(str::to_owned).unwrap_or(content);
                Ok(Message::Assistant { content, tool_calls: made.into_iter().map(|(_, call)| call).collect() })
            }
            // The API does not say whether a result is an error.
            "tool" => calls.result(&text_field(message, "tool_call_id")?, content, false),
            other => Err(DecodeError(format!("a message of the role `{other}`"))),
        }
    };
    said.iter().map(read).collect()
}

/// Text, or parts that are all text.
fn text(content: &Value) -> Result<String, DecodeError> {
    let part = |part: &Value| {
        let part = object(part, "a part of a message")?;
        match text_field(part, "type")?.as_str() {
            "text" => text_field(part, "text"),
            "refusal" => text_field(part, "refusal"),
            other => Err(DecodeError(format!("a part of the type `{other}`: recordings hold text"))),
        }
    };
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => parts.iter().map(part).collect(),
        _ => Err(DecodeError("`content` must be a text or a list of parts".into())),
    }
}

fn tool(tool: &Value) -> Result<ToolSpec, DecodeError> {
    let tool = object(tool, "a tool")?;
    let Some(Value::Object(function)) = tool.get("function") else {
        return Err(DecodeError("a tool that is no function: recordings hold functions".into()));
    };
    Ok(ToolSpec {
        name: tool_name(function)?,
        description: function.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        input_schema: function.get("parameters").cloned().unwrap_or_else(|| json!({})),
    })
}

/// The schema that the answer must follow. JSON without a schema is kept as the client says it: no prompt file can ask so.
fn response_format(body: &Map<String, Value>) -> Result<Option<Value>, DecodeError> {
    let Some(format) = body.get("response_format").filter(|format| !format.is_null()) else { return Ok(None) };
    match text_field(object(format, "`response_format`")?, "type")?.as_str() {
        "text" => Ok(None),
        "json_schema" => {
            let schema = format.pointer("/json_schema/schema");
            schema
                .map(|schema| Some(schema.clone()))
                .ok_or_else(|| DecodeError("a `json_schema` without `schema`".into()))
        }
        _ => Ok(Some(format.clone())),
    }
}
