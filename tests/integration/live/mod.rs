//! Recording from providers over real sockets: what goes out, what comes of every fault, and what is never said aloud.

mod check;
mod confirm;
mod deployed;
mod drift;
mod faults;
mod judge;
mod litellm;
mod logging;
mod mock_server;
mod responses;
pub(crate) mod server;
mod tls;

use serde_json::{Value, json};
use server::{Answer, Received, Server};

use crate::common::{Repository, Run, Scratch, regild};

/// The key of these tests, which must stand nowhere but in a header.
const KEY: &str = "sk-canary-0123456789";

/// A committed project whose one alias is spoken to at `port`, with `tasks` tasks of one sample each.
fn project(scratch: &Scratch, provider: &str, port: u16, tasks: usize, extra: &str) -> Repository {
    let repository = scratch.repository("project");
    repository.write(
        "regild.yaml",
        &format!(
            "prompts: {{active: \"ask:v1\"}}\ntesting: {{models: [m], samples: 1}}\nmodels:\n  m: {{provider: {provider}, \
             base_url: \"http://127.0.0.1:{port}/v1\", api_key_env: GATEWAY_KEY, model: small-1, \
             parameters: {{temperature: 0, max_tokens: 50}}}}\nbudgets: {{max_seconds: 1}}\n{extra}"
        ),
    );
    repository.write(
        "prices.yaml",
        &format!("as_of: 2026-11-01\nsource: test\nmodels:\n  {provider}/small-1: {{input: \"1\", output: \"2\"}}\n"),
    );
    repository.write(
        "prompts/ask/v1.0.0.yaml",
        "id: ask\nversion: 1.0.0\nsystem: Be brief.\ntemplate: \"{{ q }}\"\nvariables: [{name: q, type: string}]\n\
         tools:\n  - {name: find, description: finds, input_schema: {type: object, properties: {id: {type: integer}}}}\n",
    );
    let mut golden = "prompt: ask\ntasks:\n".to_owned();
    for task in 0..tasks {
        golden.push_str(&format!(
            "  - id: t{task}\n    input: {{q: \"question {task}\"}}\n    tools: {{find: [{{returns: found it}}]}}\n    \
             assertions: [{{type: contains, value: \"{task}\"}}]\n"
        ));
    }
    repository.write("golden/ask.yaml", &golden);
    repository.commit("base");
    repository
}

/// Replaces text in a file of the working tree, everywhere it stands.
fn edit(repository: &Repository, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(repository.root.join(path)).unwrap();
    assert!(text.contains(from), "{text}");
    repository.write(path, &text.replace(from, to));
}

/// Runs `regild` with the key in its environment, and holds all it says and writes against the key.
fn keyed(repository: &Repository, args: &[&str]) -> Run {
    let run = Run(regild(args).current_dir(&repository.root).env("GATEWAY_KEY", KEY).output().unwrap());
    assert!(!run.stdout().contains(KEY) && !run.stderr().contains(KEY), "the key is said aloud");
    assert!(!run.stderr().contains("a fault of regild"), "{}", run.stderr());
    for path in files(&repository.root) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "{} has the key", path.display());
    }
    run
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What OpenAI's API answers.
fn chat(text: &str) -> Value {
    json!({
        "model": "small-1-2026-01-01",
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    })
}

/// The last thing the user said, said again.
fn echo(received: &Received) -> Value {
    let said = received.body["messages"].as_array().unwrap().iter().rfind(|message| message["role"] == "user");
    chat(&format!("about {}", said.unwrap()["content"].as_str().unwrap()))
}

#[test]
fn openai_compatible_answers_are_recorded_and_replayed() {
    let called = json!([{"id": "x", "type": "function", "function": {"name": "find", "arguments": "{\"id\": 1}"}}]);
    let server = Server::start(move |_, received| {
        let messages = received.body["messages"].as_array().unwrap();
        if messages.len() > 2 {
            return Answer::json(200, &echo(received));
        }
        let mut reply = chat("");
        reply["choices"][0] =
            json!({"message": {"content": null, "tool_calls": called}, "finish_reason": "tool_calls"});
        Answer::json(200, &reply)
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 2, "");
    let run = keyed(&repository, &["record"]);
    let said = run.succeeds();
    assert!(said.starts_with("recorded 2 samples in 2 files by `openai-compatible`; 0 were there and fit\n"), "{said}");
    assert!(said.contains("4 calls, $0.0005 spent"), "{said}");
    let stderr = run.stderr();
    assert!(stderr.contains(&format!("m: small-1 at 127.0.0.1:{} with GATEWAY_KEY", server.port)), "{stderr}");
    let received = server.received();
    assert_eq!(received.len(), 4);
    for one in &received {
        assert_eq!(one.path, "/v1/chat/completions");
        assert_eq!(one.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert_eq!((&one.body["model"], &one.body["max_tokens"]), (&json!("small-1"), &json!(50)));
    }
    let second = received.iter().find(|one| one.body["messages"].as_array().unwrap().len() == 4).unwrap();
    assert_eq!(second.body["messages"][3], json!({"role": "tool", "tool_call_id": "call_0_1", "content": "found it"}));
    repository.commit("recorded");
    // Replay needs neither the key nor the server.
    let checked = repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds();
    assert!(checked.contains("PASS"), "{checked}");
    assert!(keyed(&repository, &["record"]).succeeds().contains("nothing to record: 2 samples are there and fit"));
    assert_eq!(server.received().len(), 4, "what is there is not asked for again");
}

#[test]
fn anthropic_is_spoken_to_in_its_own_words() {
    let server = Server::start(|_, received| {
        let is_second = received.body["messages"].as_array().unwrap().len() > 1;
        let (content, stop) = if is_second {
            (json!([{"type": "text", "text": "0 it is"}]), "end_turn")
        } else {
            (
                json!([{"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "toolu_7", "name": "find", "input": {"id": 1}}]),
                "tool_use",
            )
        };
        let usage = json!({"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 10});
        Answer::json(200, &json!({"model": "small-1", "content": content, "stop_reason": stop, "usage": usage}))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "anthropic", server.port, 1, "");
    keyed(&repository, &["record"]).succeeds();
    let received = server.received();
    assert_eq!((received.len(), received[0].path.as_str()), (2, "/v1/messages"));
    assert_eq!(received[0].header("x-api-key"), Some(KEY));
    assert_eq!(
        (received[0].header("anthropic-version"), received[0].header("authorization")),
        (Some("2023-06-01"), None)
    );
    let messages = &received[1].body["messages"];
    assert_eq!(messages[1]["content"][0]["type"], "thinking", "what was thought goes back as it came");
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "toolu_7");
    repository.regild(&["check", "--all", "--base-exact", "HEAD", "--trust-head"]).code();
    assert!(repository.regild(&["recordings", "status"]).stdout().contains("1"), "it is there");
}

#[test]
fn gemini_and_ollama_are_spoken_to_in_theirs() {
    let gemini = Server::start(|_, received| {
        let is_second = received.body["contents"].as_array().unwrap().len() > 1;
        let part = match is_second {
            true => json!({"text": "0 it is"}),
            false => json!({"functionCall": {"name": "find", "args": {"id": 1}}, "thoughtSignature": "sig"}),
        };
        let usage = json!({"promptTokenCount": 29, "candidatesTokenCount": 15, "thoughtsTokenCount": 893, "totalTokenCount": 937});
        let candidate = json!({"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"});
        Answer::json(200, &json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "small-1"}))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "gemini", gemini.port, 1, "");
    keyed(&repository, &["record"]).succeeds();
    let received = gemini.received();
    assert_eq!((received.len(), received[0].path.as_str()), (2, "/v1/models/small-1:generateContent"));
    assert_eq!((received[0].header("x-goog-api-key"), received[0].header("authorization")), (Some(KEY), None));
    assert_eq!(received[1].body["contents"][1]["parts"][0]["thoughtSignature"], "sig");

    let ollama = Server::start(|_, _| {
        let message = json!({"role": "assistant", "content": "0 it is"});
        Answer::json(200, &json!({"model": "small-1", "message": message, "done": true, "done_reason": "stop"}))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "ollama", ollama.port, 1, "");
    let said = keyed(&repository, &["record"]).succeeds();
    assert!(said.contains("1 call, $0.0"), "silence about usage counts as the worst: {said}");
    let received = ollama.received();
    assert_eq!((received[0].path.as_str(), &received[0].body["stream"]), ("/v1/api/chat", &json!(false)));
}

#[test]
fn another_model_than_the_one_asked_for_is_no_evidence() {
    let server = Server::start(|nth, _| {
        let mut reply = chat("0");
        reply["model"] = json!(if nth == 0 { "large-9" } else { "small-1-2026-01-01" });
        Answer::json(200, &reply)
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let run = keyed(&repository, &["record"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().contains("asked for `small-1`, `large-9` answered"), "{}", run.stdout());
    assert!(!repository.root.join("golden/recordings").exists());
    // Once somebody has put that right, what was said before stands in nobody's way.
    assert!(keyed(&repository, &["record"]).succeeds().contains("1 call, "));
    assert_eq!(server.received().len(), 2);
}

#[test]
fn what_is_recorded_is_asked_for_anew_where_that_is_wanted() {
    let server = Server::start(|nth, received| match received.body.to_string().contains("question 1") && nth < 2 {
        true => Answer::json(400, &json!({"error": "no"})),
        false => Answer::json(200, &chat(&format!("0 and 1, the {nth}th time"))),
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 2, "");
    assert_eq!(keyed(&repository, &["record"]).code(), 3, "one of two fails");
    keyed(&repository, &["record"]).succeeds();
    let asked = server.received().len();
    let said = keyed(&repository, &["record", "--rewrite"]).succeeds();
    assert!(said.contains("2 calls, ") && !said.contains("saved"), "{said}");
    assert_eq!(server.received().len(), asked + 2);
}

#[test]
fn sec_03_an_endpoint_of_heads_own_is_not_spoken_to() {
    let server = Server::start(|_, received| Answer::json(200, &echo(received)));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    repository.write("regild.yaml", &settings.replace("[m]", "[new]").replace("  m: {", "  new: {"));
    keyed(&repository, &["record"]).refuses("the alias `new` is not in the policy");
    assert!(server.received().is_empty(), "not one byte");
    keyed(&repository, &["record", "--trust-endpoint", "127.0.0.1"]).succeeds();
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_missing_key_is_found_before_the_first_call() {
    let server = Server::start(|_, received| Answer::json(200, &echo(received)));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    repository.regild(&["record"]).refuses("the environment variable GATEWAY_KEY is not set");
    assert!(server.received().is_empty());
}

#[test]
fn sec_13_an_answer_that_holds_the_key_is_not_written() {
    let server = Server::start(|_, received| {
        let leak = received.header("authorization").unwrap().to_owned();
        Answer::json(200, &chat(&format!("0 {}", leak.to_uppercase().replace("BEARER", "").to_lowercase())))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let run = Run(regild(&["record"]).current_dir(&repository.root).env("GATEWAY_KEY", KEY).output().unwrap());
    run.refuses("holds the value of GATEWAY_KEY");
    assert!(!repository.root.join("golden/recordings").exists());
}

#[test]
fn sec_13_a_runner_is_told_to_blacken_the_key() {
    let server = Server::start(|_, received| {
        let key = received.header("authorization").unwrap().replace("Bearer ", "");
        let base64 = "c2stY2FuYXJ5LTAxMjM0NTY3ODk=";
        assert_eq!(key, KEY);
        Answer::json(200, &chat(&format!("0 {base64}")))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let mut command = regild(&["record", "--yes"]);
    let run = Run(command
        .current_dir(&repository.root)
        .env("GATEWAY_KEY", KEY)
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap());
    let masks = run.stderr().lines().filter(|line| line.contains(KEY)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(masks, [format!("::add-mask::{KEY}")]);
    // Another form of the key is the key.
    run.refuses("holds the value of GATEWAY_KEY");
}

#[test]
fn sec_05_a_cap_ends_the_run_before_it_is_broken() {
    let server = Server::start(|_, received| Answer::json(200, &echo(received)));
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 9, "spend: {max_calls: 4}\n");
    let run = keyed(&repository, &["record"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().starts_with("recorded 4 samples in 4 files"), "{}", run.stdout());
    assert!(run.stdout().contains("the spend cap max_calls (4) is reached"), "{}", run.stdout());
    assert_eq!(server.received().len(), 4);
    let run = keyed(&repository, &["record", "--max-usd", "0.0001"]);
    assert!(run.stdout().contains("the spend cap max_usd ($0.0001) is reached"), "{}", run.stdout());
    assert_eq!(server.received().len(), 4, "the worst case does not fit");
    keyed(&repository, &["record"]).code();
    keyed(&repository, &["record"]).succeeds();
    assert_eq!(server.received().len(), 9, "nothing is paid for twice");
}

#[test]
fn a_fallback_is_tested_hop_by_hop_and_an_echo_is_no_proof() {
    let server = Server::start(|_, received| {
        let mut reply = echo(received);
        reply["model"] = received.body["model"].clone();
        Answer::json(200, &reply)
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let hop = |name: &str, fallback: &str| {
        let url = format!("http://127.0.0.1:{}/v1", server.port);
        format!(
            "\n  {name}: {{provider: openai-compatible, base_url: \"{url}\", model: {name}-1, fallback: [{fallback}]}}"
        )
    };
    edit(&repository, "regild.yaml", "model: small-1, ", "model: small-1, fallback: [second], ");
    edit(
        &repository,
        "regild.yaml",
        "\nbudgets:",
        &format!("{}{}\nbudgets:", hop("second", "third"), hop("third", "m")),
    );
    repository.commit("a chain");
    let said = keyed(&repository, &["record", "--yes"]).succeeds();
    assert!(said.starts_with("recorded 3 samples in 3 files"), "{said}");
    assert!(said.contains("served-unverified: `second`"), "{said}");
    assert!(repository.root.join("golden/recordings/ask/1.0.0/t0/third.json").exists());
    let shown = repository.regild(&["recordings", "show", "ask/t0", "--model", "third"]).succeeds();
    assert!(shown.contains("served-unverified"), "{shown}");
    // What another model said is no evidence, be it recorded.
    let path = "golden/recordings/ask/1.0.0/t0/third.json";
    edit(&repository, path, "\"model\": \"third-1\",\n", "\"model\": \"other-9\",\n");
    repository.regild(&["recordings", "rehash", "--i-edited-this", path]).succeeds();
    let run = repository.regild(&["check", "--all", "--base", "none"]);
    assert!(run.code() == 3 && run.stdout().contains("`other-9` answered"), "{}", run.stdout());
}
