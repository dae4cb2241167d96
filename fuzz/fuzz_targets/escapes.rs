//! Any text through every escape: nothing in it acts on a terminal, a log, a document or a comment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regild::report::escape::{self, markdown, xml};

/// What the runners of GitHub and Azure would take for a command.
fn is_quiet(text: &str) {
    for line in text.lines() {
        let start = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        assert!(!start.starts_with("::") && !line.contains("##[") && !line.contains("##vso["), "{line:?}");
    }
    assert!(!text.contains('\u{1b}'), "an escape sequence survives");
}

fuzz_target!(|text: &str| {
    let line = escape::line(text);
    assert!(!line.contains('\n') && !line.contains('\r'), "a line stays one");
    is_quiet(&line);
    is_quiet(&escape::block(text));

    let quoted = serde_json::to_string(text).expect("text is JSON");
    let json = escape::json(&quoted);
    let back: String = serde_json::from_str(&json).expect("escaped JSON is JSON");
    assert_eq!(back, text, "escaped JSON means the same");

    let is_xml = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml::line(text).chars().chain(xml::block(text).chars()).all(is_xml), "a character that XML lacks");

    let inline = markdown::inline(text);
    assert!(!inline.contains('\n') && !inline.contains("<!--") && !inline.contains('@'), "{inline:?}");
    let fence = markdown::fence(text);
    let ticks = fence.chars().take_while(|c| *c == '`').count();
    let closing = "`".repeat(ticks);
    let body: Vec<&str> = fence.lines().skip(1).collect();
    let closes = |line: &&&str| line.trim().len() >= ticks && line.trim().chars().all(|c| c == '`');
    assert!(ticks >= 3 && body.iter().filter(closes).count() == 1 && body.last() == Some(&&*closing), "{fence:?}");
    is_quiet(&fence);
    is_quiet(&markdown::prose(text));
});
