//! From a request to what is sent.

use serde_json::Map;

use super::super::*;
use super::{body, call};
use crate::id::Id;
use crate::wire::ToolSpec;

fn request(messages: Vec<Message>) -> Request {
    Request {
        api: API.into(),
        model: "gemini-2.5-pro".into(),
        system: None,
        messages,
        tools: Vec::new(),
        response_format: None,
        parameters: Map::new(),
        features: Map::new(),
    }
}

fn user(content: &str) -> Message {
    Message::User { content: content.into() }
}

fn assistant(content: &str, tool_calls: Vec<ToolCall>) -> Message {
    Message::Assistant { content: content.into(), tool_calls }
}

fn tool(position: usize, content: &str, is_error: bool) -> Message {
    Message::Tool { call_id: format!("call_{position}"), name: "find".into(), content: content.into(), is_error }
}

#[test]
fn a_request_becomes_a_body() {
    let hello = json!([{"role": "user", "parts": [{"text": "hello"}]}]);
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    let said = |content: &str| Message::System { content: content.into() };
    let find =
        ToolSpec { name: Id::new("find").unwrap(), description: "Looks it up.".into(), input_schema: schema.clone() };
    let parameters = json!({"temperature": 0, "maxOutputTokens": 64, "thinkingConfig": {"thinkingBudget": 0}});
    let plain = request(vec![user("hello")]);
    let rows = [
        (plain.clone(), json!({"contents": hello})),
        (
            Request {
                system: Some("Be short.".into()),
                messages: vec![said("Be kind."), user("hello")],
                ..plain.clone()
            },
            json!({"systemInstruction": {"parts": [{"text": "Be short."}, {"text": "Be kind."}]}, "contents": hello}),
        ),
        (
            Request { tools: vec![find], ..plain.clone() },
            json!({"contents": hello, "tools": [{"functionDeclarations": [
                {"name": "find", "description": "Looks it up.", "parametersJsonSchema": schema},
            ]}]}),
        ),
        (
            Request { parameters: parameters.as_object().unwrap().clone(), ..plain.clone() },
            json!({"contents": hello, "generationConfig": parameters}),
        ),
        (
            Request { features: json!({"safetySettings": []}).as_object().unwrap().clone(), ..plain.clone() },
            json!({"contents": hello, "safetySettings": []}),
        ),
        (
            Request { response_format: Some(schema.clone()), ..plain },
            json!({"contents": hello, "generationConfig": {
                "responseMimeType": "application/json", "responseJsonSchema": schema,
            }}),
        ),
    ];
    for (request, expected) in rows {
        let call = encode(&request, &[]);
        assert_eq!(call.body, expected);
        assert_eq!(call.path, "/models/gemini-2.5-pro:generateContent");
        assert_eq!(call.headers, []);
    }
}

#[test]
fn a_model_name_cannot_leave_its_place_in_the_path() {
    for (model, expected) in [
        ("gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
        ("team/tuned~1_a", "/models/team/tuned~1_a:generateContent"),
        ("a?b#c d%2e:é", "/models/a%3Fb%23c%20d%252e%3A%C3%A9:generateContent"),
        ("../files/x", "/models/..%2Ffiles%2Fx:generateContent"),
        ("a/./b", "/models/a%2F.%2Fb:generateContent"),
        ("..", "/models/..:generateContent"),
    ] {
        assert_eq!(path(model), expected, "{model}");
    }
}

#[test]
fn a_conversation_becomes_contents() {
    let calls = vec![
        call(0, "find", Arguments::Json(json!({"q": "a"}))),
        call(1, "find", Arguments::Malformed("{q: b".into())),
        call(2, "find", Arguments::Json(json!([1]))),
    ];
    let messages = vec![
        user("one"),
        assistant("", Vec::new()),
        user("two"),
        assistant("Looking.", calls),
        tool(0, r#"{"hits": 2}"#, false),
        tool(1, "no such thing", true),
        tool(2, "[1,2]", false),
        tool(0, "plain", false),
        tool(0, "42", false),
        tool(0, "1.50", false),
        tool(0, "123456789012345678901234", false),
        tool(0, r#"{"code": 7}"#, true),
        user("three"),
    ];
    let answer = |response: Value| json!({"functionResponse": {"name": "find", "response": response}});
    let expected = json!([
        {"role": "user", "parts": [{"text": "one"}]},
        {"role": "model", "parts": [{"text": ""}]},
        {"role": "user", "parts": [{"text": "two"}]},
        {"role": "model", "parts": [
            {"text": "Looking."},
            {"functionCall": {"name": "find", "args": {"q": "a"}}},
            {"functionCall": {"name": "find", "args": {"malformed": "{q: b"}}},
            {"functionCall": {"name": "find", "args": {"malformed": [1]}}},
        ]},
        {"role": "user", "parts": [
            answer(json!({"hits": 2})),
            answer(json!({"error": "no such thing"})),
            answer(json!({"result": [1, 2]})),
            answer(json!({"result": "plain"})),
            answer(json!({"result": 42})),
            answer(json!({"result": "1.50"})),
            answer(json!({"result": "123456789012345678901234"})),
            answer(json!({"error": {"code": 7}})),
        ]},
        {"role": "user", "parts": [{"text": "three"}]},
    ]);
    assert_eq!(encode(&request(messages), &[]).body["contents"], expected);
}

#[test]
fn earlier_replies_go_back_as_they_came() {
    let parts = [
        json!([
            {"thought": true, "text": "Two places to look."},
            {"functionCall": {"name": "find", "args": {"q": "a"}, "id": "x1"}, "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "find", "args": {"q": "b"}, "id": "x2"}},
        ]),
        json!([{"functionCall": {"name": "find", "args": {}}, "thoughtSignature": "bmV4dA=="}]),
    ];
    let earlier = parts.clone().map(|parts| body(parts, "STOP"));
    let mut messages = vec![user("old"), assistant("history", Vec::new()), user("new")];
    for body in &earlier {
        let Reply { text, tool_calls, .. } = decode(body).unwrap();
        let results: Vec<Message> = (0..tool_calls.len()).map(|i| tool(i, "{}", false)).collect();
        messages.push(assistant(&text, tool_calls));
        messages.extend(results);
    }
    let contents = encode(&request(messages.clone()), &earlier).body["contents"].clone();
    assert_eq!(contents[1]["parts"], json!([{"text": "history"}]), "the opening's own message has no body");
    assert_eq!(contents[3], json!({"role": "model", "parts": parts[0]}));
    assert_eq!(
        contents[4]["parts"],
        json!([
            {"functionResponse": {"name": "find", "response": {}, "id": "x1"}},
            {"functionResponse": {"name": "find", "response": {}, "id": "x2"}},
        ]),
    );
    assert_eq!(contents[5], json!({"role": "model", "parts": parts[1]}));
    assert_eq!(contents[6]["parts"], json!([{"functionResponse": {"name": "find", "response": {}}}]));

    // A body that says something else than its message is not sent in its place.
    let swapped = [earlier[1].clone(), earlier[0].clone()];
    let sent = encode(&request(messages), &swapped).body.to_string();
    assert!(!sent.contains("thoughtSignature") && !sent.contains("x1"), "{sent}");
    assert!(sent.contains(r#"{"functionCall":{"name":"find","args":{"q":"b"}}}"#), "{sent}");
}
