//! One prompt in the terminal: what became of its tasks, what its runs take, what they cost.

use super::layout::{self, Align, Page, Span, Tone, dim, plain, strong};
use super::sign;
use crate::report::numbers::{self, Sign};
use crate::report::{
    Assertion, AssertionOutcome, Cost, Metric, MetricStatus, Pair, Prompt, Task, escape, monthly, suite, words,
};

/// Lines shown of a value that has many.
const VALUE_LINES: usize = 6;
/// Bytes of expected and actual that one sentence holds.
const ONE_LINE: usize = 160;
/// Characters shown of one value.
const VALUE_CHARS: usize = 400;

pub fn write(page: &mut Page, prompt: &Prompt) {
    page.rule(&[strong(&prompt.id), plain("  "), plain(words::versions(prompt))]);
    page.hang(2, &[], &[dim(words::why(prompt))]);
    tasks(page, prompt);
    measures(page, prompt);
}

fn tasks(page: &mut Page, prompt: &Prompt) {
    let listed: Vec<&Task> = prompt.tasks.iter().filter(|task| !task.outcome.is_plain_pass()).collect();
    if !prompt.tasks.is_empty() {
        page.blank();
    }
    let rows: Vec<Vec<Span>> = listed.iter().map(|task| row(task)).collect();
    let lines = layout::columns(&rows, &[Align::Left; 5]);
    for (task, line) in listed.iter().zip(&lines) {
        let (lead, body) = line.split_at(3);
        page.hang(2, lead, body);
        if let Some(unjudged) = &task.unjudged {
            page.hang(4, &[], &[plain(&unjudged.message)]);
        }
        task.assertions.iter().for_each(|checked| assertion(page, checked));
        unjudged(page, task);
    }
    if let Some(passes) = words::passes(prompt) {
        page.line(2, &[sign(words::GOOD), plain(" "), plain(passes)]);
    }
}

fn row(task: &Task) -> Vec<Span> {
    let (mark, outcome) = words::outcome(task.outcome);
    vec![
        sign(mark),
        strong(words::subject(None, Some(&task.id), Some(&task.model))),
        plain(outcome),
        plain(words::tally(task)),
        dim(words::badges(task)),
    ]
}

/// A broken assertion: on one line where expected and actual fit there, else one below the other.
fn assertion(page: &mut Page, assertion: &Assertion) {
    match assertion.outcome {
        AssertionOutcome::Pass | AssertionOutcome::Unjudged => return,
        AssertionOutcome::Fail => {}
    }
    let (mark, how) = words::assertion(assertion);
    let Assertion { kind, expected, actual, .. } = assertion;
    let is_short = expected.len() + actual.len() <= ONE_LINE && !expected.contains('\n') && !actual.contains('\n');
    if is_short {
        let everywhere = assertion.failed == assertion.samples && assertion.declared == "both";
        let how = if everywhere { String::new() } else { format!(" ({how})") };
        let said = [strong(kind), dim("  expected "), plain(expected), dim(", found "), plain(actual), dim(how)];
        page.hang(4, &[sign(mark), plain(" ")], &said);
        return;
    }
    page.hang(4, &[sign(mark), plain(" ")], &[strong(kind), plain(" "), dim(how)]);
    value(page, "expected  ", expected);
    value(page, "actual    ", actual);
}

/// The assertions that found nothing to look at, together by reason.
fn unjudged(page: &mut Page, task: &Task) {
    let open = |checked: &&Assertion| checked.outcome == AssertionOutcome::Unjudged;
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for checked in task.assertions.iter().filter(open) {
        match reasons.iter_mut().find(|(reason, _)| *reason == checked.actual) {
            Some((_, kinds)) => kinds.push(&checked.kind),
            None => reasons.push((&checked.actual, vec![&checked.kind])),
        }
    }
    for (reason, kinds) in reasons {
        let said = [plain(kinds.join(", ")), dim("  not judged: "), dim(escape::ellipsis(reason, VALUE_CHARS))];
        page.hang(4, &[sign(words::OPEN), plain(" ")], &said);
    }
}

/// A value beside its name; further lines begin under the first.
fn value(page: &mut Page, name: &str, text: &str) {
    let text = escape::ellipsis(text, VALUE_CHARS);
    let lines: Vec<&str> = text.lines().collect();
    for (n, line) in lines.iter().take(VALUE_LINES).enumerate() {
        let name = if n == 0 { name.to_owned() } else { " ".repeat(name.len()) };
        page.hang(8, &[dim(name)], &[plain(line)]);
    }
    if lines.len() > VALUE_LINES {
        let more = numbers::counted(lines.len() - VALUE_LINES, "line");
        page.line(8 + name.len(), &[dim(format!("… {more} more"))]);
    }
}

/// Two tables: sums of a month are wide, and would push the metrics of one run apart.
fn measures(page: &mut Page, prompt: &Prompt) {
    let metrics = words::metrics(prompt).into_iter().map(|(name, metric)| metric_row(name, metric)).collect();
    table(page, ["", "per run", "base", "head", "change", "p95", "→ head", ""], metrics);
    for (mark, note) in suite::notes(prompt) {
        page.hang(2, &[sign(mark), plain(" ")], &[dim(note)]);
    }
    if let Some(cost) = &monthly::shown(prompt) {
        table(page, ["", "cost", "base", "head", "change", "", "", ""], cost_rows(cost));
        for (mark, note) in monthly::notes(cost) {
            page.hang(2, &[sign(mark), plain(" ")], &[dim(note)]);
        }
    }
}

fn table(page: &mut Page, titles: [&str; 8], mut rows: Vec<Vec<Span>>) {
    if rows.is_empty() {
        return;
    }
    let is_used = |column: usize| rows.iter().filter_map(|row| row.get(column)).any(|cell| cell.width() > 0);
    let header = titles.iter().enumerate().map(|(n, title)| dim(if is_used(n) { title } else { "" })).collect();
    rows.insert(0, header);
    page.blank();
    use Align::{Left, Right};
    let align = [Left, Left, Right, Right, Right, Right, Left, Left];
    let mut lines = layout::columns(&rows, &align);
    let is_wide = |line: &Vec<Span>| line.iter().map(Span::width).sum::<usize>() > page.width();
    if lines.iter().any(is_wide) {
        // The percentiles are what a narrow table can spare.
        rows.iter_mut().for_each(|row| row.iter_mut().skip(5).take(2).for_each(|cell| *cell = plain("")));
        lines = layout::columns(&rows, &align);
    }
    for line in &lines {
        page.line(2, line);
    }
}

/// The name of a row, at least as wide as the widest usual one, so that both tables line up.
fn label(name: &str) -> Span {
    plain(format!("{:<15}", escape::ellipsis(name, 24)))
}

fn metric_row(name: &str, metric: &Metric) -> Vec<Span> {
    let value =
        |value: Option<f64>| value.map_or_else(|| words::NONE.to_owned(), |value| numbers::measure(name, value));
    let observed =
        |value: Option<f64>| value.map_or_else(|| words::NONE.to_owned(), |value| numbers::observed(name, value));
    let (mark, note) = words::metric_status(metric);
    let change = metric.mean_ratio().map_or_else(String::new, numbers::change);
    let tone = match metric.status {
        MetricStatus::Fail => Tone::Bad,
        MetricStatus::Warn | MetricStatus::Inconclusive => Tone::Care,
        MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => Tone::Plain,
    };
    vec![
        sign(mark),
        label(words::metric(name)),
        plain(value(metric.base_mean)),
        plain(value(metric.head_mean)),
        Span::new(tone, change),
        dim(observed(metric.base_p95)),
        dim(format!("→ {}", observed(metric.head_p95))),
        plain(note),
    ]
}

fn cost_rows(cost: &Cost) -> Vec<Vec<Span>> {
    let amount = |text: Option<&str>| {
        numbers::decimal(text).map_or_else(|| words::NONE.to_owned(), |usd| numbers::money(usd, Sign::Negative))
    };
    let change = |text: Option<&str>| numbers::decimal(text).map(|usd| numbers::money(usd, Sign::Always));
    let mut rows: Vec<Vec<Span>> = cost
        .environments
        .iter()
        .map(|one| {
            vec![
                plain(" "),
                label(&one.name),
                plain(amount(one.base_usd_month.as_deref())),
                plain(amount(one.head_usd_month.as_deref())),
                plain(change(one.delta_usd_month.as_deref()).unwrap_or_default()),
            ]
        })
        .collect();
    if cost.base_usd_month.is_some() || cost.head_usd_month.is_some() {
        let delta = change(cost.delta_usd_month.as_deref());
        rows.push(vec![
            plain(" "),
            label("per month"),
            plain(amount(cost.base_usd_month.as_deref())),
            plain(amount(cost.head_usd_month.as_deref())),
            strong(delta.unwrap_or_default()),
        ]);
    }
    let Pair { base, head } = &cost.usd_per_1k_requests;
    if base.is_some() || head.is_some() {
        let delta = numbers::difference(&cost.usd_per_1k_requests).map(|usd| numbers::money(usd, Sign::Always));
        rows.push(vec![
            plain(" "),
            label("per 1k requests"),
            plain(amount(base.as_deref())),
            plain(amount(head.as_deref())),
            plain(delta.unwrap_or_default()),
        ]);
    }
    rows
}
