//! Numbers and money as people read them: thousands in groups, a sign on every difference, `$0.00` only for nothing.
//!
//! Values come out as texts without unsafe characters. What is unknown stays `None`: no function here makes a 0 of it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Cost, Pair, Prompt};

/// A space at which no line breaks, between a number and its unit. Renderers show it as a space.
pub const NBSP: &str = "\u{a0}";

/// `1,234`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// `1 task`, `2 tasks`; `noun` may be `recording missing`, of which the first word is counted.
pub fn counted(value: usize, noun: &str) -> String {
    let (word, rest) = noun.split_once(' ').map_or((noun, String::new()), |(word, rest)| (word, format!(" {rest}")));
    let ending = if value == 1 { "" } else { "s" };
    format!("{}{NBSP}{word}{ending}{rest}", count(value as u64))
}

/// A mean of a metric.
pub fn measure(metric: &str, value: f64) -> String {
    let usd = if metric.ends_with("_usd") { Decimal::from_f64_retain(value) } else { None };
    match usd {
        // One run costs fractions of a cent; its first digits are what tells two of them apart.
        Some(usd) if usd.abs() < Decimal::ONE => signed_money(usd, Sign::Negative, &significant(usd, 3)),
        Some(usd) => money(usd, Sign::Negative),
        None => plain(value),
    }
}

/// A value that one run had, such as a percentile: whole where it is.
pub fn observed(metric: &str, value: f64) -> String {
    measure(metric, value).trim_end_matches(".0").to_owned()
}

fn plain(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "?".to_owned(),
        size if size >= 1e15 => format!("{value:.1e}").replace('-', "−"),
        size if size >= 100.0 => signed_digits(&format!("{value:.0}")),
        _ => signed_digits(&format!("{value:.1}")),
    }
}

/// A ratio as a difference: `+92 %`; from tenfold on as a factor, `×11.2`.
pub fn change(ratio: f64) -> String {
    match ratio {
        ratio if !ratio.is_finite() => "?".to_owned(),
        ratio if ratio >= 10.0 => format!("×{}", plain(ratio)),
        ratio => percent((ratio - 1.0) * 100.0),
    }
}

/// `+92 %`, `−3.4 %`, `±0 %`.
pub fn percent(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let digits = if value.abs() < 9.95 { format!("{:.1}", value.abs()) } else { format!("{:.0}", value.abs()) };
    let digits = digits.strip_suffix(".0").unwrap_or(&digits);
    let sign = if digits == "0" { "±" } else { sign_of(value < 0.0) };
    format!("{sign}{}{NBSP}%", grouped(digits))
}

/// Which amounts carry a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Amounts: only those below nothing.
    Negative,
    /// Differences: all.
    Always,
}

/// A decimal string of the report as a number; `None` where it is unknown or no number.
pub fn decimal(text: Option<&str>) -> Option<Decimal> {
    text.and_then(|text| text.parse().ok())
}

/// `$1,234.50`, `+$693.00`. Amounts below a cent keep two digits, so that a price is never shown as nothing.
pub fn money(usd: Decimal, sign: Sign) -> String {
    let cents = usd.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let digits = if usd.abs() < Decimal::new(1, 2) { significant(usd, 2) } else { format!("{:.2}", cents.abs()) };
    signed_money(usd, sign, &digits)
}

fn significant(usd: Decimal, digits: u32) -> String {
    let amount = usd.abs();
    if amount.is_zero() { "0.00".to_owned() } else { amount.round_sf(digits).unwrap_or(amount).normalize().to_string() }
}

/// Like [`money`], without cents from $100 on.
pub fn short_money(usd: Decimal, sign: Sign) -> String {
    if usd.abs() < Decimal::ONE_HUNDRED {
        return money(usd, sign);
    }
    let dollars = usd.abs().round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    signed_money(usd, sign, &dollars.normalize().to_string())
}

fn signed_money(usd: Decimal, sign: Sign, digits: &str) -> String {
    let sign = match (usd.is_zero(), usd.is_sign_negative(), sign) {
        (true, _, Sign::Always) => "±",
        (false, true, _) => "−",
        (false, false, Sign::Always) => "+",
        (true, _, Sign::Negative) | (false, false, Sign::Negative) => "",
    };
    format!("{sign}${}", grouped(digits))
}

/// What a prompt's requests cost more or less, per 1,000.
pub fn difference(pair: &Pair) -> Option<Decimal> {
    decimal(pair.head.as_deref())?.checked_sub(decimal(pair.base.as_deref())?)
}

/// What the difference is as a share of base; `new` where base has no such prompt.
pub fn share(prompt: &Prompt, cost: &Cost) -> Option<String> {
    if prompt.base.is_none() { Some("new".to_owned()) } else { delta_percent(cost) }
}

/// The monthly difference as a share of base.
pub fn delta_percent(cost: &Cost) -> Option<String> {
    let base = decimal(cost.base_usd_month.as_deref())?;
    let share = decimal(cost.delta_usd_month.as_deref())?.checked_div(base)?;
    Some(percent(f64::try_from(share).ok()? * 100.0))
}

fn sign_of(is_negative: bool) -> &'static str {
    if is_negative { "−" } else { "+" }
}

fn signed_digits(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c| matches!(c, '1'..='9')) => format!("−{}", grouped(digits)),
        Some(digits) => grouped(digits),
        None => grouped(text),
    }
}

/// Puts a comma between thousands of the whole part of `digits`.
fn grouped(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut out = String::with_capacity(digits.len() + whole / 3);
    for (at, c) in digits.char_indices() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_has_cents_groups_and_signs() {
        for (amount, plain, delta, short) in [
            ("1234.5", "$1,234.50", "+$1,234.50", "+$1,235"),
            ("-693", "−$693.00", "−$693.00", "−$693"),
            ("0", "$0.00", "±$0.00", "±$0.00"),
            ("0.000631", "$0.00063", "+$0.00063", "+$0.00063"),
            ("-0.004", "−$0.004", "−$0.004", "−$0.004"),
            ("0.005", "$0.005", "+$0.005", "+$0.005"),
            ("1234567.891", "$1,234,567.89", "+$1,234,567.89", "+$1,234,568"),
        ] {
            assert_eq!(money(usd(amount), Sign::Negative), plain);
            assert_eq!(money(usd(amount), Sign::Always), delta);
            assert_eq!(short_money(usd(amount), Sign::Always), short);
        }
    }

    #[test]
    fn ratios_read_as_changes() {
        for (ratio, shown) in
            [(1.9163, "+92 %"), (0.966, "−3.4 %"), (1.0, "±0 %"), (1.0999, "+10 %"), (11.2, "×11.2"), (f64::NAN, "?")]
        {
            assert_eq!(change(ratio).replace(NBSP, " "), shown);
        }
    }

    #[test]
    fn measures_carry_their_unit() {
        for (metric, value, shown) in [
            ("total_tokens", 14200.4, "14,200"),
            ("tool_calls", 4.0, "4.0"),
            ("latency_ms", 1240.0, "1,240"),
            ("cost_usd", 0.012075, "$0.0121"),
            ("cost_usd", 0.0, "$0.00"),
            ("cost_usd", 0.0063, "$0.0063"),
            ("total_tokens", -0.01, "0.0"),
            ("total_tokens", 1e300, "1.0e300"),
        ] {
            assert_eq!(measure(metric, value).replace(NBSP, " "), shown);
        }
    }

    #[test]
    fn unknown_is_never_nothing() {
        assert_eq!(decimal(None), None);
        assert_eq!(decimal(Some("a lot")), None);
        assert_eq!(difference(&Pair { base: None, head: Some("1".into()) }), None);
    }

    #[test]
    fn counts_nouns() {
        assert_eq!(counted(1, "task").replace(NBSP, " "), "1 task");
        assert_eq!(counted(1200, "recording missing").replace(NBSP, " "), "1,200 recordings missing");
    }
}
