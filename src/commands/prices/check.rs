//! `regild prices check`: whether the table can be read, is recent, and has a price for every model that serves.

use clap::Args;

use super::{Priced, serving};
use crate::cli::Global;
use crate::commands::context::Project;
use crate::config::{Date, PRICES};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::io::console;
use crate::report::escape;
use crate::report::sign;
use crate::report::terminal::layout::{Page, plain, strong};
use crate::report::words;
use crate::side::Side;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Read REF instead of the working tree.
    #[arg(long, value_name = "REF", visible_alias = "head-ref")]
    pub head: Option<String>,
}

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Error,
    Warning,
    Note,
}

/// Days after which prices may have changed unnoticed.
const RECENT: i64 = 90;

pub(super) fn run(global: &Global, project: &Project, args: &CheckArgs) -> Result<u8> {
    let side = project.head(args.head.as_deref())?;
    let of_table = |found: &&Diagnostic| found.is_error() && found.file == PRICES;
    let broken: Vec<&Diagnostic> = side.diagnostics.iter().filter(of_table).collect();
    let mut text: String = broken.iter().map(|found| format!("{}\n\n", escape::block(&found.render()))).collect();
    // Where the table cannot be read, nothing can be said about what is in it.
    let remarks = if broken.is_empty() { remarks(&side) } else { Vec::new() };
    let mut page = Page::new(console::look(global.color));
    for (weight, remark) in &remarks {
        let mark = match weight {
            Weight::Error => words::BAD,
            Weight::Warning => words::CARE,
            Weight::Note => words::OPEN,
        };
        page.hang(0, &[sign(mark), plain(" ")], &[plain(remark)]);
    }
    let failed = !broken.is_empty() || remarks.iter().any(|(weight, _)| *weight == Weight::Error);
    page.hang(0, &[], &[strong(sentence(&side, failed, broken.is_empty()))]);
    text.push_str(&page.finish());
    console::print(&text)?;
    Ok(u8::from(failed))
}

fn sentence(side: &Side, failed: bool, is_read: bool) -> String {
    match (failed, is_read) {
        (true, false) => format!("{PRICES} cannot be used"),
        (true, true) => format!("give these models a price in {PRICES}, or take one with regild prices import"),
        (false, _) => match serving(side).len() {
            0 => "no model serves, so none needs a price".to_owned(),
            1 => "the model that serves has a price".to_owned(),
            n => format!("all {n} models that serve have a price"),
        },
    }
}

/// What there is to say, the gravest first.
fn remarks(side: &Side) -> Vec<(Weight, String)> {
    let (prices, now) = (&side.prices, side.snapshot.origin.time);
    let priced = Priced::of(side);
    let serving = serving(side);
    let mut found = Vec::new();
    for (id, key) in &priced.aliases {
        if prices.knows(key, now) {
            continue;
        }
        found.push(match serving.contains_key(id) {
            true => (Weight::Error, format!("{id} serves, and no table has a price for {key}")),
            false => (Weight::Note, format!("{id} does not serve, and no table has a price for {key}")),
        });
    }
    for key in priced.others.iter().filter(|key| !prices.knows(key, now)) {
        found.push((Weight::Error, format!("traffic falls back to {key}, and no table has a price for it")));
    }
    let today = today(now);
    for key in priced.keys() {
        match prices.deprecated(key) {
            Some(day) if day <= today => {
                found.push((Weight::Warning, format!("{key} is deprecated since {day}: move to another model")));
            }
            Some(day) => found.push((Weight::Note, format!("{key} will be deprecated on {day}"))),
            None => {}
        }
    }
    found.extend(age(side, &priced, today));
    let used = priced.keys();
    for (key, _) in prices.models().filter(|(key, _)| !used.contains(key)) {
        found.push((Weight::Note, format!("{key} has a price, and no alias uses it")));
    }
    found.sort_by_key(|(weight, _)| *weight);
    found
}

/// Says of each table that is used and old, how old it is.
fn age(side: &Side, priced: &Priced<'_>, today: Date) -> Vec<(Weight, String)> {
    let (prices, now) = (&side.prices, side.snapshot.origin.time);
    let used = priced.keys().into_iter().filter(|key| prices.knows(key, now));
    let tables: std::collections::BTreeMap<_, _> = used.map(|key| (prices.source_of(key), prices.has(key))).collect();
    let old = tables.into_iter().filter_map(|((source, as_of), is_own)| {
        let days = (today.0 - as_of.parse::<chrono::NaiveDate>().ok()?).num_days();
        let (weight, how) = match is_own {
            true => (Weight::Warning, "look its prices up again, and write the day in `as_of`"),
            false => (Weight::Note, "prices that you rely on belong in prices.yaml"),
        };
        (days > RECENT).then(|| (weight, format!("{source} is {days} days old: {how}")))
    });
    old.collect()
}

/// The day that the working tree's commit, or the one that is read, was made.
fn today(now: i64) -> Date {
    Date(chrono::DateTime::from_timestamp(now, 0).map_or(chrono::NaiveDate::MIN, |time| time.date_naive()))
}
