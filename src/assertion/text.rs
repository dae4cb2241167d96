//! How assertions compare text and show it.

use std::borrow::Cow;

/// The text as it is compared: in small letters where case does not count.
pub(super) fn fold(text: &str, ignore_case: bool) -> Cow<'_, str> {
    if ignore_case { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// What to say of a text whose case does not count.
pub(super) fn in_any_case(ignore_case: bool) -> &'static str {
    if ignore_case { " in any case" } else { "" }
}

/// The words of a text: what white space separates.
pub(super) fn count_words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// The beginning of `text`, at most `chars` characters and a mark that there was more.
pub(super) fn cut(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The beginning of `text` in quotes and on one line.
pub(super) fn quote(text: &str) -> String {
    format!("{:?}", cut(text, 80))
}

/// The end of `text` in quotes and on one line.
pub(super) fn quote_end(text: &str) -> String {
    match text.char_indices().nth_back(79) {
        Some((start, _)) if start > 0 => format!("{:?}", format!("…{}", &text[start..])),
        _ => format!("{text:?}"),
    }
}

/// `1 word`, `2 words`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_says_that_there_was_more() {
        assert_eq!(cut("éèà", 3), "éèà");
        assert_eq!(cut("éèà", 2), "éè…");
        assert_eq!(quote_end(&format!("b{}", "é".repeat(80))), format!("\"…{}\"", "é".repeat(80)));
        assert_eq!(quote_end(&"é".repeat(80)), format!("\"{}\"", "é".repeat(80)));
        assert_eq!(quote("a\n\"b\""), r#""a\n\"b\"""#);
    }

    #[test]
    fn words_are_what_white_space_separates() {
        for (text, count) in [("", 0), (" \n", 0), ("it's 3-fold —", 3), ("a\u{a0}b\u{3000}c", 3)] {
            assert_eq!(count_words(text), count, "{text:?}");
        }
    }
}
