//! The official Python clients of OpenAI and Anthropic against the mock server: what they read is what was recorded.
//!
//! Runs where `REGILD_REAL=1`, with Python; installs the clients below `target/` when they are not there yet.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::harness::Mock;
use super::scripted;
use crate::common::Scratch;

const PINNED: [&str; 2] = ["openai==3.54.0", "anthropic==2.12.0"];
const SCRIPT: &str = include_str!("clients.py");

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Where the clients are installed.
fn installed() -> PathBuf {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    let done = venv.join(PINNED.join("-"));
    if !done.exists() {
        succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        let pip = venv.join("bin/pip");
        succeed(Command::new(pip).args(["--quiet", "--disable-pip-version-check", "install"]).args(PINNED));
        std::fs::write(&done, "").unwrap();
    }
    venv
}

#[test]
fn the_official_clients_read_what_was_recorded() {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: the clients of OpenAI and Anthropic, which REGILD_REAL=1 installs and starts");
        return;
    }
    let scratch = Scratch::new();
    let mock = Mock::start(&scratch, &scripted(&scratch), &[]);
    let base = format!("http://127.0.0.1:{}", mock.port);
    let script = scratch.path("clients.py");
    std::fs::write(&script, SCRIPT).unwrap();
    let mut python = Command::new(installed().join("bin/python"));
    python.arg(script).env_clear().envs([
        ("OPENAI_BASE_URL", format!("{base}/v1")),
        ("ANTHROPIC_BASE_URL", base),
        ("OPENAI_API_KEY", "sk-none".to_owned()),
        ("ANTHROPIC_API_KEY", "sk-none".to_owned()),
    ]);
    let said = succeed(&mut python);
    let done: Vec<&str> = said.lines().collect();
    assert_eq!(done.len(), 12, "{said}");
    let (_, _, log) = mock.end("-TERM");
    assert_eq!(log.matches("404 POST").count(), 2, "each client asked once for what is not recorded: {log}");
}
