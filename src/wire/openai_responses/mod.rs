//! OpenAI's Responses: `POST /responses`.
//!
//! Format: notes, provider semantics C1–C4. Nothing is sent here. The API can keep a conversation on its server; it is not asked
//! to, because an answer that depends on what a server remembers cannot be replayed.

use serde_json::{Map, Value, json};

use super::{Call, DecodeError, Message, Reply, ReplyStop, Request, ToolCall, Usage, openai_chat};

#[cfg(test)]
mod tests;

pub const API: &str = "openai.responses";

/// What makes the server continue something of its own.
const SERVER_STATE: [&str; 3] = ["previous_response_id", "conversation", "background"];
/// Without it, a model's reasoning stands on the server only, and cannot be given back.
const REASONING: &str = "reasoning.encrypted_content";

/// Writes a request. What the model said earlier in this run goes back as it came, reasoning included.
pub(super) fn encode(request: &Request, earlier: &[Value]) -> Call {
    let mut body: Map<String, Value> = request.parameters.clone();
    body.extend(request.features.clone());
    body.retain(|name, _| !SERVER_STATE.contains(&name.as_str()));
    body.insert("model".into(), request.model.clone().into());
    if let Some(system) = &request.system {
        body.insert("instructions".into(), system.clone().into());
    }
    body.insert("input".into(), input(&request.messages, earlier).into());
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema,
                // As in Chat Completions; here the usual is to hold every schema to the strict kind.
                "strict": false,
            })
        });
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = &request.response_format {
        let text = body.entry("text").or_insert_with(|| json!({}));
        if let Value::Object(text) = text {
            text.insert("format".into(), json!({"type": "json_schema", "name": "answer", "schema": schema}));
        }
    }
    if body.contains_key("reasoning") {
        let include = body.entry("include").or_insert_with(|| json!([]));
        if let Value::Array(include) = include
            && !include.contains(&REASONING.into())
        {
            include.push(REASONING.into());
        }
    }
    body.insert("store".into(), false.into());
    body.insert("stream".into(), false.into());
    Call { path: "/responses".into(), headers: Vec::new(), body: body.into() }
}

fn input(messages: &[Message], earlier: &[Value]) -> Vec<Value> {
    let turns = messages.iter().filter(|message| matches!(message, Message::Assistant { .. })).count();
    // The run's own turns are the last ones; those before them are history.
    let history = turns.saturating_sub(earlier.len());
    let mut items: Vec<Value> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut turn: usize = 0;
    for message in messages {
        match message {
            Message::System { content } => items.push(json!({"role": "system", "content": content})),
            Message::User { content } => items.push(json!({"role": "user", "content": content})),
            Message::Assistant { content, tool_calls } => {
                let raw = turn.checked_sub(history).and_then(|at| earlier.get(at)).and_then(|body| body.get("output"));
                turn += 1;
                let said = match raw {
                    Some(Value::Array(output)) => output.iter().filter(|item| stands_alone(item)).cloned().collect(),
                    _ => items_of(content, tool_calls, turn),
                };
                let calls = said.iter().filter(|item| item["type"] == "function_call");
                ids = calls.filter_map(|item| item["call_id"].as_str().map(str::to_owned)).collect();
                items.extend(said);
            }
            Message::Tool { call_id, content, .. } => {
                let at = call_id.strip_prefix("call_").and_then(|at| at.parse::<usize>().ok());
                let id = at.and_then(|at| ids.get(at)).unwrap_or(call_id);
                items.push(json!({"type": "function_call_output", "call_id": id, "output": content}));
            }
        }
    }
    items
}

/// Whether an item holds all that it means. Reasoning that was not encrypted is a name for what the server did not keep, and
/// the API refuses it.
fn stands_alone(item: &Value) -> bool {
    item["type"] != "reasoning" || item["encrypted_content"].is_string()
}

fn items_of(content: &str, tool_calls: &[ToolCall], turn: usize) -> Vec<Value> {
    let text = (!content.is_empty()).then(|| json!({"role": "assistant", "content": content}));
    let calls = tool_calls.iter().map(|call| {
        let (id, arguments) = (format!("{}_{turn}", call.id), call.arguments.text());
        json!({"type": "function_call", "call_id": id, "name": call.name, "arguments": arguments})
    });
    text.into_iter().chain(calls).collect()
}

/// Reads a reply body; an error that is an outcome of the model is a reply too.
pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return failed(body);
    }
    let items = body.get("output").and_then(Value::as_array);
    let items = items.ok_or_else(|| DecodeError("the reply has no output".into()))?;
    let parts = |kind: &'static str, field: &'static str| {
        let contents =
            items.iter().filter(|item| item["type"] == "message").filter_map(|item| item["content"].as_array());
        let of_kind = contents.flatten().filter(move |part| part["type"] == kind);
        of_kind.filter_map(move |part| part[field].as_str()).collect::<Vec<_>>()
    };
    let (text, refusals) = (parts("output_text", "text").concat(), parts("refusal", "refusal"));
    let calls = items.iter().filter(|item| item["type"] == "function_call");
    let tool_calls = calls.enumerate().map(|(at, call)| read_call(at, call)).collect::<Result<Vec<_>, _>>()?;
    let word = |path: &str| body.pointer(path).and_then(Value::as_str);
    let raw_stop = word("/incomplete_details/reason").or(word("/status")).unwrap_or_default().to_owned();
    let stop = match raw_stop.as_str() {
        "content_filter" => ReplyStop::ContentFilter,
        _ if !refusals.is_empty() => ReplyStop::Refusal,
        "max_output_tokens" => ReplyStop::Length,
        "completed" if !tool_calls.is_empty() => ReplyStop::ToolCalls,
        "completed" => ReplyStop::Finish,
        _ => ReplyStop::Error,
    };
    let text = if text.is_empty() { refusals.concat() } else { text };
    let served_model = word("/model").map(str::to_owned);
    Ok(Reply { text, tool_calls, stop, raw_stop, usage: usage(body), served_model })
}

/// A response that says of itself that it failed is an answer, unless another try may bring a better one.
fn failed(body: &Value) -> Result<Reply, DecodeError> {
    let code = body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default();
    let is_passing = matches!(code, "server_error" | "rate_limit_exceeded" | "vector_store_timeout");
    match openai_chat::refused(body) {
        Err(_) if body["status"] == "failed" && !is_passing => Ok(Reply {
            text: String::new(),
            tool_calls: Vec::new(),
            stop: ReplyStop::Error,
            raw_stop: code.to_owned(),
            usage: usage(body),
            served_model: body["model"].as_str().map(str::to_owned),
        }),
        known => known,
    }
}

fn read_call(at: usize, call: &Value) -> Result<ToolCall, DecodeError> {
    let name = call["name"].as_str().ok_or_else(|| DecodeError("a tool call without a name".into()))?.to_owned();
    Ok(ToolCall { id: format!("call_{at}"), name, arguments: openai_chat::arguments(call.get("arguments")) })
}

/// `input_tokens` holds what was read from and written to the cache; `output_tokens` holds the reasoning.
fn usage(body: &Value) -> Usage {
    let count = |path: &str| body.pointer(path).and_then(Value::as_u64);
    let cache_read = count("/usage/input_tokens_details/cached_tokens");
    let cache_write = count("/usage/input_tokens_details/cache_write_tokens");
    let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
    Usage {
        // More cached than there was says nothing.
        input_uncached: count("/usage/input_tokens").and_then(|all| all.checked_sub(cached)),
        cache_read,
        cache_write,
        cache_write_1h: None,
        output: count("/usage/output_tokens"),
        reasoning: count("/usage/output_tokens_details/reasoning_tokens"),
    }
}
