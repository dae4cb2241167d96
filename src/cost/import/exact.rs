//! Numbers of a JSON file as they are written there. Never through floats, which would be other numbers.

use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// Digits that a float keeps; what has more was calculated in floats, and its last digits are noise.
const OF_A_FLOAT: usize = 15;
/// Digits that are kept of such a number. No price list has more.
const KEPT: u32 = 12;

/// A number as it is written; `None` for anything else, and for what no decimal holds.
pub(super) fn number(raw: &RawValue) -> Option<Decimal> {
    let text = raw.get();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if digits <= OF_A_FLOAT {
        return Some(number.normalize());
    }
    number.round_sf(KEPT).map(|number| number.normalize())
}

/// US dollars per million tokens, from those per token.
pub(super) fn per_million(per_token: Decimal) -> Option<Decimal> {
    per_token.checked_mul(Decimal::from(1_000_000)).map(|price| price.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_is_written() {
        for (text, want) in [
            ("1.5e-07", Some("0.15")),
            ("2.5E-6", Some("2.5")),
            ("0.0000012", Some("1.2")),
            ("0", Some("0")),
            ("0.0", Some("0")),
            ("6e-06", Some("6")),
            // Twelve digits of what floats made of it.
            ("2.9999999999999997e-06", Some("3")),
            ("2.9999900000000002e-06", Some("2.99999")),
            ("-1e-6", Some("-1")),
            ("1e-40", None),
            ("1e40", None),
            ("\"1e-6\"", None),
            ("null", None),
            ("{}", None),
        ] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            let found = number(&raw).and_then(per_million).map(|price| price.to_string());
            assert_eq!(found.as_deref(), want, "{text}");
        }
    }
}
