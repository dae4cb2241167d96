//! Personal data and keys, taken out of a text before it goes into a log.
//!
//! A text is read from left to right, and each kind says how much of what lies ahead is one of its own: a checksum or a strict
//! shape, never a bare guess. Every look ahead is bounded or is taken out with what it found, so that the time grows with the text
//! and not faster. Pure; which texts are redacted is not decided here.

mod card;
mod digits;
mod email;
mod iban;
mod key;
mod phone;
mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

pub use secrets::Secrets;
use serde::Serialize;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    Phone,
    Card,
    Iban,
    Key,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Email, Self::Phone, Self::Card, Self::Iban, Self::Key];

    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::Key => "[key]",
        }
    }
}

/// A text without what was found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    /// How often each kind was found.
    pub found: BTreeMap<Kind, usize>,
}

/// A part of a text on its way to be redacted.
enum Piece<'t> {
    Text(&'t str),
    Found(Kind),
    /// A mark that the text came with. It counts for nothing, and nothing reaches across it.
    Marked(Kind),
}

/// Takes out what is one of `secrets`, and what its shape gives away. What was redacted is not redacted again.
pub fn redact(text: &str, secrets: &Secrets) -> Redacted {
    let mut pieces = split(vec![Piece::Text(text)], Piece::Marked, |_, ahead| marked(ahead));
    pieces = split(pieces, Piece::Found, |_, ahead| Some((Kind::Key, secrets.length(ahead)?)));
    // An address must not take away the beginning of a key, by which it is known.
    pieces = split(pieces, Piece::Found, |before, ahead| Some((Kind::Key, key::length(before, ahead)?)));
    pieces = split(pieces, Piece::Found, personal);
    // What has a checksum is surer than a phone number, which might take away its first digits.
    pieces = split(pieces, Piece::Found, |before, ahead| {
        is_edge(before, ahead).then(|| phone::length(before, ahead)).flatten().map(|length| (Kind::Phone, length))
    });
    let mut redacted = Redacted { text: String::with_capacity(text.len()), found: BTreeMap::new() };
    for piece in pieces {
        match piece {
            Piece::Text(text) => redacted.text.push_str(text),
            Piece::Marked(kind) => redacted.text.push_str(kind.mark()),
            Piece::Found(kind) => {
                redacted.text.push_str(kind.mark());
                *redacted.found.entry(kind).or_default() += 1;
            }
        }
    }
    redacted
}

/// Splits texts wherever `find` finds something. It is given what lies behind, back to the last find, and what lies ahead.
fn split<'t>(
    pieces: Vec<Piece<'t>>,
    becomes: fn(Kind) -> Piece<'t>,
    find: impl Fn(&str, &str) -> Option<(Kind, usize)>,
) -> Vec<Piece<'t>> {
    let mut all = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Text(text) = piece else {
            all.push(piece);
            continue;
        };
        let (mut start, mut at) = (0, 0);
        while let Some(c) = text[at..].chars().next() {
            match find(&text[start..at], &text[at..]) {
                None => at += c.len_utf8(),
                Some((kind, length)) => {
                    all.extend([Piece::Text(&text[start..at]), becomes(kind)]);
                    at += length;
                    start = at;
                }
            }
        }
        all.push(Piece::Text(&text[start..]));
    }
    all
}

fn marked(ahead: &str) -> Option<(Kind, usize)> {
    let kind = Kind::ALL.into_iter().find(|kind| ahead.starts_with(kind.mark()))?;
    Some((kind, kind.mark().len()))
}

/// What tells who somebody is or where their money is; the longest, where several kinds see one of theirs.
fn personal(before: &str, ahead: &str) -> Option<(Kind, usize)> {
    if !is_edge(before, ahead) {
        return None;
    }
    let found = [
        (Kind::Card, card::length(before, ahead)),
        (Kind::Iban, iban::length(ahead)),
        (Kind::Email, email::length(ahead)),
    ];
    found.into_iter().filter_map(|(kind, length)| Some((kind, length?))).max_by_key(|(_, length)| *length)
}

/// A digit, or a letter of a script that has small and capital ones. Scripts that write without spaces have none: what follows
/// their words stands for itself.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_lowercase() || c.is_uppercase()
}

/// Whether something may begin between the two: not in the middle of a word. JSON's escapes of white space are no words.
fn is_edge(before: &str, ahead: &str) -> bool {
    let is_escaped = |c: char| matches!(c, 'n' | 'r' | 't');
    let mut back = before.chars().rev();
    match back.next() {
        Some('\\') => !ahead.starts_with(is_escaped),
        Some(c) if is_escaped(c) => back.next() == Some('\\'),
        last => last.is_none_or(|c| !is_word(c)),
    }
}

/// Whether something may end where `after` begins.
fn is_end(after: &str) -> bool {
    !after.starts_with(is_word)
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
