//! Texts of two sides on a page: in two columns where there is room, else under each other as a unified diff.

use crate::diff::Row;
use crate::report::layout::{self, Page, Span, Tone, dim, plain};

/// Columns below which texts stand under each other.
const NARROW: usize = 70;
const GUTTER: &str = " │ ";
const INDENT: usize = 2;

/// A text of one side; further lines begin where `body` began.
#[derive(Debug, Clone, Default)]
pub struct Text {
    pub lead: Vec<Span>,
    pub body: Vec<Span>,
}

/// What the two columns are called.
#[derive(Debug, Clone, Copy)]
pub struct Titles<'a> {
    pub base: &'a str,
    pub head: &'a str,
}

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As one list: there is nothing to compare.
    Once,
    Compared,
}

pub fn write(page: &mut Page, titles: Titles<'_>, layout: Layout, rows: &[Row<Text>]) {
    match layout {
        Layout::Once => {
            for text in rows.iter().filter_map(|row| row.head.as_ref().or(row.base.as_ref())) {
                under(page, plain(" "), text);
            }
        }
        Layout::Compared if page.width() < NARROW => unified(page, titles, rows),
        Layout::Compared => columns(page, titles, rows),
    }
}

fn gone() -> Span {
    Span::new(Tone::Bad, "−")
}

fn new() -> Span {
    Span::new(Tone::Good, "+")
}

fn under(page: &mut Page, mark: Span, text: &Text) {
    page.hang(INDENT, &[vec![mark, plain(" ")], text.lead.clone()].concat(), &text.body);
}

fn unified(page: &mut Page, titles: Titles<'_>, rows: &[Row<Text>]) {
    let names = [gone(), dim(format!(" {}  ", titles.base)), new(), dim(format!(" {}", titles.head))];
    page.line(INDENT, &names);
    for chunk in rows.chunk_by(|a, b| a.same == b.same) {
        let base = chunk.iter().filter_map(|row| row.base.as_ref());
        if chunk.iter().all(|row| row.same) {
            base.for_each(|text| under(page, plain(" "), text));
        } else {
            base.for_each(|text| under(page, gone(), text));
            chunk.iter().filter_map(|row| row.head.as_ref()).for_each(|text| under(page, new(), text));
        }
    }
}

/// Rows that are the same begin at the same height; what differs between them flows in its own column.
fn columns(page: &mut Page, titles: Titles<'_>, rows: &[Row<Text>]) {
    let width = (page.width() - INDENT - GUTTER.chars().count()) / 2;
    let title = |name: &str| vec![dim(format!("  {name}"))];
    joined(page, width, &[title(titles.base)], &[title(titles.head)]);
    for chunk in rows.chunk_by(|a, b| a.same && b.same || !a.same && !b.same) {
        let chunks: Vec<&[Row<Text>]> =
            if chunk.iter().all(|row| row.same) { chunk.chunks(1).collect() } else { vec![chunk] };
        for rows in chunks {
            let marks = |mark: Span| if rows.iter().all(|row| row.same) { plain(" ") } else { mark };
            let column = |mark: &Span, side: fn(&Row<Text>) -> Option<&Text>| -> Vec<Vec<Span>> {
                rows.iter().filter_map(side).flat_map(|text| wrapped(text, mark, width)).collect()
            };
            let left = column(&marks(gone()), |row| row.base.as_ref());
            let right = column(&marks(new()), |row| row.head.as_ref());
            joined(page, width, &left, &right);
        }
    }
}

/// The lines of one text in a column, each behind its mark.
fn wrapped(text: &Text, mark: &Span, width: usize) -> Vec<Vec<Span>> {
    let hang: usize = text.lead.iter().map(Span::width).sum();
    let lines = layout::wrap(&text.body, width.saturating_sub(hang + 2).max(10));
    let with_lead = |(nth, line): (usize, Vec<Span>)| {
        let lead = if nth == 0 { text.lead.clone() } else { vec![plain(" ".repeat(hang))] };
        [vec![mark.clone(), plain(" ")], lead, line].concat()
    };
    lines.into_iter().enumerate().map(with_lead).collect()
}

fn joined(page: &mut Page, width: usize, left: &[Vec<Span>], right: &[Vec<Span>]) {
    for nth in 0..left.len().max(right.len()) {
        let mut line = left.get(nth).cloned().unwrap_or_default();
        let used: usize = line.iter().map(Span::width).sum();
        line.extend([plain(" ".repeat(width.saturating_sub(used))), dim(GUTTER)]);
        line.extend(right.get(nth).cloned().unwrap_or_default());
        page.line(INDENT, &line);
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::report::Look;

    fn shown(width: usize, rows: &[(Option<&str>, Option<&str>, bool)]) -> String {
        let text = |text: &str| Text { lead: vec![plain("1 ")], body: vec![plain(text)] };
        let row = |(base, head, same): &(Option<&str>, Option<&str>, bool)| Row {
            base: base.map(text),
            head: head.map(text),
            same: *same,
        };
        let mut page = Page::wide(Look { width, colour: false });
        let rows: Vec<Row<Text>> = rows.iter().map(row).collect();
        write(&mut page, Titles { base: "base", head: "head" }, Layout::Compared, &rows);
        page.finish()
    }

    #[test]
    fn what_differs_is_marked_and_what_is_the_same_lines_up() {
        let rows = [(Some("a"), Some("x"), false), (None, Some("y"), false), (Some("z"), Some("z"), true)];
        let text = shown(72, &rows);
        let gap = " ".repeat(27);
        assert_eq!(
            text,
            format!(
                "    base{gap} │   head\n  − 1 a{gap}  │ + 1 x\n{}│ + 1 y\n    1 z{gap}  │   1 z\n",
                " ".repeat(36)
            )
        );
    }

    #[test]
    fn a_narrow_page_has_one_column() {
        let rows = [(Some("a"), Some("x"), false), (Some("b"), None, false), (Some("z"), Some("z"), true)];
        assert_eq!(shown(60, &rows), "  − base  + head\n  − 1 a\n  − 1 b\n  + 1 x\n    1 z\n");
    }

    #[test]
    fn sec_08_wide_and_hostile_text_keeps_its_column() {
        let long = format!("{} ::error::x \u{1b}[31m {}", "語".repeat(40), "é".repeat(90));
        for width in [70, 80, 100, 120] {
            for line in shown(width, &[(Some(&long), Some("::set-output::"), false)]).lines() {
                assert!(line.width() <= width, "{width}: {line}");
                assert!(!line.contains('\u{1b}') && !line.trim_start().starts_with("::"), "{line}");
            }
        }
    }
}
