//! The schema of `gate.severity`: every code by name, so that editors offer and explain them, and any other key is refused.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::gate::Level;
use crate::diagnostic::Code;

pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
    let level = generator.subschema_for::<Level>().to_value();
    let codes: Map<String, Value> = Code::ALL
        .iter()
        .map(|code| {
            let mut property = level.clone();
            property["description"] = code.explanation().0.into();
            (code.as_str().to_owned(), property)
        })
        .collect();
    json_schema!({ "type": "object", "additionalProperties": false, "properties": codes })
}
