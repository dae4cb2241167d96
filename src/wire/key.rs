//! The key of a model call: which recorded reply answers which request.
//!
//! A key is the SHA-256 of the request's canonical JSON (RFC 8785). Beside it stand short hashes of the request's parts, so
//! that a miss can say what changed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Request;
use super::canonical::{canonical, canonical_value};

/// `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    pub fn of(request: &Request) -> Self {
        Self(format!("sha256:{}", digest(request)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 8 hexadecimal digits of the hash of each part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    pub model: String,
    pub system: String,
    pub messages: String,
    pub tools: String,
    pub format: String,
    pub params: String,
}

impl Parts {
    pub fn of(request: &Request) -> Self {
        let short = |digest: String| digest[..8].to_owned();
        Self {
            model: short(digest(&(&request.api, &request.model))),
            system: short(digest(&request.system)),
            messages: short(digest(&request.messages)),
            tools: short(digest(&request.tools)),
            format: short(digest(&request.response_format)),
            params: short(digest(&(&request.parameters, &request.features))),
        }
    }

    /// The names of the parts in which `self` and `other` differ.
    pub fn changed(&self, other: &Self) -> Vec<&'static str> {
        let Self { model, system, messages, tools, format, params } = self;
        [
            ("model", model, &other.model),
            ("system", system, &other.system),
            ("messages", messages, &other.messages),
            ("tools", tools, &other.tools),
            ("response format", format, &other.format),
            ("parameters", params, &other.params),
        ]
        .into_iter()
        .filter(|(_, mine, theirs)| mine != theirs)
        .map(|(name, ..)| name)
        .collect()
    }
}

/// SHA-256 of a value's canonical JSON, in hexadecimal.
pub fn digest<T: Serialize>(value: &T) -> String {
    hex(&Sha256::digest(canonical(value)))
}

/// A value's canonical JSON.
pub fn canonical_text(value: &Value) -> String {
    String::from_utf8(canonical_value(value)).expect("JSON is UTF-8")
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::wire::{Arguments, Message, ToolCall, ToolSpec};

    fn request() -> Request {
        Request {
            api: "openai.chat".into(),
            model: "m".into(),
            system: Some("s".into()),
            messages: vec![Message::User { content: "hello".into() }],
            tools: vec![ToolSpec {
                name: crate::id::Id::new("t").unwrap(),
                description: "d".into(),
                input_schema: json!({"type": "object"}),
            }],
            response_format: Some(json!({"type": "string"})),
            parameters: Map::from_iter([("temperature".to_owned(), json!(0))]),
            features: Map::new(),
        }
    }

    #[test]
    fn every_field_changes_the_key_and_names_its_part() {
        type Change = fn(&mut Request);
        let changes: [(&str, Change); 13] = [
            ("model", |r| r.api.push('x')),
            ("model", |r| r.model.push('x')),
            ("system", |r| r.system = None),
            ("messages", |r| r.messages.clear()),
            ("messages", |r| r.messages[0] = Message::System { content: "hello".into() }),
            ("messages", |r| {
                let call = ToolCall { id: "call_0".into(), name: "t".into(), arguments: Arguments::Json(json!({})) };
                r.messages.push(Message::Assistant { content: String::new(), tool_calls: vec![call] });
            }),
            ("tools", |r| r.tools.clear()),
            ("tools", |r| r.tools[0].description.push('x')),
            ("tools", |r| r.tools[0].input_schema = json!({})),
            ("response format", |r| r.response_format = None),
            ("parameters", |r| r.parameters.clear()),
            ("parameters", |r| drop(r.parameters.insert("seed".into(), json!(1)))),
            ("parameters", |r| drop(r.features.insert("beta".into(), json!(["x"])))),
        ];
        let before = request();
        for (part, change) in changes {
            let mut after = request();
            change(&mut after);
            assert_ne!(Key::of(&before), Key::of(&after), "{part}: {after:?}");
            assert_eq!(Parts::of(&before).changed(&Parts::of(&after)), [part], "{after:?}");
        }
    }

    #[test]
    fn equal_numbers_are_equal_keys() {
        let mut float = request();
        float.parameters.insert("temperature".into(), json!(0.0));
        assert_eq!(Key::of(&request()), Key::of(&float));
    }
}
