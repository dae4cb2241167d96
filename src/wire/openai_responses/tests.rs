//! The wire format of OpenAI's Responses, in both directions.

use super::*;
use crate::wire::Arguments;
use crate::wire::tests::conversation;

#[test]
fn a_request_is_written_as_the_api_wants_it() {
    let Call { path, headers, body } = encode(&conversation(API), &[]);
    assert_eq!((path.as_str(), headers.len()), ("/responses", 0));
    let call = |id: &str, arguments: &str| json!({"type": "function_call", "call_id": id, "name": "find", "arguments": arguments});
    let output = |id: &str, output: &str| json!({"type": "function_call_output", "call_id": id, "output": output});
    assert_eq!(
        body,
        json!({
            "temperature": 0,
            "model": "m",
            "instructions": "be brief",
            "input": [
                {"role": "user", "content": "hi"},
                call("call_0_1", "{\"q\":\"a\"}"),
                call("call_1_1", "{oops"),
                output("call_0_1", "found"),
                output("call_1_1", "no"),
                {"role": "assistant", "content": "again"},
                call("call_0_2", "{}"),
                output("call_0_2", "x"),
            ],
            "tools": [{
                "type": "function", "name": "find", "description": "finds", "parameters": {"type": "object"}, "strict": false,
            }],
            "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}},
            "store": false,
            "stream": false,
        })
    );
}

#[test]
fn what_was_said_goes_back_as_it_came_and_nothing_leans_on_the_server() {
    let mut request = conversation(API);
    let declared = json!({
        "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "store": true, "previous_response_id": "resp_1",
        "include": ["file_search_call.results"],
    });
    request.parameters = declared.as_object().unwrap().clone();
    let last = json!({"output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": null},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "again"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_Xyz", "name": "find", "arguments": "{}"},
    ]});
    let body = encode(&request, std::slice::from_ref(&last)).body;
    let input = body["input"].as_array().unwrap();
    assert_eq!(input[1]["call_id"], "call_0_1", "history has no reply");
    let output = last["output"].as_array().unwrap();
    let want = [&output[0], &output[2], &output[3]];
    assert_eq!(input[5..8].iter().collect::<Vec<_>>(), want);
    assert_eq!(input[8], json!({"type": "function_call_output", "call_id": "call_Xyz", "output": "x"}));
    assert_eq!((&body["store"], body.get("previous_response_id")), (&json!(false), None));
    assert_eq!(body["include"], json!(["file_search_call.results", REASONING]));
    assert_eq!((&body["text"]["verbosity"], &body["text"]["format"]["name"]), (&json!("low"), &json!("answer")));
}

fn reply(status: &str, output: Value) -> Value {
    json!({"model": "m-1", "status": status, "error": null, "incomplete_details": null, "output": output})
}

fn says(kind: &str, field: &str, text: &str) -> Value {
    json!([{"type": "message", "content": [{"type": kind, field: text}]}])
}

#[test]
fn stop_reasons_are_told_apart() {
    let call =
        json!([{"type": "reasoning"}, {"type": "function_call", "call_id": "x", "name": "f", "arguments": "{}"}]);
    let incomplete = |reason: &str, output: Value| {
        let mut body = reply("incomplete", output);
        body["incomplete_details"] = json!({ "reason": reason });
        body
    };
    let failed = |code: &str| json!({"status": "failed", "output": [], "error": {"code": code, "message": "m"}});
    let text = || says("output_text", "text", "a");
    for (body, stop, raw, text) in [
        (reply("completed", text()), ReplyStop::Finish, "completed", "a"),
        (reply("completed", json!([])), ReplyStop::Finish, "completed", ""),
        (reply("completed", call.clone()), ReplyStop::ToolCalls, "completed", ""),
        (incomplete("max_output_tokens", text()), ReplyStop::Length, "max_output_tokens", "a"),
        (incomplete("max_output_tokens", call), ReplyStop::Length, "max_output_tokens", ""),
        (incomplete("content_filter", json!([])), ReplyStop::ContentFilter, "content_filter", ""),
        (incomplete("other", text()), ReplyStop::Error, "other", "a"),
        (reply("completed", says("refusal", "refusal", "no")), ReplyStop::Refusal, "completed", "no"),
        (reply("cancelled", json!([])), ReplyStop::Error, "cancelled", ""),
        (reply("in_progress", json!([])), ReplyStop::Error, "in_progress", ""),
        (failed("image_too_large"), ReplyStop::Error, "image_too_large", ""),
        (failed("invalid_prompt"), ReplyStop::ContentFilter, "invalid_prompt", ""),
        (
            json!({"error": {"code": "context_length_exceeded", "message": "m"}}),
            ReplyStop::ContextOverflow,
            "context_length_exceeded",
            "",
        ),
    ] {
        let found = decode(&body).unwrap();
        assert_eq!((found.stop, found.raw_stop.as_str(), found.text.as_str()), (stop, raw, text), "{body}");
    }
    for body in [failed("server_error"), failed("rate_limit_exceeded"), json!({}), json!({"error": {"message": "x"}})] {
        assert!(decode(&body).is_err(), "another try may help: {body}");
    }
}

#[test]
fn calls_have_their_arguments_and_usage_its_buckets() {
    let call = |arguments: &str| json!({"type": "function_call", "call_id": "x", "name": "f", "arguments": arguments});
    let mut body = reply("completed", json!([call("{\"a\": 1}"), call("{oops")]));
    assert_eq!(decode(&body).unwrap().usage, Usage::default());
    body["usage"] = json!({
        "input_tokens": 100, "output_tokens": 30, "total_tokens": 130,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens_details": {"reasoning_tokens": 20},
    });
    let found = decode(&body).unwrap();
    let calls: Vec<_> = found.tool_calls.iter().map(|call| (call.id.as_str(), &call.arguments)).collect();
    assert_eq!(
        calls,
        [("call_0", &Arguments::Json(json!({"a": 1}))), ("call_1", &Arguments::Malformed("{oops".into()))]
    );
    let want = Usage {
        input_uncached: Some(30),
        cache_read: Some(60),
        cache_write: Some(10),
        cache_write_1h: None,
        output: Some(30),
        reasoning: Some(20),
    };
    assert_eq!((found.usage, found.served_model.as_deref()), (want, Some("m-1")));

    // Counts that contradict each other say nothing, and least of all 0.
    body["usage"]["input_tokens_details"]["cached_tokens"] = 91.into();
    let contradicted = decode(&body).unwrap().usage;
    assert_eq!((contradicted.input_uncached, contradicted.input(), contradicted.cache_read), (None, None, Some(91)));
}
