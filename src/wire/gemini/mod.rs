//! Gemini's `generateContent`: a request as its body, and its reply body as a reply.
//!
//! One of the wire formats beside `wire`'s neutral types. It must not send, retry or keep anything: host, key and the
//! HTTP status are the transport's. Source of the format: notes, provider semantics C1 to C4.

use serde_json::{Value, json};

use super::{Arguments, Call, DecodeError, Message, Reply, ReplyStop, Request, ToolCall, Usage};

#[cfg(test)]
mod tests;

/// The wire format's name in a request's `api`.
pub const API: &str = "gemini.generate";

/// Writes a request. `earlier` are the reply bodies of this run so far, oldest first: one for each assistant message that
/// follows the run's opening. They carry the thought signatures that Gemini wants to see again.
pub(super) fn encode(request: &Request, earlier: &[Value]) -> Call {
    let Request { api: _, model, system, messages, tools, response_format, parameters, features } = request;
    let mut body = features.clone();
    // Gemini's contents know only `user` and `model`, so every system message goes where instructions stand.
    let said_in_messages = messages.iter().filter_map(|message| match message {
        Message::System { content } => Some(content),
        Message::User { .. } | Message::Assistant { .. } | Message::Tool { .. } => None,
    });
    let instructions: Vec<Value> = system.iter().chain(said_in_messages).map(|text| json!({"text": text})).collect();
    if !instructions.is_empty() {
        body.insert("systemInstruction".into(), json!({"parts": instructions}));
    }
    body.insert("contents".into(), Value::Array(contents(messages, earlier)));
    if !tools.is_empty() {
        // `parameters` would take only Gemini's own subset of schemas; this field takes JSON Schema.
        let declarations: Vec<Value> = tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name.as_str(),
                    "description": tool.description,
                    "parametersJsonSchema": tool.input_schema,
                })
            })
            .collect();
        body.insert("tools".into(), json!([{"functionDeclarations": declarations}]));
    }
    let mut config = parameters.clone();
    if let Some(schema) = response_format {
        config.insert("responseMimeType".into(), json!("application/json"));
        config.insert("responseJsonSchema".into(), schema.clone());
    }
    if !config.is_empty() {
        body.insert("generationConfig".into(), Value::Object(config));
    }
    Call { path: path(model), headers: Vec::new(), body: Value::Object(body) }
}

/// Reads a reply body; a blocked prompt and a context overflow are outcomes of the model and so are replies.
pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        return decode_error(error);
    }
    let served_model = body.get("modelVersion").and_then(Value::as_str).map(str::to_owned);
    let usage = usage(body);
    // Should `candidateCount` have asked for several, the first one is the answer; usage counts them all.
    let Some(candidate) = body.pointer("/candidates/0") else {
        // A blocked prompt comes with HTTP 200 and without any candidate.
        let Some(reason) = body.pointer("/promptFeedback/blockReason").and_then(Value::as_str) else {
            return Err(DecodeError("not a reply of Gemini: neither a candidate nor a blocked prompt".into()));
        };
        return Ok(Reply {
            text: String::new(),
            tool_calls: Vec::new(),
            stop: ReplyStop::ContentFilter,
            raw_stop: reason.to_owned(),
            usage,
            served_model,
        });
    };
    // A candidate whose budget went into thoughts, or that was filtered, may come without content.
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tool_calls = function_calls(parts)
        .enumerate()
        .map(|(i, call)| tool_call(i, call))
        .collect::<Result<Vec<ToolCall>, DecodeError>>()?;
    let raw_stop = candidate.get("finishReason").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Reply {
        text: text(parts),
        stop: stop(&raw_stop, !tool_calls.is_empty()),
        tool_calls,
        raw_stop,
        usage,
        served_model,
    })
}

/// Where a request for `model` goes.
fn path(model: &str) -> String {
    // A segment of dots alone would lead out of `/models/` as soon as the URL is normalised, even percent-encoded. Such a
    // name loses its slashes, so that no segment consists of dots alone.
    let climbs = model.split('/').any(|segment| matches!(segment, "." | ".."));
    let mut path = String::from("/models/");
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(char::from(byte)),
            b'/' if !climbs => path.push('/'),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path.push_str(":generateContent");
    path
}

/// The conversation. Results of one turn's tool calls stand together in one content.
fn contents(messages: &[Message], earlier: &[Value]) -> Vec<Value> {
    let turns: Vec<&Message> = messages.iter().filter(|message| !matches!(message, Message::System { .. })).collect();
    let spoken = turns.iter().filter(|message| matches!(message, Message::Assistant { .. })).count();
    // Assistant messages before those of this run are the opening's history, to which no reply body belongs.
    let history = spoken.saturating_sub(earlier.len());
    let mut bodies = std::iter::repeat_n(None, history).chain(earlier.iter().map(Some));
    let mut echoed: &[Value] = &[];
    let mut contents = Vec::new();
    for run in turns.chunk_by(|a, b| matches!((a, b), (Message::Tool { .. }, Message::Tool { .. }))) {
        let (role, parts) = match run[0] {
            Message::System { .. } => continue,
            Message::User { content } => ("user", vec![json!({"text": content})]),
            Message::Assistant { content, tool_calls } => {
                let said = bodies.next().flatten().and_then(|body| echo(body, content, tool_calls));
                echoed = said.unwrap_or_default();
                ("model", said.map_or_else(|| model_parts(content, tool_calls), <[Value]>::to_vec))
            }
            Message::Tool { .. } => {
                ("user", run.iter().filter_map(|message| function_response(message, echoed)).collect())
            }
        };
        contents.push(json!({"role": role, "parts": parts}));
    }
    contents
}

/// The parts of an earlier reply exactly as they came, thought signatures and all: Gemini rejects a function call that
/// comes back without its signature. They are sent only if they say what the message says, because the message is what
/// the recording's key describes.
fn echo<'a>(body: &'a Value, content: &str, tool_calls: &[ToolCall]) -> Option<&'a [Value]> {
    let parts = body.pointer("/candidates/0/content/parts")?.as_array()?;
    let reply = decode(body).ok()?;
    let sendable = tool_calls.iter().all(|call| matches!(call.arguments, Arguments::Json(_)));
    (!parts.is_empty() && sendable && reply.text == content && reply.tool_calls == tool_calls).then_some(parts)
}

/// The parts of an assistant message of which no reply body is known.
fn model_parts(content: &str, tool_calls: &[ToolCall]) -> Vec<Value> {
    let mut parts = Vec::new();
    // A content needs a part, so an empty text is left out only beside tool calls.
    if !content.is_empty() || tool_calls.is_empty() {
        parts.push(json!({"text": content}));
    }
    parts.extend(tool_calls.iter().map(|ToolCall { id: _, name, arguments }| {
        // Gemini takes only objects; what is none is shown to the model inside of one.
        let args = match arguments {
            Arguments::Json(object @ Value::Object(_)) => object.clone(),
            Arguments::Json(other) => json!({"malformed": other}),
            Arguments::Malformed(raw) => json!({"malformed": raw}),
        };
        json!({"functionCall": {"name": name, "args": args}})
    }));
    parts
}

/// A tool's result as a part. Gemini's own id of the call goes back with it where `echoed`, the turn that it answers, has
/// one: two calls of one function are told apart by nothing else.
fn function_response(message: &Message, echoed: &[Value]) -> Option<Value> {
    let Message::Tool { call_id, name, content, is_error } = message else { return None };
    let text = || Value::String(content.clone());
    let result = match serde_json::from_str(content) {
        // Text such as `1.50` or a long id would not survive as a number.
        Ok(Value::Number(number)) if number.to_string() != *content => text(),
        Ok(result) => result,
        Err(_) => text(),
    };
    let response = match result {
        result if *is_error => json!({"error": result}),
        object @ Value::Object(_) => object,
        other => json!({"result": other}),
    };
    let mut part = json!({"name": name, "response": response});
    let position = call_id.strip_prefix("call_").and_then(|position| position.parse().ok());
    if let Some(id) = position.and_then(|position| function_calls(echoed).nth(position)?.get("id")) {
        part["id"] = id.clone();
    }
    Some(json!({"functionResponse": part}))
}

fn function_calls(parts: &[Value]) -> impl Iterator<Item = &Value> {
    parts.iter().filter_map(|part| part.get("functionCall"))
}

/// What the model says, without its thoughts.
fn text(parts: &[Value]) -> String {
    let thought = |part: &Value| part.get("thought").and_then(Value::as_bool).unwrap_or(false);
    parts.iter().filter(|part| !thought(part)).filter_map(|part| part.get("text")?.as_str()).collect()
}

fn tool_call(position: usize, call: &Value) -> Result<ToolCall, DecodeError> {
    let Some(name) = call.get("name").and_then(Value::as_str) else {
        return Err(DecodeError("not a reply of Gemini: a function call without a name".into()));
    };
    let arguments = match call.get("args") {
        // Gemini's JSON leaves empty fields out: no arguments are an empty object.
        None | Some(Value::Null) => Arguments::Json(json!({})),
        Some(object @ Value::Object(_)) => Arguments::Json(object.clone()),
        Some(Value::String(raw)) => Arguments::Malformed(raw.clone()),
        Some(other) => Arguments::Malformed(other.to_string()),
    };
    Ok(ToolCall { id: format!("call_{position}"), name: name.to_owned(), arguments })
}

fn stop(word: &str, calls_tools: bool) -> ReplyStop {
    match word {
        "STOP" if calls_tools => ReplyStop::ToolCalls,
        "STOP" => ReplyStop::Finish,
        "MAX_TOKENS" => ReplyStop::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => ReplyStop::ContentFilter,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => ReplyStop::Malformed,
        // TOO_MANY_TOOL_CALLS is an error; LANGUAGE, OTHER, NO_IMAGE, IMAGE_OTHER and words yet to come have no meaning
        // that a gate could build on. No word at all means that the model had not stopped.
        _ => ReplyStop::Error,
    }
}

/// Gemini counts cached tokens inside the prompt, and thoughts beside the candidates.
fn usage(body: &Value) -> Usage {
    let said = |name: &str| body.get("usageMetadata")?.get(name)?.as_u64();
    let cached = said("cachedContentTokenCount");
    let thoughts = said("thoughtsTokenCount");
    let input =
        said("promptTokenCount").and_then(|prompt| prompt.checked_add(said("toolUsePromptTokenCount").unwrap_or(0)));
    let output = match said("candidatesTokenCount") {
        Some(candidates) => candidates.checked_add(thoughts.unwrap_or(0)),
        // Zeros are left out, as when thoughts ate the budget; but only the total proves that it was zero.
        None => said("totalTokenCount")
            .zip(input)
            .and_then(|(total, input)| total.checked_sub(input))
            .filter(|output| *output >= thoughts.unwrap_or(0)),
    };
    Usage {
        // Counts that contradict each other say nothing.
        input_uncached: input.and_then(|input| input.checked_sub(cached.unwrap_or(0))),
        cache_read: cached,
        cache_write: None,
        cache_write_1h: None,
        output,
        reasoning: thoughts,
    }
}

/// An error body, of which only the context overflow is an outcome of the model. Gemini has no code for it: it comes as
/// INVALID_ARGUMENT, "The input token count (n) exceeds the maximum number of tokens allowed (m)."
fn decode_error(error: &Value) -> Result<Reply, DecodeError> {
    let word = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let (status, message) = (word("status"), word("message"));
    if message.contains("input token count") && message.contains("exceeds the maximum number of tokens") {
        return Ok(Reply {
            text: String::new(),
            tool_calls: Vec::new(),
            stop: ReplyStop::ContextOverflow,
            raw_stop: status.to_owned(),
            usage: Usage::default(),
            served_model: None,
        });
    }
    Err(DecodeError(match (status, message) {
        ("", "") => format!("Gemini answered with an error: {error}"),
        ("", message) => format!("Gemini answered with an error: {message}"),
        (status, message) => format!("Gemini answered with {status}: {message}"),
    }))
}
