//! genai-prices' `data.json`: providers, models told by rules rather than names, and prices by date, in US dollars per million
//! tokens.
//!
//! Format: version 2 of <https://github.com/pydantic/genai-prices>, MIT. Prices that depend on the hour are refused: requests
//! come at all hours, and no one price is theirs.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::draft::{Draft, Kind};
use super::exact::number;
use super::matching;
use crate::config::Date;

type Costs = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
pub(super) struct Provider {
    id: String,
    #[serde(default)]
    provider_match: Option<Value>,
    #[serde(default)]
    fallback_model_providers: Vec<String>,
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(rename = "match")]
    rule: Value,
    #[serde(default)]
    prices: Option<Box<RawValue>>,
    #[serde(default)]
    price_variants: Vec<Variant>,
    #[serde(default)]
    context_window: Option<u64>,
    #[serde(default)]
    deprecated: bool,
    #[serde(default)]
    prices_checked: Option<String>,
}

/// Prices on further terms: in a batch, at a service tier.
#[derive(Deserialize)]
struct Variant {
    when: BTreeMap<String, String>,
    prices: Costs,
    #[serde(default)]
    constraint: Option<Constraint>,
}

/// Prices from a day on, or at some hours.
#[derive(Deserialize)]
struct Conditional {
    #[serde(default)]
    constraint: Option<Constraint>,
    prices: Costs,
}

#[derive(Deserialize)]
struct Constraint {
    #[serde(default)]
    start_date: Option<NaiveDate>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default)]
    end_time: Option<String>,
}

impl Constraint {
    fn holds(&self, day: NaiveDate) -> bool {
        self.start_date.is_none_or(|start| start <= day)
    }

    fn is_of_the_hour(&self) -> bool {
        self.start_time.is_some() || self.end_time.is_some()
    }
}

#[derive(Deserialize)]
struct Tiered {
    base: Box<RawValue>,
    tiers: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    start: u64,
    price: Box<RawValue>,
}

pub(super) fn read(text: &str) -> Result<Vec<Provider>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The newest day on which somebody looked a price up, where the file says.
pub(super) fn as_of(providers: &[Provider]) -> Option<Date> {
    let models = providers.iter().flat_map(|provider| &provider.models);
    models.filter_map(|model| model.prices_checked.as_deref()?.parse().ok()).max().map(Date)
}

/// Every model under its own id, by `provider/model`.
pub(super) fn all(providers: &[Provider], day: NaiveDate) -> BTreeMap<String, Draft> {
    let models = providers.iter().flat_map(|provider| provider.models.iter().map(move |model| (provider, model)));
    models.map(|(provider, model)| (format!("{}/{}", provider.id, model.id), draft(model, day))).collect()
}

/// The model that `provider/model` means by the file's rules, and the name it has there.
pub(super) fn find(providers: &[Provider], key: &str, day: NaiveDate) -> Option<(String, Draft)> {
    let (name, model) = key.split_once('/')?;
    let is_meant = |provider: &&Provider| {
        provider.provider_match.as_ref().is_some_and(|rule| matching::matches(rule, &name.to_lowercase()))
    };
    let provider = providers.iter().find(|provider| provider.id == name).or_else(|| providers.iter().find(is_meant))?;
    let (owner, found) = model_of(providers, provider, model)
        .or_else(|| model_of(providers, provider, &matching::spread_date(model)?))?;
    let mut draft = draft(found, day);
    if owner.id != provider.id {
        // Who sells another's model has its prices, and neither its batches nor its limits.
        draft.prices.retain(|(level, _), _| !level.in_batch);
        draft.max_input_tokens = None;
    }
    Some((format!("{}/{}", owner.id, found.id), draft))
}

/// A model of a provider, or of those whose models it sells.
fn model_of<'p>(providers: &'p [Provider], own: &'p Provider, model: &str) -> Option<(&'p Provider, &'p Model)> {
    let others = own.fallback_model_providers.iter().filter_map(|id| providers.iter().find(|other| other.id == *id));
    std::iter::once(own).chain(others).find_map(|provider| {
        provider.models.iter().find(|found| matching::matches(&found.rule, model)).map(|found| (provider, found))
    })
}

fn draft(model: &Model, day: NaiveDate) -> Draft {
    let mut draft = Draft { max_input_tokens: model.context_window, ..Draft::default() };
    if model.deprecated {
        draft.remarks.push("it is deprecated, from a day that is not told".to_owned());
    }
    match model.prices.as_deref().map(|prices| standard(prices, day)) {
        None => {}
        Some(Ok(costs)) => level(&mut draft, false, &costs),
        Some(Err(why)) => draft.refused = Some(why),
    }
    for Variant { when, prices, constraint } in &model.price_variants {
        let is_batch = when.len() == 1 && when.get("processing").is_some_and(|processing| processing == "batch");
        let constraint = constraint.as_ref();
        if !is_batch || constraint.is_some_and(|constraint| !constraint.holds(day)) {
            continue;
        }
        if constraint.is_some_and(Constraint::is_of_the_hour) {
            draft.refused = Some(OF_THE_HOUR.to_owned());
        }
        level(&mut draft, true, prices);
    }
    draft
}

const OF_THE_HOUR: &str = "its price depends on the hour, and requests come at all hours";

/// The prices of a day: of several, the last that had begun.
fn standard(prices: &RawValue, day: NaiveDate) -> Result<Costs, String> {
    let unread = |error: serde_json::Error| format!("its prices cannot be read: {error}");
    if !prices.get().starts_with('[') {
        return serde_json::from_str(prices.get()).map_err(unread);
    }
    let all: Vec<Conditional> = serde_json::from_str(prices.get()).map_err(unread)?;
    for Conditional { constraint, prices } in all.into_iter().rev() {
        match constraint {
            Some(constraint) if constraint.is_of_the_hour() => return Err(OF_THE_HOUR.to_owned()),
            Some(constraint) if !constraint.holds(day) => {}
            Some(_) | None => return Ok(prices),
        }
    }
    Err("it has no price yet".to_owned())
}

/// Adds a set of prices. A batch's price without tiers is that of requests of any length.
fn level(draft: &mut Draft, in_batch: bool, costs: &Costs) {
    let lengths = draft.above(false);
    for (key, raw) in costs {
        let kind = match key.as_str() {
            "input_mtok" => Kind::Input,
            "output_mtok" => Kind::Output,
            "cache_read_mtok" => Kind::CacheRead,
            "cache_write_mtok" => Kind::CacheWrite,
            "cache_write_1h_mtok" => Kind::CacheWrite1h,
            "output_reasoning_mtok" => Kind::Reasoning,
            "requests_kcount" if !in_batch => {
                draft.request = number(raw).map(|fee| fee / Decimal::ONE_THOUSAND);
                continue;
            }
            _ => continue,
        };
        if let Some(price) = number(raw) {
            draft.set(in_batch, 0, kind, price);
            lengths.iter().filter(|_| in_batch).for_each(|above| draft.set(in_batch, *above, kind, price));
        } else if let Ok(Tiered { base, tiers }) = serde_json::from_str(raw.get()) {
            if let Some(base) = number(&base) {
                draft.set(in_batch, 0, kind, base);
            }
            for Step { start, price } in tiers {
                if let Some(price) = number(&price) {
                    draft.set(in_batch, start, kind, price);
                }
            }
        }
    }
}
