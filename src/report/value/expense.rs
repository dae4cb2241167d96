//! What a prompt's monthly cost is made of: environments, and what the difference comes from. Money is decimal strings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A month in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    pub name: String,
    /// Requests per month: low, expected, high.
    pub requests_per_month: [String; 3],
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    /// 95 % interval of the difference at the expected number of requests.
    pub ci95_usd_month: Option<[String; 2]>,
    /// Between which amounts the difference lies from the lowest to the highest number of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_usd_month: Option<[String; 2]>,
}

/// What makes a monthly difference, in US dollars. The parts add up to it exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// Another model: what base's tokens would cost more at the price of head's.
    pub price: String,
    /// Input that no cache holds.
    pub input: String,
    /// Output without what is spent on reasoning.
    pub output: String,
    pub reasoning: String,
    /// Read from caches and written to them.
    pub cache: String,
    /// Fees for requests, whatever is in them.
    pub request: String,
}
