//! The mock server as an application sees it: over real sockets, in both formats, with whatever else may come in.

mod clients;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Server, chat, keyed, project};
use crate::common::{Repository, Scratch, regild};

/// A running `regild mock-server`.
struct Mock {
    child: Child,
    port: u16,
    out: BufReader<ChildStdout>,
    log: std::path::PathBuf,
}

impl Mock {
    fn start(scratch: &Scratch, repository: &Repository, args: &[&str]) -> Self {
        let log = scratch.path("mock-server.log");
        let mut command = regild(&["mock-server"]);
        command.args(args).current_dir(&repository.root);
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("listening on http://127.0.0.1:");
        let port = port.unwrap_or_else(|| panic!("{line:?} {}", std::fs::read_to_string(&log).unwrap()));
        Self { port: port.parse().unwrap(), child, out, log }
    }

    /// Sends bytes as they are; all that comes back until the server closes.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = Vec::new();
        // The server may have heard enough before all is sent.
        if stream.write_all(bytes).is_ok() {
            drop(stream.shutdown(std::net::Shutdown::Write));
        }
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Got {
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", self.port);
        Got::of(&self.raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()))
    }

    fn get(&self, path: &str) -> Got {
        Got::of(&self.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()))
    }

    /// Ends it with a signal; its exit code, what else it printed, and its log.
    fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let code = self.child.wait().unwrap().code();
        let mut printed = String::new();
        self.out.read_to_string(&mut printed).unwrap();
        (code, printed, std::fs::read_to_string(&self.log).unwrap())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What came back.
#[derive(Debug)]
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

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

#[test]
fn nothing_that_comes_in_ends_it() {
    let scratch = Scratch::new();
    let mock = Mock::start(&scratch, &scripted(&scratch), &[]);
    let large = vec![b' '; 9 << 20];
    let head = |length: usize| {
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let told = Got::of(&mock.raw(&[head(large.len()).as_bytes(), &large].concat()));
    assert_eq!((told.status, &told.json()["error"]["type"]), (413, &json!("request_too_large")));
    let chunked =
        "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(Got::of(&mock.raw(&[chunked.as_bytes(), &chunk].concat())).status, 413);
    for (bytes, status) in [
        ("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(), Some(403)),
        (
            "GET http://evil.example/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".to_owned(),
            Some(403),
        ),
        ("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), Some(403)),
        ("BREW /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), Some(405)),
        (format!("{}{{", head(1)), Some(400)),
        (format!("{}{}", head(200_000), "[".repeat(200_000)), Some(400)),
        (format!("{}{{\"model\": ", head(500)), None),
        ("\0\0\0\u{7f}garbage\r\n\r\n".to_owned(), None),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20)), None),
        (String::new(), None),
    ] {
        let answer = mock.raw(bytes.as_bytes());
        if let Some(status) = status {
            assert_eq!(Got::of(&answer).status, status, "{}", &bytes[..bytes.len().min(80)]);
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(mock.post("/v1/chat/completions", &openai_question("Hello")).status, 200);
                }
            });
        }
    });
    let (code, _, log) = mock.end("-TERM");
    assert_eq!((code, log.contains("panicked")), (Some(0), false));
    assert_eq!(log.matches("200 POST").count(), 400);
}
