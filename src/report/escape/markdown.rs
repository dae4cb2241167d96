//! Hostile text made safe in Markdown as GitHub reads it. Untrusted text never becomes Markdown: it stands in `<code>`, in a
//! fence, or as plain words and numbers.

use super::Breaks;
use crate::report::escape;

/// The longest inline text, in characters.
const INLINE_CHARS: usize = 120;
/// The longest sentence, in characters.
const PROSE_CHARS: usize = 400;
/// The longest block, in bytes.
const BLOCK_BYTES: usize = 2048;

/// One line in `<code>`, with every ASCII punctuation character as an entity: no mark keeps a meaning, and GitHub looks for no
/// mention, reference or link inside code.
pub fn inline(text: &str) -> String {
    // More than enough input for what is shown, so that a huge text costs nothing.
    let start: String = text.chars().take(4 * INLINE_CHARS).collect();
    code(&escape::ellipsis(&escape::visible(&start, Breaks::Shown), INLINE_CHARS))
}

/// A fenced block. The fence is longer than any run of backticks inside, so that nothing inside can close it.
pub fn fence(text: &str) -> String {
    let shown = escape::disarm(&escape::visible(escape::cut(text, BLOCK_BYTES), Breaks::Kept));
    // A comment holds its own marker once; nobody else may plant it.
    let shown = shown.replace("<!--", "<! --");
    let mut body = escape::cut(&shown, BLOCK_BYTES).to_owned();
    if body.len() < shown.len() || BLOCK_BYTES < text.len() {
        body.push_str("\n… cut");
    }
    if body.trim().is_empty() {
        body = "(empty)".to_owned();
    }
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(3.max(longest + 1));
    format!("{ticks}text\n{}\n{ticks}", body.trim_end_matches('\n'))
}

/// A sentence: plain words and numbers stay as they are, whatever is quoted or is neither stands in `<code>`. GitHub turns
/// entities back before it looks for mentions, so an entity alone would not do.
pub fn prose(text: &str) -> String {
    let start: String = text.chars().take(2 * PROSE_CHARS).collect();
    let text = escape::ellipsis(&escape::visible(&start, Breaks::Shown), PROSE_CHARS);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['`', '"']) {
        push_words(&mut out, &rest[..at]);
        let quote = &rest[at..=at];
        let after = &rest[at + 1..];
        match after.split_once(quote) {
            Some((inner, tail)) if !inner.is_empty() => {
                out.push_str(&code(inner));
                rest = tail;
            }
            Some(_) | None => {
                out.push_str(&code(quote));
                rest = after;
            }
        }
    }
    push_words(&mut out, rest);
    // Neighbours are one piece of code to the eye.
    out.replace("</code><code>", "")
}

fn push_words(out: &mut String, text: &str) {
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        push_word(out, word);
        out.push_str(&piece[word.len()..]);
    }
}

/// One word. The marks around it mean nothing to Markdown where they stand, and are no part of a name that stands in code.
fn push_word(out: &mut String, word: &str) {
    let open = word.len() - word.trim_start_matches(['(', '\'']).len();
    let (before, rest) = word.split_at(open);
    let core = rest.trim_end_matches(['.', ',', ';', ':', '?', '!', ')', '\'']);
    let after = &rest[core.len()..];
    let is_harmless = (is_word(core) || is_number(core) || is_sign(core)) && !has_object_id(core);
    if core.is_empty() && word.len() > 1 {
        out.push_str(&code(word));
        return;
    }
    let plain = |text: &str| -> String {
        text.chars().map(|c| if ".,;:?!()'+-/%".contains(c) { String::from(c) } else { entity(c) }).collect()
    };
    out.push_str(&plain(before));
    out.push_str(&if is_harmless || core.is_empty() { plain(core) } else { code(core) });
    out.push_str(&plain(after));
}

/// Letters, with single hyphens and apostrophes between them.
fn is_word(text: &str) -> bool {
    text.split(['-', '\'', '’']).all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic))
}

/// Digits with what belongs to numbers, and `per` something: `+92%`, `-$1,234.50/month`, `3/3`, `12.0.0`.
fn is_number(text: &str) -> bool {
    let unsigned = text.trim_start_matches(['+', '-', '−', '±', '$', '×']);
    let (number, per) = unsigned.split_once('/').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    number.trim_end_matches('%').split(['.', ',']).all(digits) && (digits(per) || is_word(per))
}

/// Whether GitHub may take a part of it for a commit, and link it.
fn has_object_id(text: &str) -> bool {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.into_iter().any(|part| matches!(part.len(), 7..=64) && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Signs that mean nothing to Markdown.
fn is_sign(text: &str) -> bool {
    text.chars().all(|c| "→←–—…·×=−±≥≤%✓✗?!<>".contains(c))
}

fn code(text: &str) -> String {
    if text.is_empty() {
        return "<code>(empty)</code>".to_owned();
    }
    // GitHub turns entities back before it looks for mail addresses, and makes links of them in code too; a tag keeps the name
    // apart from the host.
    format!("<code>{}</code>", text.chars().map(entity).collect::<String>().replace("&#64;", "<wbr>&#64;"))
}

fn entity(c: char) -> String {
    if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { String::from(c) }
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::escape::tests::{commands, nasty};

    /// `html` without its `<code>` elements: what GitHub reads as text.
    pub fn outside_code(html: &str) -> String {
        let mut out = String::new();
        for (n, part) in html.split("<code>").enumerate() {
            out.push_str(if n == 0 { part } else { part.split_once("</code>").expect("a closed element").1 });
            out.push(' ');
        }
        out
    }

    fn assert_harmless(html: &str) {
        let outside = outside_code(html);
        for sign in ["@", "&#64;", "&#35;", "<", "`", "[", "]", "|", "*", "_", "~", "\\", "://", "www.a", "GH-", "\n"] {
            assert!(!outside.contains(sign), "{sign:?} in {outside:?}");
        }
        for element in html.split("<code>").skip(1) {
            let inner = element.split_once("</code>").expect("a closed element").0;
            let inner = inner.replace("<wbr>&#64;", "");
            assert!(!inner.contains("&#64;"), "a mail address would become a link: {inner}");
            let mut rest = if inner == "(empty)" { "" } else { &inner };
            while let Some(at) = rest.find(|c: char| c.is_ascii_punctuation()) {
                let (number, tail) = rest[at..].strip_prefix("&#").and_then(|r| r.split_once(';')).expect("an entity");
                assert!(number.parse::<u8>().is_ok(), "{inner}");
                rest = tail;
            }
        }
    }

    /// Whether GitHub's reading of `block` ends with its last line and not before.
    pub fn is_one_fence(block: &str) -> bool {
        let lines: Vec<&str> = block.split('\n').collect();
        let ticks = lines[0].trim_end_matches("text");
        let closes = |line: &str| {
            let line = line.trim();
            line.len() >= ticks.len() && line.chars().all(|c| c == '`')
        };
        ticks.len() >= 3
            && ticks.chars().all(|c| c == '`')
            && lines.iter().skip(1).position(|l| closes(l)) == Some(lines.len() - 2)
    }

    proptest! {
        #[test]
        fn sec_09_inline_text_is_only_text(text in nasty()) {
            let html = inline(&text);
            assert_harmless(&html);
            prop_assert!(html.starts_with("<code>") && html.ends_with("</code>"));
            prop_assert_eq!(html.replace("<wbr>", "").matches('<').count(), 2);
        }

        #[test]
        fn sec_09_sentences_hold_only_words(text in nasty()) {
            assert_harmless(&prose(&text));
        }

        #[test]
        fn sec_09_a_fence_holds(text in nasty(), ticks in 0_usize..12) {
            let block = fence(&format!("{text}\n{}\n{text}", "`".repeat(ticks)));
            prop_assert!(is_one_fence(&block), "{}", block);
            prop_assert_eq!(commands(&block), Vec::<&str>::new());
            prop_assert!(!block.contains("<!--"));
        }
    }

    #[test]
    fn sentences_read_well() {
        assert_eq!(
            prose("3 of 3 samples, then 0: +92 % (limit +25 %)."),
            "3 of 3 samples, then 0: +92 % (limit +25 %)."
        );
        assert_eq!(prose("see `kb lookup`, please"), "see <code>kb lookup</code>, please");
        assert_eq!(prose("says \"all good\"!"), "says <code>all good</code>!");
        assert_eq!(prose("Fixes #1 by @org/team"), "Fixes <code>&#35;1</code> by <code><wbr>&#64;org&#47;team</code>");
        assert_eq!(prose("a defaced facade"), "a <code>defaced</code> facade");
        assert_eq!(prose("+$693/month"), "+&#36;693/month");
        assert_eq!(prose("\"a\"@b.c"), "<code>a<wbr>&#64;b&#46;c</code>");
    }

    #[test]
    fn everything_is_capped() {
        let huge = "`é".repeat(5_000_000);
        assert!(inline(&huge).len() < 2000);
        assert!(prose(&huge).len() < 20_000);
        let block = fence(&huge);
        assert!(block.len() < BLOCK_BYTES + 64, "{}", block.len());
        assert!(block.contains("\n… cut\n"));
        assert_eq!(fence(""), "```text\n(empty)\n```");
    }
}
