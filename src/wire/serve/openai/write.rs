//! A recorded reply as Chat Completions says it, whole or as a stream of chunks.
//!
//! `created` is 0: nothing was created when the client asked, and a clock would make the same answer differ.

use serde_json::{Map, Value, json};

use crate::wire::serve::{Fault, Outgoing, Written, event, tokens};
use crate::wire::{Arguments, Reply, ReplyStop, Usage};

pub(in crate::wire::serve) fn write(outgoing: &Outgoing<'_>) -> Written {
    let Outgoing { reply, model, id } = *outgoing;
    let finish = match reply.stop {
        // A refusal is told by its field, not by how it ends.
        ReplyStop::Finish | ReplyStop::Refusal => "stop",
        ReplyStop::ToolCalls => "tool_calls",
        ReplyStop::Length => "length",
        ReplyStop::ContentFilter => "content_filter",
        ReplyStop::ContextOverflow => {
            let message = "the recorded answer is that the prompt does not fit the model's context";
            return Written::Error(400, body(message, "invalid_request_error", "context_length_exceeded"));
        }
        ReplyStop::Pause | ReplyStop::Malformed | ReplyStop::Error => return Written::NoWord,
    };
    let mut written = json!({
        "id": format!("chatcmpl-{id}"),
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message(reply, id), "logprobs": null, "finish_reason": finish}],
    });
    if let Some(usage) = usage(&reply.usage) {
        written["usage"] = usage;
    }
    Written::Reply(written)
}

fn message(reply: &Reply, id: &str) -> Value {
    let text = if reply.text.is_empty() { Value::Null } else { reply.text.clone().into() };
    let (content, refusal) = match reply.stop {
        ReplyStop::Refusal => (Value::Null, text),
        // Only calls stand without a text.
        _ if text.is_null() && reply.tool_calls.is_empty() => (json!(""), Value::Null),
        _ => (text, Value::Null),
    };
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal});
    if !reply.tool_calls.is_empty() {
        let calls = reply.tool_calls.iter().enumerate().map(|(at, call)| {
            let arguments = match &call.arguments {
                Arguments::Json(value) => value.to_string(),
                Arguments::Malformed(raw) => raw.clone(),
            };
            json!({
                "id": format!("call_{id}_{at}"),
                "type": "function",
                "function": {"name": call.name, "arguments": arguments},
            })
        });
        message["tool_calls"] = calls.collect();
    }
    message
}

/// `prompt_tokens` holds what the cache held; left out where the recording does not tell.
fn usage(usage: &Usage) -> Option<Value> {
    let (input, output) = (usage.input()?, usage.output?);
    let mut written =
        json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input.saturating_add(output)});
    if usage.cache_read.is_some() || usage.cache_write.is_some() {
        let mut details = json!({"cached_tokens": tokens(usage.cache_read)});
        if usage.cache_write.is_some() {
            details["cache_write_tokens"] = tokens(usage.cache_write);
        }
        written["prompt_tokens_details"] = details;
    }
    if usage.reasoning.is_some() {
        written["completion_tokens_details"] = json!({"reasoning_tokens": tokens(usage.reasoning)});
    }
    Some(written)
}

/// A written reply as chunks: who speaks, what it says, how it ends, and the usage where it was asked for.
pub(in crate::wire::serve) fn events(reply: &Value, usage: bool) -> String {
    let chunk = |choices: Value| {
        let mut chunk = json!({
            "id": reply["id"], "object": "chat.completion.chunk", "created": 0, "model": reply["model"], "choices": choices,
        });
        // Where usage is wanted, every chunk but the last says that it has none.
        if usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    };
    let part = |delta: Value, finish: &Value| {
        event(None, &chunk(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}])))
    };
    let choice = &reply["choices"][0];
    let message = &choice["message"];
    let mut events = part(json!({"role": "assistant", "content": "", "refusal": null}), &Value::Null);
    for field in ["content", "refusal"] {
        if message[field].as_str().is_some_and(|text| !text.is_empty()) {
            let delta = Map::from_iter([(field.to_owned(), message[field].clone())]);
            events.push_str(&part(delta.into(), &Value::Null));
        }
    }
    for (at, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let mut call = call.clone();
        call["index"] = at.into();
        events.push_str(&part(json!({"tool_calls": [call]}), &Value::Null));
    }
    events.push_str(&part(json!({}), &choice["finish_reason"]));
    if usage && let Some(counted) = reply.get("usage") {
        let mut last = chunk(json!([]));
        last["usage"] = counted.clone();
        events.push_str(&event(None, &last));
    }
    events.push_str("data: [DONE]\n\n");
    events
}

pub(in crate::wire::serve) fn error(fault: Fault, message: &str) -> Value {
    let code = match fault {
        Fault::Malformed => "malformed_request",
        Fault::Forbidden => "forbidden_host",
        Fault::NotServed => "not_served",
        Fault::TooLarge => "request_too_large",
        Fault::NotRecorded => "not_recorded",
        Fault::UnknownModel => "model_not_found",
        Fault::NoWord => "no_word_for_stop_reason",
    };
    body(message, "invalid_request_error", code)
}

fn body(message: &str, kind: &str, code: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}
