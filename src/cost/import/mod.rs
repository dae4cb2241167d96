//! Prices out of the tables that others keep: read from a local file, made into entries of `prices.yaml`, and joined with what
//! stands there. Fetches nothing: where a table comes from, and when, is the operator's to say.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use clap::ValueEnum;
use serde_json::Value;

use super::prices::{Currency, PriceFile, Rates};
use crate::config::Date;

mod draft;
mod exact;
mod genai_prices;
mod litellm;
mod matching;
mod models_dev;
#[cfg(test)]
mod tests;
mod write;

use draft::Draft;
pub use write::yaml;

/// Who keeps a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Keeper {
    /// LiteLLM's `model_prices_and_context_window.json`.
    Litellm,
    /// genai-prices' `data.json`.
    GenaiPrices,
    /// models.dev's `api.json`.
    ModelsDev,
}

impl Keeper {
    /// As they call themselves.
    pub fn name(self) -> &'static str {
        match self {
            Self::Litellm => "LiteLLM",
            Self::GenaiPrices => "genai-prices",
            Self::ModelsDev => "models.dev",
        }
    }

    /// Whose table a file is, by what only theirs have.
    pub fn of(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Value::Array(providers) => providers.first()?.get("models").map(|_| Self::GenaiPrices),
            Value::Object(entries) if entries.values().any(|entry| entry.get("litellm_provider").is_some()) => {
                Some(Self::Litellm)
            }
            Value::Object(entries) => entries
                .values()
                .any(|entry| entry.get("models").is_some_and(Value::is_object))
                .then_some(Self::ModelsDev),
            _ => None,
        }
    }
}

/// A table as it was read.
pub struct Upstream(Content);

enum Content {
    Named(Entries),
    ByRules(Vec<genai_prices::Provider>),
}

/// Models by `provider/model`.
#[derive(Default)]
struct Entries {
    drafts: BTreeMap<String, Draft>,
    /// Models for something else than text, which are not among them.
    others: usize,
    as_of: Option<Date>,
}

/// What an import came to.
#[derive(Debug, Default)]
pub struct Imported {
    pub models: BTreeMap<String, Rates>,
    /// What is remarkable of models that were imported.
    pub remarks: Vec<(String, String)>,
    /// Models that were not, and why.
    pub refused: Vec<(String, String)>,
    /// How many models the table has for something else than text.
    pub others: usize,
}

impl Upstream {
    /// Reads a table; the error is a fragment that says why it is none of theirs.
    pub fn read(text: &str, keeper: Keeper) -> Result<Self, String> {
        Ok(Self(match keeper {
            Keeper::Litellm => Content::Named(litellm::read(text)?),
            Keeper::ModelsDev => Content::Named(models_dev::read(text)?),
            Keeper::GenaiPrices => Content::ByRules(genai_prices::read(text)?),
        }))
    }

    /// The newest day that the table tells of, if it tells of days.
    pub fn as_of(&self) -> Option<Date> {
        match &self.0 {
            Content::Named(entries) => entries.as_of,
            Content::ByRules(providers) => genai_prices::as_of(providers),
        }
    }

    /// Takes the named models, each by the prices of `day`; those in `free` cost nothing, as the operator says.
    pub fn take<'k>(&self, keys: impl IntoIterator<Item = &'k str>, free: &[String], day: NaiveDate) -> Imported {
        let mut imported = Imported::default();
        for key in keys {
            match self.find(key, day) {
                Some((name, mut draft)) => {
                    if name != key {
                        draft.remarks.insert(0, format!("the table has it as {name}"));
                    }
                    imported.add(key.to_owned(), draft, free);
                }
                None => imported.refused.push((key.to_owned(), "the table does not have it".to_owned())),
            }
        }
        imported
    }

    /// Takes every model for text.
    pub fn take_all(&self, free: &[String], day: NaiveDate) -> Imported {
        let (drafts, others) = match &self.0 {
            Content::Named(entries) => (entries.drafts.clone(), entries.others),
            Content::ByRules(providers) => (genai_prices::all(providers, day), 0),
        };
        let mut imported = Imported { others, ..Imported::default() };
        for (key, draft) in drafts {
            imported.add(key, draft, free);
        }
        imported
    }

    fn find(&self, key: &str, day: NaiveDate) -> Option<(String, Draft)> {
        match &self.0 {
            Content::ByRules(providers) => genai_prices::find(providers, key, day),
            Content::Named(entries) => {
                // Google's API has the name of its models here and of its owner elsewhere.
                let other = key.strip_prefix("gemini/").map(|model| format!("google/{model}"));
                let mut names = std::iter::once(key.to_owned()).chain(other);
                names.find_map(|name| entries.drafts.get(&name).cloned().map(|draft| (name, draft)))
            }
        }
    }
}

impl Imported {
    fn add(&mut self, key: String, draft: Draft, free: &[String]) {
        match draft.finish(free.contains(&key)) {
            Ok((rates, remarks)) => {
                self.remarks.extend(remarks.into_iter().map(|remark| (key.clone(), remark)));
                self.models.insert(key, rates);
            }
            Err(why) => self.refused.push((key, why)),
        }
    }
}

/// Where imported prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    pub as_of: Date,
    pub sha256: String,
}

/// Parts a table's own source from that of what stood there before it.
const BEFORE: &str = "; before it: ";

/// Joins imported prices with a table, whose models they replace and whose others stay. A table has one day and one source:
/// where others stay, they are the older day and both sources, and no one file's hash is the table's.
pub fn join(old: Option<&PriceFile>, models: BTreeMap<String, Rates>, origin: Origin) -> PriceFile {
    let Origin { source, as_of, sha256 } = origin;
    let mut joined = PriceFile { as_of, source: source.clone(), sha256: Some(sha256), currency: Currency, models };
    let Some(old) = old else { return joined };
    let stays: Vec<_> = old.models.iter().filter(|(key, _)| !joined.models.contains_key(*key)).collect();
    if stays.is_empty() {
        return joined;
    }
    joined.models.extend(stays.into_iter().map(|(key, rates)| (key.clone(), rates.clone())));
    let before = old.source.split(BEFORE).filter(|before| *before != source);
    joined.source = std::iter::once(source.as_str()).chain(before).collect::<Vec<_>>().join(BEFORE);
    joined.as_of = joined.as_of.min(old.as_of);
    joined.sha256 = None;
    joined
}

/// `provider/model`, where a name may have its provider in front already.
fn key_of(provider: &str, name: &str) -> String {
    match name.strip_prefix(provider) {
        Some(rest) if rest.starts_with('/') => name.to_owned(),
        _ => format!("{provider}/{name}"),
    }
}
