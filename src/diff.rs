//! Base's and head's answers to one task put beside each other: which tool calls, lines and words differ.
//!
//! Compares texts only; whether head's are good is not known here.

use std::collections::BTreeMap;
use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices_by_key};

use crate::agent::Trajectory;
use crate::recording::Evidence;
use crate::report::escape;
use crate::wire::{Arguments, ToolCall};

/// Bytes and lines of one answer that are compared; the rest is left out, and that is said (SEC-25).
const MAX_TEXT: usize = 64 << 10;
const MAX_LINES: usize = 4_000;
/// Words of a line that are compared.
const MAX_WORDS: usize = 2_000;

/// One sample as both sides ran it.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub sample: u32,
    pub base: Option<&'a Trajectory>,
    pub head: Option<&'a Trajectory>,
}

/// What stands at one place on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    pub base: Option<T>,
    pub head: Option<T>,
    pub same: bool,
}

/// One tool call of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// 1-based.
    pub step: usize,
    /// The name with its arguments, on one line.
    pub text: String,
}

/// A piece of a line, and whether the other side has it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub same: bool,
}

/// The samples that either side has, in order.
pub fn pairs<'a>(base: Option<&'a Evidence>, head: Option<&'a Evidence>) -> Vec<Pair<'a>> {
    let mut pairs: BTreeMap<u32, Pair<'a>> = BTreeMap::new();
    let empty = |sample| Pair { sample, base: None, head: None };
    for answer in base.into_iter().flat_map(|evidence| &evidence.answers) {
        pairs.entry(answer.sample).or_insert_with_key(|sample| empty(*sample)).base = Some(&answer.run);
    }
    for answer in head.into_iter().flat_map(|evidence| &evidence.answers) {
        pairs.entry(answer.sample).or_insert_with_key(|sample| empty(*sample)).head = Some(&answer.run);
    }
    pairs.into_values().collect()
}

impl Pair<'_> {
    /// The tool calls of both sides, in order; equal ones stand in one row.
    pub fn calls(&self) -> Vec<Row<Call>> {
        let [base, head] = [self.base, self.head].map(|run| run.map(calls).unwrap_or_default());
        align(&base, &head, |call| call.text.clone())
    }

    /// The lines of both answers, equal ones in one row; and whether an answer was too long to be compared as a whole.
    pub fn lines(&self) -> (Vec<Row<String>>, bool) {
        let texts = [self.base, self.head].map(|run| run.map_or("", Trajectory::text));
        let [base, head] = texts.map(|text| {
            let lines = escape::cut(text, MAX_TEXT).trim_end().lines().take(MAX_LINES);
            lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
        });
        let was_cut = texts.iter().any(|text| text.len() > MAX_TEXT || text.lines().count() > MAX_LINES);
        (align(&base, &head, Clone::clone), was_cut)
    }
}

fn calls(run: &Trajectory) -> Vec<Call> {
    let of_step = |(step, calls): (usize, &Vec<ToolCall>)| {
        calls.iter().map(|call| Call { step: step + 1, text: call_text(call) }).collect::<Vec<_>>()
    };
    run.exchanges.iter().map(|exchange| &exchange.reply.tool_calls).enumerate().flat_map(of_step).collect()
}

/// `search(query: "gift card", limit: 3)`.
pub fn call_text(call: &ToolCall) -> String {
    let arguments = match &call.arguments {
        Arguments::Json(serde_json::Value::Object(entries)) => {
            entries.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
        }
        Arguments::Json(other) => other.to_string(),
        Arguments::Malformed(raw) => format!("not JSON: {raw}"),
    };
    format!("{}({arguments})", call.name)
}

/// Puts equal items into one row, and what replaces each other beside each other.
fn align<T: Clone, K: Eq + Hash>(base: &[T], head: &[T], key: impl Fn(&T) -> K) -> Vec<Row<T>> {
    let mut rows = Vec::new();
    for op in capture_diff_slices_by_key(Algorithm::Myers, base, head, key) {
        let same = matches!(op, DiffOp::Equal { .. });
        let (old, new) = (op.old_range(), op.new_range());
        for nth in 0..old.len().max(new.len()) {
            let item = |items: &[T], range: &std::ops::Range<usize>| {
                (nth < range.len()).then(|| items.get(range.start + nth).cloned()).flatten()
            };
            rows.push(Row { base: item(base, &old), head: item(head, &new), same });
        }
    }
    rows
}

/// The pieces of two lines that differ. Lines that have less than half in common are one piece each.
pub fn words(base: &str, head: &str) -> (Vec<Piece>, Vec<Piece>) {
    let whole = |text: &str| vec![Piece { text: text.to_owned(), same: true }];
    let [old, new] = [base, head].map(|line| line.split_inclusive(' ').collect::<Vec<_>>());
    if old.len().max(new.len()) > MAX_WORDS {
        return (whole(base), whole(head));
    }
    let rows = align(&old, &new, |word| word.trim_end().to_owned());
    let common = rows.iter().filter(|row| row.same).count();
    if common * 2 < old.len().max(new.len()) {
        return (whole(base), whole(head));
    }
    let base = pieces(rows.iter().filter_map(|row| Some((row.base?, row.same))));
    let head = pieces(rows.iter().filter_map(|row| Some((row.head?, row.same))));
    (base, head)
}

fn pieces<'a>(words: impl Iterator<Item = (&'a str, bool)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (word, same) in words {
        match pieces.last_mut().filter(|piece| piece.same == same) {
            Some(piece) => piece.text.push_str(word),
            None => pieces.push(Piece { text: word.to_owned(), same }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[Row<&str>]) -> Vec<String> {
        let item = |item: Option<&str>| item.unwrap_or("·").to_owned();
        rows.iter()
            .map(|row| format!("{}{}{}", item(row.base), if row.same { "=" } else { "|" }, item(row.head)))
            .collect()
    }

    #[test]
    fn equal_items_stand_in_one_row() {
        for (base, head, want) in [
            (&["a", "b", "c"][..], &["a", "b", "c"][..], &["a=a", "b=b", "c=c"][..]),
            (&["a", "b", "c"], &["a", "x", "c"], &["a=a", "b|x", "c=c"]),
            (&["a", "c"], &["a", "b", "b", "c"], &["a=a", "·|b", "·|b", "c=c"]),
            (&["a", "b"], &["x"], &["a|x", "b|·"]),
            (&[], &["x"], &["·|x"]),
            (&[], &[], &[]),
        ] {
            assert_eq!(shown(&align(base, head, |item| item.to_string())), want, "{base:?} {head:?}");
        }
    }

    #[test]
    fn changed_words_are_told_from_kept_ones() {
        let marked = |pieces: Vec<Piece>| -> String {
            pieces.into_iter().map(|piece| if piece.same { piece.text } else { format!("[{}]", piece.text) }).collect()
        };
        let (base, head) = words("your order is on its way", "your parcel is on its way");
        assert_eq!(
            (marked(base).as_str(), marked(head).as_str()),
            ("your [order ]is on its way", "your [parcel ]is on its way")
        );
        let (base, head) = words("nothing in common here", "two quite other sentences");
        assert_eq!((base.len(), head.len(), base[0].same), (1, 1, true));
    }

    #[test]
    fn calls_read_as_calls() {
        let call = |arguments| ToolCall { id: "call_0".into(), name: "find".into(), arguments };
        for (arguments, want) in [
            (Arguments::Json(serde_json::json!({"q": "a b", "limit": 3})), "find(q: \"a b\", limit: 3)"),
            (Arguments::Json(serde_json::json!({})), "find()"),
            (Arguments::Json(serde_json::json!([1])), "find([1])"),
            (Arguments::Malformed("{q".into()), "find(not JSON: {q)"),
        ] {
            assert_eq!(call_text(&call(arguments)), want);
        }
    }
}
