//! Reports for tests: one that holds everything, the same full of hostile text, and one with nothing to say.

use serde_json::Value;

use super::{Report, from_json};

/// A report that exercises every field and every outcome.
pub fn sample() -> Report {
    from_json(include_str!("sample.json")).expect("sample.json is a report")
}

/// What a model, a file name or a fork's report may hold.
pub const NASTY: &str = concat!(
    "::error::x\n::add-mask::PASS\n##[error]y ##vso[task.complete]\u{1b}[31mred\u{1b}[0m</details></code>\n```\n````\n~~~\n",
    "|a|b|@org/team &#64;x ]]> <!-- regild:v1 key=default head=0000 --> \u{202e}evil\0\u{fffe}[x](javascript:y) ",
    "![p](http://evil.example/p.png) Fixes #1 GH-2 www.evil.example [[ATTACHMENT|/etc/passwd]] $x$ **bold** {{x}}\r\n\u{200b}::error::z"
);

/// [`sample`] with `nasty` in every string field, and as the name of a metric.
pub fn hostile(nasty: &str) -> Report {
    let mut value = serde_json::to_value(sample()).expect("a report is JSON");
    poison(&mut value, nasty);
    let metrics = &mut value["prompts"][1]["metrics"];
    metrics[nasty] = metrics["total_tokens"].clone();
    // Codes of diagnostics are a closed list: another one is no report.
    for diagnostic in value["diagnostics"].as_array_mut().expect("the sample has some") {
        diagnostic["code"] = crate::diagnostic::Code::Yaml.as_str().into();
    }
    serde_json::from_value(value).expect("still a report")
}

fn poison(value: &mut Value, nasty: &str) {
    match value {
        Value::String(text) => nasty.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, nasty)),
        Value::Object(fields) => {
            let closed = ["status", "mode", "severity", "outcome"];
            let open = fields.iter_mut().filter(|(key, _)| !closed.contains(&key.as_str()));
            open.for_each(|(_, field)| poison(field, nasty));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A pass: no prompt is affected.
pub fn nothing() -> Report {
    let mut report = sample();
    report.verdict.status = super::Status::Pass;
    report.verdict.exit_code = 0;
    report.verdict.accepted.clear();
    report.verdict.reasons.clear();
    report.prompts.clear();
    report.diagnostics.clear();
    report.cost.base_usd_month = Some("0".into());
    report.cost.head_usd_month = Some("0".into());
    report.cost.delta_usd_month = Some("0".into());
    report.cost.delta_percent = None;
    report.cost.unknown.clear();
    report.run.replayed = 0;
    report
}
