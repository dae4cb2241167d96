//! From a place in a template's text to the place in the YAML scalar that it was read from, whatever its style.
//!
//! The scalar is read once more, keeping for every byte of its value where it came from. If what that gives is not the value,
//! there is no answer, and the caller points at the key: a place that is wrong would be worse.

use std::ops::Range;

use crate::yaml::{Document, Step};

/// Where in the document's text the bytes `range` of the text stand, which is the value at `path`.
pub(super) fn source_range(
    document: &Document,
    path: &[Step],
    text: &str,
    range: &Range<usize>,
) -> Option<Range<usize>> {
    let Some(Step::Key(key)) = path.last() else { return None };
    let place = document.key_place(path);
    let source = document.text();
    let line_start = match place.line.checked_sub(2) {
        Some(before) => source.match_indices('\n').nth(before as usize)?.0 + 1,
        None => 0,
    };
    let indent = place.column.checked_sub(1)? as usize;
    let at_key = line_start + source[line_start..].char_indices().nth(indent)?.0;
    let start = scalar_start(source, after_key(source, at_key, key)?)?;
    let scalar = Scalar::read(source, start, indent, text)?;
    Some(scalar.range(range, start))
}

/// Where the key that begins at `at` ends.
fn after_key(source: &str, at: usize, key: &str) -> Option<usize> {
    let rest = &source[at..];
    let end = match rest.chars().next()? {
        quote @ ('"' | '\'') => 1 + rest[1..].find(quote)? + 1,
        _ => rest.starts_with(key).then_some(key.len())?,
    };
    let colon = end + rest[end..].find(|c: char| !c.is_whitespace())?;
    rest[colon..].starts_with(':').then_some(at + colon + 1)
}

/// Where the scalar begins, after comments, an anchor and a tag.
fn scalar_start(source: &str, mut at: usize) -> Option<usize> {
    loop {
        at += source[at..].find(|c: char| !c.is_whitespace())?;
        match source[at..].chars().next()? {
            '#' => at += source[at..].find('\n')?,
            '&' | '!' => at += source[at..].find(char::is_whitespace)?,
            '*' => return None,
            _ => return Some(at),
        }
    }
}

/// The value of a scalar, and for each of its bytes where it comes from.
#[derive(Default)]
struct Scalar {
    value: String,
    origins: Vec<Range<usize>>,
}

impl Scalar {
    /// Reads the scalar that begins at `start` under a key with `indent`; `None` where it is not `value`.
    fn read(source: &str, start: usize, indent: usize, value: &str) -> Option<Self> {
        let mut scalar = Self::default();
        match source[start..].chars().next()? {
            '|' | '>' => scalar.block(source, start, indent)?,
            '"' => scalar.quoted(source, start + 1, '"')?,
            '\'' => scalar.quoted(source, start + 1, '\'')?,
            _ => scalar.plain(source, start, value)?,
        }
        (scalar.value == value).then_some(scalar)
    }

    fn push(&mut self, c: char, origin: Range<usize>) {
        self.value.push(c);
        self.origins.extend(std::iter::repeat_n(origin, c.len_utf8()));
    }

    /// Text that stands in the source as it is in the value.
    fn push_text(&mut self, text: &str, at: usize) {
        for (offset, c) in text.char_indices() {
            self.push(c, at + offset..at + offset + c.len_utf8());
        }
    }

    fn range(&self, range: &Range<usize>, start: usize) -> Range<usize> {
        // What comes after the last byte stands behind it.
        let behind = self.origins.last().map_or(start, |last| last.end);
        let from = self.origins.get(range.start).map_or(behind, |origin| origin.start);
        let to = range.end.checked_sub(1).and_then(|last| self.origins.get(last)).map_or(behind, |origin| origin.end);
        from..to.max(from)
    }

    fn block(&mut self, source: &str, start: usize, indent: usize) -> Option<()> {
        let folds = source[start..].starts_with('>');
        let header_end = start + source[start..].find('\n')?;
        let header = source[start + 1..header_end].split('#').next().unwrap_or_default();
        let chomp = header.chars().find(|c| matches!(c, '-' | '+'));
        let given = header.chars().find_map(|c| c.to_digit(10)).map(|width| indent + width as usize);
        let lines = block_lines(source, header_end + 1, given, indent);
        let written = lines.iter().rposition(|line| !line.is_blank).map_or(0, |last| last + 1);
        let mut before: Option<&Line> = None;
        let mut blanks = 0;
        for line in &lines[..written] {
            if line.is_blank {
                blanks += 1;
                self.push('\n', line.end());
                continue;
            }
            if let Some(before) = before {
                let keeps = !folds || before.is_spaced() || line.is_spaced();
                let at = self.value.len() - blanks;
                // A break between two lines of text is a space, unless there are empty lines, which are breaks themselves.
                match (keeps, blanks) {
                    (true, _) => self.insert(at, '\n', before.end()),
                    (false, 0) => self.insert(at, ' ', before.end()),
                    (false, _) => {}
                }
            }
            self.push_text(line.text, line.at);
            (before, blanks) = (Some(line), 0);
        }
        let last = before.filter(|last| last.has_break);
        if chomp != Some('-') {
            last.iter().for_each(|last| self.push('\n', last.end()));
        }
        if chomp == Some('+') {
            lines[written..].iter().filter(|line| line.has_break).for_each(|line| self.push('\n', line.end()));
        }
        Some(())
    }

    fn insert(&mut self, at: usize, c: char, origin: Range<usize>) {
        self.value.insert(at, c);
        self.origins.insert(at, origin);
    }

    fn quoted(&mut self, source: &str, mut at: usize, quote: char) -> Option<()> {
        // White space at the end of a line is not part of the value; what an escape gives is.
        let mut kept = 0;
        loop {
            let rest = &source[at..];
            let c = rest.chars().next()?;
            match c {
                '\'' if quote == '\'' && rest.starts_with("''") => {
                    self.push('\'', at..at + 2);
                    at += 2;
                }
                _ if c == quote => return Some(()),
                '\\' if quote == '"' => {
                    let (meant, length) = escape(rest)?;
                    meant.into_iter().for_each(|meant| self.push(meant, at..at + length));
                    at += length;
                    kept = self.value.len();
                }
                '\n' | '\r' => at = self.fold(source, at, kept),
                _ => {
                    self.push(c, at..at + c.len_utf8());
                    at += c.len_utf8();
                }
            }
            if !matches!(c, ' ' | '\t' | '\n' | '\r') {
                kept = self.value.len();
            }
        }
    }

    /// A plain scalar is read along its value, which alone tells where it ends.
    fn plain(&mut self, source: &str, mut at: usize, value: &str) -> Option<()> {
        let mut kept = 0;
        while self.value.len() < value.len() {
            let c = source[at..].chars().next()?;
            if matches!(c, '\n' | '\r') {
                at = self.fold(source, at, kept);
                continue;
            }
            self.push(c, at..at + c.len_utf8());
            at += c.len_utf8();
            if !matches!(c, ' ' | '\t') {
                kept = self.value.len();
            }
        }
        Some(())
    }

    /// Takes the line breaks at `at` for what they mean between two lines of text; answers where the next line's text begins.
    fn fold(&mut self, source: &str, at: usize, kept: usize) -> usize {
        self.value.truncate(kept);
        self.origins.truncate(kept);
        let rest = &source[at..];
        let space = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let breaks = rest[..space].matches('\n').count();
        if breaks == 1 {
            self.push(' ', at..at + 1);
        }
        (1..breaks).for_each(|_| self.push('\n', at..at + 1));
        at + space.max(1)
    }
}

/// A line of a block scalar.
struct Line<'s> {
    text: &'s str,
    at: usize,
    is_blank: bool,
    has_break: bool,
}

impl Line<'_> {
    /// Where its break stands.
    fn end(&self) -> Range<usize> {
        let end = self.at + self.text.len();
        end..end + 1
    }

    /// Whether it is indented further than the scalar, so that its breaks are kept.
    fn is_spaced(&self) -> bool {
        self.text.starts_with([' ', '\t'])
    }
}

/// The lines of a block scalar from `at` on, without their indentation: what was given for it, or that of the first line.
fn block_lines(source: &str, mut at: usize, given: Option<usize>, parent: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut indent = given;
    for whole in source[at..].split_inclusive('\n') {
        let line = whole.trim_end_matches('\n').trim_end_matches('\r');
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let is_empty = spaces == line.len();
        if !is_empty && indent.is_none() {
            indent = Some(spaces);
        }
        let strip = indent.unwrap_or(spaces).min(spaces);
        if !is_empty && (spaces < indent.unwrap_or(0) || spaces <= parent && given.is_none()) {
            break;
        }
        let text = &line[strip..];
        lines.push(Line { text, at: at + strip, is_blank: text.is_empty(), has_break: whole.ends_with('\n') });
        at += whole.len();
    }
    lines
}

/// What an escape in double quotes stands for, and its length; nothing where it only joins two lines.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let kind = rest[1..].chars().next()?;
    let plain = |c| Some((Some(c), 1 + kind.len_utf8()));
    let hex = |digits: usize| Some((u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?, 2 + digits));
    match kind {
        '0' => plain('\0'),
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        't' | '\t' => plain('\t'),
        'n' => plain('\n'),
        'v' => plain('\u{b}'),
        'f' => plain('\u{c}'),
        'r' => plain('\r'),
        'e' => plain('\u{1b}'),
        ' ' | '"' | '/' | '\\' => plain(kind),
        'N' => plain('\u{85}'),
        '_' => plain('\u{a0}'),
        'L' => plain('\u{2028}'),
        'P' => plain('\u{2029}'),
        'x' => hex(2).map(|(code, length)| (char::from_u32(code), length)),
        'U' => hex(8).map(|(code, length)| (char::from_u32(code), length)),
        'u' => {
            let (high, length) = hex(4)?;
            if let Some(c) = char::from_u32(high) {
                return Some((Some(c), length));
            }
            // JSON writes what is beyond 16 bits as two halves.
            let low = rest.get(6..)?.strip_prefix("\\u").and_then(|low| u32::from_str_radix(low.get(..4)?, 16).ok())?;
            let c = char::from_u32(0x1_0000 + ((high.checked_sub(0xd800)?) << 10) + low.checked_sub(0xdc00)?)?;
            Some((Some(c), 12))
        }
        '\n' | '\r' => {
            let space = rest[1..].len() - rest[1..].trim_start_matches('\r').len() + 1;
            let after = rest[1 + space..].trim_start_matches([' ', '\t']);
            Some((None, rest.len() - after.len()))
        }
        _ => None,
    }
}
