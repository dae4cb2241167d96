//! Anthropic's Messages: `POST /messages`.
//!
//! Format: notes, provider semantics C1–C4. Nothing is sent here, and nothing that the provider did not say is made up.

use serde_json::{Map, Value, json};

use super::{Arguments, Call, DecodeError, Message, Reply, ReplyStop, Request, ToolCall, Usage, trouble};

pub const API: &str = "anthropic.messages";

/// The version of the API that this file speaks.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");
/// The API wants a limit; this is the one where none is declared. A key does not tell it, so it must stay as it is.
const MAX_TOKENS: u32 = 4_096;

/// Writes a request. What the model said earlier in this run goes back as it came: the API wants its own blocks again, of
/// which the neutral messages have only the texts and calls.
pub(super) fn encode(request: &Request, earlier: &[Value]) -> Call {
    let mut body: Map<String, Value> = request.parameters.clone();
    body.extend(request.features.clone());
    body.insert("model".into(), request.model.clone().into());
    body.entry("max_tokens").or_insert_with(|| MAX_TOKENS.into());
    let inner = request.messages.iter().filter_map(|message| match message {
        Message::System { content } => Some(content),
        _ => None,
    });
    let system: Vec<&str> = request.system.iter().chain(inner).map(String::as_str).collect();
    if !system.is_empty() {
        body.insert("system".into(), system.join("\n\n").into());
    }
    body.insert("messages".into(), messages(&request.messages, earlier).into());
    if !request.tools.is_empty() {
        let tools = request
            .tools
            .iter()
            .map(|tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}));
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = &request.response_format {
        let config = body.entry("output_config").or_insert_with(|| json!({}));
        if let Value::Object(config) = config {
            config.insert("format".into(), json!({"type": "json_schema", "schema": schema}));
        }
    }
    Call { path: "/messages".into(), headers: vec![VERSION], body: body.into() }
}

fn messages(messages: &[Message], earlier: &[Value]) -> Vec<Value> {
    let turns = messages.iter().filter(|message| matches!(message, Message::Assistant { .. })).count();
    // The run's own turns are the last ones; those before them are history.
    let history = turns.saturating_sub(earlier.len());
    let mut said: Vec<Value> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut turn: usize = 0;
    for message in messages {
        match message {
            Message::System { .. } => {}
            Message::User { content } => said.push(json!({"role": "user", "content": content})),
            Message::Assistant { content, tool_calls } => {
                let raw = turn.checked_sub(history).and_then(|at| earlier.get(at)).and_then(|body| body.get("content"));
                turn += 1;
                let blocks = match raw {
                    Some(Value::Array(blocks)) => blocks.clone(),
                    _ => blocks_of(content, tool_calls, turn),
                };
                let uses = blocks.iter().filter(|block| block["type"] == "tool_use");
                ids = uses.filter_map(|block| block["id"].as_str().map(str::to_owned)).collect();
                said.push(json!({"role": "assistant", "content": blocks}));
            }
            Message::Tool { call_id, content, is_error, .. } => {
                let at = call_id.strip_prefix("call_").and_then(|at| at.parse::<usize>().ok());
                let id = at.and_then(|at| ids.get(at)).unwrap_or(call_id);
                let mut block = json!({"type": "tool_result", "tool_use_id": id, "content": content});
                if *is_error {
                    block["is_error"] = true.into();
                }
                // All results of a turn stand in one message.
                match said.last_mut().filter(|last| is_results(last)).and_then(|last| last["content"].as_array_mut()) {
                    Some(results) => results.push(block),
                    None => said.push(json!({"role": "user", "content": [block]})),
                }
            }
        }
    }
    said
}

fn is_results(message: &Value) -> bool {
    message["role"] == "user" && message["content"][0]["type"] == "tool_result"
}

fn blocks_of(content: &str, tool_calls: &[ToolCall], turn: usize) -> Vec<Value> {
    // An empty text block is refused.
    let text = (!content.is_empty()).then(|| json!({"type": "text", "text": content}));
    let calls = tool_calls.iter().map(|call| {
        let input = match &call.arguments {
            Arguments::Json(value) => value.clone(),
            Arguments::Malformed(raw) => json!({ "malformed": raw }),
        };
        json!({"type": "tool_use", "id": format!("{}_{turn}", call.id), "name": call.name, "input": input})
    });
    text.into_iter().chain(calls).collect()
}

/// Reads a reply body; an error that is an outcome of the model is a reply too.
pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    if body["type"] == "error" {
        return refused(body);
    }
    let blocks = body.get("content").and_then(Value::as_array);
    let blocks = blocks.ok_or_else(|| DecodeError("the reply has no content".into()))?;
    let of_type = |kind: &'static str| blocks.iter().filter(move |block| block["type"] == kind);
    let text = of_type("text").filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().concat();
    let read = |(at, block): (usize, &Value)| {
        let name = block["name"].as_str().ok_or_else(|| DecodeError("a tool call without a name".into()))?.to_owned();
        let arguments = match &block["input"] {
            input @ Value::Object(_) => Arguments::Json(input.clone()),
            other => Arguments::Malformed(other.to_string()),
        };
        Ok(ToolCall { id: format!("call_{at}"), name, arguments })
    };
    let tool_calls = of_type("tool_use").enumerate().map(read).collect::<Result<Vec<_>, DecodeError>>()?;
    let raw_stop = body["stop_reason"].as_str().unwrap_or_default().to_owned();
    let stop = match raw_stop.as_str() {
        "end_turn" | "stop_sequence" => ReplyStop::Finish,
        "tool_use" => ReplyStop::ToolCalls,
        "max_tokens" => ReplyStop::Length,
        "refusal" => ReplyStop::Refusal,
        "pause_turn" | "compaction" => ReplyStop::Pause,
        "model_context_window_exceeded" => ReplyStop::ContextOverflow,
        _ => ReplyStop::Error,
    };
    let served_model = body["model"].as_str().map(str::to_owned);
    Ok(Reply { text, tool_calls, stop, raw_stop, usage: usage(body), served_model })
}

/// A prompt beyond the window comes as an error; every other error is no reply.
fn refused(body: &Value) -> Result<Reply, DecodeError> {
    let message = trouble::message(body).unwrap_or_else(|| "an error without a message".to_owned());
    if body.pointer("/error/type").is_some_and(|kind| kind == "invalid_request_error")
        && message.starts_with("prompt is too long")
    {
        let (stop, raw_stop, usage) = (ReplyStop::ContextOverflow, "prompt is too long".to_owned(), Usage::default());
        return Ok(Reply { text: String::new(), tool_calls: Vec::new(), stop, raw_stop, usage, served_model: None });
    }
    Err(DecodeError(message))
}

/// `input_tokens` leaves out what was read from and written to the cache; `output_tokens` holds the thinking.
fn usage(body: &Value) -> Usage {
    let count = |path: &str| body.pointer(path).and_then(Value::as_u64);
    Usage {
        input_uncached: count("/usage/input_tokens"),
        cache_read: count("/usage/cache_read_input_tokens"),
        cache_write: count("/usage/cache_creation_input_tokens"),
        cache_write_1h: count("/usage/cache_creation/ephemeral_1h_input_tokens"),
        output: count("/usage/output_tokens"),
        reasoning: count("/usage/output_tokens_details/thinking_tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::conversation;

    #[test]
    fn a_request_is_written_as_the_api_wants_it() {
        let Call { path, headers, body } = encode(&conversation(API), &[]);
        assert_eq!((path.as_str(), headers), ("/messages", vec![VERSION]));
        let used = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "find", "input": input});
        let result = |id: &str, content: &str| json!({"type": "tool_result", "tool_use_id": id, "content": content});
        let mut failed = result("call_1_1", "no");
        failed["is_error"] = true.into();
        assert_eq!(
            body,
            json!({
                "temperature": 0,
                "model": "m",
                "max_tokens": 4096,
                "system": "be brief",
                "messages": [
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": [
                        used("call_0_1", json!({"q": "a"})), used("call_1_1", json!({"malformed": "{oops"})),
                    ]},
                    {"role": "user", "content": [result("call_0_1", "found"), failed]},
                    {"role": "assistant", "content": [{"type": "text", "text": "again"}, used("call_0_2", json!({}))]},
                    {"role": "user", "content": [result("call_0_2", "x")]},
                ],
                "tools": [{"name": "find", "description": "finds", "input_schema": {"type": "object"}}],
                "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            })
        );
    }

    #[test]
    fn what_was_said_goes_back_as_it_came() {
        let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
        let used = json!({"type": "tool_use", "id": "toolu_9", "name": "find", "input": {}});
        let earlier = json!({"content": [thinking, used]});
        let body = encode(&conversation(API), std::slice::from_ref(&earlier)).body;
        assert_eq!(body["messages"][3]["content"], earlier["content"]);
        assert_eq!(body["messages"][4]["content"][0]["tool_use_id"], "toolu_9");
        assert_eq!(body["messages"][1]["content"][0]["id"], "call_0_1", "what is history has no such body");
    }

    #[test]
    fn stop_reasons_are_told_apart() {
        let reply =
            |stop: &str| json!({"model": "m-1", "content": [{"type": "text", "text": "a"}], "stop_reason": stop});
        for (raw, stop) in [
            ("end_turn", ReplyStop::Finish),
            ("stop_sequence", ReplyStop::Finish),
            ("max_tokens", ReplyStop::Length),
            ("tool_use", ReplyStop::ToolCalls),
            ("pause_turn", ReplyStop::Pause),
            ("refusal", ReplyStop::Refusal),
            ("model_context_window_exceeded", ReplyStop::ContextOverflow),
            ("compaction", ReplyStop::Pause),
            ("something_new", ReplyStop::Error),
        ] {
            let found = decode(&reply(raw)).unwrap();
            assert_eq!((found.stop, found.raw_stop.as_str(), found.text.as_str()), (stop, raw, "a"));
        }
        let error = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
        let long = decode(&error("invalid_request_error", "prompt is too long: 3 tokens > 2 maximum")).unwrap();
        assert_eq!(long.stop, ReplyStop::ContextOverflow);
        for body in [error("overloaded_error", "Overloaded"), json!({}), json!({"content": "a"})] {
            assert!(decode(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn calls_and_usage_are_read() {
        let found = decode(&json!({
            "content": [
                {"type": "text", "text": "let me "}, {"type": "text", "text": "look"},
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "toolu_2", "name": "g", "input": "x"},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0, "output_tokens": 3},
        }))
        .unwrap();
        assert_eq!(found.text, "let me look");
        let call =
            |at: usize, name: &str, arguments| ToolCall { id: format!("call_{at}"), name: name.into(), arguments };
        let want = [call(0, "f", Arguments::Json(json!({"a": 1}))), call(1, "g", Arguments::Malformed("\"x\"".into()))];
        assert_eq!(found.tool_calls, want);
        assert_eq!((found.usage.input(), found.usage.total(), found.usage.reasoning), (Some(12), Some(15), None));
    }
}
