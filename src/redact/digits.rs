//! Digits in groups, as people write long numbers. What a number is, the kinds say.

use super::is_end;

/// More digits than any number that is looked for has.
const MAX_DIGITS: usize = 20;
/// The longest gap between two groups, in characters.
const MAX_GAP: usize = 3;

/// A run of digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'t> {
    /// What stands between it and the group before it.
    pub gap: &'t str,
    pub digits: &'t str,
    /// Where it ends, from the first group's first digit.
    pub end: usize,
}

/// The groups of digits that `text` begins with.
pub(super) fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let (mut start, mut seen, mut gap) = (0, 0, "");
    while seen < MAX_DIGITS {
        let run = text.as_bytes()[start..].iter().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
        if run == 0 {
            break;
        }
        let end = start + run;
        groups.push(Group { gap, digits: &text[start..end], end });
        seen += run;
        let is_gap = |c: &char| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
        let between = text[end..].chars().take(MAX_GAP).take_while(is_gap).map(char::len_utf8).sum::<usize>();
        gap = &text[end..end + between];
        start = end + between;
        if gap.is_empty() {
            break;
        }
    }
    groups
}

/// All digits of some groups.
pub(super) fn joined(groups: &[Group<'_>]) -> String {
    groups.iter().map(|group| group.digits).collect()
}

/// Whether what begins behind `before` would be the rest of a longer number: of a decimal, a date, an id.
pub(super) fn goes_on(before: &str) -> bool {
    let bytes = before.as_bytes();
    matches!(bytes, [.., digit, b'.' | b'-'] if digit.is_ascii_digit())
}

/// Whether a number ends where `after` begins, and does not go on as a longer one.
pub(super) fn stops(after: &str) -> bool {
    let goes_on = matches!(after.as_bytes(), [b'.' | b'-', digit, ..] if digit.is_ascii_digit());
    is_end(after) && !goes_on
}
