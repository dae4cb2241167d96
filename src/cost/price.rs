//! What tokens cost: the project's `prices.yaml`, then the table inside the binary. An unknown price is unknown, never 0.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Bill;
use crate::config::{Amount, PRICES};
use crate::diagnostic::{Code, Diagnostic};
use crate::snapshot::Snapshot;
use crate::wire::Usage;
use crate::yaml::{Document, Reading};

/// A `prices.yaml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "prices.yaml")]
pub struct PriceFile {
    /// The day the prices were looked up, as YYYY-MM-DD.
    pub as_of: String,
    /// Where they come from.
    pub source: String,
    #[serde(default)]
    pub currency: Currency,
    /// By `provider/model`, or `mock/<alias>`.
    pub models: BTreeMap<String, Rates>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Currency {
    #[default]
    #[serde(rename = "USD")]
    Usd,
}

/// Prices of one model, per `per` tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    #[serde(default)]
    pub input: Option<Amount>,
    #[serde(default)]
    pub output: Option<Amount>,
    /// Input read from a cache; the input price where it is left out.
    #[serde(default)]
    pub cache_read: Option<Amount>,
    /// Input written to a cache; the input price where it is left out.
    #[serde(default)]
    pub cache_write: Option<Amount>,
    #[serde(default)]
    pub per: Per,
    /// Whether it costs nothing. Without it, a price of 0 is a mistake.
    #[serde(default)]
    pub free: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Per {
    #[default]
    #[serde(rename = "1M")]
    Million,
    #[serde(rename = "1K")]
    Thousand,
}

/// The prices of a run.
#[derive(Debug, Clone, Default)]
pub struct Prices {
    file: Option<PriceFile>,
}

/// The version of the table inside the binary, which is that of the crate it comes with.
const BUILT_IN: &str = "genai-prices 0.2.1";
/// The day that crate was published.
const BUILT_IN_AS_OF: &str = "2026-10-30";

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
        for (model, rates) in &file.models {
            let path = ["models".into(), model.as_str().into()];
            let mut flaw =
                |message: &str| problems.push(Diagnostic::new(Code::BadPrice, document.place(&path), message));
            let given = [rates.input, rates.output, rates.cache_read, rates.cache_write];
            if rates.free && given.iter().flatten().any(|price| !price.0.is_zero()) {
                flaw("a model is free or has prices, not both");
            }
            if !rates.free && given.iter().flatten().any(|price| price.0.is_zero()) {
                flaw("a price of 0 must be meant: write `free: true`");
            }
            if !rates.free && (rates.input.is_none() || rates.output.is_none()) {
                flaw("a model needs `input` and `output`, or `free: true`");
            }
        }
        if problems.is_empty() { Ok(Self { file: Some(file) }) } else { Err(problems) }
    }

    /// What one reply costs in US dollars; `None` where the model's price or the usage is unknown.
    pub fn price(&self, key: &str, usage: &Usage, at: i64) -> Option<Decimal> {
        self.bill(key, usage, at).map(|bill| bill.total())
    }

    /// What one reply costs, by what it is for; `None` where the model's price or the usage is unknown.
    pub fn bill(&self, key: &str, usage: &Usage, at: i64) -> Option<Bill> {
        match self.file.as_ref().and_then(|file| file.models.get(key)) {
            Some(rates) => rates.bill(usage),
            None => built_in(key, usage, at),
        }
    }

    /// Whether a model has a price at all.
    pub fn knows(&self, key: &str, at: i64) -> bool {
        let one = Usage { input_uncached: Some(1), output: Some(1), ..Usage::default() };
        self.price(key, &one, at).is_some()
    }

    /// Where the prices come from, and as of when.
    pub fn source(&self) -> (String, String) {
        match &self.file {
            Some(file) => (format!("{PRICES} ({})", file.source), file.as_of.clone()),
            None => (BUILT_IN.to_owned(), BUILT_IN_AS_OF.to_owned()),
        }
    }

    /// The rates of each model in the project's table.
    pub fn models(&self) -> impl Iterator<Item = (&str, &Rates)> {
        self.file.iter().flat_map(|file| &file.models).map(|(model, rates)| (model.as_str(), rates))
    }
}

impl Rates {
    fn bill(&self, usage: &Usage) -> Option<Bill> {
        if self.free {
            return Some(Bill::default());
        }
        let (input, output) = (self.input?.0, self.output?.0);
        let per = Decimal::from(match self.per {
            Per::Million => 1_000_000,
            Per::Thousand => 1_000,
        });
        let part = |tokens: u64, rate: Decimal| Decimal::from(tokens) * rate / per;
        let reasoning = usage.reasoning.unwrap_or(0);
        Some(Bill {
            input: part(usage.input_uncached?, input),
            cache_read: part(usage.cache_read.unwrap_or(0), self.cache_read.map_or(input, |rate| rate.0)),
            cache_write: part(usage.cache_write.unwrap_or(0), self.cache_write.map_or(input, |rate| rate.0)),
            output: part(usage.output?.checked_sub(reasoning)?, output),
            reasoning: part(reasoning, output),
            request: Decimal::ZERO,
        })
    }
}

/// The price of the table inside the binary, whose floats are rounded to a millionth of a millionth of a dollar.
fn built_in(key: &str, usage: &Usage, at: i64) -> Option<Bill> {
    use genai_prices::{PriceRequest, Usage as Tokens, UsageKey};
    let (provider, model) = key.split_once('/')?;
    if provider == "mock" {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    let count = |tokens: u64| tokens as f64;
    let mut tokens = Tokens::from([
        (UsageKey::INPUT_TOKENS, count(usage.input()?)),
        (UsageKey::OUTPUT_TOKENS, count(usage.output?)),
    ]);
    if let Some(read) = usage.cache_read {
        tokens.insert("cache_read_tokens", count(read));
    }
    if let Some(write) = usage.cache_write {
        tokens.insert("cache_write_tokens", count(write));
    }
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(at).unwrap_or(0));
    let request = PriceRequest::new(model, &tokens).with_provider_id(provider).with_timestamp(time);
    let price = genai_prices::calculate(&request).ok()?;
    let exact = |price: f64| Decimal::from_f64_retain(price).map(|price| price.round_dp(12));
    Some(Bill { input: exact(price.input_price)?, output: exact(price.output_price)?, ..Bill::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "as_of: 2026-11-01\nsource: list prices\nmodels:\n  mock/mini: {input: \"0.15\", output: \"0.60\", cache_read: 0.075}\n  mock/free: {free: true}\n";

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input_uncached: Some(input), output: Some(output), ..Usage::default() }
    }

    #[test]
    fn prices_are_exact_and_unknown_is_unknown() {
        let prices = Prices::parse(TABLE.as_bytes()).unwrap();
        let price = |key, usage| prices.price(key, &usage, 0).map(|price| price.normalize().to_string());
        assert_eq!(price("mock/mini", usage(1_000, 200)).as_deref(), Some("0.00027"));
        let cached = Usage { cache_read: Some(1_000), ..usage(0, 0) };
        assert_eq!(price("mock/mini", cached).as_deref(), Some("0.000075"));
        assert_eq!(price("mock/free", usage(5, 5)).as_deref(), Some("0"));
        assert_eq!(price("mock/other", usage(5, 5)), None);
        assert_eq!(price("nobody/nothing", usage(5, 5)), None);
        assert_eq!(price("mock/mini", Usage::default()), None);
    }

    #[test]
    fn the_table_inside_knows_common_models() {
        let prices = Prices::default();
        let at = 1_793_000_000;
        assert_eq!(prices.price("openai/gpt-4o-mini", &usage(1_000_000, 0), at), Some(Decimal::new(15, 2)));
    }

    #[test]
    fn a_zero_must_be_meant() {
        for (rates, says) in [
            ("{input: 0, output: 1}", "write `free: true`"),
            ("{input: 1, output: 1, free: true}", "not both"),
            ("{input: 1}", "needs `input` and `output`"),
        ] {
            let text = format!("as_of: x\nsource: y\nmodels:\n  a/b: {rates}\n");
            let diagnostic = Prices::parse(text.as_bytes()).unwrap_err().remove(0);
            assert!(diagnostic.message.contains(says), "{rates}: {}", diagnostic.message);
            assert_eq!(diagnostic.line, 4);
        }
    }
}
