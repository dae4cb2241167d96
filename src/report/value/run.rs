//! What a run took.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunTotals {
    /// Samples replayed from recordings, both sides.
    pub replayed: u64,
    pub model_calls: u64,
    pub spend_usd: String,
    /// Whether some call had no known price, so that more was spent than is said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// Calls that were made again, and the seconds spent waiting for that.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub retries: u64,
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub waited_seconds: u64,
    /// Calls that were not made, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<Saved>,
}

/// Calls that a live run did not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    pub calls: u64,
    pub why: String,
}

impl Default for RunTotals {
    fn default() -> Self {
        let spend_usd = "0".to_owned();
        Self {
            replayed: 0,
            model_calls: 0,
            spend_usd,
            unpriced: false,
            retries: 0,
            waited_seconds: 0,
            saved: Vec::new(),
        }
    }
}
