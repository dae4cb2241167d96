//! A declared API, in both directions: the founding document's, and everything that can be declared.

use super::*;
use crate::wire::Key;

fn api(value: Value) -> HttpApi {
    serde_json::from_value(value).unwrap()
}

fn request(api: &HttpApi) -> Request {
    let input = json!({"article": "long", "words": 50}).as_object().unwrap().clone();
    Request {
        api: API.into(),
        model: "auto".into(),
        system: Some("be brief".into()),
        messages: vec![
            Message::User { content: "hi".into() },
            Message::Assistant { content: "yes?".into(), tool_calls: Vec::new() },
            Message::User { content: "Sum up: long".into() },
        ],
        tools: Vec::new(),
        response_format: None,
        parameters: Map::new(),
        features: api.features("summarization", "1.2.0", input),
    }
}

#[test]
fn the_founding_api_is_spoken_to() {
    let api = api(json!({
        "path": "/v1/prompt/execute",
        "body": {"prompt_id": "$prompt", "version": "$version", "variables": "$input", "user_id": "regild", "stream": false},
        "output": "/output", "input_tokens": "/tokens/input", "output_tokens": "/tokens/output", "model": "/model_used",
    }));
    assert_eq!(api.misfits(), []);
    let request = request(&api);
    let Call { path, headers, body } = encode(&request).unwrap();
    assert_eq!((path.as_str(), headers.len()), ("/v1/prompt/execute", 0));
    assert_eq!(
        body,
        json!({
            "prompt_id": "summarization", "version": "1.2.0", "variables": {"article": "long", "words": 50},
            "user_id": "regild", "stream": false,
        })
    );
    let reply = json!({
        "output": "Short.", "model_used": "gpt-4o-mini", "version_used": "1.2.0", "latency_ms": 812.5,
        "tokens": {"input": 120, "output": 30}, "cost_usd": 0.0004, "cache_hit": false,
    });
    let found = decode(&request, &reply).unwrap();
    assert_eq!((found.text.as_str(), found.stop, found.raw_stop.as_str()), ("Short.", ReplyStop::Finish, ""));
    assert_eq!(found.usage, Usage { input_uncached: Some(120), output: Some(30), ..Usage::default() });
    assert_eq!(found.served_model.as_deref(), Some("gpt-4o-mini"));
}

#[test]
fn values_stand_where_their_words_stood() {
    let body = json!({
        "a": ["$text", {"b": "$messages"}], "model": "$model", "kept": ["$5", "costs $text", "$", 1, null, true], "$text": 0,
    });
    let api = api(json!({"path": "/run", "body": body, "output": ""}));
    assert_eq!(api.misfits(), []);
    let said = |role: &str, content: &str| json!({"role": role, "content": content});
    let all = [said("system", "be brief"), said("user", "hi"), said("assistant", "yes?"), said("user", "Sum up: long")];
    assert_eq!(
        encode(&request(&api)).unwrap().body,
        json!({
            "a": ["Sum up: long", {"b": all}], "model": "auto", "kept": ["$5", "costs $text", "$", 1, null, true], "$text": 0,
        })
    );
    let usual = self::api(json!({"path": "/run", "output": "/o"}));
    let want = json!({
        "prompt_id": "summarization", "version": "1.2.0", "variables": {"article": "long", "words": 50},
    });
    assert_eq!(encode(&request(&usual)).unwrap().body, want);
}

#[test]
fn replies_are_read_where_they_are_declared_to_be() {
    let api = api(json!({
        "path": "/run", "output": "/a~1b/0", "stop": "/why", "stops": {"done": "finish", "cut": "length", "true": "refusal"},
        "input_tokens": "/in",
    }));
    let request = request(&api);
    for (body, text, stop, raw) in [
        (json!({"a/b": ["x"], "why": "done"}), "x", ReplyStop::Finish, "done"),
        (json!({"a/b": ["x"], "why": "cut"}), "x", ReplyStop::Length, "cut"),
        (json!({"a/b": ["x"], "why": true}), "x", ReplyStop::Refusal, "true"),
        (json!({"a/b": ["x"], "why": "content_filter"}), "x", ReplyStop::ContentFilter, "content_filter"),
        (json!({"a/b": ["x"], "why": "tool_calls"}), "x", ReplyStop::Error, "tool_calls"),
        (json!({"a/b": ["x"], "why": "eh"}), "x", ReplyStop::Error, "eh"),
        (json!({"a/b": ["x"], "why": null}), "x", ReplyStop::Finish, ""),
        (json!({"a/b": [{"n": 1}]}), "{\"n\":1}", ReplyStop::Finish, ""),
    ] {
        let found = decode(&request, &body).unwrap();
        assert_eq!((found.text.as_str(), found.stop, found.raw_stop.as_str()), (text, stop, raw), "{body}");
        assert_eq!(found.usage, Usage::default(), "silence is not 0");
    }
    for body in [json!({}), json!({"a/b": []}), json!({"a/b": [null]}), json!([])] {
        assert!(decode(&request, &body).is_err(), "{body}");
    }
    assert_eq!(decode(&request, &json!({"a/b": ["x"], "in": -1})).unwrap().usage.input_uncached, None);
}

#[test]
fn what_cannot_be_meant_is_found() {
    let of = |value: Value| {
        let found = api(value).misfits();
        found.into_iter().map(|(at, message)| format!("{}: {message}", at.join("."))).collect::<Vec<_>>()
    };
    for path in ["run", "", "/a?b", "/a/../b", "/a b", "//é", "/a#b", "/%2e"] {
        assert!(of(json!({"path": path, "output": "/o"}))[0].starts_with("path: is no path"), "{path}");
    }
    let found = of(json!({
        "path": "/a", "output": "o", "stop": "/a~2", "input_tokens": "/~", "body": {"a": [{"b": "$inputs"}], "c": "$Text"},
    }));
    let starts = ["output: is no", "stop: is no", "input_tokens: is no", "body.a.0.b: `$inputs`", "body.c: `$Text`"];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (one, start) in found.iter().zip(starts) {
        assert!(one.starts_with(start), "{one}");
    }
}

#[test]
fn the_declaration_is_part_of_the_key() {
    let plain = json!({"path": "/run", "output": "/o"});
    let key = |name: &str, value: Value| {
        let mut changed = plain.clone();
        changed[name] = value;
        Key::of(&request(&api(changed)))
    };
    let before = Key::of(&request(&api(plain.clone())));
    for (name, value) in [
        ("path", json!("/other")),
        ("output", json!("/p")),
        ("stop", json!("/s")),
        ("stops", json!({"a": "length"})),
        ("input_tokens", json!("/i")),
        ("output_tokens", json!("/i")),
        ("model", json!("/m")),
        ("body", json!({"x": "$input"})),
    ] {
        assert_ne!(key(name, value), before, "{name}");
    }
    assert_eq!(key("path", json!("/run")), before);
}
