//! The table inside the binary, which is that of the crate it comes with, read as one of our own tariffs.
//!
//! The crate prices requests and shows no prices, so these are asked for: a request that has one kind of token only costs that
//! kind's price. Its tiers are cliffs on the whole input of one request, as ours are (`calculate_model_price` in its
//! `units.rs`), and are found where the answer jumps. A test holds the outcome against the crate, model by model.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use genai_prices::{Calculator, PriceCalculation, PriceRequest, Usage};
use rust_decimal::Decimal;

use super::tariff::{Ladder, PerMillion, Tariff};

/// The version of the table.
pub(super) const NAME: &str = "genai-prices 0.2.1";
/// The day that crate was published.
pub(super) const AS_OF: &str = "2026-10-30";

/// Providers that say how a server is spoken to, and not who sends the bill.
const NOBODY: [&str; 4] = ["mock", "http", "ollama", "openai-compatible"];

/// What a model costs on the day of `at`, in seconds since 1970; `None` where the table does not know. Where a price depends on
/// the hour, the day's highest counts. A price of 0 is unknown: the table has zeros for what is free and for what nobody
/// looked up.
pub(super) fn tariff(key: &str, at: i64) -> Option<Arc<Tariff>> {
    type Known = BTreeMap<(String, i64), Option<Arc<Tariff>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let place = (key.to_owned(), at);
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&place) {
        return known.clone();
    }
    let found = Probe::of(key, at).and_then(|probe| probe.tariff()).map(Arc::new);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(place, found.clone());
    found
}

/// The most tokens that a request to a model may have, where the table knows.
pub(super) fn context(key: &str) -> Option<u64> {
    let price = Probe::of(key, 0)?.price(&[])?;
    let provider = Calculator::bundled().providers().find(|provider| provider.id() == price.provider_id)?;
    provider.models().find(|model| model.id() == price.model_id)?.context_window()
}

/// Asks for prices of one model at one time.
#[derive(Clone, Copy)]
struct Probe<'k> {
    provider: &'k str,
    model: &'k str,
    time: SystemTime,
    in_batch: bool,
}

/// Tokens of each kind in a request.
type Tokens = [(&'static str, f64)];

/// Of input and of output.
type Worth = (Decimal, Decimal);

impl<'k> Probe<'k> {
    fn of(key: &'k str, at: i64) -> Option<Self> {
        let (provider, model) = key.split_once('/')?;
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(at).unwrap_or(0));
        (!NOBODY.contains(&provider)).then_some(Self { provider, model, time, in_batch: false })
    }

    fn price(&self, tokens: &Tokens) -> Option<PriceCalculation> {
        let usage: Usage = tokens.iter().copied().collect();
        let request = PriceRequest::new(self.model, &usage).with_provider_id(self.provider).with_timestamp(self.time);
        let request = if self.in_batch { request.with_price_context("processing", "batch") } else { request };
        genai_prices::calculate(&request).ok()
    }

    fn tariff(self) -> Option<Tariff> {
        let this = self.at_the_dearest()?;
        let prices = this.ladder()?;
        if prices.base.input.is_zero() || prices.base.output.is_zero() {
            return None;
        }
        let batch = Self { in_batch: true, ..this }.ladder().filter(|batch| *batch != prices);
        Some(Tariff { prices, batch, request: exact(this.price(&[])?.total_price)?, ..Tariff::default() })
    }

    /// The half hour of the day at which a request costs most; the given time where that makes no difference.
    fn at_the_dearest(self) -> Option<Self> {
        let cost = |probe: &Self| {
            let price = probe.price(&[("input_tokens", 1e3), ("output_tokens", 1e3)]);
            price.map(|price| price.total_price)
        };
        let seconds = self.time.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let midnight = UNIX_EPOCH + Duration::from_secs(seconds - seconds % 86_400);
        let mut dearest = (cost(&self)?, self);
        for half_hour in 0..48 {
            let probe = Self { time: midnight + Duration::from_secs(half_hour * 1_800), ..self };
            let found = cost(&probe)?;
            if found > dearest.0 {
                dearest = (found, probe);
            }
        }
        Some(dearest.1)
    }

    fn ladder(&self) -> Option<Ladder> {
        let mut above = Vec::new();
        let mut below = (1, self.worth(1)?);
        for input in (0..15).map(|power| 1_000 << power) {
            let here = (input, self.worth(input)?);
            self.steps(below, here, &mut above)?;
            below = here;
        }
        let tiers = above.into_iter().map(|above| Some((above, self.prices(above + 1)?))).collect::<Option<_>>()?;
        Some(Ladder { base: self.prices(1)?, tiers, up_to: None })
    }

    /// Finds where prices change between two lengths of requests.
    fn steps(&self, low: (u64, Worth), high: (u64, Worth), found: &mut Vec<u64>) -> Option<()> {
        if low.1 == high.1 {
            return Some(());
        }
        if high.0 - low.0 == 1 {
            found.push(low.0);
            return Some(());
        }
        let middle = low.0.midpoint(high.0);
        let middle = (middle, self.worth(middle)?);
        self.steps(low, middle, found)?;
        self.steps(middle, high, found)
    }

    /// What a token of a request with something of everything is worth, which changes where any price does.
    fn worth(&self, input: u64) -> Option<Worth> {
        let all = count(input);
        let price = self.price(&[
            ("input_tokens", all),
            ("cache_read_tokens", all / 4.0),
            ("cache_write_tokens", all / 4.0),
            ("cache_write_1h_tokens", all / 8.0),
            ("output_tokens", all),
            ("output_reasoning_tokens", all / 4.0),
        ])?;
        Some((exact(price.input_price * 1e6 / all)?, exact(price.output_price * 1e6 / all)?))
    }

    /// The prices of requests with so much input in all.
    fn prices(&self, input: u64) -> Option<PerMillion> {
        let all = count(input);
        let price = |kinds: &[&'static str]| {
            let tokens: Vec<_> = ["input_tokens"].iter().chain(kinds).map(|kind| (*kind, all)).collect();
            self.price(&tokens)
        };
        let of_input = |kinds: &[&'static str]| exact(price(kinds)?.input_price * 1e6 / all);
        let of_output = |kinds: &[&'static str]| exact(price(kinds)?.output_price * 1e6 / all);
        Some(PerMillion {
            input: of_input(&[])?,
            cache_read: of_input(&["cache_read_tokens"])?,
            cache_write: of_input(&["cache_write_tokens"])?,
            cache_write_1h: of_input(&["cache_write_tokens", "cache_write_1h_tokens"])?,
            output: of_output(&["output_tokens"])?,
            reasoning: of_output(&["output_tokens", "output_reasoning_tokens"])?,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
fn count(tokens: u64) -> f64 {
    tokens as f64
}

/// A price without the noise of the crate's floats, which begins at its fifteenth digit.
fn exact(price: f64) -> Option<Decimal> {
    Decimal::from_f64_retain(price).map(|price| price.round_dp(9).normalize())
}
