//! Replies as clients get them: whole, as a stream, as an error.

use super::*;
use crate::wire::{Usage, anthropic, openai_chat};

#[test]
fn what_is_written_is_what_the_adapters_read() {
    let empty = Reply { usage: Usage::default(), ..text("", ReplyStop::Finish) };
    for reply in [reply(ReplyStop::ToolCalls), text("done", ReplyStop::Finish), text("half", ReplyStop::Length), empty]
    {
        let found = openai_chat::decode(&written(Format::OpenaiChat, &reply)).unwrap();
        let want = Reply { raw_stop: found.raw_stop.clone(), served_model: Some("m-1".into()), ..reply.clone() };
        assert_eq!(found, want);
        let found = anthropic::decode(&written(Format::AnthropicMessages, &reply)).unwrap();
        let mut want = Reply { raw_stop: found.raw_stop.clone(), ..want };
        for call in &mut want.tool_calls {
            if let Arguments::Malformed(raw) = &call.arguments {
                call.arguments = Arguments::Json(json!({ "malformed": raw }));
            }
        }
        // How Messages counts what was thought is not read back.
        want.usage.reasoning = found.usage.reasoning;
        assert_eq!(found, want);
    }
}

#[test]
fn every_end_has_the_word_of_the_api_or_none() {
    for (stop, openai, anthropic) in [
        (ReplyStop::Finish, Some("stop"), Some("end_turn")),
        (ReplyStop::ToolCalls, Some("tool_calls"), Some("tool_use")),
        (ReplyStop::Length, Some("length"), Some("max_tokens")),
        (ReplyStop::Refusal, Some("stop"), Some("refusal")),
        (ReplyStop::ContentFilter, Some("content_filter"), Some("refusal")),
        (ReplyStop::ContextOverflow, None, Some("model_context_window_exceeded")),
        (ReplyStop::Pause, None, Some("pause_turn")),
        (ReplyStop::Malformed, None, None),
        (ReplyStop::Error, None, None),
    ] {
        let reply = text("a", stop);
        let word = |format: Format, at: &str| match format.write(&Outgoing { reply: &reply, model: "m", id: "x" }) {
            Written::Reply(value) => value.pointer(at).and_then(Value::as_str).map(str::to_owned),
            Written::Error(..) | Written::NoWord => None,
        };
        let found = word(Format::OpenaiChat, "/choices/0/finish_reason");
        assert_eq!((found.as_deref(), stop), (openai, stop));
        assert_eq!((word(Format::AnthropicMessages, "/stop_reason").as_deref(), stop), (anthropic, stop));
    }
    let overflow = text("", ReplyStop::ContextOverflow);
    let Written::Error(400, body) = Format::OpenaiChat.write(&Outgoing { reply: &overflow, model: "m", id: "x" })
    else {
        panic!("an overflow is an error there");
    };
    assert_eq!(openai_chat::decode(&body).unwrap().stop, ReplyStop::ContextOverflow);
    let refused = written(Format::OpenaiChat, &text("I must not", ReplyStop::Refusal));
    assert_eq!(
        refused["choices"][0]["message"],
        json!({"role": "assistant", "content": null, "refusal": "I must not"})
    );
}

#[test]
fn usage_is_counted_as_each_api_counts_and_never_made_up() {
    let reply = reply(ReplyStop::ToolCalls);
    assert_eq!(
        written(Format::OpenaiChat, &reply)["usage"],
        json!({
            "prompt_tokens": 100, "completion_tokens": 25, "total_tokens": 125,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 20},
        })
    );
    assert_eq!(
        written(Format::AnthropicMessages, &reply)["usage"],
        json!({
            "input_tokens": 30, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 60, "output_tokens": 25,
            "output_tokens_details": {"thinking_tokens": 20},
        })
    );
    let unknown = text("a", ReplyStop::Finish);
    assert_eq!(written(Format::OpenaiChat, &unknown).get("usage"), None);
    assert!(written(Format::AnthropicMessages, &unknown)["usage"]["input_tokens"].is_null());
}

#[test]
fn ids_are_stable_and_each_its_own() {
    let openai = written(Format::OpenaiChat, &reply(ReplyStop::ToolCalls));
    let calls = openai["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(
        (&openai["id"], &calls[0]["id"], &calls[1]["id"]),
        (&json!("chatcmpl-abc_0"), &json!("call_abc_0_0"), &json!("call_abc_0_1"))
    );
    assert_eq!(calls[1]["function"]["arguments"], "{oops", "what is no JSON goes out as it came in");
    let anthropic = written(Format::AnthropicMessages, &reply(ReplyStop::ToolCalls));
    assert_eq!((&anthropic["id"], &anthropic["content"][2]["id"]), (&json!("msg_abc_0"), &json!("toolu_abc_0_1")));
}

/// The data of each event; the last word of a stream that is no JSON is left out.
fn data(events: &str) -> Vec<Value> {
    events.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

#[test]
fn openai_chunks_add_up_to_the_reply() {
    let whole = written(Format::OpenaiChat, &reply(ReplyStop::ToolCalls));
    let events = Format::OpenaiChat.events(&whole, true);
    assert!(events.ends_with("data: [DONE]\n\n"), "{events}");
    let chunks = data(&events);
    let (mut text, mut calls, mut finish) = (String::new(), Vec::new(), Value::Null);
    for chunk in &chunks {
        assert_eq!((&chunk["id"], &chunk["object"]), (&whole["id"], &json!("chat.completion.chunk")));
        let Some(choice) = chunk["choices"].get(0) else { continue };
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let mut call = call.clone();
            assert_eq!(call.as_object_mut().unwrap().shift_remove("index"), Some(json!(calls.len())));
            calls.push(call);
        }
        if !choice["finish_reason"].is_null() {
            finish = choice["finish_reason"].clone();
        }
    }
    let message = &whole["choices"][0]["message"];
    assert_eq!(
        (&json!(text), &json!(calls), &finish),
        (&message["content"], &message["tool_calls"], &json!("tool_calls"))
    );
    assert_eq!(chunks.last().unwrap()["usage"], whole["usage"]);
    let without = Format::OpenaiChat.events(&whole, false);
    assert!(data(&without).iter().all(|chunk| chunk.get("usage").is_none() && !chunk["choices"][0].is_null()));
}

#[test]
fn anthropic_events_add_up_to_the_reply() {
    let whole = written(Format::AnthropicMessages, &reply(ReplyStop::ToolCalls));
    let events = data(&Format::AnthropicMessages.events(&whole, true));
    let mut message = events[0]["message"].clone();
    assert_eq!((&events[0]["type"], &message["content"]), (&json!("message_start"), &json!([])));
    assert_eq!((&message["stop_reason"], &message["usage"]["output_tokens"]), (&Value::Null, &json!(0)));
    for event in &events[1..] {
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                message["content"].as_array_mut().unwrap().push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let at = event["index"].as_u64().unwrap() as usize;
                let delta = &event["delta"];
                match delta["type"].as_str().unwrap() {
                    "text_delta" => message["content"][at]["text"] = delta["text"].clone(),
                    _ => {
                        let input = serde_json::from_str(delta["partial_json"].as_str().unwrap()).unwrap();
                        message["content"][at]["input"] = input;
                    }
                }
            }
            "message_delta" => {
                message["stop_reason"] = event["delta"]["stop_reason"].clone();
                message["usage"] = event["usage"].clone();
            }
            other => assert!(matches!(other, "content_block_stop" | "message_stop"), "{other}"),
        }
    }
    assert_eq!(message, whole);
    assert_eq!(events.last().unwrap()["type"], "message_stop");
}

#[test]
fn errors_have_the_shape_that_clients_read() {
    for fault in [
        Fault::Malformed,
        Fault::Forbidden,
        Fault::NotServed,
        Fault::TooLarge,
        Fault::NotRecorded,
        Fault::UnknownModel,
        Fault::NoWord,
    ] {
        let openai = Format::OpenaiChat.error(fault, "why");
        assert_eq!((&openai["error"]["message"], openai["error"]["code"].is_string()), (&json!("why"), true));
        let anthropic = Format::AnthropicMessages.error(fault, "why");
        assert_eq!((&anthropic["type"], &anthropic["error"]["message"]), (&json!("error"), &json!("why")));
        assert!(anthropic["error"]["type"].is_string());
    }
}
