//! What tokens cost: the project's `prices.yaml`, then the table inside the binary. An unknown price is unknown, never 0.
//!
//! Which table knows a model is decided here; [`mod@file`] reads the project's, [`built_in`] the other, and [`tariff`] prices
//! requests by either.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Bill;
use crate::config::{Date, PRICES};
use crate::diagnostic::Diagnostic;
use crate::snapshot::Snapshot;
use crate::wire::Usage;
use crate::yaml::{Document, Reading};

mod built_in;
mod file;
mod flaws;
mod tariff;
#[cfg(test)]
mod tests;

pub use file::{Batch, BatchRates, Currency, Per, PriceFile, Rates, Tier};
pub(super) use flaws::of_model as flaws_of;
pub use tariff::{Ladder, PerMillion, Tariff};

/// The prices of a run.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    file: Option<PriceFile>,
    /// What the file's models cost.
    tariffs: BTreeMap<String, Arc<Tariff>>,
}

impl Prices {
    /// Reads the project's table, if it has one.
    pub fn read(snapshot: &Snapshot) -> Result<Self, Vec<Diagnostic>> {
        match Document::open(snapshot, PRICES) {
            None => Ok(Self::default()),
            Some(Ok(document)) => Self::of(document),
            Some(Err(diagnostic)) => Err(vec![*diagnostic]),
        }
    }

    /// Parses a table; a price of 0 must say `free: true`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        Self::of(Document::parse(PRICES, bytes).map_err(|diagnostic| vec![*diagnostic])?)
    }

    fn of(mut document: Document) -> Result<Self, Vec<Diagnostic>> {
        let Reading { value, mut problems } = document.read::<PriceFile>();
        let Some(file) = value else { return Err(problems) };
        problems.extend(flaws::flaws(&file, &document));
        if !problems.is_empty() {
            return Err(problems);
        }
        let tariff = |(model, rates): (&String, &Rates)| Some((model.clone(), Arc::new(Tariff::of(rates)?)));
        let tariffs = file.models.iter().filter_map(tariff).collect();
        Ok(Self { file: Some(file), tariffs })
    }

    /// What requests to a model cost, by the table that knows it: the project's, or the one inside the binary. `at`, in
    /// seconds since 1970, is when they are made: the latter has prices of several times.
    pub fn tariff(&self, key: &str, at: i64) -> Option<Arc<Tariff>> {
        self.tariffs.get(key).cloned().or_else(|| built_in::tariff(key, at))
    }

    /// What one reply costs in US dollars; `None` where the model's price or the usage is unknown.
    pub fn price(&self, key: &str, usage: &Usage, at: i64) -> Option<Decimal> {
        self.bill(key, usage, at).map(|bill| bill.total())
    }

    /// What one reply costs, by what it is for; `None` where the model's price or the usage is unknown.
    pub fn bill(&self, key: &str, usage: &Usage, at: i64) -> Option<Bill> {
        self.tariff(key, at)?.bill(usage)
    }

    /// What requests cost that are sent in a batch, to be asked for a [`Tariff::bill`]; `None` where no table says.
    pub fn batch(&self, key: &str, at: i64) -> Option<Tariff> {
        self.tariff(key, at)?.in_batch()
    }

    /// Whether a model has a price at all.
    pub fn knows(&self, key: &str, at: i64) -> bool {
        self.tariff(key, at).is_some()
    }

    /// The most input tokens that a request to a model may have, where a table knows.
    pub fn context(&self, key: &str) -> Option<u64> {
        let own = self.tariffs.get(key).and_then(|tariff| tariff.max_input_tokens);
        own.or_else(|| built_in::context(key))
    }

    /// The day from which a model is not promised any more, where the project's table says. The other has no such days.
    pub fn deprecated(&self, key: &str) -> Option<Date> {
        self.tariffs.get(key)?.deprecated
    }

    /// Whether the project's table says that a model costs nothing.
    pub fn is_free(&self, key: &str) -> bool {
        self.tariffs.get(key).is_some_and(|tariff| tariff.free)
    }

    /// Whether a model's price is the project's own.
    pub fn has(&self, key: &str) -> bool {
        self.tariffs.contains_key(key)
    }

    /// The project's table, if it has one.
    pub fn file(&self) -> Option<&PriceFile> {
        self.file.as_ref()
    }

    /// Where the prices come from, and as of when.
    pub fn source(&self) -> (String, String) {
        match &self.file {
            Some(file) => (format!("{PRICES} ({})", file.source), file.as_of.to_string()),
            None => Self::built_in_source(),
        }
    }

    /// Where the price of one model comes from, and as of when.
    pub fn source_of(&self, key: &str) -> (String, String) {
        if self.has(key) { self.source() } else { Self::built_in_source() }
    }

    fn built_in_source() -> (String, String) {
        (built_in::NAME.to_owned(), built_in::AS_OF.to_owned())
    }

    /// The rates of each model in the project's table.
    pub fn models(&self) -> impl Iterator<Item = (&str, &Rates)> {
        self.file.iter().flat_map(|file| &file.models).map(|(model, rates)| (model.as_str(), rates))
    }
}
