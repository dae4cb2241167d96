//! Rows of tables that the comment and the page share: metrics and amounts of money, as texts.
//!
//! Wording is that of `words` and `numbers`; texts are not escaped.

use serde::Serialize;

use super::numbers::{self, Sign};
use super::{CostTotal, Metric, Prompt, monthly, words};

/// A row of the table: a metric, or a cost.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    pub mark: &'static str,
    pub label: String,
    pub base: String,
    pub head: String,
    pub change: String,
    pub base_p95: String,
    pub head_p95: String,
    pub note: String,
}

/// A metric, with its mark and its limit.
pub fn metric(name: &str, metric: &Metric) -> Row {
    let show = |value: Option<f64>, how: fn(&str, f64) -> String| {
        value.map_or_else(|| words::NONE.to_owned(), |value| how(name, value))
    };
    let (mark, note) = words::metric_status(metric);
    Row {
        mark,
        label: words::metric(name).to_owned(),
        base: show(metric.base_mean, numbers::measure),
        head: show(metric.head_mean, numbers::measure),
        change: metric.mean_ratio().map(numbers::change).unwrap_or_default(),
        base_p95: show(metric.base_p95, numbers::observed),
        head_p95: show(metric.head_p95, numbers::observed),
        note,
    }
}

/// What a prompt costs, where anything of it is known.
pub fn costs(prompt: &Prompt) -> Vec<Row> {
    let Some(cost) = monthly::shown(prompt) else { return Vec::new() };
    let row = |label: &str, base, head, change: Option<_>, percent: Option<String>| {
        let amount =
            |usd: Option<_>| usd.map_or_else(|| words::NONE.to_owned(), |usd| numbers::money(usd, Sign::Negative));
        let percent = percent.map(|percent| format!(" ({percent})")).unwrap_or_default();
        let change = change.map(|usd| format!("{}{percent}", numbers::money(usd, Sign::Always)));
        Row {
            label: label.to_owned(),
            base: amount(base),
            head: amount(head),
            change: change.unwrap_or_default(),
            ..Row::default()
        }
    };
    let usd = |text: &Option<String>| numbers::decimal(text.as_deref());
    let mut rows: Vec<Row> = cost
        .environments
        .iter()
        .map(|one| {
            let (base, head) = (usd(&one.base_usd_month), usd(&one.head_usd_month));
            row(&format!("per month, {}", one.name), base, head, usd(&one.delta_usd_month), None)
        })
        .collect();
    let requests = &cost.usd_per_1k_requests;
    let month = (usd(&cost.base_usd_month), usd(&cost.head_usd_month));
    let thousand = (usd(&requests.base), usd(&requests.head));
    if month.0.or(month.1).is_some() {
        rows.push(row("cost per month", month.0, month.1, usd(&cost.delta_usd_month), numbers::share(prompt, &cost)));
    }
    if thousand.0.or(thousand.1).is_some() {
        rows.push(row("cost per 1,000 requests", thousand.0, thousand.1, numbers::difference(requests), None));
    }
    rows
}

/// What all affected prompts cost together: `$756.00 → $1,449.00, +$693.00 (+92 %)`.
pub fn total(cost: &CostTotal) -> String {
    let delta = numbers::decimal(cost.delta_usd_month.as_deref()).map(|usd| {
        let percent = cost.delta_percent.map(|percent| format!(" ({})", numbers::percent(percent)));
        format!(", {}{}", numbers::money(usd, Sign::Always), percent.unwrap_or_default())
    });
    let notes: String = monthly::total_notes(cost).iter().map(|note| format!("; {note}")).collect();
    format!("{}{}{notes}", monthly::amounts(cost), delta.unwrap_or_default())
}

pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
