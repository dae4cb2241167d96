//! Which recording answers, whose turn it is, and what is said where none does.

use serde_json::{Value, json};

use super::form::Form;
use super::*;
use crate::id::Id;
use crate::recording::Address;
use crate::wire::serve::Format;
use crate::wire::tests::conversation;
use crate::wire::{Key, Reply, ReplyStop, Request, Usage};

/// A recording's place, and what sets it apart.
struct Stored {
    place: [&'static str; 4],
    model: &'static str,
    sample: u32,
    request: Request,
}

fn stored(place: [&'static str; 4], sample: u32) -> Stored {
    Stored { place, model: "gpt-1", sample, request: conversation("openai.chat") }
}

fn server(stored: Vec<Stored>, compare: Compare) -> Server {
    let answers = stored.into_iter().map(|Stored { place: [prompt, version, task, alias], model, sample, request }| {
        let id = |text: &str| Id::new(text).unwrap();
        let text = format!("{prompt}/{version}/{task}/{alias}#{sample}");
        Answer {
            address: Address {
                prompt: id(prompt),
                version: version.parse().unwrap(),
                task: id(task),
                alias: id(alias),
            },
            model: model.into(),
            sample,
            step: 0,
            key: Key::of(&request),
            reply: Reply {
                text,
                tool_calls: vec![],
                stop: ReplyStop::Finish,
                raw_stop: "stop".into(),
                usage: Usage::default(),
                served_model: None,
            },
            stand_in: alias == "stub",
            forms: Format::ALL.map(|format| Some(Form::of(format.carried(&request).unwrap(), compare))),
        }
    });
    let collected = Collected { index: Index::new(answers.collect()), tasks: 1, left_out: Default::default() };
    Server::new(collected, compare)
}

fn asked(method: &str, path: &str, body: &Value) -> Asked {
    let (host, body) = (Some("localhost:1".to_owned()), Body::Whole(body.to_string().into_bytes()));
    Asked { method: method.into(), path: path.into(), host, body }
}

/// The conversation as an OpenAI client asks it of `model`.
fn question(model: &str) -> Value {
    let mut request = conversation("openai.chat");
    request.model = model.into();
    crate::wire::encode(&request, &[]).unwrap().body
}

/// Asks; the text of the answer, or the error's message.
fn ask(server: &Server, body: &Value) -> (u16, String) {
    let answered = server.answer(&asked("POST", "/v1/chat/completions", body));
    let said: Value = serde_json::from_str(&answered.body).unwrap();
    let text = said.pointer("/choices/0/message/content").or(said.pointer("/error/message")).unwrap();
    (answered.status, text.as_str().unwrap().to_owned())
}

const PLACE: [&str; 4] = ["support", "1.0.0", "greet", "mini"];

#[test]
fn samples_are_served_in_turn_under_either_name() {
    let server = server((0..3).rev().map(|sample| stored(PLACE, sample)).collect(), Compare::Meaning);
    for (model, sample) in [("mini", 0), ("gpt-1", 1), ("mini", 2), ("mini", 0)] {
        assert_eq!(ask(&server, &question(model)), (200, format!("support/1.0.0/greet/mini#{sample}")));
    }
}

#[test]
fn of_several_recordings_one_answers_by_rule() {
    let warm = |place| {
        let mut stored = stored(place, 0);
        stored.request.parameters.insert("temperature".into(), json!(1));
        stored
    };
    let [old, new] = [["support", "1.0.0", "greet", "mini"], ["support", "1.1.0", "greet", "mini"]];
    for (what, recordings, model, want) in [
        ("the highest version", vec![stored(old, 0), stored(new, 0)], "mini", "support/1.1.0/greet/mini#0"),
        ("the same parameters first", vec![stored(old, 0), warm(new)], "mini", "support/1.0.0/greet/mini#0"),
        (
            "an alias before a model of that name",
            vec![stored(["support", "1.0.0", "greet", "a"], 0), stored(["support", "1.0.0", "greet", "gpt-1"], 0)],
            "gpt-1",
            "support/1.0.0/greet/gpt-1#0",
        ),
    ] {
        let server = server(recordings, Compare::Meaning);
        for _ in 0..2 {
            assert_eq!(ask(&server, &question(model)), (200, want.to_owned()), "{what}");
        }
    }
}

#[test]
fn a_miss_says_what_differs_and_what_to_do() {
    let server = server(
        vec![stored(PLACE, 0), Stored { model: "small-2", ..stored(["support", "1.0.0", "greet", "tiny"], 0) }],
        Compare::Meaning,
    );
    let change = |path: &str, value: Value| {
        let mut body = question("mini");
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let record = "record it: regild record --prompt support --task greet --model mini";
    for (body, says) in [
        (change("/messages/0/content", json!("be long")), vec!["support/1.0.0/greet/mini#0, in system.", record]),
        (change("/messages/1/content", json!("ho")), vec!["in messages (message 1 of 6 is another).", record]),
        (change("/messages/4/content", json!("yes")), vec!["in messages (message 4 of 6 is another)."]),
        (change("/tools/0/function/description", json!("")), vec!["in tools."]),
        (change("/response_format", json!({"type": "json_object"})), vec!["in response format."]),
        (
            question("mimi"),
            vec!["`mimi` is neither the alias nor the model", "this request is recorded for `mini` (gpt-1)"],
        ),
    ] {
        let (status, message) = ask(&server, &body);
        assert_eq!(status, 404, "{message}");
        for says in says {
            assert!(message.contains(says), "no {says:?} in: {message}");
        }
    }
    let mut other = question("small-3");
    other["messages"] = json!([{"role": "user", "content": "hi"}]);
    assert!(ask(&server, &other).1.ends_with("did you mean `small-2`?"));
    other["model"] = json!("mini");
    other["response_format"] = json!({"type": "json_object"});
    assert!(
        ask(&server, &other).1.contains("in system, messages (there are 1 where 6 were recorded), response format.")
    );
    other["model"] = json!("x".repeat(100_000));
    assert!(ask(&server, &other).1.len() < 3_000, "what is quoted is cut");
}

#[test]
fn parameters_count_where_they_are_asked_to() {
    let mut body = question("mini");
    body["temperature"] = json!(1);
    body["stream"] = json!(false);
    assert_eq!(ask(&server(vec![stored(PLACE, 0)], Compare::Meaning), &body).0, 200);
    let strict = server(vec![stored(PLACE, 0)], Compare::Strict);
    let (status, message) = ask(&strict, &body);
    assert!(status == 404 && message.contains("in parameters."), "{message}");
    body["temperature"] = json!(0.0);
    assert_eq!(ask(&strict, &body).0, 200, "a number is a number");
}

#[test]
fn the_answer_names_its_recording_and_a_stand_in() {
    let server = server(vec![stored(["support", "1.0.0", "greet", "stub"], 0), stored(PLACE, 0)], Compare::Meaning);
    let header = |model: &str, name: &str| {
        let answered = server.answer(&asked("POST", "/chat/completions", &question(model)));
        answered.headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    assert_eq!(header("mini", "x-regild-recording").as_deref(), Some("support/1.0.0/greet/mini#0"));
    assert_eq!(
        (header("mini", "x-regild-stand-in"), header("stub", "x-regild-stand-in").as_deref()),
        (None, Some("mock"))
    );
}

#[test]
fn what_is_not_served_is_refused_in_the_words_of_the_api() {
    let server = server(vec![stored(PLACE, 0)], Compare::Meaning);
    let with = |method: &str, path: &str, body: &str| Asked {
        body: Body::Whole(body.into()),
        ..asked(method, path, &Value::Null)
    };
    let deep = "[".repeat(100_000);
    for (asked, status) in [
        (with("GET", "/health", ""), 200),
        (with("GET", "/v1/models", ""), 200),
        (with("POST", "/v1/chat/completions", "{"), 400),
        (with("POST", "/v1/chat/completions", &deep), 400),
        (with("POST", "/v1/messages", "{}"), 400),
        (with("POST", "/v1/messages", "\u{0}"), 400),
        (with("GET", "/v1/messages", ""), 405),
        (with("DELETE", "/v1/models", ""), 405),
        (with("POST", "/v1/responses", "{}"), 404),
        (with("POST", "/v1/v1/messages", "{}"), 404),
        (Asked { body: Body::TooLarge, ..with("POST", "/v1/messages", "") }, 413),
        (Asked { body: Body::Broken, ..with("POST", "/v1/messages", "") }, 400),
    ] {
        let answered = server.answer(&asked);
        assert_eq!(answered.status, status, "{} {}: {}", asked.method, asked.path, answered.body);
        let body: Value = serde_json::from_str(&answered.body).unwrap();
        let is_anthropic = asked.path.contains("messages");
        assert_eq!(body["error"].is_object(), status != 200, "{body}");
        assert_eq!(body["type"] == "error", status != 200 && is_anthropic, "{body}");
    }
}

#[test]
fn only_this_machine_is_answered() {
    let server = server(vec![stored(PLACE, 0)], Compare::Meaning);
    for (host, status) in [
        (Some("127.0.0.1:8080"), 200),
        (Some("localhost"), 200),
        (Some("LocalHost:1"), 200),
        (Some("[::1]:9"), 200),
        (None, 403),
        (Some("evil.example"), 403),
        (Some("127.0.0.1.evil.example"), 403),
        (Some("localhost.evil.example:80"), 403),
        (Some("127.0.0.1@evil.example"), 403),
        (Some(""), 403),
        (Some("0.0.0.0"), 403),
    ] {
        let asked = Asked { host: host.map(str::to_owned), ..asked("GET", "/health", &Value::Null) };
        assert_eq!(server.answer(&asked).status, status, "{host:?}");
    }
}
