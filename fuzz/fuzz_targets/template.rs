//! Any text as a template, in a prompt and included by it: checking and rendering it ends, within the limits, in a text or in
//! a diagnostic.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;

const TASKS: &[u8] = b"prompt: a\ntasks:\n  - {id: t, max_steps: 1, input: {s: text, n: 3, l: [1, two, {x: 3}], o: {k: v}}}\n";

fuzz_target!(|text: &str| {
    let quoted = serde_json::to_string(text).expect("text is JSON");
    let variables = "variables:\n  - {name: s, type: string}\n  - {name: n, type: integer}\n  - {name: l, type: array}\n  - {name: o, type: object}\n";
    let prompt = format!("id: a\nversion: 1.0.0\ntemplate: {quoted}\n{variables}");
    let including = format!("id: b\nversion: 1.0.0\ntemplate: \"{{% set y = 1 %}}{{% include 'part.j2' %}}\"\n{variables}");
    common::run(&[
        ("prompts/a.yaml", prompt.as_bytes()),
        ("prompts/b.yaml", including.as_bytes()),
        ("prompts/part.j2", text.as_bytes()),
        ("golden/a.yaml", TASKS),
    ]);
});
