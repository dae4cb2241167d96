//! LiteLLM's `model_prices_and_context_window.json`: a flat map from a model's name to what it costs, in US dollars per token.
//!
//! Format: <https://github.com/BerriAI/litellm>, MIT. A key says by its ending what it is for: `_above_200k_tokens` is a tier,
//! `_batches` is a batch, and `_priority`, `_flex` and others are terms that `prices.yaml` does not have.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::draft::{Draft, Kind};
use super::exact::{number, per_million};
use super::{Entries, key_of};
use crate::config::Date;

type Entry = BTreeMap<String, Box<RawValue>>;

/// The kinds of model that are asked for text.
const MODES: [&str; 3] = ["chat", "completion", "responses"];

/// Every model that has a provider, by `provider/model`, and how many are for something else than text.
pub(super) fn read(text: &str) -> Result<Entries, String> {
    let table: BTreeMap<String, Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut entries = Entries::default();
    let mut named_with_provider = Vec::new();
    for (name, entry) in &table {
        // An explanation of the format, dressed up as a model.
        if name == "sample_spec" {
            continue;
        }
        let Some(provider) = word(entry, "litellm_provider") else { continue };
        if word(entry, "mode").is_some_and(|mode| !MODES.contains(&mode.as_str())) {
            entries.others += 1;
            continue;
        }
        let key = key_of(&provider, name);
        if key == *name {
            named_with_provider.push((key, entry));
        } else {
            entries.drafts.insert(key, draft(entry));
        }
    }
    // Where a model stands with its provider and without, the plain name is the provider's own.
    for (key, entry) in named_with_provider {
        entries.drafts.entry(key).or_insert_with(|| draft(entry));
    }
    Ok(entries)
}

fn word(entry: &Entry, key: &str) -> Option<String> {
    serde_json::from_str(entry.get(key)?.get()).ok()
}

fn draft(entry: &Entry) -> Draft {
    let mut draft = Draft {
        max_input_tokens: entry.get("max_input_tokens").and_then(|raw| serde_json::from_str(raw.get()).ok()),
        deprecated: word(entry, "deprecation_date").and_then(|day| day.parse().ok()).map(Date),
        ..Draft::default()
    };
    if entry.contains_key("tiered_pricing") {
        draft.refused = Some("its `tiered_pricing` is no list of cliffs, and is not read".to_owned());
    }
    for (key, raw) in entry {
        let Some(price) = number(raw) else { continue };
        if key == "input_cost_per_request" {
            draft.request = Some(price);
        }
        let (Some(Part { kind, above, in_batch }), Some(price)) = (part(key), per_million(price)) else { continue };
        // An older name gives way to the newer one.
        if key != CACHE_HIT || !entry.contains_key("cache_read_input_token_cost") {
            draft.set(in_batch, above, kind, price);
        }
    }
    draft
}

const CACHE_HIT: &str = "input_cost_per_token_cache_hit";

/// What a price is for.
struct Part {
    kind: Kind,
    above: u64,
    in_batch: bool,
}

/// Takes a key apart; `None` where it is no price of text's tokens, or one on other terms.
fn part(key: &str) -> Option<Part> {
    let (stem, in_batch) = key.strip_suffix("_batches").map_or((key, false), |stem| (stem, true));
    let (stem, above) = match stem.strip_suffix("_tokens").and_then(|stem| stem.rsplit_once("_above_")) {
        Some((stem, length)) => (stem, tokens(length)?),
        None => (stem, 0),
    };
    let kind = match stem {
        "input_cost_per_token" => Kind::Input,
        "output_cost_per_token" => Kind::Output,
        "cache_read_input_token_cost" | CACHE_HIT => Kind::CacheRead,
        "cache_creation_input_token_cost" => Kind::CacheWrite,
        "cache_creation_input_token_cost_above_1hr" => Kind::CacheWrite1h,
        "output_cost_per_reasoning_token" => Kind::Reasoning,
        _ => return None,
    };
    Some(Part { kind, above, in_batch })
}

/// "200k" as a number.
fn tokens(length: &str) -> Option<u64> {
    let (digits, unit) = match length.as_bytes().last()? {
        b'k' => (&length[..length.len() - 1], 1_000),
        b'm' => (&length[..length.len() - 1], 1_000_000),
        _ => (length, 1),
    };
    digits.parse::<u64>().ok().filter(|number| *number > 0)?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_by_its_ending_what_it_is_for() {
        let found = |key| part(key).map(|part| (part.kind, part.above, part.in_batch));
        for (key, want) in [
            ("input_cost_per_token", Some((Kind::Input, 0, false))),
            ("output_cost_per_token_batches", Some((Kind::Output, 0, true))),
            ("input_cost_per_token_above_272k_tokens", Some((Kind::Input, 272_000, false))),
            ("output_cost_per_token_above_1m_tokens_batches", Some((Kind::Output, 1_000_000, true))),
            ("cache_creation_input_token_cost_above_1hr", Some((Kind::CacheWrite1h, 0, false))),
            ("cache_creation_input_token_cost_above_1hr_above_200k_tokens", Some((Kind::CacheWrite1h, 200_000, false))),
            ("cache_creation_input_token_cost_above_12hr", None),
            ("cache_read_input_token_cost_above_200k_tokens", Some((Kind::CacheRead, 200_000, false))),
            ("output_cost_per_reasoning_token", Some((Kind::Reasoning, 0, false))),
            ("input_cost_per_token_priority", None),
            ("input_cost_per_token_above_200k_tokens_priority", None),
            ("input_cost_per_audio_token", None),
            ("input_cost_per_token_above_xk_tokens", None),
            ("input_cost_per_token_above_0k_tokens", None),
            ("input_cost_per_token_above__tokens", None),
        ] {
            assert_eq!(found(key), want, "{key}");
        }
    }
}
