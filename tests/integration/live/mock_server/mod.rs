//! The mock server as an application sees it: over real sockets, in both formats, with whatever else may come in.

mod clients;
mod harness;
mod hostile;

use harness::{Got, Mock};
use serde_json::{Value, json};

use super::{Answer, Server, chat, keyed, project};
use crate::common::{Repository, Scratch};

/// A committed project whose answers the mock provider gave: a tool call, and what follows it.
fn scripted(scratch: &Scratch) -> Repository {
    let repository = scratch.repository("scripted");
    repository.write(
        "regild.yaml",
        "testing: {models: [mini], samples: 1}\nmodels:\n  mini: {provider: mock, model: gpt-4o-mini, parameters: {temperature: 0}}\n",
    );
    repository.write(
        "prompts/ask/v1.0.0.yaml",
        "id: ask\nversion: 1.0.0\nsystem: Be brief.\ntemplate: \"{{ q }}\"\nvariables: [{name: q, type: string}]\n\
         tools:\n  - {name: get_order, description: looks up, input_schema: {type: object, properties: {id: {type: string}}}}\n",
    );
    repository.write(
        "golden/ask.yaml",
        "prompt: ask\ntasks:\n  - id: order\n    input: {q: Where is order 42?}\n    \
         tools: {get_order: [{returns: {status: shipped, parcels: [1, 2]}}]}\n    \
         mock: [{steps: [{tool_calls: [{name: get_order, args: {id: \"42\"}}]}, {text: It is shipped., output_tokens: 7}]}]\n    \
         assertions: [{type: contains, value: shipped}]\n  \
         - id: hello\n    input: {q: Hello}\n    mock: [{steps: [{text: \"Hi! 👋\"}]}]\n    assertions: [{type: contains, value: Hi}]\n",
    );
    repository.regild(&["record"]).succeeds();
    repository.commit("recorded");
    repository
}

/// The question of the scripted project as an OpenAI client asks it.
fn openai_question(text: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    json!({
        "model": "mini", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": "get_order", "description": "looks up", "parameters": schema}}],
    })
}

/// The same as an Anthropic client asks it.
fn anthropic_question(text: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    json!({
        "model": "gpt-4o-mini", "max_tokens": 100, "system": "Be brief.", "messages": [{"role": "user", "content": text}],
        "tools": [{"name": "get_order", "description": "looks up", "input_schema": schema}],
    })
}

#[test]
fn an_openai_client_goes_through_a_recorded_conversation() {
    let scratch = Scratch::new();
    let mock = Mock::start(&scratch, &scripted(&scratch), &[]);
    let mut question = openai_question("Where is order 42?");
    let first = mock.post("/v1/chat/completions", &question);
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.header("x-regild-recording"), Some("ask/1.0.0/order/mini#0"));
    assert_eq!(first.header("x-regild-stand-in"), Some("mock"));
    let reply = first.json();
    assert_eq!((&reply["choices"][0]["finish_reason"], &reply["model"]), (&json!("tool_calls"), &json!("gpt-4o-mini")));
    let message = reply["choices"][0]["message"].clone();
    let call = &message["tool_calls"][0];
    assert_eq!(call["function"], json!({"name": "get_order", "arguments": "{\"id\":\"42\"}"}));
    // As an application written in another language says the stub's result.
    let result = json!({"role": "tool", "tool_call_id": call["id"], "content": "{\"parcels\": [1, 2], \"status\": \"shipped\"}"});
    question["messages"].as_array_mut().unwrap().extend([message, result]);
    let second = mock.post("/chat/completions", &question).json();
    assert_eq!(second["choices"][0]["message"]["content"], "It is shipped.");
    assert_eq!(second["usage"]["completion_tokens"], 7);
    assert_ne!(second["id"], reply["id"]);
    question["messages"][3]["content"] = json!("{\"status\": \"lost\"}");
    let missed = mock.post("/v1/chat/completions", &question);
    let message = missed.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(missed.status, 404);
    assert!(message.contains("in messages (message 3 of 3 is another)"), "{message}");
    assert!(message.contains("regild record --prompt ask --task order --model mini"), "{message}");
}

#[test]
fn an_anthropic_client_goes_through_the_same_recordings() {
    let scratch = Scratch::new();
    let mock = Mock::start(&scratch, &scripted(&scratch), &[]);
    let mut question = anthropic_question("Where is order 42?");
    let reply = mock.post("/v1/messages?beta=true", &question).json();
    assert_eq!((&reply["stop_reason"], &reply["type"]), (&json!("tool_use"), &json!("message")));
    let used = &reply["content"][0];
    assert_eq!((&used["name"], &used["input"]), (&json!("get_order"), &json!({"id": "42"})));
    let result = json!({"type": "tool_result", "tool_use_id": used["id"], "content": "{\"status\":\"shipped\",\"parcels\":[1,2]}"});
    let turns =
        [json!({"role": "assistant", "content": reply["content"]}), json!({"role": "user", "content": [result]})];
    question["messages"].as_array_mut().unwrap().extend(turns);
    question["stream"] = json!(true);
    let streamed = mock.post("/v1/messages", &question);
    assert_eq!(streamed.header("content-type"), Some("text/event-stream"));
    assert!(streamed.body.starts_with("event: message_start\n"), "{}", streamed.body);
    assert!(streamed.body.contains("\"text\":\"It is shipped.\""), "{}", streamed.body);
    assert!(streamed.body.ends_with("data: {\"type\":\"message_stop\"}\n\n"), "{}", streamed.body);
    let missed = mock.post("/v1/messages", &anthropic_question("Who are you?")).json();
    assert_eq!((&missed["type"], &missed["error"]["type"]), (&json!("error"), &json!("not_found_error")));
}

#[test]
fn it_says_what_it_serves_and_ends_when_it_is_told_to() {
    let scratch = Scratch::new();
    let repository = scripted(&scratch);
    for signal in ["-TERM", "-INT"] {
        let mock = Mock::start(&scratch, &repository, &["--task", "order"]);
        let port = mock.port;
        assert_eq!(mock.get("/health").json(), json!({"status": "ok", "answers": 2, "tasks": 1}));
        let models = mock.get("/v1/models").json();
        let ids: Vec<&Value> = models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
        assert_eq!(ids, ["gpt-4o-mini", "mini"]);
        mock.post("/v1/chat/completions", &openai_question("Where is order 42?"));
        mock.post("/v1/chat/completions", &openai_question("Hello"));
        let (code, printed, log) = mock.end(signal);
        assert_eq!(code, Some(0), "{log}");
        let want = format!(
            "serves 2 answers of 1 task for mini (gpt-4o-mini)\nanswers by `mock` are those of a stand-in for a model\n  \
             OPENAI_BASE_URL=http://127.0.0.1:{port}/v1\n  ANTHROPIC_BASE_URL=http://127.0.0.1:{port}\n"
        );
        assert_eq!(printed, want);
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines[2], "200 POST /v1/chat/completions  ask/1.0.0/order/mini#0 step 1");
        assert!(lines[3].starts_with("404 POST /v1/chat/completions  not answered: no recording answers"), "{log}");
        assert_eq!(lines.len(), 4, "one line a request: {log}");
    }
}

#[test]
fn samples_of_a_model_are_served_in_turn_and_parameters_count_where_asked_to() {
    let provider = Server::start(|number, _| Answer::json(200, &chat(&format!("0, and {number}"))));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", provider.port, 1, "");
    keyed(&repository, &["record", "--samples", "3"]).succeeds();
    let mock = Mock::start(&scratch, &repository, &["--strict"]);
    let tool = json!({"name": "find", "description": "finds", "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}}});
    let mut question = json!({
        "model": "small-1", "temperature": 0, "max_tokens": 50, "tools": [{"type": "function", "function": tool}],
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "question 0"}],
    });
    let got: Vec<Got> = (0..4).map(|_| mock.post("/v1/chat/completions", &question)).collect();
    let labels: Vec<Option<&str>> = got.iter().map(|got| got.header("x-regild-recording")).collect();
    assert_eq!(
        labels,
        [0, 1, 2, 0].map(|sample| format!("ask/1.0.0/t0/m#{sample}")).each_ref().map(|label| Some(label.as_str()))
    );
    assert_eq!((got[0].body.as_str(), got[0].header("x-regild-stand-in")), (got[3].body.as_str(), None));
    let texts: std::collections::BTreeSet<String> =
        got.iter().map(|got| got.json()["choices"][0]["message"]["content"].to_string()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert_eq!(got[0].json()["model"], "small-1-2026-01-01", "the model that answered");
    question["temperature"] = json!(1);
    let missed = mock.post("/v1/chat/completions", &question);
    assert!(missed.status == 404 && missed.body.contains("in parameters."), "{}", missed.body);
    drop(mock);
    assert_eq!(Mock::start(&scratch, &repository, &[]).post("/v1/chat/completions", &question).status, 200);
}

#[test]
fn the_working_tree_is_served_and_nothing_that_is_stale() {
    let scratch = Scratch::new();
    let repository = scripted(&scratch);
    let path = repository.root.join("golden/recordings/ask/1.0.0/hello/mini.json");
    let recorded = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, recorded.replace("Hi! ", "Hi, edited! ")).unwrap();
    let refused = Mock::start(&scratch, &repository, &[]);
    assert_eq!(refused.get("/health").json()["tasks"], 1, "what was tampered with is not served");
    assert!(
        refused.end("-TERM").1.starts_with("serves 2 answers of 1 task for mini (gpt-4o-mini); left out: 1 tampered\n")
    );
    repository
        .regild(&["recordings", "rehash", "--i-edited-this", "golden/recordings/ask/1.0.0/hello/mini.json"])
        .succeeds();
    let mock = Mock::start(&scratch, &repository, &[]);
    let reply = mock.post("/v1/chat/completions", &openai_question("Hello")).json();
    assert_eq!(reply["choices"][0]["message"]["content"], "Hi, edited! 👋", "not what was committed");
    let golden = std::fs::read_to_string(repository.root.join("golden/ask.yaml")).unwrap();
    repository.write("golden/ask.yaml", &golden.replace("order 42?", "order 43?"));
    let mock = Mock::start(&scratch, &repository, &[]);
    assert_eq!(mock.post("/v1/chat/completions", &openai_question("Where is order 42?")).status, 404);
    let (_, printed, _) = mock.end("-TERM");
    assert!(printed.starts_with("serves 1 answer of 1 task for mini (gpt-4o-mini); left out: 1 stale\n"), "{printed}");
}

#[test]
fn without_recordings_there_is_nothing_to_serve() {
    let scratch = Scratch::new();
    let repository = scripted(&scratch);
    repository.regild(&["mock-server", "--task", "ordr"]).refuses("did you mean `order`?");
    repository.regild(&["mock-server", "--model", "maxi"]).refuses("there is no alias in use `maxi`");
    std::fs::remove_dir_all(repository.root.join("golden/recordings")).unwrap();
    let run = repository.regild(&["mock-server"]);
    run.refuses("there is nothing to serve; left out: 2 missing");
    run.refuses("regild record");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    repository.regild(&["record", "--rewrite"]).succeeds();
    repository.regild(&["mock-server", "--port", &port]).refuses("cannot listen on 127.0.0.1:");
}
