//! OpenAI's Chat Completions, which many gateways and servers speak too: `POST /chat/completions`.
//!
//! Format: notes, provider semantics C1–C4. Nothing is sent here, and nothing that the provider did not say is made up.

use serde_json::{Map, Value, json};

use super::{Arguments, Call, DecodeError, Message, Reply, ReplyStop, Request, ToolCall, Usage, trouble};

pub const API: &str = "openai.chat";

/// Writes a request. The API keeps no state, so that `earlier` replies are in its messages already.
pub(super) fn encode(request: &Request, _earlier: &[Value]) -> Call {
    let mut body: Map<String, Value> = request.parameters.clone();
    body.extend(request.features.clone());
    body.insert("model".into(), request.model.clone().into());
    body.insert("messages".into(), messages(request).into());
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema},
            })
        });
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = &request.response_format {
        let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}});
        body.insert("response_format".into(), format);
    }
    body.insert("stream".into(), false.into());
    Call { path: "/chat/completions".into(), headers: Vec::new(), body: body.into() }
}

fn messages(request: &Request) -> Vec<Value> {
    let mut said: Vec<Value> = request.system.iter().map(|text| json!({"role": "system", "content": text})).collect();
    // Positions repeat from turn to turn, and ids must not.
    let mut turn = 0;
    for message in &request.messages {
        said.push(match message {
            Message::System { content } => json!({"role": "system", "content": content}),
            Message::User { content } => json!({"role": "user", "content": content}),
            Message::Assistant { content, tool_calls } if tool_calls.is_empty() => {
                json!({"role": "assistant", "content": content})
            }
            Message::Assistant { content, tool_calls } => {
                turn += 1;
                let content = if content.is_empty() { Value::Null } else { content.clone().into() };
                let calls: Vec<Value> = tool_calls.iter().map(|call| said_call(call, turn)).collect();
                json!({"role": "assistant", "content": content, "tool_calls": calls})
            }
            Message::Tool { call_id, content, .. } => {
                json!({"role": "tool", "tool_call_id": format!("{call_id}_{turn}"), "content": content})
            }
        });
    }
    said
}

fn said_call(call: &ToolCall, turn: usize) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments.text()});
    json!({"id": format!("{}_{turn}", call.id), "type": "function", "function": function})
}

/// Reads a reply body; an error that is an outcome of the model is a reply too.
pub(super) fn decode(body: &Value) -> Result<Reply, DecodeError> {
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return refused(body);
    }
    let choice = body.pointer("/choices/0").ok_or_else(|| DecodeError("the reply has no choices".into()))?;
    let message = choice.get("message").ok_or_else(|| DecodeError("the reply's choice has no message".into()))?;
    let raw_stop = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut text = text_of(message.get("content").unwrap_or(&Value::Null))?;
    let calls = message.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tool_calls = calls.iter().enumerate().map(|(at, call)| read_call(at, call)).collect::<Result<Vec<_>, _>>()?;
    let refusal = message.get("refusal").and_then(Value::as_str);
    let stop = match raw_stop.as_str() {
        _ if refusal.is_some() => ReplyStop::Refusal,
        "content_filter" => ReplyStop::ContentFilter,
        "length" => ReplyStop::Length,
        "model_length" => ReplyStop::ContextOverflow,
        // Some servers call tools and say `stop`.
        "stop" | "tool_calls" | "function_call" if !tool_calls.is_empty() => ReplyStop::ToolCalls,
        "stop" | "tool_calls" | "function_call" => ReplyStop::Finish,
        _ => ReplyStop::Error,
    };
    if let Some(refusal) = refusal.filter(|_| text.is_empty()) {
        refusal.clone_into(&mut text);
    }
    let served_model = body.get("model").and_then(Value::as_str).map(str::to_owned);
    Ok(Reply { text, tool_calls, stop, raw_stop, usage: usage(body), served_model })
}

/// The outcomes that come as errors; every other error is no reply.
pub(super) fn refused(body: &Value) -> Result<Reply, DecodeError> {
    let words = ["/error/code", "/error/type"].map(|path| body.pointer(path).and_then(Value::as_str).unwrap_or(""));
    let stop = words.iter().find_map(|word| match *word {
        "context_length_exceeded" => Some(ReplyStop::ContextOverflow),
        "content_filter" | "content_policy_violation" | "invalid_prompt" | "cyber_policy" => {
            Some(ReplyStop::ContentFilter)
        }
        _ => None,
    });
    let message = trouble::message(body).unwrap_or_else(|| "an error without a message".to_owned());
    // LiteLLM has a name of its own for it, and says it in the message only.
    let stop = stop.or(message.contains("ContextWindowExceededError").then_some(ReplyStop::ContextOverflow));
    let Some(stop) = stop else { return Err(DecodeError(message)) };
    let raw_stop = words.into_iter().find(|word| !word.is_empty()).unwrap_or_default().to_owned();
    let (usage, tool_calls) = (Usage::default(), Vec::new());
    Ok(Reply { text: String::new(), tool_calls, stop, raw_stop, usage, served_model: None })
}

/// Text, or parts of which some are text.
fn text_of(content: &Value) -> Result<String, DecodeError> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            Ok(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().concat())
        }
        _ => Err(DecodeError("the reply's content is no text".into())),
    }
}

pub(super) fn read_call(at: usize, call: &Value) -> Result<ToolCall, DecodeError> {
    let named = call.pointer("/function/name").and_then(Value::as_str);
    let name = named.ok_or_else(|| DecodeError("a tool call without a name".into()))?.to_owned();
    Ok(ToolCall { id: format!("call_{at}"), name, arguments: arguments(call.pointer("/function/arguments")) })
}

/// Arguments are JSON in a text; some servers send the JSON itself.
pub(super) fn arguments(said: Option<&Value>) -> Arguments {
    match said {
        // An empty text is how some servers write that there are none.
        None | Some(Value::Null) => Arguments::Json(json!({})),
        Some(Value::String(raw)) if raw.trim().is_empty() => Arguments::Json(json!({})),
        Some(Value::String(raw)) => match serde_json::from_str::<Value>(raw) {
            Ok(value) if value.is_object() => Arguments::Json(value),
            _ => Arguments::Malformed(raw.clone()),
        },
        Some(value @ Value::Object(_)) => Arguments::Json(value.clone()),
        Some(other) => Arguments::Malformed(other.to_string()),
    }
}

/// `prompt_tokens` holds what was read from and written to the cache; `completion_tokens` holds the reasoning.
fn usage(body: &Value) -> Usage {
    let count = |path: &str| body.pointer(path).and_then(Value::as_u64);
    let cache_read = count("/usage/prompt_tokens_details/cached_tokens");
    let cache_write = count("/usage/prompt_tokens_details/cache_write_tokens");
    let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
    Usage {
        // More cached than there was says nothing.
        input_uncached: count("/usage/prompt_tokens").and_then(|all| all.checked_sub(cached)),
        cache_read,
        cache_write,
        cache_write_1h: None,
        output: count("/usage/completion_tokens"),
        reasoning: count("/usage/completion_tokens_details/reasoning_tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::conversation;

    #[test]
    fn a_request_is_written_as_the_api_wants_it() {
        let Call { path, headers, body } = encode(&conversation(API), &[]);
        assert_eq!((path.as_str(), headers.len()), ("/chat/completions", 0));
        let function = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "find", "arguments": arguments}});
        assert_eq!(
            body,
            json!({
                "temperature": 0,
                "model": "m",
                "messages": [
                    {"role": "system", "content": "be brief"},
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": null, "tool_calls": [
                        function("call_0_1", "{\"q\":\"a\"}"), function("call_1_1", "{oops"),
                    ]},
                    {"role": "tool", "tool_call_id": "call_0_1", "content": "found"},
                    {"role": "tool", "tool_call_id": "call_1_1", "content": "no"},
                    {"role": "assistant", "content": "again", "tool_calls": [function("call_0_2", "{}")]},
                    {"role": "tool", "tool_call_id": "call_0_2", "content": "x"},
                ],
                "tools": [{"type": "function", "function": {
                    "name": "find", "description": "finds", "parameters": {"type": "object"},
                }}],
                "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
                "stream": false,
            })
        );
    }

    fn reply(message: Value, finish: &str) -> Value {
        json!({"model": "m-1", "choices": [{"message": message, "finish_reason": finish}]})
    }

    #[test]
    fn stop_reasons_are_told_apart() {
        let call = json!([{"id": "x", "function": {"name": "f", "arguments": "{}"}}]);
        for (body, stop, text) in [
            (reply(json!({"content": "a"}), "stop"), ReplyStop::Finish, "a"),
            (reply(json!({"content": "a"}), "length"), ReplyStop::Length, "a"),
            (reply(json!({"content": null}), "content_filter"), ReplyStop::ContentFilter, ""),
            (reply(json!({"content": null, "tool_calls": call}), "tool_calls"), ReplyStop::ToolCalls, ""),
            (reply(json!({"content": "", "tool_calls": call}), "stop"), ReplyStop::ToolCalls, ""),
            (reply(json!({"content": null, "refusal": "no"}), "stop"), ReplyStop::Refusal, "no"),
            (reply(json!({"content": "a"}), "model_length"), ReplyStop::ContextOverflow, "a"),
            (reply(json!({"content": "a"}), "error"), ReplyStop::Error, "a"),
            (reply(json!({"content": [{"type": "text", "text": "a"}, {"type": "x"}]}), "stop"), ReplyStop::Finish, "a"),
            (json!({"error": {"code": "context_length_exceeded", "message": "m"}}), ReplyStop::ContextOverflow, ""),
            (json!({"error": {"type": "x", "code": "content_filter"}}), ReplyStop::ContentFilter, ""),
            (
                json!({"error": {"code": "400", "message": "litellm.ContextWindowExceededError: too long"}}),
                ReplyStop::ContextOverflow,
                "",
            ),
        ] {
            let found = decode(&body).unwrap();
            assert_eq!((found.stop, found.text.as_str()), (stop, text), "{body}");
        }
        for body in [json!({}), json!({"choices": [{}]}), json!({"error": {"message": "broken"}}), json!([])] {
            assert!(decode(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn arguments_are_json_or_kept_as_they_came() {
        for (arguments, want) in [
            (json!("{\"a\": 1}"), Arguments::Json(json!({"a": 1}))),
            (json!(""), Arguments::Json(json!({}))),
            (json!({"a": 1}), Arguments::Json(json!({"a": 1}))),
            (json!("{\"a\": "), Arguments::Malformed("{\"a\": ".into())),
            (json!("[1]"), Arguments::Malformed("[1]".into())),
        ] {
            let calls = json!([{"id": "random", "function": {"name": "f", "arguments": arguments}}]);
            let found = decode(&reply(json!({"tool_calls": calls}), "tool_calls")).unwrap();
            assert_eq!(found.tool_calls, [ToolCall { id: "call_0".into(), name: "f".into(), arguments: want }]);
        }
    }

    #[test]
    fn usage_falls_into_buckets_that_do_not_overlap() {
        let mut body = reply(json!({"content": "a"}), "stop");
        assert_eq!(decode(&body).unwrap().usage, Usage::default());
        body["usage"] = json!({
            "prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 20},
        });
        let found = decode(&body).unwrap();
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
        body["usage"]["prompt_tokens_details"]["cached_tokens"] = 91.into();
        let contradicted = decode(&body).unwrap().usage;
        assert_eq!(
            (contradicted.input_uncached, contradicted.input(), contradicted.cache_read),
            (None, None, Some(91))
        );
    }
}
