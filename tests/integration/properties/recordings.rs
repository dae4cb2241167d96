//! Recordings of whatever a model may have said: what is written is read, byte for byte the same when it is written again, and
//! no changed byte goes unnoticed.

use proptest::collection::vec;
use proptest::prelude::*;
use regild::config::Provider;
use regild::id::Id;
use regild::recording::{Address, Ended, Provenance, Recording, Sample, Step, Target};
use regild::stop::Stop;
use regild::wire::Parts;
use serde_json::{Value, json};

use super::{cases, json, text};

/// A reply of any shape, now and then a very deep one.
fn reply() -> impl Strategy<Value = Value> {
    let deep = (100..122_usize, text(), any::<bool>()).prop_map(|(depth, text, as_list)| {
        let around = |inner: Value, _| if as_list { json!([inner]) } else { json!({"a": inner}) };
        (0..depth).fold(Value::String(text), around)
    });
    prop_oneof![4 => json(4), 1 => deep]
}

fn step() -> impl Strategy<Value = Step> {
    ("[0-9a-f]{64}", text(), reply(), any::<u64>()).prop_map(|(key, part, reply, latency_ms)| Step {
        key: serde_json::from_value(json!(format!("sha256:{key}"))).unwrap(),
        parts: Parts {
            model: part.clone(),
            system: part.clone(),
            messages: part.clone(),
            tools: part.clone(),
            format: part.clone(),
            params: part,
        },
        reply,
        latency_ms,
    })
}

fn sample() -> impl Strategy<Value = Sample> {
    let stop = proptest::sample::select(vec![Stop::Finish, Stop::MaxTokens, Stop::ToolErrorLimit]);
    (any::<u32>(), text(), vec(step(), 0..3), stop, any::<Option<u64>>()).prop_map(
        |(sample, prompt_id, steps, stop, total_tokens)| {
            let outcome = Ended { stop, steps: steps.len() as u64, tool_calls: 0, total_tokens };
            Sample { sample, prompt_id, steps, outcome, judgements: Vec::new() }
        },
    )
}

fn recording() -> impl Strategy<Value = Recording> {
    (vec(sample(), 0..3), text(), any::<bool>(), any::<bool>()).prop_map(|(samples, text, stand_in, edited)| {
        let id = |name: &str| Id::new(name).unwrap();
        let version = semver::Version::parse("1.2.3-rc.1+b").unwrap();
        let address = Address { prompt: id("p"), version, task: id("t"), alias: id("m") };
        let target = Target { provider: Provider::Mock, api: text.clone(), model: text.clone() };
        Recording::new(&address, target, samples, Provenance { recorded_at: text.clone(), by: text, stand_in, edited })
    })
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn what_is_written_is_read(recording in recording()) {
        let written = recording.to_bytes();
        let read = Recording::checked(&written);
        prop_assert_eq!(read.as_ref(), Ok(&recording));
        prop_assert_eq!(read.unwrap().to_bytes(), written);
    }

    #[test]
    fn git_can_show_it_line_by_line(recording in recording()) {
        let written = String::from_utf8(recording.to_bytes()).unwrap();
        let is_text = written.ends_with("}\n") && !written.contains(['\r', '\0']);
        prop_assert!(is_text, "{:?}", written);
        let is_marker = |line: &str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
        prop_assert!(!written.lines().any(is_marker));
    }

    #[test]
    fn a_changed_byte_is_noticed(recording in recording(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = recording.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Recording::checked(&bytes) {
            // Who recorded it, and when, is not covered.
            prop_assert_eq!(Recording { provenance: recording.provenance.clone(), ..read }, recording);
        }
    }

    /// By another hand: lines that nobody split, and keys that look like ours.
    #[test]
    fn what_is_read_is_written(reply in reply(), text in text()) {
        let whole = json!({
            "schema": regild::recording::SCHEMA, "prompt": "p", "version": "1.0.0", "task": "t", "alias": "m",
            "target": {"provider": "mock", "api": text, "model": {"$lines": [text, text]}},
            "samples": [{
                "sample": 0, "prompt_id": "p",
                "steps": [{
                    "key": "sha256:0", "latency_ms": 1, "reply": {"$$lines": text, "$$lines ": text, "$": reply},
                    "parts": {"model": "", "system": "", "messages": "", "tools": "", "format": "", "params": ""},
                }],
                "outcome": {"stop": "finish", "steps": 1, "tool_calls": 0, "total_tokens": null},
            }],
            "content_sha256": "", "provenance": {"recorded_at": "", "by": "", "stand_in": true},
        });
        // A reply with a `$lines` of its own is refused, and so is one that is too deep.
        if let Ok(read) = Recording::from_bytes(&serde_json::to_vec(&whole).unwrap()) {
            prop_assert_eq!(Recording::from_bytes(&read.to_bytes()), Ok(read));
        }
    }
}
