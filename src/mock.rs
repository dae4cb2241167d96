//! The `mock` provider: a stand-in that answers as tasks script it, or echoes. Everything it says is labelled as its own.
//!
//! Pure: the same request and sample get the same answer on every machine. Noise is seeded from the request's key.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::golden::{ScriptRule, ScriptStep};
use crate::wire::mock::{Body, Call, Stop, Tokens};
use crate::wire::{Key, Message, Request};

/// Answers `request`, which is the 0-based `step` of a run's sample. Gives the reply body and a latency in milliseconds.
pub fn answer(script: &[ScriptRule], request: &Request, key: &Key, step: usize, sample: u32) -> (Value, u64) {
    let rule = script.iter().find(|rule| matches(rule, request));
    let scripted = match rule {
        Some(rule) => match rule.steps.get(step) {
            Some(step) => step.clone(),
            None => ScriptStep { text: last_text(rule), ..ScriptStep::default() },
        },
        None => ScriptStep { text: last_user(request).to_owned(), ..ScriptStep::default() },
    };
    let ScriptStep { text, tool_calls, stop, input_tokens, output_tokens, latency_ms } = scripted;
    let tool_calls: Vec<Call> =
        tool_calls.into_iter().map(|call| Call { name: call.name, args: Value::Object(call.args) }).collect();
    let spoken =
        text.len() + tool_calls.iter().map(|call| call.name.len() + call.args.to_string().len()).sum::<usize>();
    let factor = factor(rule.map_or(0.0, |rule| rule.noise), key, sample);
    let output = scaled(output_tokens.unwrap_or_else(|| estimate(spoken)), factor);
    let latency = scaled(latency_ms.unwrap_or(200 + 12 * output), if latency_ms.is_some() { factor } else { 1.0 });
    let stop = stop.unwrap_or(if tool_calls.is_empty() { Stop::Finish } else { Stop::ToolCalls });
    let body = Body {
        mock: true,
        text,
        tool_calls,
        stop,
        usage: Tokens { input_tokens: input_tokens.unwrap_or_else(|| estimate(heard(request))), output_tokens: output },
    };
    (serde_json::to_value(body).expect("a mock body is plain data"), latency)
}

fn matches(rule: &ScriptRule, request: &Request) -> bool {
    let contains = |needle: &String| {
        let needle = needle.to_lowercase();
        texts(request).any(|text| text.to_lowercase().contains(&needle))
    };
    rule.when.prompt_contains.as_ref().is_none_or(contains)
        && rule.when.model.as_ref().is_none_or(|model| *model == request.model)
}

fn texts(request: &Request) -> impl Iterator<Item = &str> {
    request.system.as_deref().into_iter().chain(request.messages.iter().map(|message| match message {
        Message::System { content }
        | Message::User { content }
        | Message::Assistant { content, .. }
        | Message::Tool { content, .. } => content.as_str(),
    }))
}

fn last_user(request: &Request) -> &str {
    let user = |message: &'_ Message| matches!(message, Message::User { .. });
    match request.messages.iter().rfind(|message| user(message)) {
        Some(Message::User { content }) => content,
        _ => "",
    }
}

fn last_text(rule: &ScriptRule) -> String {
    rule.steps.iter().rev().map(|step| &step.text).find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

/// Bytes of everything the request says, tools included.
fn heard(request: &Request) -> usize {
    let tools = serde_json::to_string(&request.tools).map_or(0, |tools| tools.len());
    texts(request).map(str::len).sum::<usize>() + if request.tools.is_empty() { 0 } else { tools }
}

/// Tokens at four bytes each, at least one.
fn estimate(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4).max(1)
}

/// A factor between 1 - noise and 1 + noise, uniform, from nothing but the key and the sample.
fn factor(noise: f64, key: &Key, sample: u32) -> f64 {
    let mut hash = Sha256::new();
    hash.update(key.as_str());
    hash.update(sample.to_be_bytes());
    let digest = hash.finalize();
    let bits = digest.iter().take(4).fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
    1.0 + noise * (2.0 * f64::from(bits) / f64::from(u32::MAX) - 1.0)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "token counts are small"
)]
fn scaled(count: u64, factor: f64) -> u64 {
    (count as f64 * factor).round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(text: &str) -> Request {
        Request {
            api: "mock".into(),
            model: "mock".into(),
            system: None,
            messages: vec![Message::User { content: text.into() }],
            tools: Vec::new(),
            response_format: None,
            parameters: Default::default(),
            features: Default::default(),
        }
    }

    fn script(declared: Value) -> Vec<ScriptRule> {
        serde_json::from_value(declared).unwrap()
    }

    fn text(script: &[ScriptRule], said: &str, step: usize) -> String {
        let request = request(said);
        answer(script, &request, &Key::of(&request), step, 0).0["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_first_matching_rule_speaks_and_none_echoes() {
        let script = script(json!([
            {"when": {"prompt_contains": "EXHAUSTIVE"}, "steps": [{"tool_calls": [{"name": "t"}]}, {"text": "long"}]},
            {"when": {"prompt_contains": "short"}, "steps": [{"text": "brief"}]},
        ]));
        assert_eq!(text(&script, "be exhaustive and short", 1), "long");
        assert_eq!(text(&script, "be exhaustive", 7), "long");
        assert_eq!(text(&script, "be short", 0), "brief");
        assert_eq!(text(&script, "hello", 0), "hello");
    }

    #[test]
    fn noise_is_bounded_and_repeatable() {
        let script = script(json!([{"steps": [{"text": "x", "output_tokens": 1000}], "noise": 0.1}]));
        let request = request("q");
        let key = Key::of(&request);
        let tokens: Vec<u64> = (0..50)
            .map(|sample| answer(&script, &request, &key, 0, sample).0["usage"]["output_tokens"].as_u64().unwrap())
            .collect();
        assert!(tokens.iter().all(|tokens| (900..=1100).contains(tokens)), "{tokens:?}");
        assert!(tokens.iter().any(|other| *other != tokens[0]));
        let again = answer(&script, &request, &key, 0, 7).0;
        assert_eq!(again["usage"]["output_tokens"].as_u64().unwrap(), tokens[7]);
        assert_eq!(again["mock"], true);
    }
}
