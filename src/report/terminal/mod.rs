//! The report for people, in a terminal: the verdict in the first line, then what to do about it, then the evidence.
//!
//! Says only what the report says. Signs and words carry the meaning; colour repeats it.

pub mod layout;
mod prompt;

use self::layout::{Page, Span, Tone, dim, plain, strong};
use super::numbers::{self, Sign};
use super::{Accepted, CostTotal, Reason, Report, Severity, Status, escape, headline, monthly, words};
use crate::diagnostic;

/// How the terminal wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    pub colour: bool,
}

pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    opening(&mut page, report);
    accepted(&mut page, &report.verdict.accepted);
    for (severity, mark, title) in words::SEVERITIES {
        let reasons: Vec<&Reason> =
            report.verdict.reasons.iter().filter(|reason| reason.severity == severity).collect();
        findings(&mut page, &format!("{mark} "), &in_title(title, severity, reasons.len()), &reasons);
    }
    for prompt in &report.prompts {
        page.blank();
        prompt::write(&mut page, prompt);
    }
    totals(&mut page, report);
    diagnostics(&mut page, report);
    closing(&mut page, report);
    page.finish()
}

fn opening(page: &mut Page, report: &Report) {
    if let Some(workflows) = words::workflows(report) {
        page.hang(0, &[sign(words::CARE), plain(" ")], &[Span::new(Tone::Care, workflows)]);
    }
    let (mark, word) = words::verdict(report.verdict.status);
    let tone = match report.verdict.status {
        Status::Pass => Tone::Good,
        Status::Fail => Tone::Bad,
        Status::Inconclusive => Tone::Open,
    };
    let lead = [Span::new(tone, format!("{mark} {}", word.to_uppercase())), plain("  ")];
    page.hang(0, &lead, &[strong(headline::sentence(report))]);
    let mode = words::mode(report.mode);
    let (base, head) = (words::side(&report.base), words::side(&report.head));
    page.hang(2, &[], &[dim(format!("{base} → {head}  ·  {mode}  ·  {}", words::policy(report)))]);
    if let Some(stand_in) = words::stand_in(report) {
        page.hang(2, &[sign(words::CARE), plain(" ")], &[Span::new(Tone::Care, stand_in)]);
    }
}

fn accepted(page: &mut Page, accepted: &[Accepted]) {
    if accepted.is_empty() {
        return;
    }
    page.blank();
    page.line(2, &[strong("Accepted")]);
    for item in accepted {
        let subject = words::subject(item.prompt.as_deref(), item.task.as_deref(), None);
        page.hang(2, &[sign(words::GOOD), plain(" ")], &sentence(&subject, &item.message, &item.code));
        let (reason, by) = (&item.reason, words::accepted_by(item));
        page.hang(6, &[dim("“")], &[dim(format!("{reason}” {by}"))]);
    }
}

/// The heading of a severity; how many there are is worth saying from the third on.
fn in_title(title: &str, severity: Severity, n: usize) -> Vec<Span> {
    let tone = match severity {
        Severity::Fail => Tone::Bad,
        Severity::Accept | Severity::Inconclusive => Tone::Open,
        Severity::Warn => Tone::Care,
    };
    let count = if n > 2 { dim(format!(" ({n})")) } else { plain("") };
    vec![Span::new(tone, title), count]
}

fn findings(page: &mut Page, lead: &str, title: &[Span], reasons: &[&Reason]) {
    if reasons.is_empty() {
        return;
    }
    page.blank();
    page.line(2, title);
    for reason in reasons {
        let subject = words::subject(reason.prompt.as_deref(), reason.task.as_deref(), reason.model.as_deref());
        page.hang(2, &[sign(lead)], &sentence(&subject, &reason.message, &reason.code));
        if let Some(help) = &reason.help {
            help_line(page, help);
        }
    }
}

fn sentence(subject: &str, message: &str, code: &str) -> Vec<Span> {
    let subject = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    vec![strong(subject), plain(message), dim(format!(" ({code})"))]
}

/// The next step. A command stays on one line, so that it can be copied; the terminal itself folds it.
pub fn help_line(page: &mut Page, help: &str) {
    let arrow = Span::new(Tone::Dim, "→ ");
    let text = Span::new(Tone::Command, help);
    if help.starts_with("regild ") {
        page.line(4, &[arrow, text]);
    } else {
        page.hang(4, &[arrow], &[text]);
    }
}

/// A sign in the tone of what it means.
pub fn sign(mark: &str) -> Span {
    let tone = match mark.trim() {
        words::GOOD => Tone::Good,
        words::BAD => Tone::Bad,
        words::OPEN => Tone::Open,
        words::CARE => Tone::Care,
        _ => Tone::Plain,
    };
    Span::new(tone, mark)
}

fn totals(page: &mut Page, report: &Report) {
    if monthly::tells_its_own(report) {
        return;
    }
    let has_sums = report.prompts.len() > 1;
    if has_sums || !report.cost.unknown.is_empty() {
        page.blank();
    }
    if has_sums {
        page.rule(&[strong("all prompts")]);
        sums(page, &report.cost);
    }
    for unknown in &report.cost.unknown {
        page.hang(2, &[sign(words::OPEN), plain(" ")], &[plain(format!("not in the sums: {unknown}"))]);
    }
}

fn sums(page: &mut Page, cost: &CostTotal) {
    let mut body = vec![plain(format!("cost per month {}", monthly::amounts(cost)))];
    if let Some(delta) = numbers::decimal(cost.delta_usd_month.as_deref()) {
        let percent = cost.delta_percent.map(|percent| format!(" ({})", numbers::percent(percent)));
        body.extend([plain(", "), strong(numbers::money(delta, Sign::Always)), plain(percent.unwrap_or_default())]);
    }
    page.hang(2, &[], &body);
    for note in monthly::total_notes(cost) {
        page.hang(2, &[], &[dim(note)]);
    }
}

fn diagnostics(page: &mut Page, report: &Report) {
    if !report.diagnostics.is_empty() {
        page.blank();
        page.rule(&[strong("documents")]);
    }
    for (nth, diagnostic) in report.diagnostics.iter().enumerate() {
        let tone = match diagnostic.severity {
            diagnostic::Severity::Error => Tone::Bad,
            diagnostic::Severity::Warning => Tone::Care,
        };
        if nth > 0 {
            page.blank();
        }
        for (n, line) in escape::block(&diagnostic.render()).lines().enumerate() {
            page.line(2, &[Span::new(if n == 0 { tone } else { Tone::Plain }, line)]);
        }
    }
}

fn closing(page: &mut Page, report: &Report) {
    if !report.prompts.is_empty() {
        page.blank();
        page.hang(2, &[], &[dim(words::prices(report))]);
    }
    page.hang(2, &[], &[dim(words::run(report))]);
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::sample::{nothing, sample};

    fn plain_at(report: &Report, width: usize) -> String {
        render(report, Look { width, colour: false })
    }

    #[test]
    fn says_first_what_matters_first() {
        let text = plain_at(&sample(), 80);
        assert!(text.starts_with("✗ FAIL  2 tasks regressed, 1 new task fails, tokens per run +92 %,\n"), "{text}");
        let places: Vec<usize> = [
            "        tool calls +175 %, +$693/month\n",
            "origin/main 1a2b3c4 → exhaustive-answers 5e6f7a8  ·  replay  ·  policy 9f8e7d6",
            "! answers by `mock`, a stand-in for a model, in 1 of 11 tasks",
            "\n  Accepted\n",
            "\n  Fails (6)\n",
            "\n  Awaits acceptance\n",
            "\n  Could not be judged\n",
            "\n  Warnings\n",
            "── refund-letter  1.0.0 ──",
            "── support  12.0.0 → 13.0.0 ──",
            "  ✗ tokens             4,540    8,700   +92 %    7,500  → 14,200   over +25 %\n",
            "── all prompts ──",
            "? not in the sums: refund-letter",
            "error[unknown-field]",
            "prices: genai-prices 0.2.1, as of 2026-10-01",
            "replayed 60 samples, 0 model calls, $0.00 spent\n",
        ]
        .iter()
        .map(|part| text.find(part).unwrap_or_else(|| panic!("{part:?} in {text}")))
        .collect();
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn fits_its_width_and_leaves_nothing_behind() {
        for width in [70, 80, 100, 400] {
            for line in plain_at(&sample(), width).lines() {
                assert_eq!(line, line.trim_end());
                let may_be_long = line.contains("→ regild");
                assert!(may_be_long || line.width() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        for report in [sample(), nothing()] {
            let coloured = render(&report, Look { width: 80, colour: true });
            assert!(coloured.contains('\u{1b}'));
            assert_eq!(escape::strip_ansi(&coloured), plain_at(&report, 80));
        }
    }

    #[test]
    fn a_pass_with_nothing_affected_is_short() {
        let text = plain_at(&nothing(), 80);
        assert!(text.starts_with("✓ PASS  no prompt is affected\n"), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn unknown_cost_is_never_nothing() {
        let mut report = sample();
        report.prompts.retain(|prompt| prompt.id == "refund-letter");
        report.cost.base_usd_month = None;
        report.cost.head_usd_month = None;
        report.cost.delta_usd_month = None;
        report.run.spend_usd = "0.42".into();
        let text = plain_at(&report, 80);
        assert!(text.contains("traffic not declared"), "{text}");
        assert!(text.contains("per 1k requests     —  $0.29"), "{text}");
        assert!(!text.contains("$0.00") && !text.contains("/month"), "{text}");
    }
}
