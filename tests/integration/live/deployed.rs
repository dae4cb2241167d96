//! A deployed prompt API through the binary, as the founding document describes one: given a prompt's name and its input, it
//! answers with a text, the model it chose, and what that took.

use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{KEY, keyed};
use crate::common::{Repository, Scratch};

const API: &str = "path: /v1/prompt/execute, \
    body: {prompt_id: $prompt, version: $version, variables: $input, user_id: regild, model: $model, stream: false}, \
    output: /output, stop: /stop_reason, stops: {done: finish, cut: length}, input_tokens: /tokens/input, \
    output_tokens: /tokens/output, model: /model_used";

fn project(scratch: &Scratch, port: u16, api: &str) -> Repository {
    let repository = scratch.repository("project");
    repository.write(
        "regild.yaml",
        &format!(
            "testing: {{models: [ours], samples: 1}}\nmodels:\n  ours:\n    provider: http\n    base_url: \
             \"http://127.0.0.1:{port}\"\n    model: auto\n    served: [\"small-*\"]\n    api_key_env: GATEWAY_KEY\n    \
             key_header: x-api-key\n    headers: {{x-team: search}}\n    http: {{{api}}}\n    price_as: ours/small\n"
        ),
    );
    repository.write(
        "prices.yaml",
        "as_of: 2026-11-01\nsource: test\nmodels:\n  ours/small: {input: \"1\", output: \"2\"}\n",
    );
    repository.write(
        "prompts/sum/v1.2.0.yaml",
        "id: sum\nversion: 1.2.0\ntemplate: \"In {{ words }} words: {{ article }}\"\n\
         variables: [{name: article, type: string}, {name: words, type: integer, required: false, default: 50}]\n",
    );
    repository.write(
        "golden/sum.yaml",
        "prompt: sum\ntasks:\n  - id: brief\n    input: {article: long}\n    expect_stop_reason: finish\n    \
         assertions: [{type: contains, value: short}]\n",
    );
    repository.commit("base");
    repository
}

fn answer(stop: &str) -> Value {
    json!({
        "output": "short", "stop_reason": stop, "model_used": "small-1", "version_used": "1.2.0", "latency_ms": 812.5,
        "tokens": {"input": 120, "output": 30}, "cost_usd": 0.0004, "cache_hit": false,
    })
}

#[test]
fn a_deployed_prompt_is_recorded_and_replayed() {
    let server = Server::start(|number, _| match number {
        // Where the answer would be, an error has its message.
        0 => Answer::json(500, &json!({"output": "short", "detail": "busy"})),
        _ => Answer::json(200, &answer("done")),
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, server.port, API);
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.contains("recorded 1 sample in 1 file by `http`"), "{said}");
    assert!(said.contains("1 call, $0.0002 spent; 1 tried again"), "{said}");
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].path, "/v1/prompt/execute");
    assert_eq!(
        received[1].body,
        json!({
            "prompt_id": "sum", "version": "1.2.0", "variables": {"article": "long", "words": 50}, "user_id": "regild",
            "model": "auto", "stream": false,
        })
    );
    let header = |name| received[1].header(name);
    assert_eq!((header("x-api-key"), header("authorization"), header("x-team")), (Some(KEY), None, Some("search")));
    repository.commit("recorded");
    let check = ["check", "--all", "--base-exact", "HEAD"];
    let checked = repository.regild(&check).succeeds();
    assert!(checked.contains("PASS"), "{checked}");
    let shown = repository.regild(&["recordings", "show", "sum"]).succeeds();
    assert!(shown.contains("\"model_used\": \"small-1\""), "{shown}");
    // What we would say is not sent, but a template that changed needs a new answer all the same.
    let prompt = std::fs::read_to_string(repository.root.join("prompts/sum/v1.2.0.yaml")).unwrap();
    repository.write("prompts/sum/v1.2.0.yaml", &prompt.replace("words: {{", "WORDS: {{"));
    let stale = repository.regild(&["recordings", "status"]).stdout();
    assert!(stale.contains("stale") && stale.contains("messages"), "{stale}");
    repository.git(&["checkout", "--quiet", "."]);
    // Nor is an answer evidence that is read in another place.
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    repository.write("regild.yaml", &settings.replace("output: /output", "output: /version_used"));
    repository.commit("another place");
    assert_eq!(repository.regild(&check).code(), 3);
}

#[test]
fn what_a_deployed_prompt_stops_with_is_what_counts() {
    let server = Server::start(|_, _| Answer::json(200, &answer("cut")));
    let scratch = Scratch::new();
    let repository = project(&scratch, server.port, API);
    keyed(&repository, &["record"]).succeeds();
    repository.commit("recorded");
    let checked = repository.regild(&["check", "--all", "--base", "none"]);
    assert_eq!(checked.code(), 1, "{}{}", checked.stdout(), checked.stderr());
    assert!(checked.stdout().contains("length"), "{}", checked.stdout());
}

#[test]
fn what_is_declared_wrongly_is_found_at_its_line() {
    let scratch = Scratch::new();
    let repository = project(&scratch, 1, &API.replace("$input", "$inputs"));
    let run = repository.regild(&["validate"]);
    assert_ne!(run.code(), 0);
    let said = format!("{}{}", run.stdout(), run.stderr());
    assert!(said.contains("`$inputs` stands for nothing") && said.contains("regild.yaml:11"), "{said}");
}
