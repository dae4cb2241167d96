//! JSON Schema as users write it: draft 2020-12, linear-time patterns, nothing fetched from anywhere.

use jsonschema::{Draft, PatternOptions, ValidationOptions, Validator};
use serde_json::Value;

/// The options of every schema that a user writes.
pub fn options() -> ValidationOptions<'static> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
        .offline()
}

/// Compiles a schema; the error is one line.
pub fn compile(schema: &Value) -> Result<Validator, String> {
    options().build(schema).map_err(|error| {
        let at = error.instance_path().to_string();
        if at.is_empty() { error.to_string() } else { format!("{error} (at {at})") }
    })
}

/// What is wrong with `value`, each with its place inside it, at most `limit`.
pub fn violations(validator: &Validator, value: &Value, limit: usize) -> Vec<String> {
    validator
        .iter_errors(value)
        .take(limit)
        .map(|error| {
            let at = error.instance_path().to_string();
            if at.is_empty() { error.to_string() } else { format!("{at}: {error}") }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn compiles_and_names_what_does_not_fit() {
        let schema =
            compile(&json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})).unwrap();
        assert_eq!(violations(&schema, &json!({"n": "x"}), 3), ["/n: \"x\" is not of type \"integer\""]);
        assert!(compile(&json!({"type": "nonsense"})).is_err());
    }

    #[test]
    fn fetches_nothing() {
        for reference in ["https://example.com/schema.json", "file:///etc/passwd"] {
            assert!(compile(&json!({"$ref": reference})).is_err(), "{reference}");
        }
    }
}
