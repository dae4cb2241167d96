//! Ollama's own `/api/chat`: a request as its body, and its reply body as a reply. Its OpenAI-like endpoint would not do,
//! because that one ignores `num_ctx`.
//!
//! One of the wire formats beside `wire`'s neutral types. It must not send, retry or keep anything, nor choose a context
//! window: those are the transport's and the user's. Source of the format: notes, provider semantics C1 to C4.

use serde_json::{Map, Value, json};

use super::{Arguments, Call, DecodeError, Message, Reply, ReplyStop, Request, ToolCall, Usage};

#[cfg(test)]
mod tests;

/// The wire format's name in a request's `api`.
pub const API: &str = "ollama.chat";

/// Parameters that stand beside `options`, not inside.
const TOP_LEVEL: [&str; 2] = ["think", "keep_alive"];

/// Writes a request. `_earlier` are the reply bodies of this run so far, of which Ollama wants nothing back.
pub(super) fn encode(request: &Request, _earlier: &[Value]) -> Call {
    let Request { api: _, model, system, messages, tools, response_format, parameters, features } = request;
    let mut body = features.clone();
    body.insert("model".into(), json!(model));
    body.insert("messages".into(), Value::Array(encode_messages(system.as_deref(), messages)));
    // Ollama streams unless told not to.
    body.insert("stream".into(), json!(false));
    if !tools.is_empty() {
        let tools = tools.iter().map(|tool| {
            json!({
                "type": "function",
                "function": {
                    "name": tool.name.as_str(),
                    "description": tool.description,
                    "parameters": tool.input_schema,
                },
            })
        });
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = response_format {
        body.insert("format".into(), schema.clone());
    }
    let mut options = Map::new();
    for (name, value) in parameters {
        let place = if TOP_LEVEL.contains(&name.as_str()) { &mut body } else { &mut options };
        place.insert(name.clone(), value.clone());
    }
    if !options.is_empty() {
        body.insert("options".into(), Value::Object(options));
    }
    Call { path: "/api/chat".into(), headers: Vec::new(), body: Value::Object(body) }
}

/// Reads a reply body; a context overflow is an outcome of the model and so is a reply.
pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        return decode_error(error);
    }
    let Some(message) = body.get("message").filter(|message| message.is_object()) else {
        return Err(DecodeError("not a reply of Ollama: it has no message".into()));
    };
    let calls = message.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tool_calls =
        calls.iter().enumerate().map(|(i, call)| tool_call(i, call)).collect::<Result<Vec<ToolCall>, DecodeError>>()?;
    let raw_stop = body.get("done_reason").and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = |name: &str| body.get(name).and_then(Value::as_u64);
    Ok(Reply {
        text: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        stop: stop(&raw_stop, !tool_calls.is_empty()),
        tool_calls,
        raw_stop,
        // A prompt served from the cache may come without its count, which does not make it 0 tokens.
        usage: Usage { input_uncached: count("prompt_eval_count"), output: count("eval_count"), ..Usage::default() },
        served_model: body.get("model").and_then(Value::as_str).map(str::to_owned),
    })
}

fn encode_messages(system: Option<&str>, messages: &[Message]) -> Vec<Value> {
    let mut said: Vec<Value> = system.iter().map(|content| json!({"role": "system", "content": content})).collect();
    // Positions repeat from turn to turn, and ids must not.
    let mut turn = 0;
    for message in messages {
        said.push(match message {
            Message::System { content } => json!({"role": "system", "content": content}),
            Message::User { content } => json!({"role": "user", "content": content}),
            Message::Assistant { content, tool_calls } if tool_calls.is_empty() => {
                json!({"role": "assistant", "content": content})
            }
            Message::Assistant { content, tool_calls } => {
                turn += 1;
                let calls: Vec<Value> = tool_calls.iter().map(|call| encode_call(call, turn)).collect();
                json!({"role": "assistant", "content": content, "tool_calls": calls})
            }
            // Ollama has no mark for a failed tool; the content says it in words.
            Message::Tool { call_id, name, content, is_error: _ } => {
                let id = format!("{call_id}_{turn}");
                json!({"role": "tool", "tool_name": name, "tool_call_id": id, "content": content})
            }
        });
    }
    said
}

fn encode_call(ToolCall { id, name, arguments }: &ToolCall, turn: usize) -> Value {
    // Ollama takes only objects; what is none is shown to the model inside of one.
    let arguments = match arguments {
        Arguments::Json(object @ Value::Object(_)) => object.clone(),
        Arguments::Json(other) => json!({"malformed": other}),
        Arguments::Malformed(raw) => json!({"malformed": raw}),
    };
    json!({"id": format!("{id}_{turn}"), "function": {"name": name, "arguments": arguments}})
}

fn tool_call(position: usize, call: &Value) -> Result<ToolCall, DecodeError> {
    let Some(name) = call.pointer("/function/name").and_then(Value::as_str) else {
        return Err(DecodeError("not a reply of Ollama: a tool call without a name".into()));
    };
    let arguments = match call.pointer("/function/arguments") {
        // A call without arguments has none or, as Go writes an empty map that was never made, null.
        None | Some(Value::Null) => Arguments::Json(json!({})),
        Some(object @ Value::Object(_)) => Arguments::Json(object.clone()),
        Some(Value::String(raw)) => Arguments::Malformed(raw.clone()),
        Some(other) => Arguments::Malformed(other.to_string()),
    };
    Ok(ToolCall { id: format!("call_{position}"), name: name.to_owned(), arguments })
}

fn stop(word: &str, calls_tools: bool) -> ReplyStop {
    match word {
        "stop" if calls_tools => ReplyStop::ToolCalls,
        "stop" => ReplyStop::Finish,
        // Of `num_predict` or of the context window; Ollama does not say which.
        "length" => ReplyStop::Length,
        // No word when the connection was closed; `load` and `unload` when nothing was asked; else a word yet to come.
        _ => ReplyStop::Error,
    }
}

/// An error body, of which only the context overflow is an outcome of the model. Mostly Ollama cuts a long prompt without a
/// word. Where it refuses, as its hosted models do, its text is all there is to know it by: "the input length exceeds the
/// context length", "prompt too long; exceeded max context length by n tokens".
fn decode_error(error: &Value) -> Result<Reply, DecodeError> {
    let message = error.as_str().or_else(|| error.get("message")?.as_str());
    match message {
        Some(text) if text.contains("exceed") && text.contains("context length") => Ok(Reply {
            text: String::new(),
            tool_calls: Vec::new(),
            stop: ReplyStop::ContextOverflow,
            raw_stop: text.to_owned(),
            usage: Usage::default(),
            served_model: None,
        }),
        Some(text) => Err(DecodeError(format!("Ollama answered with an error: {text}"))),
        None => Err(DecodeError(format!("Ollama answered with an error: {error}"))),
    }
}
