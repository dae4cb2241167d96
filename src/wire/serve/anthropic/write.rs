//! A recorded reply as Messages says it, whole or as a stream of events.
//!
//! What the model thought is not among it: the neutral reply does not hold it, and a signature cannot be made.

use serde_json::{Value, json};

use crate::wire::serve::{Fault, Outgoing, Written, event, tokens};
use crate::wire::{Arguments, Reply, ReplyStop, Usage};

pub(in crate::wire::serve) fn write(outgoing: &Outgoing<'_>) -> Written {
    let Outgoing { reply, model, id } = *outgoing;
    let stop = match reply.stop {
        ReplyStop::Finish => "end_turn",
        ReplyStop::ToolCalls => "tool_use",
        ReplyStop::Length => "max_tokens",
        // The API has one word for both.
        ReplyStop::Refusal | ReplyStop::ContentFilter => "refusal",
        ReplyStop::Pause => "pause_turn",
        ReplyStop::ContextOverflow => "model_context_window_exceeded",
        ReplyStop::Malformed | ReplyStop::Error => return Written::NoWord,
    };
    Written::Reply(json!({
        "id": format!("msg_{id}"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content(reply, id),
        "stop_reason": stop,
        "stop_sequence": null,
        "usage": usage(&reply.usage),
    }))
}

fn content(reply: &Reply, id: &str) -> Vec<Value> {
    let text = (!reply.text.is_empty()).then(|| json!({"type": "text", "text": reply.text}));
    let calls = reply.tool_calls.iter().enumerate().map(|(at, call)| {
        // As `wire::anthropic` writes them, so that they come back as the recorded run said them.
        let input = match &call.arguments {
            Arguments::Json(value) => value.clone(),
            Arguments::Malformed(raw) => json!({ "malformed": raw }),
        };
        json!({"type": "tool_use", "id": format!("toolu_{id}_{at}"), "name": call.name, "input": input})
    });
    text.into_iter().chain(calls).collect()
}

/// `input_tokens` leaves out what the cache held; null where the recording does not tell.
fn usage(usage: &Usage) -> Value {
    let mut written = json!({
        "input_tokens": tokens(usage.input_uncached),
        "cache_creation_input_tokens": tokens(usage.cache_write),
        "cache_read_input_tokens": tokens(usage.cache_read),
        "output_tokens": tokens(usage.output),
    });
    if usage.reasoning.is_some() {
        written["output_tokens_details"] = json!({"thinking_tokens": tokens(usage.reasoning)});
    }
    written
}

/// A written reply as events: an empty message, its blocks, how it ends.
pub(in crate::wire::serve) fn events(reply: &Value) -> String {
    let mut begun = reply.clone();
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    if !reply["usage"]["output_tokens"].is_null() {
        begun["usage"]["output_tokens"] = 0.into();
    }
    let say = |name: &str, mut data: Value| {
        data["type"] = name.into();
        event(Some(name), &data)
    };
    let mut events = say("message_start", json!({"message": begun}));
    for (at, block) in reply["content"].as_array().into_iter().flatten().enumerate() {
        let mut empty = block.clone();
        let delta = if block["type"] == "text" {
            empty["text"] = "".into();
            json!({"type": "text_delta", "text": block["text"]})
        } else {
            empty["input"] = json!({});
            json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})
        };
        events.push_str(&say("content_block_start", json!({"index": at, "content_block": empty})));
        events.push_str(&say("content_block_delta", json!({"index": at, "delta": delta})));
        events.push_str(&say("content_block_stop", json!({"index": at})));
    }
    let delta = json!({"stop_reason": reply["stop_reason"], "stop_sequence": null});
    events.push_str(&say("message_delta", json!({"delta": delta, "usage": reply["usage"]})));
    events.push_str(&say("message_stop", json!({})));
    events
}

pub(in crate::wire::serve) fn error(fault: Fault, message: &str) -> Value {
    let kind = match fault {
        Fault::Malformed | Fault::NoWord => "invalid_request_error",
        Fault::Forbidden => "permission_error",
        Fault::TooLarge => "request_too_large",
        Fault::NotServed | Fault::NotRecorded | Fault::UnknownModel => "not_found_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}
