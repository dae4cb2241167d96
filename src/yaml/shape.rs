//! The JSON Schema of a file format, compiled once, with its source at hand for what a compiled schema does not tell.

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A compiled schema and its source.
#[derive(Debug)]
pub struct Shape {
    source: Value,
    pub(super) validator: Validator,
}

/// A type that is read from files of a format with a schema.
pub trait Format: DeserializeOwned {
    fn shape() -> &'static Shape;
}

impl Shape {
    /// Compiles one of our own schemas.
    pub fn new(source: Value) -> Self {
        let validator = crate::json_schema::compile(&source).expect("our own schemas compile");
        Self { source, validator }
    }

    /// The part of the schema that holds the keyword at `pointer`.
    pub(super) fn around(&self, pointer: &str) -> Option<&Value> {
        self.source.pointer(pointer.rsplit_once('/')?.0)
    }

    /// The keys that the mapping described around `pointer` has.
    pub(super) fn keys(&self, pointer: &str) -> Vec<&str> {
        let properties = self.around(pointer).and_then(|node| node.get("properties")).and_then(Value::as_object);
        properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    /// The `type` that each of the alternatives at `pointer` is told by; nothing where they are told otherwise.
    pub(super) fn types(&self, pointer: &str) -> Vec<&str> {
        let branches = self.source.pointer(pointer).and_then(Value::as_array);
        let tags: Option<Vec<&str>> = branches
            .into_iter()
            .flatten()
            .map(|branch| branch.pointer("/properties/type/const").and_then(Value::as_str))
            .collect();
        tags.unwrap_or_default()
    }
}
