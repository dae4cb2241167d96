//! Money in a report: decimal strings in US dollars; null is unknown, never 0.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a prompt costs per month on both sides. Money is a decimal string; null is unknown, never 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    pub ci95_usd_month: Option<[String; 2]>,
    /// `measured`, or `unknown: why`.
    pub basis: String,
    pub usd_per_1k_requests: Pair,
    /// Declared requests per month, where they are.
    pub requests_per_month: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub base: Option<String>,
    pub head: Option<String>,
}

/// The cost of all affected, served prompts together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostTotal {
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    /// Null where unknown or where base costs nothing.
    pub delta_percent: Option<f64>,
    /// The increase per month that the policy allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_usd_month: Option<String>,
    /// Sentences: what is missing in the sums, and why.
    pub unknown: Vec<String>,
    pub price_table: PriceTable,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    pub source: String,
    pub as_of: String,
}
