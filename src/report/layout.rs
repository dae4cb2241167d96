//! Lines for a terminal: toned text, wrapping with a hanging indent, columns. Everything put on a [`Page`] is escaped here, so
//! that no renderer can forget it.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape;
use super::numbers::NBSP;
use super::terminal::Look;

/// What a piece of text is, from which its colour follows. Colour only repeats what signs and words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Open,
    Care,
    Command,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Open => colour(AnsiColor::Magenta).bold(),
            Self::Care => colour(AnsiColor::Yellow).bold(),
            Self::Command => colour(AnsiColor::Cyan),
        }
    }
}

/// A piece of one line.
#[derive(Debug, Clone)]
pub struct Span {
    text: String,
    tone: Tone,
}

impl Span {
    pub fn new(tone: Tone, text: impl AsRef<str>) -> Self {
        Self { text: escape::line(text.as_ref()), tone }
    }

    pub fn width(&self) -> usize {
        self.text.width()
    }
}

pub fn plain(text: impl AsRef<str>) -> Span {
    Span::new(Tone::Plain, text)
}

pub fn strong(text: impl AsRef<str>) -> Span {
    Span::new(Tone::Strong, text)
}

pub fn dim(text: impl AsRef<str>) -> Span {
    Span::new(Tone::Dim, text)
}

/// The lines written so far.
pub struct Page {
    width: usize,
    colour: bool,
    out: String,
}

impl Page {
    /// Narrower than 40 columns nothing is readable, wider than 100 no sentence is.
    pub fn new(look: Look) -> Self {
        Self { width: look.width.clamp(40, 100), colour: look.colour, out: String::new() }
    }

    /// As wide as the terminal, for texts that stand side by side.
    pub fn wide(look: Look) -> Self {
        Self { width: look.width.max(40), ..Self::new(look) }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// One line as it is, however long.
    pub fn line(&mut self, indent: usize, spans: &[Span]) {
        self.out.push_str(&" ".repeat(indent));
        let last = spans.iter().rposition(|span| !span.text.trim().is_empty());
        for (n, span) in spans.iter().take(last.map_or(0, |last| last + 1)).enumerate() {
            let text = if Some(n) == last { span.text.trim_end() } else { &span.text };
            self.paint(text, span.tone);
        }
        self.blank();
    }

    /// `lead`, then `body` wrapped beside it: further lines begin where the body began.
    pub fn hang(&mut self, indent: usize, lead: &[Span], body: &[Span]) {
        let hang = indent + lead.iter().map(Span::width).sum::<usize>();
        let lines = wrap(body, self.width.saturating_sub(hang).max(20));
        for (n, line) in lines.into_iter().enumerate() {
            if n == 0 {
                self.line(indent, &[lead, &line].concat());
            } else {
                self.line(hang, &line);
            }
        }
    }

    /// A heading with a rule to the right edge.
    pub fn rule(&mut self, title: &[Span]) {
        let used = 4 + title.iter().map(Span::width).sum::<usize>();
        let mut spans = vec![dim("── ")];
        spans.extend_from_slice(title);
        spans.push(dim(format!(" {}", "─".repeat(self.width.saturating_sub(used).max(2)))));
        self.line(0, &spans);
    }

    fn paint(&mut self, text: &str, tone: Tone) {
        let style = tone.style();
        if self.colour && tone != Tone::Plain && !text.trim().is_empty() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(text);
        }
    }

    /// The whole text. It passes [`escape::disarm`] once more, since wrapping starts lines that nobody wrote.
    pub fn finish(self) -> String {
        escape::disarm(&self.out.replace(NBSP, " "))
    }
}

/// Cuts `spans` into lines of at most `width` columns, at spaces where it can.
pub fn wrap(spans: &[Span], width: usize) -> Vec<Vec<Span>> {
    let chars: Vec<(char, Tone)> = spans.iter().flat_map(|span| span.text.chars().map(|c| (c, span.tone))).collect();
    let mut lines = Vec::new();
    let mut rest = chars.as_slice();
    loop {
        let (line, after) = rest.split_at(break_at(rest, width));
        lines.push(regroup(line));
        let spaces = after.iter().take_while(|(c, _)| *c == ' ').count();
        rest = &after[spaces..];
        if rest.is_empty() {
            return lines;
        }
    }
}

/// Where the first line of `chars` ends.
fn break_at(chars: &[(char, Tone)], width: usize) -> usize {
    let mut used = 0;
    let mut space = None;
    for (at, (c, _)) in chars.iter().enumerate() {
        if *c == ' ' && at > 0 {
            space = Some(at);
        }
        used += c.width().unwrap_or(0);
        if used > width {
            return if *c == ' ' { at.max(1) } else { space.unwrap_or(at.max(1)) };
        }
    }
    chars.len()
}

fn regroup(chars: &[(char, Tone)]) -> Vec<Span> {
    chars
        .chunk_by(|a, b| a.1 == b.1)
        .map(|chunk| Span { text: chunk.iter().map(|(c, _)| *c).collect(), tone: chunk[0].1 })
        .collect()
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// The rows with every column padded to its widest cell. The first column holds signs and stands one space apart, the others
/// two. A column empty in all rows is left out.
pub fn columns(rows: &[Vec<Span>], align: &[Align]) -> Vec<Vec<Span>> {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Span::width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..align.len()).map(width).collect();
    let shown: Vec<usize> = (0..align.len()).filter(|&column| widths[column] > 0).collect();
    let pad = |row: &Vec<Span>| {
        let mut out = Vec::new();
        for &column in &shown {
            let cell = row.get(column).cloned().unwrap_or_else(|| plain(""));
            let gap = plain(" ".repeat(widths[column] - cell.width()));
            match align[column] {
                Align::Left => out.extend([cell, gap]),
                Align::Right => out.extend([gap, cell]),
            }
            out.push(plain(if column == 0 { " " } else { "  " }));
        }
        out
    };
    rows.iter().map(pad).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Look { width, colour: false });
        write(&mut page);
        page.finish()
    }

    #[test]
    fn wraps_beside_the_lead() {
        let text = page(40, |page| {
            page.hang(2, &[plain("✗ ")], &[plain("twelve words that do not fit"), strong(" on the line at all")])
        });
        assert_eq!(text, "  ✗ twelve words that do not fit on the\n    line at all\n");
    }

    #[test]
    fn wide_characters_count_twice_and_long_words_break() {
        let text = page(40, |page| page.hang(0, &[], &[plain("語".repeat(30))]));
        assert_eq!(text.lines().map(UnicodeWidthStr::width).collect::<Vec<_>>(), [40, 20]);
    }

    #[test]
    fn sec_08_wrapping_makes_no_command() {
        let text = page(40, |page| page.hang(2, &[], &[plain("a sentence that ends at the edge, it ::error::x")]));
        assert!(text.contains("\n  : :error::x"), "{text}");
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            vec![plain("a"), plain("1"), plain(""), plain("x")],
            vec![plain("語"), plain("100"), plain(""), plain("y")],
        ];
        let lines = page(80, |page| {
            for row in columns(&rows, &[Align::Left, Align::Right, Align::Left, Align::Left]) {
                page.line(0, &row);
            }
        });
        assert_eq!(lines, "a    1  x\n語 100  y\n");
    }

    #[test]
    fn colour_only_where_wanted() {
        let mut page = Page::new(Look { width: 80, colour: true });
        page.line(0, &[strong("a"), plain("b")]);
        assert_eq!(page.finish(), "\u{1b}[1ma\u{1b}[0mb\n");
    }
}
