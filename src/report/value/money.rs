//! Money in a report: decimal strings in US dollars; null is unknown, never 0.
//!
//! What one prompt's cost is made of is in `expense`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribution, Environment};

/// What a prompt costs per month on both sides. Money is a decimal string; null is unknown, never 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub base_usd_month: Option<String>,
    pub head_usd_month: Option<String>,
    pub delta_usd_month: Option<String>,
    /// 95 % interval of the difference at the expected number of requests; null where there is none.
    pub ci95_usd_month: Option<[String; 2]>,
    /// `measured`, `estimated: what is assumed`, or `unknown: why`.
    pub basis: String,
    pub usd_per_1k_requests: Pair,
    /// Requests per month as expected, where traffic is declared.
    pub requests_per_month: Option<String>,
    /// The lowest and highest number of requests per month, where traffic is declared as a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_range: Option<[String; 2]>,
    /// Between which amounts the difference lies over that range, the interval included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_usd_month: Option<[String; 2]>,
    /// What a month costs at least, on a side that is not known in full.
    #[serde(default, skip_serializing_if = "Pair::is_empty")]
    pub at_least_usd_month: Pair,
    /// The environments that it is a sum over, where they have names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
    /// What makes the monthly difference; the parts add up to it exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// The models that serve, as price tables name them.
    #[serde(default, skip_serializing_if = "Pair::is_empty")]
    pub models: Pair,
    /// Estimated tokens at the beginning of requests that a cache may hold, where traffic declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacheable_tokens: Option<[u64; 2]>,
    /// How much more a month of head costs by head's own price table, where head edits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_table_effect_usd_month: Option<String>,
    /// Tasks that are no part of the difference, each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Further sentences: what the interval covers, how old the traffic is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Something of both sides; null where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub base: Option<String>,
    pub head: Option<String>,
}

impl Pair {
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.head.is_none()
    }
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
    /// 95 % interval of the difference; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95_usd_month: Option<[String; 2]>,
    /// Between which amounts the difference lies at all declared numbers of requests, where some are ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_usd_month: Option<[String; 2]>,
    /// What a month costs at least, on a side that is not known in full.
    #[serde(default, skip_serializing_if = "Pair::is_empty")]
    pub at_least_usd_month: Pair,
    /// How much more a month of head costs by head's own price table, where head edits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_table_effect_usd_month: Option<String>,
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
