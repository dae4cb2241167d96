//! A price table as YAML: one line a model, always the same bytes for the same prices, so that a diff shows what changed.

use crate::config::Amount;
use crate::cost::prices::{Batch, BatchRates, Per, PriceFile, Rates, Tier};

/// The file's text. Comments of a file that it replaces are gone.
pub fn yaml(file: &PriceFile) -> String {
    let PriceFile { as_of, source, sha256, currency: _, models } = file;
    let mut text = "# Written by `regild prices import`, which does not keep comments.\n".to_owned();
    text.push_str(&format!("as_of: {as_of}\nsource: {}\n", quoted(source)));
    if let Some(sha256) = sha256 {
        text.push_str(&format!("sha256: {}\n", quoted(sha256)));
    }
    text.push_str("currency: USD\n");
    if models.is_empty() {
        text.push_str("models: {}\n");
        return text;
    }
    text.push_str("models:\n");
    for (key, rates) in models {
        text.push_str(&format!("  {}: {}\n", name(key), entry(rates)));
    }
    text
}

fn entry(rates: &Rates) -> String {
    let mut fields = Fields::default();
    fields.levels([
        rates.input,
        rates.output,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_1h,
        rates.reasoning,
    ]);
    fields.amount("request", rates.request);
    fields.tiers(&rates.tiers);
    match &rates.batch {
        Some(Batch::Times(times)) => fields.amount("batch", Some(Amount(times.0))),
        Some(Batch::Rates(rates)) => fields.add("batch", batch(rates)),
        None => {}
    }
    match rates.per {
        Per::Million => {}
        Per::Thousand => fields.add("per", "1K".to_owned()),
    }
    if rates.free {
        fields.add("free", "true".to_owned());
    }
    if let Some(tokens) = rates.max_input_tokens {
        fields.add("max_input_tokens", tokens.to_string());
    }
    if let Some(day) = rates.deprecated {
        fields.add("deprecated", day.to_string());
    }
    fields.finish()
}

fn batch(rates: &BatchRates) -> String {
    let BatchRates { input, output, cache_read, cache_write, cache_write_1h, reasoning, tiers } = rates;
    let mut fields = Fields::default();
    fields.levels([*input, *output, *cache_read, *cache_write, *cache_write_1h, *reasoning]);
    fields.tiers(tiers);
    fields.finish()
}

#[derive(Default)]
struct Fields(Vec<String>);

impl Fields {
    fn add(&mut self, name: &str, value: String) {
        self.0.push(format!("{name}: {value}"));
    }

    fn amount(&mut self, name: &str, amount: Option<Amount>) {
        if let Some(amount) = amount {
            self.add(name, format!("\"{}\"", amount.0.normalize()));
        }
    }

    fn levels(&mut self, prices: [Option<Amount>; 6]) {
        let names = ["input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"];
        for (name, price) in names.into_iter().zip(prices) {
            self.amount(name, price);
        }
    }

    fn tiers(&mut self, tiers: &[Tier]) {
        if tiers.is_empty() {
            return;
        }
        let tiers = tiers.iter().map(|tier| {
            let Tier { above, input, output, cache_read, cache_write, cache_write_1h, reasoning } = *tier;
            let mut fields = Self::default();
            fields.add("above", above.to_string());
            fields.levels([input, output, cache_read, cache_write, cache_write_1h, reasoning]);
            fields.finish()
        });
        self.add("tiers", format!("[{}]", tiers.collect::<Vec<_>>().join(", ")));
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.0.join(", "))
    }
}

/// A key, in quotes where YAML could take it for something else.
fn name(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./@-".contains(c);
    let is_clear = key.contains('/') && key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(is_plain);
    if is_clear { key.to_owned() } else { quoted(key) }
}

/// Text in double quotes; what is not plain ASCII is written as an escape, so that nothing hides in it.
fn quoted(text: &str) -> String {
    let mut shown = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            ' '..='~' => shown.push(c),
            _ => shown.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    shown.push('"');
    shown
}
