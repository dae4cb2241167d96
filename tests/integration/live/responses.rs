//! OpenAI's Responses through the binary: a run with a tool, recorded and replayed.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{keyed, project};
use crate::common::Scratch;

/// A response that ends with `output`.
fn response(output: &Value) -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "completed", "error": null, "incomplete_details": null,
        "model": "small-1-2026-01-01", "output": output,
        "usage": {
            "input_tokens": 100, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 110,
        },
    })
}

#[test]
fn responses_are_recorded_and_replayed_with_what_was_thought() {
    let thought = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"});
    let called = json!({"type": "function_call", "id": "fc_1", "call_id": "call_Xyz", "name": "find", "arguments": "{\"id\": 1}"});
    let server = Server::start(move |_, received| {
        if received.body["input"].as_array().unwrap().len() == 1 {
            return Answer::json(200, &response(&json!([thought, called])));
        }
        let text = json!([{"type": "output_text", "text": "about 0", "annotations": []}]);
        Answer::json(200, &response(&json!([{"type": "message", "id": "msg_1", "role": "assistant", "content": text}])))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    let settings = settings.replace("model: small-1", "api: responses, model: small-1");
    repository.write(
        "regild.yaml",
        &settings.replace("{temperature: 0, max_tokens: 50}", "{max_output_tokens: 50, reasoning: {effort: low}}"),
    );
    repository.commit("responses");
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.contains("2 calls, $0.0002 spent"), "{said}");
    let received = server.received();
    assert_eq!((received.len(), received[0].path.as_str()), (2, "/v1/responses"));
    let body = &received[0].body;
    assert_eq!(body["instructions"], "Be brief.");
    assert_eq!((&body["store"], &body["include"]), (&json!(false), &json!(["reasoning.encrypted_content"])));
    assert_eq!((&body["tools"][0]["name"], &body["max_output_tokens"]), (&json!("find"), &json!(50)));
    let input = received[1].body["input"].as_array().unwrap();
    assert_eq!(input.len(), 4);
    assert_eq!((&input[1]["encrypted_content"], &input[2]["call_id"]), (&json!("sealed"), &json!("call_Xyz")));
    assert_eq!(input[3], json!({"type": "function_call_output", "call_id": "call_Xyz", "output": "found it"}));
    repository.commit("recorded");
    let checked = repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds();
    assert!(checked.contains("PASS"), "{checked}");
    let shown = repository.regild(&["recordings", "show", "ask"]).succeeds();
    assert!(shown.contains("about 0") && shown.contains("(40 cached)") && shown.contains("find"), "{shown}");
    // The other API is another request.
    repository.write("regild.yaml", &settings.replace("api: responses", "api: chat"));
    repository.commit("chat");
    let checked = repository.regild(&["check", "--all", "--base-exact", "HEAD"]);
    assert_eq!(checked.code(), 3, "{}", checked.stdout());
}
