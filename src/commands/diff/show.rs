//! One cell of a comparison on a page: how its runs went, which tools they called, what they said.

use super::Compared;
use super::beside::{self, Layout, Text, Titles};
use crate::agent::Trajectory;
use crate::compare::mend;
use crate::diff::{Call, Pair, Piece, Row, pairs, words as differing};
use crate::outcome::Reason;
use crate::plan::Cell;
use crate::recording::{Evidence, Tree};
use crate::report::layout::{self, Align, Page, Span, Tone, dim, plain, strong};
use crate::report::{AssertionOutcome, Task, help_line, numbers, sign, words};

const INDENT: usize = 2;

pub fn cell(page: &mut Page, compared: &Compared<'_>, all_samples: bool) {
    let [base, head] = [Tree::Base, Tree::Head].map(|tree| heading(compared, tree));
    title(page, compared);
    if let Some(task) = compared.judged {
        outcome(page, task);
    }
    missing(page, compared, Tree::Base, compared.base.as_ref());
    missing(page, compared, Tree::Head, compared.head.as_ref());
    let answers = || [&compared.base, &compared.head].into_iter().flatten().flat_map(|evidence| &evidence.answers);
    if answers().any(|answer| answer.stand_in) {
        let stand_in = Span::new(Tone::Care, "answers by `mock`, a stand-in for a model");
        page.hang(INDENT, &[sign(words::CARE), plain(" ")], &[stand_in]);
    }
    let pairs = pairs(compared.base.as_ref(), compared.head.as_ref());
    if pairs.is_empty() {
        return;
    }
    page.blank();
    trajectories(page, &pairs);
    let shown = if all_samples { pairs.len() } else { 1 };
    for pair in pairs.iter().take(shown) {
        sample(page, Titles { base: &base, head: &head }, pair);
    }
    if pairs.len() > shown {
        page.blank();
        let more = format!(
            "the answers of {} are left out; --all-samples shows them",
            numbers::counted(pairs.len() - shown, "sample")
        );
        page.hang(INDENT, &[], &[dim(more)]);
    }
}

fn title(page: &mut Page, compared: &Compared<'_>) {
    let Cell { prompt, task, alias, .. } = compared.planned;
    let version = |tree| compared.planned.side(tree).map(|side| side.prompt.version.to_string());
    let versions = match (version(Tree::Base), version(Tree::Head)) {
        (Some(base), Some(head)) if base != head => format!("{base} → {head}"),
        (base, head) => head.or(base).unwrap_or_default(),
    };
    let subject = words::subject(Some(prompt.as_str()), Some(task.as_str()), Some(alias.as_str()));
    page.rule(&[strong(subject), plain("  "), plain(versions)]);
}

/// `base 12.0.0`, and where its answers were found if not in its own tree.
fn heading(compared: &Compared<'_>, tree: Tree) -> String {
    let version = compared.planned.side(tree).map(|side| side.prompt.version.to_string()).unwrap_or_default();
    let evidence = match tree {
        Tree::Base => &compared.base,
        Tree::Head => &compared.head,
    };
    let source = evidence.as_ref().and_then(|evidence| evidence.answers.first()).map(|answer| answer.source.as_str());
    let from = match source {
        None | Some("own") => String::new(),
        Some(source) => match source.strip_prefix("own:") {
            Some(version) => format!(", recorded for {version}"),
            None => format!(", recorded on {source}"),
        },
    };
    format!("{} {version}{from}", side_name(tree))
}

/// What a check says: the outcome, the counts, the broken expectations.
fn outcome(page: &mut Page, task: &Task) {
    let (mark, word) = words::outcome(task.outcome);
    let lead = [sign(mark), plain(" ")];
    page.hang(INDENT, &lead, &[strong(word), plain(format!("  {}  ", words::tally(task))), dim(words::badges(task))]);
    for checked in task.assertions.iter().filter(|checked| checked.outcome == AssertionOutcome::Fail) {
        let (mark, how) = words::assertion(checked);
        let how = if checked.failed == checked.samples { String::new() } else { format!(" ({how})") };
        let found = format!(" expected {}, found {}{how}", checked.expected, checked.actual);
        page.hang(INDENT + 2, &[sign(mark), plain(" ")], &[plain(&checked.kind), dim(found)]);
    }
}

/// Why a side has nothing to show, and what mends it.
fn missing(page: &mut Page, compared: &Compared<'_>, tree: Tree, evidence: Option<&Evidence>) {
    let name = side_name(tree);
    match evidence {
        None => page.hang(INDENT + 2, &[], &[dim(format!("{name} does not have this task"))]),
        Some(Evidence { answers, reason, .. }) if answers.is_empty() => {
            let reason = reason.as_ref().unwrap_or(&Reason::Missing);
            page.hang(
                INDENT,
                &[sign(words::OPEN), plain(" ")],
                &[strong(name), plain(format!(" not judged: {reason}"))],
            );
            help_line(page, &mend(compared.planned, tree, reason));
        }
        Some(_) => {}
    }
}

fn side_name(tree: Tree) -> &'static str {
    match tree {
        Tree::Base => "base",
        Tree::Head => "head",
    }
}

/// How each sample went on both sides: beside each other, or under each other where that is too wide.
fn trajectories(page: &mut Page, pairs: &[Pair<'_>]) {
    use Align::{Left, Right};
    let numbers = pairs.iter().map(|pair| plain(pair.sample.to_string()));
    let runs = pairs.iter().map(|pair| [figures(pair.base), figures(pair.head)]);
    let titles = ["", "steps", "calls", "tokens"].map(dim);
    let mut wide = vec![
        [&[plain(" "), dim("sample"), dim("base")], &titles[1..], &[dim("│"), dim("head")], &titles[1..]].concat(),
    ];
    let mut narrow = vec![[&[plain(" "), dim("sample"), dim("side")], &titles[..]].concat()];
    for (number, [base, head]) in numbers.zip(runs) {
        let tone = |nth: usize| if base[nth] == head[nth] { Tone::Plain } else { Tone::Strong };
        let changed = [0, 1, 2, 3].map(|nth| Span::new(tone(nth), &head[nth]));
        let base = base.each_ref().map(plain);
        wide.push([&[plain(" "), number.clone()], &base[..], &[dim("│")], &changed].concat());
        narrow.push([&[plain(" "), number, plain("base")], &base[..]].concat());
        narrow.push([&[plain(" "), plain(""), plain("head")], &changed[..]].concat());
    }
    let mut lines = layout::columns(&wide, &[Left, Right, Left, Right, Right, Right, Left, Left, Right, Right, Right]);
    if lines.iter().any(|line| line.iter().map(Span::width).sum::<usize>() > page.width()) {
        lines = layout::columns(&narrow, &[Left, Right, Left, Left, Right, Right, Right]);
    }
    lines.iter().for_each(|line| page.line(0, line));
}

/// Stop, steps, tool calls and tokens of a run.
fn figures(run: Option<&Trajectory>) -> [String; 4] {
    match run {
        Some(run) => [
            run.stop.to_string(),
            run.exchanges.len().to_string(),
            run.tool_calls().count().to_string(),
            run.total_tokens().map_or_else(|_| "?".to_owned(), numbers::count),
        ],
        None => [words::NONE, "", "", ""].map(str::to_owned),
    }
}

/// The tool calls and the answers of one sample.
fn sample(page: &mut Page, titles: Titles<'_>, pair: &Pair<'_>) {
    let calls: Vec<Row<Text>> = pair.calls().into_iter().map(call_row).collect();
    if !calls.is_empty() {
        section(page, titles, pair, "tool calls", &calls);
    }
    let (lines, was_cut) = pair.lines();
    let rows: Vec<Row<Text>> = ended(pair).into_iter().chain(lines.into_iter().map(line_row)).collect();
    section(page, titles, pair, "answers", &rows);
    if was_cut {
        page.line(INDENT, &[dim("… too long to be compared as a whole")]);
    }
}

fn section(page: &mut Page, titles: Titles<'_>, pair: &Pair<'_>, what: &str, rows: &[Row<Text>]) {
    let (layout, note) = match (pair.base.is_some(), pair.head.is_some()) {
        (true, true) if rows.iter().all(|row| row.same) => (Layout::Once, ", the same on both sides"),
        (true, true) => (Layout::Compared, ""),
        (true, false) => (Layout::Once, ", on base only"),
        (false, _) => (Layout::Once, ", on head only"),
    };
    page.blank();
    page.line(INDENT, &[strong(format!("{what} of sample {}", pair.sample)), dim(note)]);
    beside::write(page, titles, layout, rows);
}

fn call_row(row: Row<Call>) -> Row<Text> {
    let text = |call: Call| Text { lead: vec![dim(format!("{} ", call.step))], body: vec![plain(call.text)] };
    Row { base: row.base.map(text), head: row.head.map(text), same: row.same }
}

/// What must be known of the answers before they are read: that there is none, or that it is not the last word.
fn ended(pair: &Pair<'_>) -> Option<Row<Text>> {
    let note = |run: &Trajectory| match (run.answer(), run.text().trim().is_empty()) {
        (Ok(_), false) => None,
        (Ok(_), true) => Some(format!("nothing: the run ended by {}", run.stop)),
        (Err(_), true) => Some(format!("no answer: stopped by {}", run.stop)),
        (Err(_), false) => Some(format!("no answer: stopped by {}, having said", run.stop)),
    };
    let [base, head] = [pair.base, pair.head].map(|run| run.and_then(note));
    let same = base == head;
    let text = |note: String| Text { lead: Vec::new(), body: vec![dim(note)] };
    (base.is_some() || head.is_some()).then(|| Row { base: base.map(text), head: head.map(text), same })
}

/// A line of both answers; words that only one side has stand out.
fn line_row(row: Row<String>) -> Row<Text> {
    let text = |body| Text { lead: Vec::new(), body };
    let toned = |pieces: Vec<Piece>, tone| {
        pieces.into_iter().map(|piece| Span::new(if piece.same { Tone::Plain } else { tone }, piece.text)).collect()
    };
    match row {
        Row { base: Some(base), head: Some(head), same: false } => {
            let (base, head) = differing(&base, &head);
            let (base, head) = (toned(base, Tone::Bad), toned(head, Tone::Good));
            Row { base: Some(text(base)), head: Some(text(head)), same: false }
        }
        Row { base, head, same } => {
            let whole = |line: String| text(vec![plain(line)]);
            Row { base: base.map(whole), head: head.map(whole), same }
        }
    }
}
