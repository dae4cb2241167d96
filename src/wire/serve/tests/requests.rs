//! Requests of clients, and those that regild itself writes.

use proptest::prelude::*;

use super::*;
use crate::wire::tests::conversation;
use crate::wire::{ToolSpec, anthropic, openai_chat};

/// What Chat Completions does not carry.
fn without_what_openai_lacks(mut request: Request) -> Request {
    for message in &mut request.messages {
        if let Message::Tool { is_error, .. } = message {
            *is_error = false;
        }
    }
    // Who speaks first as the system is the system.
    if request.system.is_none()
        && let Some(Message::System { content }) = request.messages.first().cloned()
    {
        request.system = Some(content);
        request.messages.remove(0);
    }
    request
}

/// What Messages does not carry.
fn without_what_anthropic_lacks(mut request: Request) -> Request {
    let mut system: Vec<String> = request.system.take().into_iter().collect();
    request.messages.retain(|message| match message {
        Message::System { content } => {
            system.push(content.clone());
            false
        }
        Message::User { .. } | Message::Assistant { .. } | Message::Tool { .. } => true,
    });
    request.system = (!system.is_empty()).then(|| system.join("\n\n"));
    for message in &mut request.messages {
        let Message::Assistant { tool_calls, .. } = message else { continue };
        for call in tool_calls {
            if let Arguments::Malformed(raw) = &call.arguments {
                call.arguments = Arguments::Json(json!({ "malformed": raw }));
            }
        }
    }
    request.parameters.entry("max_tokens").or_insert_with(|| 4_096.into());
    request
}

#[test]
fn what_regild_asks_is_read_as_it_was_asked() {
    let request = conversation(openai_chat::API);
    assert_eq!(Format::OpenaiChat.carried(&request), Ok(without_what_openai_lacks(request)));
    let request = conversation(anthropic::API);
    assert_eq!(Format::AnthropicMessages.carried(&request), Ok(without_what_anthropic_lacks(request)));
}

/// Conversations of any shape: text where it may stand, and results for the calls of the turn before only.
fn any_messages() -> impl Strategy<Value = Vec<Message>> {
    let arguments = prop_oneof![
        prop::collection::btree_map("[a-z]{0,3}", any::<i32>(), 0..3)
            .prop_map(|entries| Arguments::Json(json!(entries))),
        "[{\\[a-z\"]{1,6}"
            .prop_filter("is no JSON", |raw| serde_json::from_str::<Value>(raw).is_err())
            .prop_map(Arguments::Malformed),
    ];
    let turn = prop_oneof![
        any::<String>().prop_map(|content| vec![Message::System { content }]),
        any::<String>().prop_map(|content| vec![Message::User { content }]),
        any::<String>().prop_map(|content| vec![Message::Assistant { content, tool_calls: vec![] }]),
        (any::<String>(), prop::collection::vec(("[a-z]{1,4}", arguments, any::<String>(), any::<bool>()), 1..4))
            .prop_map(|(content, called)| {
                let id = |at: usize| format!("call_{at}");
                let call = |(at, (name, arguments, ..)): (usize, &(String, Arguments, String, bool))| ToolCall {
                    id: id(at),
                    name: name.clone(),
                    arguments: arguments.clone(),
                };
                let result = |(at, (name, _, content, is_error)): (usize, &(String, Arguments, String, bool))| {
                    Message::Tool { call_id: id(at), name: name.clone(), content: content.clone(), is_error: *is_error }
                };
                let tool_calls = called.iter().enumerate().map(call).collect();
                let said = std::iter::once(Message::Assistant { content, tool_calls });
                said.chain(called.iter().enumerate().map(result)).collect()
            }),
    ];
    prop::collection::vec(turn, 1..6).prop_map(|turns| turns.concat())
}

fn any_request() -> impl Strategy<Value = Request> {
    let tool =
        ("[a-z][a-z0-9_]{0,8}", any::<String>(), any::<bool>()).prop_map(|(name, description, closed)| ToolSpec {
            name: crate::id::Id::new(&name).unwrap(),
            description,
            input_schema: json!({"type": "object", "additionalProperties": !closed}),
        });
    let tools = prop::collection::vec(tool, 0..3);
    (any_messages(), prop::option::of(any::<String>()), tools, any::<bool>(), any::<u8>()).prop_map(
        |(messages, system, tools, formatted, seed)| Request {
            api: String::new(),
            model: "m".into(),
            system,
            messages,
            tools,
            response_format: formatted.then(|| json!({"type": "object"})),
            parameters: json!({"seed": seed}).as_object().unwrap().clone(),
            features: Map::new(),
        },
    )
}

proptest! {
    #[test]
    fn every_conversation_comes_back(mut request in any_request()) {
        request.api = openai_chat::API.into();
        let kept = without_what_openai_lacks(request.clone());
        // Where nothing but the system speaks, nothing is asked.
        if kept.messages.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(Format::OpenaiChat.carried(&request), Ok(kept));
        request.api = anthropic::API.into();
        let kept = without_what_anthropic_lacks(request.clone());
        if !kept.messages.is_empty() {
            prop_assert_eq!(Format::AnthropicMessages.carried(&request), Ok(kept));
        }
    }

    #[test]
    fn nothing_a_client_says_is_too_much(text in "[\\[\\]{}\",:a-z0-9 ]{0,80}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            for format in Format::ALL {
                let _ = format.read(&value);
                let _ = format.read(&json!({"model": "m", "messages": value.clone(), "tools": value.clone(), "system": value.clone()}));
                let _ = format.read(&json!({"model": "m", "messages": [{"role": "user", "content": value.clone()}]}));
            }
        }
    }
}

/// Reads a request, which must be one.
fn read(format: Format, body: Value) -> Incoming {
    format.read(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn openai_clients_say_the_same_in_several_ways() {
    let plain = read(
        Format::OpenaiChat,
        json!({"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "ab"}]}),
    );
    let parts = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    let other = read(
        Format::OpenaiChat,
        json!({
            "model": "m", "messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": parts, "name": "x"}],
            "tools": [], "response_format": {"type": "text"}, "stream": true, "stream_options": {"include_usage": true}, "n": 1,
        }),
    );
    assert_eq!((other.stream, other.stream_usage, plain.stream, plain.stream_usage), (true, true, false, false));
    assert_eq!(Request { parameters: Map::new(), ..other.request }, plain.request);
}

#[test]
fn anthropic_clients_say_the_same_in_several_ways() {
    let plain = read(
        Format::AnthropicMessages,
        json!({"model": "m", "max_tokens": 9, "system": "s", "messages": [{"role": "user", "content": "ab"}]}),
    );
    let block = |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
    let other = read(
        Format::AnthropicMessages,
        json!({
            "model": "m", "max_tokens": 9, "stream": true, "output_config": {"effort": "low"},
            "system": [block("s")], "messages": [{"role": "user", "content": [block("a"), block("b")]}],
        }),
    );
    assert_eq!(
        other.request.parameters,
        *json!({"max_tokens": 9, "output_config": {"effort": "low"}}).as_object().unwrap()
    );
    assert!(other.stream && !plain.stream);
    assert_eq!(Request { parameters: plain.request.parameters.clone(), ..other.request }, plain.request);
}

#[test]
fn any_ids_become_positions_in_whatever_order_results_come() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let result = |id: &str, said: &str| json!({"role": "tool", "tool_call_id": id, "content": said});
    let openai = json!({"model": "m", "messages": [
        {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [call("x"), call("y")]},
        result("y", "second"), result("x", "first"),
    ]});
    let used = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let result = |id: &str, said: Value| json!({"type": "tool_result", "tool_use_id": id, "content": said});
    let anthropic = json!({"model": "m", "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, used("x"), used("y")]},
        {"role": "user", "content": [result("y", json!("second")), result("x", json!([{"type": "text", "text": "first"}]))]},
    ]});
    let found = read(Format::OpenaiChat, openai).request.messages;
    assert_eq!(found, read(Format::AnthropicMessages, anthropic).request.messages);
    let results: Vec<(&str, &str)> = found
        .iter()
        .filter_map(|message| match message {
            Message::Tool { call_id, content, .. } => Some((call_id.as_str(), content.as_str())),
            Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
        })
        .collect();
    assert_eq!(results, [("call_0", "first"), ("call_1", "second")]);
}

#[test]
fn what_no_recording_can_hold_is_refused_and_named() {
    let says = |content: Value| json!({"model": "m", "messages": [{"role": "user", "content": content}]});
    let (openai, anthropic) = (Format::OpenaiChat, Format::AnthropicMessages);
    let with = |field: &str, value: Value| {
        let mut body = says(json!("hi"));
        body[field] = value;
        body
    };
    for (format, body, named) in [
        (openai, json!([]), "no JSON object"),
        (openai, json!({"model": "m"}), "`messages` must not be empty"),
        (openai, json!({"messages": [{"role": "user", "content": "hi"}]}), "`model` must be a text"),
        (openai, says(json!([{"type": "image_url", "image_url": {"url": "x"}}])), "`image_url`"),
        (openai, says(json!(7)), "`content` must be"),
        (openai, with("n", json!(2)), "`n`"),
        (openai, with("tools", json!([{"type": "custom", "custom": {}}])), "no function"),
        (openai, with("tools", json!([{"function": {"name": "a b"}}])), "is not an id"),
        (openai, with("response_format", json!({"type": "json_schema"})), "without `schema`"),
        (
            openai,
            json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}),
            "result for `x`",
        ),
        (openai, json!({"model": "m", "messages": [{"role": "function", "content": ""}]}), "role `function`"),
        (anthropic, json!({"model": "m", "messages": []}), "`messages` must not be empty"),
        (anthropic, says(json!([{"type": "image", "source": {}}])), "`image`"),
        (anthropic, says(json!([{"type": "tool_result", "tool_use_id": "x"}])), "result for `x`"),
        (
            anthropic,
            with("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])),
            "without `input_schema`",
        ),
        (anthropic, with("output_config", json!({"format": {"type": "json_schema"}})), "without `schema`"),
        (anthropic, json!({"model": "m", "messages": [{"role": "system", "content": "x"}]}), "role `system`"),
    ] {
        let error = format.read(&body).unwrap_err();
        assert!(error.0.contains(named), "{body}: {error}");
    }
}
