//! Bank accounts: IBANs in a row or in groups of four, with the checksum of ISO 13616.

use super::is_end;

/// The shortest IBAN is Norway's, the longest a country may have.
const CHARS: std::ops::RangeInclusive<usize> = 15..=34;

/// The length of the IBAN that `ahead` begins with.
pub(super) fn length(ahead: &str) -> Option<usize> {
    let [a, b, c, d, ..] = ahead.as_bytes() else { return None };
    if !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return None;
    }
    let mut iban = String::new();
    let (mut found, mut gap, mut group) = (None, None, 0);
    for (at, c) in ahead.char_indices() {
        match c {
            'a'..='z' if at < 2 => iban.push(c.to_ascii_uppercase()),
            '0'..='9' | 'A'..='Z' => iban.push(c),
            // Groups have four characters, and the same gap between them.
            ' ' | '\u{a0}' | '-' if group == 4 && gap.is_none_or(|gap| gap == c) => {
                (gap, group) = (Some(c), 0);
                continue;
            }
            _ => break,
        }
        group += 1;
        if iban.len() > *CHARS.end() || (gap.is_some() && group > 4) {
            break;
        }
        let after = &ahead[at + c.len_utf8()..];
        if is_end(after) && CHARS.contains(&iban.len()) && has_checksum(&iban) {
            found = Some(at + c.len_utf8());
        }
    }
    found
}

/// The account first, then country and check digits; letters count from 10: one more than a multiple of 97.
fn has_checksum(iban: &str) -> bool {
    let (start, account) = iban.split_at(4);
    let rest = account.chars().chain(start.chars()).fold(0, |rest, c| {
        let value = c.to_digit(36).unwrap_or_default();
        (rest * if value < 10 { 10 } else { 100 } + value) % 97
    });
    rest == 1
}
