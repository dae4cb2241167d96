//! A gateway that nobody here wrote: a LiteLLM proxy on loopback, through its OpenAI and its Anthropic route. Its models are
//! mocks of its own; what they say is no model's answer.
//!
//! Runs where `REGILD_REAL=1`, with Python; installs the proxy below `target/` when it is not there yet.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Run, Scratch, regild};

const PINNED: &str = "litellm[proxy]==1.106.2";
const KEY: &str = "sk-local-1234";

const CONFIG: &str = "model_list:
  - model_name: gpt-4o-mini
    litellm_params: {model: openai/gpt-4o-mini, api_key: sk-none, mock_response: \"Bonjour 0\"}
  - model_name: claude-mock
    litellm_params: {model: anthropic/claude-3-5-haiku-20241022, api_key: sk-none, mock_response: \"Bonjour 0\"}
  - model_name: limited
    litellm_params: {model: openai/limited, api_key: sk-none, mock_response: litellm.RateLimitError}
  - model_name: long
    litellm_params: {model: openai/long, api_key: sk-none, mock_response: litellm.ContextWindowExceededError}
litellm_settings: {telemetry: false, num_retries: 0}
general_settings: {master_key: sk-local-1234}
";

/// The proxy, which ends with the test.
struct Proxy {
    child: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Where the proxy is installed.
fn installed() -> PathBuf {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("litellm");
    if !venv.join("bin/litellm").exists() {
        succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        let pip = venv.join("bin/pip");
        succeed(Command::new(pip).args(["--quiet", "--disable-pip-version-check", "install", PINNED]));
    }
    venv
}

fn start(scratch: &Scratch) -> Proxy {
    let config = scratch.path("litellm.yaml");
    std::fs::write(&config, CONFIG).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let venv = installed();
    let child = Command::new(venv.join("bin/python"))
        .arg(venv.join("bin/litellm"))
        .args(["--host", "127.0.0.1", "--telemetry", "False", "--num_workers", "1", "--port", &port.to_string()])
        .arg("--config")
        .arg(&config)
        .envs([("LITELLM_LOCAL_MODEL_COST_MAP", "True"), ("LITELLM_MODE", "PRODUCTION"), ("NO_DOCS", "True")])
        .envs([("DISABLE_ADMIN_UI", "True"), ("LITELLM_LOG", "ERROR")])
        .current_dir(scratch.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut proxy = Proxy { child, port };
    let begun = Instant::now();
    while !is_ready(port) {
        assert!(proxy.child.try_wait().unwrap().is_none(), "the proxy ended");
        assert!(begun.elapsed() < Duration::from_secs(120), "the proxy does not answer");
        std::thread::sleep(Duration::from_millis(250));
    }
    proxy
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let request = "GET /health/liveliness HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn a_litellm_proxy_is_recorded_from_on_both_its_routes() {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: a LiteLLM proxy, which REGILD_REAL=1 installs and starts");
        return;
    }
    let scratch = Scratch::new();
    let proxy = start(&scratch);
    let repository = super::project(&scratch, "openai-compatible", proxy.port, 1, "");
    let alias = |name: &str, provider: &str, model: &str| {
        format!(
            "  {name}: {{provider: {provider}, base_url: \"http://127.0.0.1:{}/v1\", api_key_env: GATEWAY_KEY, model: {model}, \
             price_as: test/any, served: [\"claude-3-5-haiku-*\"]}}\n",
            proxy.port
        )
    };
    let aliases = [
        alias("chat", "openai-compatible", "gpt-4o-mini"),
        alias("claude", "anthropic", "claude-mock"),
        alias("limited", "openai-compatible", "limited"),
        alias("long", "openai-compatible", "long"),
    ];
    let settings = |models: &str| {
        format!(
            "testing: {{models: [{models}], samples: 2}}\nspend: {{max_usd: 5, max_seconds: 3}}\nmodels:\n{}",
            aliases.concat()
        )
    };
    repository.write("regild.yaml", &settings("chat, claude"));
    repository
        .write("prices.yaml", "as_of: 2026-11-01\nsource: test\nmodels:\n  test/any: {input: \"1\", output: \"2\"}\n");
    repository.commit("a gateway");
    let record = || Run(regild(&["record"]).current_dir(&repository.root).env("GATEWAY_KEY", KEY).output().unwrap());
    let said = record().succeeds();
    assert!(said.starts_with("recorded 4 samples in 2 files by `openai-compatible` and `anthropic`"), "{said}");
    assert!(repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds().contains("PASS"));

    repository.write("regild.yaml", &settings("long"));
    record().succeeds();
    let recording = repository.root.join("golden/recordings/ask/1.0.0/t0/long.json");
    assert!(std::fs::read_to_string(recording).unwrap().contains("\"stop\": \"context_overflow\""));

    repository.write("regild.yaml", &settings("limited"));
    let run = record();
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().contains("RateLimitError"), "{}", run.stdout());
}
