//! Email addresses: a name, `@`, and a domain with a top level of letters.
//!
//! Names and domains may hold letters of every script that has small and capital ones; of the others only Latin letters, since
//! what stands before and after an address is written without spaces there.

use super::is_word;

/// The longest name, in characters.
const MAX_NAME: usize = 64;
/// The longest domain, in characters.
const MAX_DOMAIN: usize = 255;

/// The length of the address that `ahead` begins with.
pub(super) fn length(ahead: &str) -> Option<usize> {
    if !ahead.starts_with(is_word) {
        return None;
    }
    let is_name = |c: char| is_word(c) || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
    let (at, c) = ahead.char_indices().take(MAX_NAME + 1).find(|(_, c)| !is_name(*c))?;
    let from = at + 1;
    (c == '@').then(|| Some(from + domain(&ahead[from..])?)).flatten()
}

/// The length of the domain that `text` begins with: as far as a label can be a top level.
fn domain(text: &str) -> Option<usize> {
    let text = text.char_indices().nth(MAX_DOMAIN).map_or(text, |(end, _)| &text[..end]);
    let run = |from: usize, is_in: fn(char) -> bool| {
        let rest = &text[from..];
        &rest[..rest.find(|c| !is_in(c)).unwrap_or(rest.len())]
    };
    let (mut start, mut found) = (0, None);
    loop {
        let label = run(start, |c| is_word(c) || c == '-');
        let end = start + label.len();
        if start > 0 {
            // What follows a hyphen may be another word, which the end of an address does not need.
            let letters = run(start, |c| is_word(c) && !c.is_ascii_digit());
            if label.starts_with("xn--") {
                found = Some(start + label.trim_end_matches('-').len());
            } else if letters.chars().count() >= 2 && !label[letters.len()..].starts_with(is_word) {
                found = Some(start + letters.len());
            }
        }
        if label.is_empty() || !text[end..].starts_with('.') {
            return found;
        }
        start = end + 1;
    }
}
