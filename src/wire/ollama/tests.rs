//! What is said to Ollama, and what is made of what it says, one row per fact of the notes.

use super::*;
use crate::id::Id;
use crate::wire::ToolSpec;

fn call(position: usize, name: &str, arguments: Arguments) -> ToolCall {
    ToolCall { id: format!("call_{position}"), name: name.into(), arguments }
}

#[test]
fn a_request_becomes_a_body() {
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    let hello = json!([{"role": "user", "content": "hello"}]);
    let parameters = json!({"num_ctx": 8192, "temperature": 0, "think": false, "keep_alive": "5m", "stop": ["END"]});
    let plain = Request {
        api: API.into(),
        model: "qwen3:8b".into(),
        system: None,
        messages: vec![Message::User { content: "hello".into() }],
        tools: Vec::new(),
        response_format: None,
        parameters: Map::new(),
        features: Map::new(),
    };
    let find =
        ToolSpec { name: Id::new("find").unwrap(), description: "Looks it up.".into(), input_schema: schema.clone() };
    let conversation = vec![
        Message::System { content: "Be kind.".into() },
        Message::User { content: "find a".into() },
        Message::Assistant {
            content: "Looking.".into(),
            tool_calls: vec![
                call(0, "find", Arguments::Json(json!({"q": "a"}))),
                call(1, "find", Arguments::Malformed("{q".into())),
                call(2, "find", Arguments::Json(json!([1]))),
            ],
        },
        Message::Tool { call_id: "call_0".into(), name: "find".into(), content: "2 hits".into(), is_error: false },
        Message::Tool { call_id: "call_1".into(), name: "find".into(), content: "not JSON".into(), is_error: true },
        Message::Assistant { content: "Two.".into(), tool_calls: Vec::new() },
        Message::Assistant { content: String::new(), tool_calls: vec![call(0, "find", Arguments::Json(json!({})))] },
        Message::Tool { call_id: "call_0".into(), name: "find".into(), content: "none".into(), is_error: false },
    ];
    let rows = [
        (plain.clone(), json!({"model": "qwen3:8b", "messages": hello, "stream": false})),
        (
            Request { parameters: parameters.as_object().unwrap().clone(), ..plain.clone() },
            json!({
                "model": "qwen3:8b", "messages": hello, "stream": false, "think": false, "keep_alive": "5m",
                "options": {"num_ctx": 8192, "temperature": 0, "stop": ["END"]},
            }),
        ),
        (
            Request { features: json!({"truncate": false}).as_object().unwrap().clone(), ..plain.clone() },
            json!({"model": "qwen3:8b", "messages": hello, "stream": false, "truncate": false}),
        ),
        (
            Request { tools: vec![find], response_format: Some(schema.clone()), ..plain.clone() },
            json!({
                "model": "qwen3:8b", "messages": hello, "stream": false, "format": schema,
                "tools": [{"type": "function", "function": {
                    "name": "find", "description": "Looks it up.", "parameters": schema,
                }}],
            }),
        ),
        (
            Request { system: Some("Be short.".into()), messages: conversation, ..plain },
            json!({"model": "qwen3:8b", "stream": false, "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "find a"},
                {"role": "assistant", "content": "Looking.", "tool_calls": [
                    {"id": "call_0_1", "function": {"name": "find", "arguments": {"q": "a"}}},
                    {"id": "call_1_1", "function": {"name": "find", "arguments": {"malformed": "{q"}}},
                    {"id": "call_2_1", "function": {"name": "find", "arguments": {"malformed": [1]}}},
                ]},
                {"role": "tool", "tool_name": "find", "tool_call_id": "call_0_1", "content": "2 hits"},
                {"role": "tool", "tool_name": "find", "tool_call_id": "call_1_1", "content": "not JSON"},
                {"role": "assistant", "content": "Two."},
                {"role": "assistant", "content": "", "tool_calls": [
                    {"id": "call_0_2", "function": {"name": "find", "arguments": {}}},
                ]},
                {"role": "tool", "tool_name": "find", "tool_call_id": "call_0_2", "content": "none"},
            ]}),
        ),
    ];
    for (request, expected) in rows {
        let sent = encode(&request, &[json!({"message": {"content": "ignored"}})]);
        assert_eq!(sent, Call { path: "/api/chat".into(), headers: Vec::new(), body: expected });
    }
}

#[test]
fn every_stop_word_has_its_meaning() {
    let calls = json!([{"function": {"name": "find", "arguments": {}}}]);
    for (calls, word, expected) in [
        (Value::Null, Some("stop"), ReplyStop::Finish),
        (json!([]), Some("stop"), ReplyStop::Finish),
        (calls.clone(), Some("stop"), ReplyStop::ToolCalls),
        (Value::Null, Some("length"), ReplyStop::Length),
        (calls, Some("length"), ReplyStop::Length),
        (Value::Null, Some("load"), ReplyStop::Error),
        (Value::Null, Some("unload"), ReplyStop::Error),
        (Value::Null, Some("a word to come"), ReplyStop::Error),
        (Value::Null, Some(""), ReplyStop::Error),
        (Value::Null, None, ReplyStop::Error),
    ] {
        let body = json!({"message": {"content": "", "tool_calls": calls}, "done_reason": word, "done": true});
        let reply = decode(&body).unwrap();
        assert_eq!((reply.stop, reply.raw_stop.as_str()), (expected, word.unwrap_or_default()));
    }
}

#[test]
fn a_body_becomes_a_reply() {
    let body = json!({
        "model": "qwen3:8b", "created_at": "2026-01-02T03:04:05Z", "done": true, "done_reason": "stop",
        "message": {"role": "assistant", "content": "Looking.", "thinking": "Hm.", "tool_calls": [
            {"id": "x9", "function": {"index": 0, "name": "find", "arguments": {"q": "a"}}},
            {"function": {"name": "now", "arguments": null}},
            {"function": {"name": "now"}},
            {"function": {"name": "find", "arguments": "{q"}},
            {"function": {"name": "find", "arguments": [1]}},
        ]},
        "total_duration": 5_000_000, "prompt_eval_count": 26, "eval_count": 9,
    });
    let expected = Reply {
        text: "Looking.".into(),
        tool_calls: vec![
            call(0, "find", Arguments::Json(json!({"q": "a"}))),
            call(1, "now", Arguments::Json(json!({}))),
            call(2, "now", Arguments::Json(json!({}))),
            call(3, "find", Arguments::Malformed("{q".into())),
            call(4, "find", Arguments::Malformed("[1]".into())),
        ],
        stop: ReplyStop::ToolCalls,
        raw_stop: "stop".into(),
        usage: Usage { input_uncached: Some(26), output: Some(9), ..Usage::default() },
        served_model: Some("qwen3:8b".into()),
    };
    assert_eq!(decode(&body).unwrap(), expected);
}

#[test]
fn a_missing_count_is_not_zero() {
    for (counts, input_uncached, output) in [
        (json!({"eval_count": 9}), None, Some(9)),
        (json!({"prompt_eval_count": 26}), Some(26), None),
        (json!({"prompt_eval_count": -1, "eval_count": "9"}), None, None),
        (json!({}), None, None),
    ] {
        let mut body = counts;
        body["message"] = json!({"content": "yes"});
        body["done_reason"] = json!("stop");
        let reply = decode(&body).unwrap();
        assert_eq!(reply.usage, Usage { input_uncached, output, ..Usage::default() });
        assert_eq!(reply.served_model, None);
    }
}

#[test]
fn an_overflow_is_a_reply_and_other_errors_are_none() {
    for text in
        ["the input length exceeds the context length", "prompt too long; exceeded max context length by 4 tokens"]
    {
        let reply = decode(&json!({"error": text})).unwrap();
        assert_eq!((reply.stop, reply.raw_stop.as_str()), (ReplyStop::ContextOverflow, text));
        assert_eq!((reply.usage, reply.text.as_str()), (Usage::default(), ""));
    }
    for (body, expected) in [
        (json!({"error": "model 'x' not found"}), "Ollama answered with an error: model 'x' not found"),
        (json!({"error": {"message": "no memory"}}), "Ollama answered with an error: no memory"),
        (json!({"error": {"code": 5}}), r#"Ollama answered with an error: {"code":5}"#),
        (json!({"error": null}), "not a reply of Ollama: it has no message"),
        (json!({"message": "hello"}), "not a reply of Ollama: it has no message"),
        (json!([]), "not a reply of Ollama: it has no message"),
        (
            json!({"message": {"tool_calls": [{"function": {"arguments": {}}}]}}),
            "not a reply of Ollama: a tool call without a name",
        ),
    ] {
        assert_eq!(decode(&body).unwrap_err().to_string(), expected);
    }
}
