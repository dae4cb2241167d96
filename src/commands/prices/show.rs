//! `regild prices show`: the price of every alias, or of the models that are named, from the table that has it.

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Priced;
use crate::cli::Global;
use crate::commands::context::{Project, unknown};
use crate::cost::{Ladder, PerMillion, Prices, Tariff};
use crate::error::Result;
use crate::id::Id;
use crate::io::console;
use crate::report::escape;
use crate::report::numbers::{self, NBSP};
use crate::report::terminal::layout::{Page, dim, plain, strong};
use crate::side::Side;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// An alias of the settings, or provider/model; every alias, where left out.
    #[arg(value_name = "MODEL")]
    pub models: Vec<String>,
    /// Read REF instead of the working tree.
    #[arg(long, value_name = "REF", visible_alias = "head-ref")]
    pub head: Option<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    Terminal,
    Json,
}

/// One model, and what it costs.
struct Row {
    /// The alias, where it was asked for by one.
    alias: Option<String>,
    key: String,
    tariff: Option<std::sync::Arc<Tariff>>,
    max_input_tokens: Option<u64>,
    source: String,
    as_of: String,
}

impl Row {
    fn of(prices: &Prices, at: i64, alias: Option<String>, key: String) -> Self {
        let (source, as_of) = prices.source_of(&key);
        Self { alias, tariff: prices.tariff(&key, at), max_input_tokens: prices.context(&key), key, source, as_of }
    }
}

pub(super) fn run(global: &Global, project: &Project, args: &ShowArgs) -> Result<u8> {
    let side = project.head(args.head.as_deref())?;
    for broken in side.diagnostics.iter().filter(|found| found.is_error() && found.file == crate::config::PRICES) {
        console::note(&format!("warning: {}\n", escape::block(&broken.render())));
    }
    let rows = rows(&side, &args.models)?;
    let text = match args.format {
        ShowFormat::Terminal => {
            let mut page = Page::new(console::look(global.color));
            terminal(&mut page, &rows);
            page.finish()
        }
        ShowFormat::Json => {
            let models: Vec<Value> = rows.iter().map(json_of).collect();
            escape::json(&format!("{:#}\n", json!({ "models": models })))
        }
    };
    console::print(&text)?;
    Ok(0)
}

fn rows(side: &Side, wanted: &[String]) -> Result<Vec<Row>> {
    let priced = Priced::of(side);
    let row = |alias, key| Row::of(&side.prices, side.snapshot.origin.time, alias, key);
    if wanted.is_empty() {
        let aliases = priced.aliases.iter().map(|(id, key)| row(Some(id.to_string()), key.clone()));
        let others = priced.others.iter().map(|key| row(None, (*key).to_owned()));
        return Ok(aliases.chain(others).collect());
    }
    let named = wanted.iter().map(|name| {
        if name.contains('/') {
            return Ok(row(None, name.clone()));
        }
        let id = Id::new(name).map_err(crate::error::Error::usage)?;
        match priced.aliases.get(&id) {
            Some(key) => Ok(row(Some(name.clone()), key.clone())),
            None => Err(unknown("alias", &id, priced.aliases.keys().copied())),
        }
    });
    named.collect()
}

fn terminal(page: &mut Page, rows: &[Row]) {
    if rows.is_empty() {
        page.hang(0, &[], &[plain("the settings declare no model; name one as provider/model")]);
    }
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        let title = match &row.alias {
            Some(alias) => vec![strong(alias), plain(format!("  {}", row.key))],
            None => vec![strong(&row.key)],
        };
        page.hang(0, &[], &title);
        let Some(tariff) = &row.tariff else {
            page.hang(2, &[], &[plain("unknown: no table has a price for it")]);
            continue;
        };
        lines(tariff).iter().for_each(|line| page.hang(2, &[], &[plain(line)]));
        if let Some(tokens) = row.max_input_tokens {
            page.hang(2, &[], &[plain(format!("at most {} input tokens in a request", numbers::count(tokens)))]);
        }
        if let Some(day) = tariff.deprecated {
            page.hang(2, &[], &[plain(format!("deprecated from {day}"))]);
        }
        page.hang(2, &[], &[dim(format!("{}, as of {}", row.source, row.as_of))]);
    }
}

/// What a model costs, a sentence a line.
fn lines(tariff: &Tariff) -> Vec<String> {
    if tariff.free {
        return vec!["free".to_owned()];
    }
    let mut lines = vec!["US dollars per million tokens".to_owned()];
    lines.extend(ladder(&tariff.prices, ""));
    match &tariff.batch {
        Some(batch) => lines.extend(ladder(batch, "in a batch, ")),
        None => lines.push("in a batch: unknown".to_owned()),
    }
    if !tariff.request.is_zero() {
        lines.push(format!("and ${} a request", tariff.request.normalize()));
    }
    lines
}

fn ladder(ladder: &Ladder, when: &str) -> Vec<String> {
    let base = if when.is_empty() { String::new() } else { format!("{}: ", when.trim_end_matches(", ")) };
    let mut lines = vec![format!("{base}{}", prices(&ladder.base))];
    lines.extend(
        ladder
            .tiers
            .iter()
            .map(|(above, tier)| format!("{when}above {} input tokens: {}", numbers::count(*above), prices(tier))),
    );
    if let Some(up_to) = ladder.up_to {
        lines.push(format!("{when}above {} input tokens: unknown", numbers::count(up_to)));
    }
    lines
}

fn prices(prices: &PerMillion) -> String {
    let PerMillion { input, cache_read, cache_write, cache_write_1h, output, reasoning } = *prices;
    // What is priced as its nearest wider kind needs no words.
    let all = [
        ("input", input, None),
        ("output", output, None),
        ("cache read", cache_read, Some(input)),
        ("cache write", cache_write, Some(input)),
        ("cache write for an hour", cache_write_1h, Some(cache_write)),
        ("reasoning", reasoning, Some(output)),
    ];
    let differing = all.iter().filter(|(_, price, wider)| *wider != Some(*price));
    let shown = differing.map(|(name, price, _)| format!("{name} {}", price.normalize()).replace(' ', NBSP));
    shown.collect::<Vec<_>>().join(", ")
}

fn json_of(row: &Row) -> Value {
    let Row { alias, key, tariff, max_input_tokens, source, as_of } = row;
    let Some(tariff) = tariff else {
        return json!({"alias": alias, "model": key, "known": false, "max_input_tokens": max_input_tokens});
    };
    json!({
        "alias": alias,
        "model": key,
        "known": true,
        "free": tariff.free,
        "source": source,
        "as_of": as_of,
        "usd_per_million_tokens": (!tariff.free).then(|| json_ladder(&tariff.prices)),
        "batch": tariff.batch.as_ref().map(json_ladder),
        "usd_per_request": decimal(tariff.request),
        "max_input_tokens": max_input_tokens,
        "deprecated": tariff.deprecated.map(|day| day.to_string()),
    })
}

fn json_ladder(ladder: &Ladder) -> Value {
    let Ladder { base, tiers, up_to } = ladder;
    let mut value = json_prices(base);
    let tiers = tiers.iter().map(|(above, prices)| {
        let mut tier = json_prices(prices);
        tier.insert("above".to_owned(), (*above).into());
        Value::Object(tier)
    });
    value.insert("tiers".to_owned(), tiers.collect());
    value.insert("up_to".to_owned(), (*up_to).into());
    Value::Object(value)
}

fn json_prices(prices: &PerMillion) -> serde_json::Map<String, Value> {
    let PerMillion { input, cache_read, cache_write, cache_write_1h, output, reasoning } = *prices;
    let all = [
        ("input", input),
        ("cache_read", cache_read),
        ("cache_write", cache_write),
        ("cache_write_1h", cache_write_1h),
        ("output", output),
        ("reasoning", reasoning),
    ];
    all.into_iter().map(|(name, price)| (name.to_owned(), decimal(price))).collect()
}

fn decimal(amount: Decimal) -> Value {
    amount.normalize().to_string().into()
}
