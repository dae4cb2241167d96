//! Phone numbers, in the forms that are theirs alone. Digits in a row may be anything, so that they count only behind a word that
//! says what they are.
//!
//! | form | such as |
//! |---|---|
//! | international, behind `+` | `+49 30 1234567`, `+1 (415) 555-2671`, `+4915112345678` |
//! | international, behind `00` and in groups | `0049 30 1234567` |
//! | North American, with `-`, `.` or parentheses | `415-555-2671`, `(415) 555-2671`, `1-415-555-2671` |
//! | national, with a leading 0 and in groups of 9 to 12 digits | `030 1234567`, `0151/12345678`, `01 42 68 53 00` |
//! | any, behind a word such as `phone` or `tel.` | `phone: 5552671` |

use super::digits::{Group, goes_on, groups, joined, stops};
use super::is_word;

/// Words that say that what follows is a phone number.
const WORDS: &[&str] = &[
    "tel",
    "telephone",
    "telefon",
    "téléphone",
    "teléfono",
    "phone",
    "mobile",
    "mobil",
    "móvil",
    "cell",
    "cellphone",
    "handy",
    "fax",
    "whatsapp",
];
/// Words that may stand between.
const NUMBER: &[&str] = &["number", "no", "nr", "nummer", "is"];
/// The longest of these words, in characters.
const MAX_WORD: usize = 12;
/// The most that may stand between a word and what it is about, in characters.
const MAX_BETWEEN: usize = 6;

/// The length of the phone number that `ahead` begins with.
pub(super) fn length(before: &str, ahead: &str) -> Option<usize> {
    if !ahead.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')) || goes_on(before) {
        return None;
    }
    let opening = usize::from(ahead.starts_with(['+', '(']));
    let digits = &ahead[opening..];
    let groups = groups(digits);
    // Parentheses are around an area, or around something that is more than the number.
    if ahead.starts_with('(') && !groups.get(1).is_some_and(|group| group.gap.starts_with(')')) {
        return None;
    }
    let is_named = is_named(before);
    let is_phone = |count: &usize| {
        let some = &groups[..*count];
        let is_number = match ahead.as_bytes() {
            [b'+', ..] => is_international(some),
            _ => is_dialled_abroad(some) || is_american(some) || is_national(some) || (is_named && is_any(some)),
        };
        is_number && stops(&digits[some[count - 1].end..])
    };
    let count = (1..=groups.len()).rev().find(is_phone)?;
    Some(opening + groups[count - 1].end)
}

fn count(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.digits.len()).sum()
}

/// By E.164, behind a plus. What is written in a row is whole, and a dot behind so many digits is a decimal's.
fn is_international(groups: &[Group<'_>]) -> bool {
    let [first, rest @ ..] = groups else { return false };
    let least = if rest.is_empty() { 9 } else { 8 };
    let is_whole = first.digits.len() >= 8 && !rest.is_empty();
    let is_decimal = rest.first().is_some_and(|group| group.gap == "." && first.digits.len() > 3);
    !first.digits.starts_with('0') && !is_whole && !is_decimal && (least..=15).contains(&count(groups))
}

/// With the country's digits behind two zeros.
fn is_dialled_abroad(groups: &[Group<'_>]) -> bool {
    let [first, _, ..] = groups else { return false };
    let is_country = joined(groups).strip_prefix("00").is_some_and(|rest| !rest.starts_with('0'));
    is_country && (2..=6).contains(&first.digits.len()) && (10..=17).contains(&count(groups))
}

/// Area, exchange and line; neither of the first two begins with 0 or 1.
fn is_american(groups: &[Group<'_>]) -> bool {
    let (groups, country) = match groups {
        [one, rest @ ..] if one.digits == "1" => (rest, rest.first().map(|area| area.gap)),
        all => (all, None),
    };
    let [area, exchange, line] = groups else { return false };
    let is_code = |group: &Group<'_>| group.digits.len() == 3 && !group.digits.starts_with(['0', '1']);
    let is_gap = match (exchange.gap, line.gap) {
        ("-", "-") | (".", ".") | (")" | ") " | ")-", "-" | "." | " ") => true,
        // Three numbers in a row are no phone number, unless a country's stands before them.
        (" ", " ") => country.is_some(),
        _ => false,
    };
    is_code(area) && is_code(exchange) && line.digits.len() == 4 && is_gap
}

/// With the zero that many countries dial before an area; no date, and no postal code.
fn is_national(groups: &[Group<'_>]) -> bool {
    let [first, second, ..] = groups else { return false };
    if !first.digits.starts_with('0') || first.digits.starts_with("00") {
        return false;
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let is_dotted = groups.iter().any(|group| group.gap.contains('.'));
    let is_in_pairs = lengths == [2; 5] && groups[1..].iter().all(|group| group.gap == second.gap);
    let is_year = second.digits.starts_with("19") || second.digits.starts_with("20");
    let is_date = match second.gap {
        "/" if lengths.starts_with(&[2, 4]) => is_year,
        "/" | "-" => lengths.starts_with(&[2, 2]) && !is_in_pairs,
        _ => false,
    };
    let is_postal_code = lengths == [5, 4] && second.gap == "-";
    lengths.iter().all(|digits| *digits >= 2)
        && lengths[0] <= 6
        && (9..=12).contains(&count(groups))
        && (!is_dotted || is_in_pairs)
        && !is_date
        && !is_postal_code
}

/// Whatever may be a number to dial; a date may not.
fn is_any(groups: &[Group<'_>]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let is_date = lengths.starts_with(&[4, 2, 2]) && groups[0].digits.starts_with(['1', '2']);
    (6..=15).contains(&count(groups)) && !is_date
}

/// Whether `before` ends with a word that says so.
fn is_named(before: &str) -> bool {
    let Some((word, before)) = last_word(before) else { return false };
    if NUMBER.contains(&word.as_str()) {
        return last_word(before).is_some_and(|(word, _)| WORDS.contains(&word.as_str()));
    }
    WORDS.contains(&word.as_str())
}

/// The last word of `text` in small letters, and what stands before it.
fn last_word(text: &str) -> Option<(String, &str)> {
    let is_between = |c: &char| matches!(c, ' ' | '\u{a0}' | ':' | '.' | '=' | '"' | '\'' | '#' | '*' | '_' | '(');
    let between = text.chars().rev().take(MAX_BETWEEN).take_while(is_between).map(char::len_utf8).sum::<usize>();
    let text = &text[..text.len() - between];
    let word = text.chars().rev().take(MAX_WORD + 1).take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>();
    let (before, word) = text.split_at(text.len() - word);
    (1..=MAX_WORD).contains(&word.chars().count()).then(|| (word.to_lowercase(), before))
}
