//! models.dev's `api.json`: providers, their models, and what these cost in US dollars per million tokens.
//!
//! Format: the schema of <https://github.com/anomalyco/models.dev>, MIT. Its tiers are those of one request's whole input, and
//! its zeros are often plans that are paid otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::draft::{Draft, Kind};
use super::exact::number;
use super::{Entries, key_of};
use crate::config::Date;

type Costs = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    cost: Option<Costs>,
    #[serde(default)]
    limit: Option<Limit>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Limit {
    #[serde(default)]
    context: Option<u64>,
    #[serde(default)]
    input: Option<u64>,
}

#[derive(Deserialize)]
struct TierOf {
    #[serde(rename = "type")]
    kind: String,
    size: u64,
}

/// Every model, by `provider/model`. The file is as new as what is newest in it.
pub(super) fn read(text: &str) -> Result<Entries, String> {
    let providers: BTreeMap<String, Provider> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut entries = Entries::default();
    for (provider, Provider { models }) in &providers {
        for (name, model) in models {
            let day = model.last_updated.as_deref().and_then(|day| day.parse().ok()).map(Date);
            entries.as_of = entries.as_of.max(day);
            entries.drafts.insert(key_of(provider, name), draft(model));
        }
    }
    Ok(entries)
}

fn draft(model: &Model) -> Draft {
    let limit = model.limit.as_ref();
    let mut draft =
        Draft { max_input_tokens: limit.and_then(|limit| limit.input.or(limit.context)), ..Draft::default() };
    if model.status.as_deref() == Some("deprecated") {
        draft.remarks.push("it is deprecated, from a day that is not told".to_owned());
    }
    let Some(cost) = &model.cost else { return draft };
    level(&mut draft, 0, cost);
    match (cost.get("tiers"), cost.get("context_over_200k")) {
        (Some(tiers), _) => {
            if tiers_of(&mut draft, tiers).is_none() {
                draft.refused = Some("its tiers are not those of a request's length".to_owned());
            }
        }
        (None, Some(long)) => match serde_json::from_str::<Costs>(long.get()) {
            Ok(long) => level(&mut draft, 200_000, &long),
            Err(_) => draft.refused = Some("its prices of long requests cannot be read".to_owned()),
        },
        (None, None) => {}
    }
    draft
}

fn tiers_of(draft: &mut Draft, tiers: &RawValue) -> Option<()> {
    for tier in serde_json::from_str::<Vec<Costs>>(tiers.get()).ok()? {
        let TierOf { kind, size } = serde_json::from_str(tier.get("tier")?.get()).ok()?;
        if kind != "context" || size == 0 {
            return None;
        }
        level(draft, size, &tier);
    }
    Some(())
}

fn level(draft: &mut Draft, above: u64, costs: &Costs) {
    let kinds = [
        ("input", Kind::Input),
        ("output", Kind::Output),
        ("cache_read", Kind::CacheRead),
        ("cache_write", Kind::CacheWrite),
        ("reasoning", Kind::Reasoning),
    ];
    for (name, kind) in kinds {
        if let Some(price) = costs.get(name).and_then(|raw| number(raw)) {
            draft.set(false, above, kind, price);
        }
    }
}
