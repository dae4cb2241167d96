//! Any text in every field of a report, or any text as a report: what is rendered acts nowhere, in any format.
//!
//! The first byte chooses: an even one puts the text everywhere, an odd one reads it as `report.json`.
#![no_main]

mod quiet;

use libfuzzer_sys::fuzz_target;
use regild::report::{Format, Look, Report, escape, from_json, render};
use serde_json::Value;

const SAMPLE: &str = include_str!("../../src/report/sample.json");

fn check(report: &Report) {
    let written = |format, width, colour| render(report, format, Look { width, colour });
    for width in [40, 100] {
        let plain = written(Format::Terminal, width, false).expect("a terminal takes any report");
        quiet::check_printed(&plain);
        let coloured = written(Format::Terminal, width, true).expect("a terminal takes any report");
        assert_eq!(escape::strip_ansi(&coloured), plain, "colour changes the text");
    }
    let json = written(Format::Json, 80, false).expect("a report is JSON");
    quiet::check(&json);
    assert_eq!(&from_json(&json).expect("what is written is read"), report);
    let costs = written(Format::Costs, 80, false).expect("costs are JSON");
    quiet::check(&costs);
    serde_json::from_str::<Value>(&costs).expect("costs are JSON");
    let junit = written(Format::Junit, 80, false).expect("JUnit takes any report");
    quiet::check(&junit);
    assert!(junit.chars().all(quiet::is_xml), "a character that XML lacks");
    quick_junit::Report::deserialize_from_str(&junit).expect("JUnit is well-formed");
    let upper = junit.to_uppercase();
    assert!(!upper.contains("[[ATTACHMENT|") && !upper.contains("[[PROPERTY|") && !junit.contains("<!"), "{junit}");
    let markdown = written(Format::Markdown, 80, false).expect("a comment takes any report");
    quiet::check(&markdown);
    assert!(markdown.len() <= 60_000 && markdown.matches("<!--").count() == 1, "{markdown}");
}

/// Puts `text` into every field that is free text.
fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(field) => text.clone_into(field),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(fields) => {
            let closed = ["status", "mode", "severity", "outcome", "code"];
            let open = fields.iter_mut().filter(|(key, _)| !closed.contains(&key.as_str()));
            open.for_each(|(_, field)| poison(field, text));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if choice % 2 == 1 {
        if let Ok(report) = from_json(text) {
            check(&report);
        }
        return;
    }
    let mut sample: Value = serde_json::from_str(SAMPLE).expect("the sample is JSON");
    poison(&mut sample, text);
    check(&serde_json::from_value(sample).expect("still a report"));
});
