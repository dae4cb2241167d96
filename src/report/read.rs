//! Reads a `report.json` back, strictly: another version or an unknown field is an error that says what to do.

use super::{Report, SCHEMA_VERSION};
use crate::error::{Error, ErrorKind};

/// Reads a report from JSON text.
pub fn from_json(text: &str) -> Result<Report, Error> {
    let unreadable = |why: String| {
        Error::new(ErrorKind::Usage, format!("not a regild report: {why}"))
            .hint("make one with: regild check --output json=report.json")
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(SCHEMA_VERSION) => {}
        Some(version) => {
            return Err(unreadable(format!("it has schema version {version}, this regild reads {SCHEMA_VERSION}")));
        }
        None => return Err(unreadable("it has no `schema_version`".to_owned())),
    }
    serde_path_to_error::deserialize(&value)
        .map_err(|error| unreadable(format!("{} at {}", error.inner(), error.path())))
}
