//! The `traffic:` section: how often a prompt is asked for in production, and on which terms. Money is made of it in `cost/`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::{Amount, Date, Share, Volume};
use crate::id::Id;
use crate::yaml::Problem;

/// How often a prompt is asked for, and on which terms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// Requests per month, where there is one environment. Beside `environments` it is one more, without a name.
    pub requests_per_month: Option<Volume>,
    /// Requests per month by environment; their sum is what costs.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Id" }))]
    pub environments: BTreeMap<Id, EnvironmentTraffic>,
    /// When it was measured, as YYYY-MM-DD; what is older than 90 days is warned of.
    pub as_of: Option<Date>,
    /// Where the number comes from.
    pub source: Option<String>,
    /// What the golden tasks are to production's requests: a sample of them, or all kinds there are.
    pub cases: Cases,
    /// Where the provider caches the unchanging beginning of requests, and recordings do not show it.
    pub cache: Option<CacheTerms>,
    /// Attempts billed beside each request, such as 0.02 for one in fifty.
    pub retry_rate: Amount,
    /// Models that answer a share of the requests instead; together not more than all.
    pub fallback: Vec<Fallback>,
    /// The share of requests sent in batches, at the model's price for these.
    pub batch_share: Share,
}

/// The traffic of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentTraffic {
    pub requests_per_month: Volume,
    /// When it was measured, as YYYY-MM-DD.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Where the number comes from.
    #[serde(default)]
    pub source: Option<String>,
}

/// What golden tasks are to production's requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cases {
    /// They stand for many others: how much tasks differ is part of the uncertainty.
    #[default]
    Sample,
    /// They are all kinds of requests there are: only how much samples differ is.
    Exhaustive,
}

/// How much of the unchanging beginning of requests is read from the provider's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheTerms {
    /// The share of requests that find it there.
    pub hit_rate: Share,
    /// How long it is kept after it was written, which sets the price of writing.
    #[serde(default)]
    pub ttl: CacheLife,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CacheLife {
    #[default]
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    Hour,
}

/// A model that answers a share of the requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// As price tables name it: `provider/model`.
    pub model: String,
    pub share: Share,
    /// Whether the attempt that came to nothing is billed too.
    #[serde(default)]
    pub primary_billed: bool,
}

impl Traffic {
    /// Requests per month of each environment; `None` is the only one, where it has no name. Empty where none is declared.
    pub fn volumes(&self) -> Vec<(Option<&Id>, Volume)> {
        let named = self.environments.iter().map(|(name, environment)| (Some(name), environment.requests_per_month));
        self.requests_per_month.iter().map(|volume| (None, *volume)).chain(named).collect()
    }

    /// What cannot be meant; places are relative to the prompt's traffic.
    pub(super) fn misfit(&self) -> Option<Problem> {
        let share = self.fallback_share();
        let message =
            format!("other models cannot answer {} of the requests: the shares come to 1 at most", share.normalize());
        (share > Decimal::ONE).then(|| Problem::new(vec!["fallback".into()], message))
    }

    /// The share of requests that fall back to other models.
    pub fn fallback_share(&self) -> Decimal {
        self.fallback.iter().map(|fallback| fallback.share.0).sum()
    }
}
