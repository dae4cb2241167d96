//! Canonical JSON (RFC 8785), written in one go: the bytes under every key and digest.
//!
//! The general writer of `serde_json_canonicalizer` keeps every object in pieces until it is sorted; requests and recordings
//! are hashed by the thousand, so that this is a large part of a check. What is written here is the same, which a test holds;
//! numbers other than small integers are left to it.

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// The largest integer that every reader of JSON takes for the same.
const MAX_EXACT: u64 = 1 << 53;

/// The canonical JSON of a value.
pub(super) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("our own types have string keys and finite numbers");
    let mut bytes = Vec::with_capacity(4096);
    write(&value, &mut bytes);
    bytes
}

/// The canonical JSON of a value of JSON.
pub(super) fn canonical_value(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    write(value, &mut bytes);
    bytes
}

fn write(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.extend_from_slice(b"null"),
        Value::Bool(true) => into.extend_from_slice(b"true"),
        Value::Bool(false) => into.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, into),
        Value::String(text) => write_text(text, into),
        Value::Array(items) => {
            into.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    into.push(b',');
                }
                write(item, into);
            }
            into.push(b']');
        }
        Value::Object(entries) => write_object(entries, into),
    }
}

fn write_object(entries: &Map<String, Value>, into: &mut Vec<u8>) {
    let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
    // By UTF-16 code units, which for ASCII is by bytes.
    entries.sort_unstable_by(|(a, _), (b, _)| match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    });
    into.push(b'{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            into.push(b',');
        }
        write_text(key, into);
        into.push(b':');
        write(value, into);
    }
    into.push(b'}');
}

fn write_number(number: &Number, into: &mut Vec<u8>) {
    let is_exact = number.as_u64().is_some_and(|n| n <= MAX_EXACT)
        || number.as_i64().is_some_and(|n| n.unsigned_abs() <= MAX_EXACT);
    if is_exact {
        into.extend_from_slice(number.to_string().as_bytes());
    } else {
        into.extend(serde_json_canonicalizer::to_vec(number).expect("numbers of JSON are finite"));
    }
}

fn write_text(text: &str, into: &mut Vec<u8>) {
    serde_json::to_writer(into, text).expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-9_i64..9).prop_map(Value::from),
            any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
            (-9_i32..9).prop_map(|number| json!(f64::from(number))),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_the_general_writer_writes(value in any_json()) {
            let general = serde_json_canonicalizer::to_vec(&value).unwrap();
            prop_assert_eq!(String::from_utf8(canonical(&value)).unwrap(), String::from_utf8(general).unwrap());
        }
    }

    #[test]
    fn keys_are_sorted_as_utf_16() {
        let value = json!({"\u{1F600}": 1, "\u{FB33}": 2, "\u{20ac}": 3, "\r": 4, "1": 5, "\u{80}": 6, "\u{f6}": 7, "</script>": 8});
        let written = String::from_utf8(canonical(&value)).unwrap();
        let order: Vec<char> = written.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(order, ['4', '1', '5', '8', '6', '7', '3', '1', '2'], "{written}");
        assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
    }

    #[test]
    fn numbers_at_the_edges() {
        for value in [
            json!(MAX_EXACT),
            json!(MAX_EXACT + 1),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(-0.0),
            json!(1e21),
            json!(1e-7),
            json!(4.50),
        ] {
            assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap(), "{value}");
        }
    }
}
