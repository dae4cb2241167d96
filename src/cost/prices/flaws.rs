//! What is wrong with a price table though each of its fields fits: zeros that nobody meant, tiers out of order, prices of
//! what is free.

use rust_decimal::Decimal;

use super::file::{Batch, Given, PriceFile, Rates, Tier};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Document, Step};

/// US dollars; a price above it is one in another unit. It also keeps every sum far below what a decimal holds.
const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Every flaw of a table, at its place.
pub(super) fn flaws(file: &PriceFile, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (model, rates) in &file.models {
        let path: [Step; 2] = ["models".into(), model.as_str().into()];
        for message in of_model(rates) {
            found.push(Diagnostic::new(Code::BadPrice, document.place(&path), message));
        }
    }
    found
}

/// What is wrong with one model's prices, as sentences without its name.
pub fn of_model(rates: &Rates) -> Vec<String> {
    let mut found = Vec::new();
    let all = every_price(rates);
    let has_terms = !all.is_empty() || !rates.tiers.is_empty() || rates.batch.is_some();
    if rates.free {
        if has_terms {
            found.push("a model is free or has prices, not both".to_owned());
        }
        return found;
    }
    if all.iter().any(Decimal::is_zero) {
        found.push("a price of 0 must be meant: write `free: true`".to_owned());
    }
    if all.iter().any(|price| *price > MOST) {
        found.push(format!("a price above {MOST} US dollars is a mistake: look at `per`"));
    }
    if rates.input.is_none() || rates.output.is_none() {
        found.push("a model needs `input` and `output`, or `free: true`".to_owned());
    }
    if rates.max_input_tokens == Some(0) {
        found.push("`max_input_tokens` of 0 lets no request through".to_owned());
    }
    found.extend(of_tiers(&rates.tiers));
    if let Some(Batch::Rates(batch)) = &rates.batch {
        found.extend(of_tiers(&batch.tiers));
        if prices(&batch.given()).next().is_none() && batch.tiers.is_empty() {
            found.push("a batch needs a price, or a multiplier such as 0.5".to_owned());
        }
    }
    found
}

fn of_tiers(tiers: &[Tier]) -> Vec<String> {
    let mut found = Vec::new();
    if !tiers.is_sorted_by(|one, next| one.above < next.above) {
        found.push("tiers must rise: each `above` is greater than the one before".to_owned());
    }
    if tiers.iter().any(|tier| tier.above == 0) {
        found.push("a tier above 0 tokens is every request: give the model these prices".to_owned());
    }
    if tiers.iter().any(|tier| prices(&tier.given()).next().is_none()) {
        found.push("a tier needs a price".to_owned());
    }
    found
}

/// Everything that is multiplied or added.
fn every_price(rates: &Rates) -> Vec<Decimal> {
    let mut levels = vec![rates.given()];
    levels.extend(rates.tiers.iter().map(Tier::given));
    let mut times = None;
    match &rates.batch {
        Some(Batch::Rates(batch)) => {
            levels.push(batch.given());
            levels.extend(batch.tiers.iter().map(Tier::given));
        }
        Some(Batch::Times(share)) => times = Some(share.0),
        None => {}
    }
    let of_tokens: Vec<Decimal> = levels.iter().flat_map(prices).collect();
    of_tokens.into_iter().chain(rates.request.map(|fee| fee.0)).chain(times).collect()
}

fn prices(given: &Given) -> impl Iterator<Item = Decimal> + use<> {
    let Given { input, output, cache_read, cache_write, cache_write_1h, reasoning } = *given;
    [input, output, cache_read, cache_write, cache_write_1h, reasoning].into_iter().flatten().map(|price| price.0)
}
