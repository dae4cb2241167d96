//! Any text through every escape: nothing in it acts on a terminal, a log, a document or a comment.
#![no_main]

mod quiet;

use libfuzzer_sys::fuzz_target;
use regild::report::escape::{self, markdown, xml};

fuzz_target!(|text: &str| {
    let line = escape::line(text);
    assert!(!line.contains('\n') && !line.contains('\r'), "a line stays one");
    quiet::check_printed(&line);
    quiet::check_printed(&escape::block(text));
    quiet::check(&escape::disarm(&escape::strip_ansi(text)));

    let quoted = serde_json::to_string(text).expect("text is JSON");
    let json = escape::json(&quoted);
    let back: String = serde_json::from_str(&json).expect("escaped JSON is JSON");
    assert_eq!(back, text, "escaped JSON means the same");

    let (one, many) = (xml::line(text), xml::block(text));
    assert!(one.chars().chain(many.chars()).all(quiet::is_xml), "a character that XML lacks");
    quiet::check(&one);
    quiet::check(&many);

    let inline = markdown::inline(text);
    assert!(!inline.contains('\n') && !inline.contains("<!--") && !inline.contains('@'), "{inline:?}");
    let fence = markdown::fence(text);
    let ticks = fence.chars().take_while(|c| *c == '`').count();
    let closing = "`".repeat(ticks);
    let body: Vec<&str> = fence.lines().skip(1).collect();
    let closes = |line: &&&str| line.trim().len() >= ticks && line.trim().chars().all(|c| c == '`');
    assert!(ticks >= 3 && body.iter().filter(closes).count() == 1 && body.last() == Some(&&*closing), "{fence:?}");
    quiet::check(&fence);
    let prose = markdown::prose(text);
    quiet::check(&prose);
    let outside = prose.split("</code>").map(|part| part.split("<code>").next().unwrap_or_default());
    let marks = ['@', '\n', '<', '`', '*', '_', '~', '[', ']', '|', '\\'];
    assert!(!outside.collect::<String>().replace("&#64;", "@").contains(marks), "{prose:?}");
});
