//! The floor and the server of calls to models: a loop that does nothing but send and receive, and a provider on loopback that
//! answers after a set time.

use std::convert::Infallible;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

/// What the provider always says.
const REPLY: &str = r#"{"id":"x","object":"chat.completion","created":0,"model":"small-1","choices":[{"index":0,"message":{"role":"assistant","content":"Order 42 has shipped and left our house this morning. It should reach you within three days."},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":24,"total_tokens":124}}"#;
/// A request as long as those of the project below.
const REQUEST: &str = r#"{"model":"small-1","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"question 1234"}],"temperature":0,"max_tokens":50}"#;

/// A document has a limit.
const TASKS_IN_A_FILE: usize = 1_000;

/// A provider that answers every request `latency` after it came. It lives as long as the benchmark.
pub fn provider(latency: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| async move {
                    drop(http_body_util::BodyExt::collect(request.into_body()).await);
                    if !latency.is_zero() {
                        tokio::time::sleep(latency).await;
                    }
                    let response = hyper::Response::builder().header("content-type", "application/json");
                    Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(REPLY.as_bytes()))).unwrap())
                });
                let serve =
                    http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(async move { drop(serve.await) });
            }
        });
    });
    port
}

/// Sends `count` requests, `at_once` of them at a time, and reads every answer to its end. Nothing else.
pub fn loop_of(port: &str, count: usize, at_once: usize) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let one = |_| async {
        let request = client.post(&url).header("content-type", "application/json").body(REQUEST);
        request.send().await.unwrap().bytes().await.unwrap().len()
    };
    let all = stream::iter(0..count).map(one).buffer_unordered(at_once);
    let bytes = runtime.block_on(all.fold(0, |sum, bytes| async move { sum + bytes }));
    assert_eq!(bytes, count * REPLY.len());
}

/// A committed project of `tasks` tasks of one sample, whose provider is at `port`; the mock, which takes no call, where there is none.
pub fn project(root: &Path, port: Option<u16>, tasks: usize, at_once: usize) {
    let alias = port.map_or_else(
        || "provider: mock".to_owned(),
        |port| format!("provider: openai-compatible, base_url: \"http://127.0.0.1:{port}/v1\", model: small-1"),
    );
    let settings = format!(
        "testing: {{models: [m], samples: 1}}\nspend: {{max_calls: 1000000, max_tokens: 10000000000, max_concurrency: {at_once}}}\n\
         models:\n  m: {{{alias}, parameters: {{temperature: 0, max_tokens: 50}}}}\n"
    );
    let prompt =
        "id: ask\nversion: 1.0.0\nsystem: Be brief.\ntemplate: \"{{ q }}\"\nvariables: [{name: q, type: string}]\n";
    let mut files =
        vec![("regild.yaml".to_owned(), settings), ("prompts/ask/v1.0.0.yaml".to_owned(), prompt.to_owned())];
    for first in (0..tasks).step_by(TASKS_IN_A_FILE) {
        let task = |task: usize| {
            let assertions = "[{type: contains, value: shipped}]";
            format!("  - {{id: t{task}, input: {{q: \"question {task}\"}}, assertions: {assertions}}}\n")
        };
        let tasks: String = (first..tasks.min(first + TASKS_IN_A_FILE)).map(task).collect();
        files.push((format!("golden/from-{first}.yaml"), format!("prompt: ask\ntasks:\n{tasks}")));
    }
    for (path, text) in files {
        std::fs::create_dir_all(root.join(&path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    }
    let identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
    for arguments in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-q", "-m", "base"]] {
        let done = Command::new("git").args(identity).args(arguments).current_dir(root).status().unwrap();
        assert!(done.success());
    }
}
