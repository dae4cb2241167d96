//! Hostile text made safe for terminals, logs and JSON, and what all escapes share. XML and Markdown have files of their own.
//!
//! Model output, file names, ids and prompts all come through here, and whole outputs once more through [`disarm`]: wrapping
//! text can put at the start of a line what was harmless in its middle. Pure; nothing here knows what a text means.

pub mod command;
pub mod markdown;
pub mod xml;

use std::fmt::Write;

/// One line for a terminal or a log. What is invisible or moves the cursor is shown as what it is.
pub fn line(text: &str) -> String {
    disarm(&visible(text, Breaks::Shown))
}

/// Several lines for a terminal or a log.
pub fn block(text: &str) -> String {
    disarm(&visible(text, Breaks::Kept))
}

/// JSON text with no command in it, and nothing that is invisible or moves the cursor. What is replaced stands only inside JSON
/// strings, where an escape means the same character.
pub fn json(text: &str) -> String {
    let text = text
        .replace("##", "#\\u0023")
        .replace("section_start:", "section_start\\u003a")
        .replace("section_end:", "section_end\\u003a");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && (c.is_control() || is_invisible(c)) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").unwrap_or_default();
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// What becomes of a line break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    Kept,
    /// Turned into a visible sign, so that the text stays on one line.
    Shown,
}

/// `text` with every control, direction mark and zero-width character written out. Shown rather than dropped: two texts that
/// differ only in such characters must not look alike in a report that says they differ.
pub fn visible(text: &str, breaks: Breaks) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, breaks) {
            ('\r', _) if chars.peek() == Some(&'\n') => {}
            ('\n', Breaks::Kept) => out.push('\n'),
            ('\n', Breaks::Shown) => out.push('␤'),
            ('\t', _) => out.push_str("    "),
            ('\u{0}'..='\u{1f}', _) => out.extend(char::from_u32(0x2400 + u32::from(c))),
            ('\u{7f}', _) => out.push('␡'),
            _ if is_invisible(c) => write!(out, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default(),
            _ => out.push(c),
        }
    }
    out
}

/// Characters that take no place, turn the reading direction, or are no characters at all. Variation selectors stay: they
/// belong to the signs before them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Breaks up whatever a CI runner would take for a command, by one space: `::` at the start of a line, `##[` and `##word[`
/// anywhere, GitLab's section marks. Leaves the line count as it is.
pub fn disarm(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive(['\n', '\r']) {
        let (unseen, seen) = line.split_at(line.len() - skip_unseen(line).len());
        out.push_str(unseen);
        match seen.strip_prefix("::") {
            Some(rest) => out.extend([": :", rest]),
            None => out.push_str(seen),
        }
    }
    without_hash_commands(&out).replace("section_start:", "section_start :").replace("section_end:", "section_end :")
}

/// `line` from the first thing that is seen: a runner trims white space, and may trim more.
fn skip_unseen(line: &str) -> &str {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches(|c: char| {
            (c.is_whitespace() && c != '\n') || (c.is_control() && c != '\u{1b}' && c != '\n') || is_invisible(c)
        });
        let trimmed = trimmed.strip_prefix('\u{1b}').map_or(trimmed, after_sequence);
        if trimmed.len() == rest.len() {
            return rest;
        }
        rest = trimmed;
    }
}

/// `text` with a space inside each `##` that a word and `[` follow.
fn without_hash_commands(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        let is_command = text[at..].strip_prefix("##").is_some_and(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
                .starts_with('[')
        });
        if is_command {
            out.push(' ');
        }
    }
    out
}

/// `text` without terminal control sequences.
pub fn strip_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = after_sequence(&rest[at + 1..]);
    }
    out.push_str(rest);
    out
}

/// What follows an escape sequence, given the text after its ESC. A sequence never takes more than its line.
fn after_sequence(text: &str) -> &str {
    let mut chars = text.char_indices();
    match chars.next() {
        Some((_, '[')) => chars
            .find(|(_, c)| !matches!(c, ' '..='?'))
            .map_or("", |(at, c)| &text[at + if matches!(c, '@'..='~') { 1 } else { 0 }..]),
        Some((_, ']' | 'P' | '^' | '_' | 'X')) => chars
            .find(|(_, c)| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}' | '\n'))
            .map_or("", |(at, c)| &text[at + if c == '\u{7}' || c == '\u{9c}' { c.len_utf8() } else { 0 }..]),
        Some((_, c @ ' '..='~')) => &text[c.len_utf8()..],
        Some(_) | None => text,
    }
}

/// At most `bytes` of `text`, whole characters only.
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// At most `chars` characters of `text`; the last one says that there was more.
pub fn ellipsis(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The commands a runner would find: by its own rules, and by those of one that trims more or drops colours first.
    pub fn commands(text: &str) -> Vec<&str> {
        text.split(['\n', '\r'])
            .filter(|line| {
                let lower = line.to_ascii_lowercase();
                line.trim_start().starts_with("::")
                    || without_start(line).starts_with("::")
                    || ["##[", "##vso[", "##teamcity[", "section_start:"].iter().any(|mark| lower.contains(mark))
            })
            .collect()
    }

    /// `line` without the colours and unseen characters it begins with.
    fn without_start(line: &str) -> &str {
        let rest = line
            .trim_start_matches(|c: char| c != '\u{1b}' && (c.is_whitespace() || c.is_control() || is_invisible(c)));
        let colour = rest.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m'));
        match colour {
            Some((codes, rest)) if codes.chars().all(|c| c == ';' || c.is_ascii_digit()) => without_start(rest),
            Some(_) | None => rest,
        }
    }

    /// Text made of what parsers stumble over.
    pub fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                ":",
                "::",
                "#",
                "##",
                "[",
                "##[",
                "vso",
                "error]",
                "\n",
                "\r",
                "\t",
                " ",
                "\u{1b}",
                "\u{1b}[31m",
                "\u{1b}]0;",
                "\u{7}",
                "`",
                "```",
                "~~~",
                "<",
                "<!--",
                "</details>",
                "|",
                "@a/b",
                "&#64;",
                "]]>",
                "[[ATTACHMENT|",
                "\u{202e}",
                "\u{200b}",
                "\u{feff}",
                "\0",
                "\u{fffe}",
                "\u{85}",
                "\u{2028}",
                "\u{a0}",
                "\u{9b}",
                "é",
                "語",
                "$",
                "\"",
                "#1",
                "section_start:",
                "www.a.example",
                "GH-1",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn sec_08_no_runner_finds_a_command(text in nasty()) {
            for safe in [line(&text), block(&text), disarm(&text)] {
                prop_assert_eq!(commands(&safe), Vec::<&str>::new());
            }
        }

        #[test]
        fn sec_08_nothing_unseen_is_left(text in nasty()) {
            prop_assert!(!line(&text).chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(!block(&text).chars().any(|c| (c.is_control() && c != '\n') || is_invisible(c)));
        }

        #[test]
        fn json_keeps_its_meaning(text in nasty()) {
            let plain = serde_json::to_string(&text).unwrap();
            let safe = json(&plain);
            prop_assert_eq!(commands(&safe), Vec::<&str>::new());
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", safe);
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }

        #[test]
        fn text_without_tricks_stays_as_it_is(text in "[a-zA-Zàé語 .,;?!(){}<>@/*_-]{0,40}") {
            prop_assert_eq!(line(&text), text);
        }
    }

    #[test]
    fn shows_what_hides() {
        assert_eq!(line("a\u{202e}b\u{200b}\u{1b}[31m\r\nc\td\r"), "a\\u{202e}b\\u{200b}␛[31m␤c    d␍");
        assert_eq!(block("a\r\nb"), "a\nb");
        assert_eq!(line("👍\u{fe0f}"), "👍\u{fe0f}");
    }

    #[test]
    fn breaks_commands_by_one_space() {
        assert_eq!(disarm("  ::error::x\nstd::fs ::a"), "  : :error::x\nstd::fs ::a");
        assert_eq!(disarm("a ###[b] ##vso[c] ## [d] # #"), "a ## #[b] # #vso[c] ## [d] # #");
        assert_eq!(disarm("\u{1b}[2m \u{1b}[0m::x::"), "\u{1b}[2m \u{1b}[0m: :x::");
    }

    #[test]
    fn strips_ansi_only() {
        assert_eq!(strip_ansi("a\u{1b}[1;31mb\u{1b}[0mc"), "abc");
        assert_eq!(strip_ansi("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]0;t\u{7}!"), "alink!");
        assert_eq!(strip_ansi("a\u{1b}]0;never closed\nb\u{1b}"), "a\nb");
        assert_eq!(strip_ansi("\u{1b}[語"), "語");
    }

    #[test]
    fn cuts_whole_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(ellipsis("abc", 3), "abc");
        assert_eq!(ellipsis("abcd", 3), "ab…");
    }
}
