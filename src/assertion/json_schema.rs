//! `json_schema`: the shape of an answer that a program reads.

use std::borrow::Cow;

use jsonschema::Validator;
use schemars::{Schema as SchemaDocument, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::text::cut;
use super::valid_json::read_json;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// How many violations a message names.
const SHOWN: usize = 3;

/// The answer is one JSON document, as `valid_json` has it, and follows `schema`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowsSchema {
    /// JSON Schema, draft 2020-12, in place. `format` is checked; patterns run in linear time, without look-around;
    /// nothing is fetched for a `$ref`.
    schema: Schema,
}

impl Check for FollowsSchema {
    fn expected(&self) -> String {
        "JSON that follows the schema".into()
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        Ok(match read_json(run.answer()?).and_then(|answer| self.schema.check(&answer)) {
            Ok(()) => Observed::new(true, "JSON that follows the schema"),
            Err(actual) => Observed::new(false, actual),
        })
    }
}

impl Declared for FollowsSchema {
    const EXAMPLE: &'static str = "{type: json_schema, schema: {type: object, required: [status]}}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

/// A JSON Schema, compiled where it is read.
#[derive(Debug)]
pub(super) struct Schema(Validator);

impl Schema {
    /// Says how `instance` breaks the schema.
    pub(super) fn check(&self, instance: &Value) -> Result<(), String> {
        let mut errors = self.0.iter_errors(instance);
        let mut shown: Vec<String> = errors
            .by_ref()
            .take(SHOWN)
            .map(|error| match error.instance_path().as_str() {
                "" => cut(&error.to_string(), 60).into_owned(),
                path => format!("{}: {}", cut(path, 30), cut(&error.to_string(), 60)),
            })
            .collect();
        if errors.next().is_some() {
            shown.push("…".into());
        }
        if shown.is_empty() { Ok(()) } else { Err(shown.join("; ")) }
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;

        let schema = Map::deserialize(deserializer)?;
        if schema.is_empty() {
            return Err(D::Error::custom("an empty schema holds of everything"));
        }
        // A format that nobody checks would hold of everything, so an unknown one is an error.
        let options = crate::json_schema::options().should_validate_formats(true).should_ignore_unknown_formats(false);
        let compiled = options.build(&Value::Object(schema));
        compiled.map(Self).map_err(|error| {
            D::Error::custom(match error.instance_path().as_str() {
                "" => format!("bad schema: {error}"),
                path => format!("bad schema at {path}: {error}"),
            })
        })
    }
}

impl schemars::JsonSchema for Schema {
    fn schema_name() -> Cow<'static, str> {
        "JsonSchema".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> SchemaDocument {
        // No reference to the schema of schemas: editors would fetch it, and fail where there is no network.
        schemars::json_schema!({
            "description": "A JSON Schema, draft 2020-12.",
            "type": "object",
            "minProperties": 1
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn judges_the_shape_of_the_answer() {
        let schema = json!({"type": "object", "required": ["day"], "properties": {"day": {"format": "date"}}});
        table(
            json!({"type": "json_schema", "schema": schema}),
            &[
                (answer("{\"day\": \"2026-07-01\"}\n"), Some(true)),
                (answer("{\"day\": \"tomorrow\"}"), Some(false)),
                (answer("{}"), Some(false)),
                (answer("no JSON"), Some(false)),
                (run(Stop::MaxSteps, &[("{}", &[], None)]), None),
            ],
        );
        let endless = json!({"allOf": [{"$ref": "#"}]});
        table(json!({"type": "json_schema", "schema": endless}), &[(answer("1"), Some(true))]);
    }

    #[test]
    fn names_the_first_violations_and_where_they_are() {
        let declared = assertion(json!({"type": "json_schema", "schema": {"items": {"type": "integer"}}}));
        let seen = declared.observe(&unpriced(&answer(r#"[1, "a", "b"]"#))).unwrap();
        assert_eq!(seen.actual, r#"/1: "a" is not of type "integer"; /2: "b" is not of type "integer""#);
        let seen =
            declared.observe(&unpriced(&answer(&format!("[{0}, {0}, {0}, {0}]", json!("é".repeat(500)))))).unwrap();
        assert!(seen.actual.contains("; /2: ") && !seen.actual.contains("/3: "), "{}", seen.actual);
        assert!(seen.actual.chars().count() <= 201, "{}", seen.actual);
    }

    #[test]
    fn refuses_bad_schemas() {
        for (schema, says) in [
            (json!({}), "holds of everything"),
            (json!(true), "expected a map"),
            (json!({"type": "objekt"}), "bad schema at /type: "),
            (json!({"properties": {"a": {"pattern": "(?=a)"}}}), "bad schema"),
            (json!({"format": "dait"}), "bad schema"),
            (json!({"$ref": "https://example.com/schema.json"}), "bad schema"),
            (json!({"$ref": "file:///etc/passwd"}), "bad schema"),
        ] {
            refused(json!({"type": "json_schema", "schema": schema}), "schema", says);
        }
    }
}
