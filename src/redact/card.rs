//! Payment cards: 13 to 19 digits in a row or in groups, of an issuer, and with the checksum of ISO/IEC 7812.

use super::digits::{goes_on, groups, joined};
use super::is_end;

/// The first four digits that issuers have, and how many digits their cards. Dates and times in a row begin otherwise.
const ISSUERS: &[(u32, u32, &[usize])] = &[
    (1000, 1999, &[15]),                     // UATP
    (2200, 2204, &[16, 17, 18, 19]),         // Mir
    (2221, 2720, &[16]),                     // Mastercard
    (3000, 3059, &[14, 15, 16, 17, 18, 19]), // Diners Club
    (3095, 3095, &[14, 15, 16, 17, 18, 19]),
    (3400, 3499, &[15]),             // American Express
    (3528, 3589, &[16, 17, 18, 19]), // JCB
    (3600, 3699, &[14, 15, 16, 17, 18, 19]),
    (3700, 3799, &[15]),
    (3800, 3999, &[14, 15, 16, 17, 18, 19]),
    (4000, 4999, &[13, 16, 18, 19]),             // Visa
    (5000, 5099, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5100, 5599, &[16]),                         // Mastercard
    (5600, 5899, &[13, 14, 15, 16, 17, 18, 19]),
    (6000, 6999, &[13, 14, 15, 16, 17, 18, 19]), // Discover, UnionPay, Maestro, RuPay
    (8100, 8299, &[16, 17, 18, 19]),             // UnionPay, RuPay
    (9792, 9792, &[16]),                         // Troy
];

/// The length of the card number that `ahead` begins with.
pub(super) fn length(before: &str, ahead: &str) -> Option<usize> {
    // Behind a plus stands somebody's phone.
    if goes_on(before) || before.ends_with('+') {
        return None;
    }
    let groups = groups(ahead);
    let is_card = |count: &usize| {
        let some = &groups[..*count];
        is_grouped(some.iter().map(|group| (group.gap, group.digits.len())))
            && is_end(&ahead[some[count - 1].end..])
            && is_issued(&joined(some))
    };
    let count = (1..=groups.len()).rev().find(is_card)?;
    Some(groups[count - 1].end)
}

/// In a row, or as cards are printed: groups of three to seven digits, the last of which may be shorter, with equal gaps.
fn is_grouped<'t>(groups: impl Iterator<Item = (&'t str, usize)> + Clone) -> bool {
    let gap = groups.clone().nth(1).map(|(gap, _)| gap);
    let count = groups.clone().count();
    count == 1
        || groups.enumerate().all(|(at, (between, digits))| match at {
            0 => matches!(digits, 4 | 6),
            _ => {
                matches!(between, " " | "\u{a0}" | "-")
                    && Some(between) == gap
                    && (if at + 1 == count { 1..=7 } else { 3..=7 }).contains(&digits)
            }
        })
}

fn is_issued(digits: &str) -> bool {
    let Some(first) = digits.get(..4).and_then(|first| first.parse::<u32>().ok()) else { return false };
    let fits =
        |(from, to, lengths): &(u32, u32, &[usize])| (*from..=*to).contains(&first) && lengths.contains(&digits.len());
    ISSUERS.iter().any(fits) && has_checksum(digits)
}

/// Luhn's checksum: every second digit from the right counts twice, and the digits of all that add up to tens.
fn has_checksum(digits: &str) -> bool {
    let weighed = digits.bytes().rev().enumerate().map(|(at, byte)| {
        let digit = u32::from(byte - b'0') * if at % 2 == 0 { 1 } else { 2 };
        digit / 10 + digit % 10
    });
    weighed.sum::<u32>() % 10 == 0
}
