//! The README shows what the demo really prints: this test compares, and writes it anew where `UPDATE=1` is set.

use std::path::Path;
use std::process::Command;

const OPEN: &str = "<!-- demo: cargo run --release -- demo -->\n```text\n";
const CLOSE: &str = "```\n<!-- /demo -->\n";

/// The demo's report down to the first prompt, at 80 columns; what follows is for the reader's own terminal.
fn excerpt() -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_regild"))
        .args(["demo", "demo", "--color", "never"])
        .current_dir(dir.path())
        .env_clear()
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text.find("$ regild check").unwrap();
    let end = text.find("\n── support").unwrap();
    text[start..end].trim_end().to_owned() + "\n"
}

#[test]
fn the_readme_shows_the_demo() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let start = readme.find(OPEN).unwrap() + OPEN.len();
    let end = start + readme[start..].find(CLOSE).unwrap();
    let (shown, real) = (&readme[start..end], excerpt());
    if shown != real {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("{}{real}{}", &readme[..start], &readme[end..])).unwrap();
            return;
        }
        panic!("the README's demo is not what the demo prints; run UPDATE=1 cargo test readme\n{real}");
    }
}

#[test]
fn the_demo_tells_its_story() {
    let dir = tempfile::tempdir().unwrap();
    let demo = |folder: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regild"));
        command.args(["demo", folder, "--format", "json"]).args(more).current_dir(dir.path()).env_clear();
        command.output().unwrap()
    };
    let first = demo("one", &["--output", "junit=junit.xml", "--output", "markdown=comment.md"]);
    assert_eq!(first.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    let failed: Vec<&str> = report["verdict"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|reason| reason["severity"] == "fail")
        .map(|reason| reason["code"].as_str().unwrap())
        .collect();
    for code in ["regressed", "budget", "tokens", "tool-calls", "cost"] {
        assert!(failed.contains(&code), "{code} is not among {failed:?}");
    }
    assert_eq!(report["prompts"][0]["tasks"].as_array().unwrap().len(), 10);
    assert!(std::fs::read_to_string(dir.path().join("junit.xml")).unwrap().contains("<testsuite name=\"support\""));
    assert!(std::fs::read_to_string(dir.path().join("comment.md")).unwrap().starts_with("<!-- regild:v1 "));
    // The same demo gives the same bytes, and a folder that is in use is refused.
    assert_eq!(demo("two", &[]).stdout, first.stdout);
    let refused = demo("one", &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("one is not empty"));
}
