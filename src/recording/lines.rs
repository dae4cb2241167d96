//! Long text in JSON that git can show: a string with line breaks is written `{"$lines": ["…", "…"]}`.
//!
//! Reversible for any JSON: an object of the user's own that has a key of `$`s before `lines` gets one `$` more.

use serde_json::{Map, Value};

/// How deep strings are split. Lines nest two levels deeper than their string, and a reader of JSON gives up at 128.
const MAX_DEPTH: usize = 100;

/// Splits strings at `\n`, everywhere inside `value` but where it is very deep.
pub fn split(value: Value) -> Value {
    split_at(value, 0)
}

fn split_at(value: Value, depth: usize) -> Value {
    match value {
        Value::String(text) if depth <= MAX_DEPTH && text.contains('\n') => {
            let lines = text.split('\n').map(Value::from).collect();
            Value::Object(Map::from_iter([("$lines".to_owned(), Value::Array(lines))]))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| split_at(item, depth + 1)).collect()),
        Value::Object(entries) => {
            let escaped = |key: String| if is_reserved(&key) { format!("${key}") } else { key };
            let split = entries.into_iter().map(|(key, value)| (escaped(key), split_at(value, depth + 1)));
            Value::Object(split.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// Undoes [`split`]; `None` where a `$lines` does not hold text.
pub fn join(value: Value) -> Option<Value> {
    match value {
        Value::Array(items) => items.into_iter().map(join).collect::<Option<_>>().map(Value::Array),
        Value::Object(mut entries) if entries.contains_key("$lines") => {
            let Some(Value::Array(lines)) = entries.remove("$lines").filter(|_| entries.is_empty()) else {
                return None;
            };
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.filter(|lines| lines.len() > 1).map(|lines| Value::String(lines.join("\n")))
        }
        Value::Object(entries) => {
            let plain = |key: String| if is_reserved(&key) { key[1..].to_owned() } else { key };
            let joined = entries.into_iter().map(|(key, value)| Some((plain(key), join(value)?)));
            joined.collect::<Option<_>>().map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value),
    }
}

/// `$lines`, `$$lines`, …
fn is_reserved(key: &str) -> bool {
    key.strip_suffix("lines").is_some_and(|dollars| !dollars.is_empty() && dollars.chars().all(|c| c == '$'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn line_breaks_become_lines() {
        assert_eq!(split(json!({"a": "x\ny\n"})), json!({"a": {"$lines": ["x", "y", ""]}}));
        assert_eq!(split(json!({"$lines": ["x"]})), json!({"$$lines": ["x"]}));
        assert_eq!(join(json!({"$lines": [1]})), None);
        assert_eq!(join(json!({"$lines": ["a", "b"], "x": 1})), None);
    }

    #[test]
    fn what_can_be_read_can_be_read_again() {
        let around = |depth| (0..depth).fold(json!("a\nb"), |inner, _| json!([inner]));
        for depth in [1, MAX_DEPTH, MAX_DEPTH + 1, 127] {
            let text = serde_json::to_string(&split(around(depth))).unwrap();
            let read: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{depth}: {error}"));
            assert_eq!(join(read), Some(around(depth)), "{depth}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let key = prop_oneof![".*", Just("$lines".to_owned()), Just("$$lines".to_owned())];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("a\nb\r\n\u{2028}\u{85}")),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(key.clone(), inner, 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn joining_undoes_splitting(value in any_json()) {
            let text = serde_json::to_string(&split(value.clone())).unwrap();
            prop_assert_eq!(join(serde_json::from_str(&text).unwrap()), Some(value));
        }
    }
}
