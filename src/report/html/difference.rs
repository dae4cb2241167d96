//! Which words of two answers differ.
//!
//! Looks at texts only; whether a difference is good or bad is not known here. Bounded by whoever calls it.

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices_by_key};

/// A stretch of an answer, and whether the other side has it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub text: String,
    pub changed: bool,
}

/// Letters of an unchanged stretch between two changes that are not worth telling apart.
const ISLAND: usize = 3;

/// Both texts in pieces; `None` where they have so little in common that marks would only hide what they say.
pub fn compare(base: &str, head: &str) -> Option<[Vec<Piece>; 2]> {
    let (old, new) = (words(base), words(head));
    let ops = capture_diff_slices_by_key(Algorithm::Myers, &old, &new, |word| word.trim_end());
    let common: usize = ops.iter().map(|op| if is_same(op) { op.old_range().len() } else { 0 }).sum();
    if common * 4 < old.len().max(new.len()) {
        return None;
    }
    let last = ops.len().saturating_sub(1);
    let mut sides = [Vec::new(), Vec::new()];
    for (nth, op) in ops.iter().enumerate() {
        let (before, after) = (old[op.old_range()].concat(), new[op.new_range()].concat());
        let is_island = nth > 0 && nth < last && before.trim().chars().count() < ISLAND;
        let changed = !is_same(op) || is_island;
        for (side, text) in sides.iter_mut().zip([before, after]) {
            push(side, text, changed);
        }
    }
    Some(sides.map(without_ends))
}

/// The same pieces, no change ending in white space.
fn without_ends(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut settled = Vec::new();
    for Piece { text, changed } in pieces {
        let end = if changed { text.trim_end().len() } else { 0 };
        push(&mut settled, text[..end].to_owned(), true);
        push(&mut settled, text[end..].to_owned(), false);
    }
    settled
}

/// A whole text as one piece.
pub fn plain(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    push(&mut pieces, text.to_owned(), false);
    pieces
}

fn is_same(op: &DiffOp) -> bool {
    matches!(op, DiffOp::Equal { .. })
}

fn push(side: &mut Vec<Piece>, text: String, changed: bool) {
    match side.last_mut().filter(|last| last.changed == changed) {
        _ if text.is_empty() => {}
        Some(last) => last.text.push_str(&text),
        None => side.push(Piece { text, changed }),
    }
}

/// Words and single signs, each with the white space after it.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '’');
        let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let end = rest[end..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |space| end + space);
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.changed { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn changed_words_are_told_from_kept_ones() {
        for (base, head, old, new) in [
            ("Order 42 was shipped.", "Order 42 was lost.", "Order 42 was [shipped].", "Order 42 was [lost]."),
            (
                "It ships on Monday.",
                "It ships on Monday, we think.",
                "It ships on Monday.",
                "It ships on Monday[, we think].",
            ),
            (
                "one two three four five",
                "six two seven four five",
                "[one] two [three] four five",
                "[six] two [seven] four five",
            ),
            (
                "the cat is on a mat today",
                "the dog is at a mat today",
                "the [cat is on] a mat today",
                "the [dog is at] a mat today",
            ),
            ("same  words", "same words", "same  words", "same words"),
            ("don't\n\nstop", "don't\n\ngo", "don't\n\n[stop]", "don't\n\n[go]"),
        ] {
            let [left, right] = compare(base, head).unwrap();
            assert_eq!((marked(&left).as_str(), marked(&right).as_str()), (old, new));
        }
    }

    #[test]
    fn texts_with_little_in_common_are_not_marked() {
        assert_eq!(compare("You have 30 days.", "Let me go through each of our many policies in turn."), None);
        assert_eq!(compare("", "anything"), None);
        assert_eq!(compare("", ""), Some([Vec::new(), Vec::new()]));
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(base in "[ab ,.\n]{0,40}", head in "[ab ,.\n]{0,40}") {
            if let Some(sides) = compare(&base, &head) {
                let whole = sides.map(|side| side.into_iter().map(|piece| piece.text).collect::<String>());
                prop_assert_eq!(whole, [base, head]);
            }
        }
    }
}
