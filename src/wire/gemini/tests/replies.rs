//! From a reply body to the reply.

use super::super::*;
use super::{body, call};

#[test]
fn every_stop_word_has_its_meaning() {
    let calls = json!([{"functionCall": {"name": "find", "args": {}}}]);
    let said = json!([{"text": "yes"}]);
    let rows: &[(&Value, &[&str], ReplyStop)] = &[
        (&said, &["STOP"], ReplyStop::Finish),
        (&calls, &["STOP"], ReplyStop::ToolCalls),
        (&said, &["MAX_TOKENS"], ReplyStop::Length),
        (&calls, &["MAX_TOKENS"], ReplyStop::Length),
        (
            &said,
            &[
                "SAFETY",
                "RECITATION",
                "BLOCKLIST",
                "PROHIBITED_CONTENT",
                "SPII",
                "IMAGE_SAFETY",
                "IMAGE_PROHIBITED_CONTENT",
                "IMAGE_RECITATION",
                "MODEL_ARMOR",
            ],
            ReplyStop::ContentFilter,
        ),
        (&said, &["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"], ReplyStop::Malformed),
        (
            &said,
            &[
                "TOO_MANY_TOOL_CALLS",
                "LANGUAGE",
                "OTHER",
                "NO_IMAGE",
                "IMAGE_OTHER",
                "FINISH_REASON_UNSPECIFIED",
                "A_WORD_TO_COME",
                "",
            ],
            ReplyStop::Error,
        ),
    ];
    for (parts, words, expected) in rows {
        for word in *words {
            let reply = decode(&body((*parts).clone(), word)).unwrap();
            assert_eq!((reply.stop, reply.raw_stop.as_str()), (*expected, *word));
        }
    }
    let unfinished = decode(&json!({"candidates": [{"content": {"parts": said}}]})).unwrap();
    assert_eq!((unfinished.stop, unfinished.raw_stop.as_str()), (ReplyStop::Error, ""));
}

#[test]
fn a_body_becomes_a_reply() {
    let mut full = body(
        json!([
            {"thought": true, "text": "Hm."},
            {"text": "Loo"},
            {"text": "king.", "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "find", "args": {"q": "a"}, "id": "x1"}},
            {"functionCall": {"name": "now"}},
            {"functionCall": {"name": "find", "args": "{q"}},
            {"functionCall": {"name": "find", "args": [1]}},
        ]),
        "STOP",
    );
    full["modelVersion"] = json!("gemini-2.5-pro-001");
    let reply = decode(&full).unwrap();
    assert_eq!(reply.text, "Looking.");
    assert_eq!(reply.served_model.as_deref(), Some("gemini-2.5-pro-001"));
    assert_eq!(
        reply.tool_calls,
        [
            call(0, "find", Arguments::Json(json!({"q": "a"}))),
            call(1, "now", Arguments::Json(json!({}))),
            call(2, "find", Arguments::Malformed("{q".into())),
            call(3, "find", Arguments::Malformed("[1]".into())),
        ]
    );
    let empty = decode(&json!({"candidates": [{"finishReason": "MAX_TOKENS"}]})).unwrap();
    assert_eq!((empty.text.as_str(), empty.stop, empty.served_model), ("", ReplyStop::Length, None));
}

#[test]
fn usage_is_disjoint_and_never_made_up() {
    let usage = |input_uncached, cache_read, output, reasoning| Usage {
        input_uncached,
        cache_read,
        cache_write: None,
        cache_write_1h: None,
        output,
        reasoning,
    };
    for (metadata, expected) in [
        (
            json!({"promptTokenCount": 29, "candidatesTokenCount": 15, "thoughtsTokenCount": 893, "totalTokenCount": 937}),
            usage(Some(29), None, Some(908), Some(893)),
        ),
        (
            json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "toolUsePromptTokenCount": 7, "candidatesTokenCount": 5}),
            usage(Some(47), Some(60), Some(5), None),
        ),
        // Thoughts ate the budget, and the total shows that nothing was said.
        (
            json!({"promptTokenCount": 10, "thoughtsTokenCount": 64, "totalTokenCount": 74}),
            usage(Some(10), None, Some(64), Some(64)),
        ),
        (json!({"promptTokenCount": 10, "totalTokenCount": 10}), usage(Some(10), None, Some(0), None)),
        // Without a total nothing shows it.
        (json!({"promptTokenCount": 10, "thoughtsTokenCount": 64}), usage(Some(10), None, None, Some(64))),
        (json!({"candidatesTokenCount": 5}), usage(None, None, Some(5), None)),
        // Counts that contradict each other, and one that is no count.
        (json!({"promptTokenCount": 10, "cachedContentTokenCount": 11}), usage(None, Some(11), None, None)),
        (
            json!({"promptTokenCount": 10, "thoughtsTokenCount": 9, "totalTokenCount": 12}),
            usage(Some(10), None, None, Some(9)),
        ),
        (json!({"promptTokenCount": -1, "candidatesTokenCount": "5"}), Usage::default()),
        (Value::Null, Usage::default()),
    ] {
        let mut body = body(json!([{"text": "yes"}]), "STOP");
        body["usageMetadata"] = metadata.clone();
        assert_eq!(decode(&body).unwrap().usage, expected, "{metadata}");
    }
    assert_eq!(decode(&body(json!([]), "STOP")).unwrap().usage, Usage::default());
}

#[test]
fn a_blocked_prompt_is_a_reply() {
    for reason in
        ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK", "NEW"]
    {
        let body = json!({
            "promptFeedback": {"blockReason": reason},
            "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8},
            "modelVersion": "gemini-2.5-pro",
        });
        let reply = decode(&body).unwrap();
        assert_eq!((reply.stop, reply.raw_stop.as_str()), (ReplyStop::ContentFilter, reason));
        assert_eq!((reply.usage.input_uncached, reply.usage.output), (Some(8), Some(0)));
        assert_eq!(reply.served_model.as_deref(), Some("gemini-2.5-pro"));
        assert!(reply.text.is_empty() && reply.tool_calls.is_empty());
    }
}

#[test]
fn an_overflow_is_a_reply_and_other_errors_are_none() {
    let error =
        |code: u16, message: &str, status: &str| json!({"error": {"code": code, "message": message, "status": status}});
    let long = "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).";
    let reply = decode(&error(400, long, "INVALID_ARGUMENT")).unwrap();
    assert_eq!((reply.stop, reply.raw_stop.as_str()), (ReplyStop::ContextOverflow, "INVALID_ARGUMENT"));
    assert_eq!(reply.usage, Usage::default());

    let nothing = "not a reply of Gemini: neither a candidate nor a blocked prompt";
    for (body, expected) in [
        (
            error(400, "API key not valid.", "INVALID_ARGUMENT"),
            "Gemini answered with INVALID_ARGUMENT: API key not valid.",
        ),
        (
            error(429, "Quota exceeded.", "RESOURCE_EXHAUSTED"),
            "Gemini answered with RESOURCE_EXHAUSTED: Quota exceeded.",
        ),
        (json!({"error": {"message": "Gone."}}), "Gemini answered with an error: Gone."),
        (json!({"error": {"code": 500}}), r#"Gemini answered with an error: {"code":500}"#),
        (json!({}), nothing),
        (json!([]), nothing),
        (json!({"candidates": []}), nothing),
        (json!({"error": null, "promptFeedback": {}}), nothing),
        (
            body(json!([{"functionCall": {"args": {}}}]), "STOP"),
            "not a reply of Gemini: a function call without a name",
        ),
    ] {
        assert_eq!(decode(&body).unwrap_err().to_string(), expected);
    }
}
