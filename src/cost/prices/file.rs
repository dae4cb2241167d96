//! The project's `prices.yaml` as it is written: its fields, and what must hold between them.
//!
//! Shapes only. What a request costs by them is [`super::tariff`]'s to say.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::config::{Amount, Date, Share};

/// A `prices.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "prices.yaml")]
pub struct PriceFile {
    /// The day the prices were looked up, as YYYY-MM-DD; what is older than 90 days is warned of.
    pub as_of: Date,
    /// Where they come from.
    pub source: String,
    /// The SHA-256 of the file they were imported from.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$", "patternErrorMessage" = "is not a SHA-256: write its 64 hex digits"))]
    pub sha256: Option<String>,
    #[serde(default)]
    pub currency: Currency,
    /// By `provider/model`, or `mock/<alias>`.
    pub models: BTreeMap<String, Rates>,
}

/// US dollars: there is no other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Currency;

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "USD" => Ok(Self),
            other => Err(D::Error::custom(format!("{other:?} {OTHER_CURRENCY}"))),
        }
    }
}

const OTHER_CURRENCY: &str =
    "is another currency, and regild adds no currencies up: convert the prices to US dollars and write USD";

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "US dollars; sums of several currencies would be none.",
            "pattern": "^USD$",
            "patternErrorMessage": OTHER_CURRENCY
        })
    }
}

/// Prices of one model, in US dollars per `per` tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Input that no cache held.
    pub input: Option<Amount>,
    /// Output.
    pub output: Option<Amount>,
    /// Input read from a cache; the input price where it is left out.
    pub cache_read: Option<Amount>,
    /// Input written to a cache; the input price where it is left out.
    pub cache_write: Option<Amount>,
    /// Input written to a cache that keeps it for an hour; the price of `cache_write` where it is left out.
    pub cache_write_1h: Option<Amount>,
    /// Output spent on reasoning; the output price where it is left out.
    pub reasoning: Option<Amount>,
    /// What a request costs whatever is in it, in US dollars.
    pub request: Option<Amount>,
    /// Prices of longer requests. The highest tier that a request's whole input is above prices all of the request.
    pub tiers: Vec<Tier>,
    /// What requests sent in a batch cost: a multiplier such as 0.5, or prices.
    pub batch: Option<Batch>,
    pub per: Per,
    /// Whether it costs nothing. Without it, a price of 0 is a mistake.
    pub free: bool,
    /// The most input tokens that a request may have.
    pub max_input_tokens: Option<u64>,
    /// The day from which the provider does not promise the model any more, as YYYY-MM-DD.
    pub deprecated: Option<Date>,
}

/// Prices of requests whose whole input, cached or not, is above a number of tokens. What is left out is as for shorter ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Input tokens of one request.
    pub above: u64,
    #[serde(default)]
    pub input: Option<Amount>,
    #[serde(default)]
    pub output: Option<Amount>,
    #[serde(default)]
    pub cache_read: Option<Amount>,
    #[serde(default)]
    pub cache_write: Option<Amount>,
    #[serde(default)]
    pub cache_write_1h: Option<Amount>,
    #[serde(default)]
    pub reasoning: Option<Amount>,
}

/// What requests sent in a batch cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// Every price of tokens, times this.
    Times(Share),
    Rates(Box<BatchRates>),
}

/// Prices of requests sent in a batch. What is left out is as outside of batches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BatchRates {
    pub input: Option<Amount>,
    pub output: Option<Amount>,
    pub cache_read: Option<Amount>,
    pub cache_write: Option<Amount>,
    pub cache_write_1h: Option<Amount>,
    pub reasoning: Option<Amount>,
    /// Prices of longer requests in a batch. Where the model has tiers and this has none, what these cost is unknown.
    pub tiers: Vec<Tier>,
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            rates @ serde_json::Value::Object(_) => {
                BatchRates::deserialize(rates).map(|rates| Self::Rates(rates.into()))
            }
            times => Share::deserialize(times).map(Self::Times),
        }
        .map_err(D::Error::custom)
    }
}

impl JsonSchema for Batch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Batch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (times, rates) = (generator.subschema_for::<Share>(), generator.subschema_for::<BatchRates>());
        json_schema!({
            "description": "What requests sent in a batch cost: a multiplier of every price of tokens, or prices.",
            "anyOf": [times, rates]
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Per {
    #[default]
    #[serde(rename = "1M")]
    Million,
    #[serde(rename = "1K")]
    Thousand,
}

/// The prices of tokens that one level of a table gives: the model's, a tier's or a batch's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    pub input: Option<Amount>,
    pub output: Option<Amount>,
    pub cache_read: Option<Amount>,
    pub cache_write: Option<Amount>,
    pub cache_write_1h: Option<Amount>,
    pub reasoning: Option<Amount>,
}

/// Gathers the six prices of a level, which serde wants as plain fields of each.
macro_rules! given {
    ($($level:ty),*) => {
        $(impl $level {
            pub fn given(&self) -> Given {
                let Self { input, output, cache_read, cache_write, cache_write_1h, reasoning, .. } = *self;
                Given { input, output, cache_read, cache_write, cache_write_1h, reasoning }
            }
        })*
    };
}

given! { Rates, Tier, BatchRates }
