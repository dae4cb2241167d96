//! `regild cost`: what the change costs per month. The check's own numbers, without its judgement.

use std::path::PathBuf;

use clap::Args;

use super::check::{self, JudgingArgs};
use super::context::Project;
use super::report::root_of;
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::Result;
use crate::io::{console, files};
use crate::report::numbers::{self, Sign};
use crate::report::terminal::layout::{self, Align, Page, Span, dim, plain, strong};
use crate::report::{Cost, CostTotal, Environment, Format, Look, Pair, Prompt, Report, monthly, render, sign, words};

#[derive(Debug, Args)]
pub struct CostArgs {
    #[command(flatten)]
    pub refs: RefArgs,
    /// Write `costs_report.json` to PATH.
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// What to print; `json` is what --output writes.
    #[arg(long, value_name = "FORMAT", default_value = "terminal", help_heading = "Output")]
    pub format: super::changed::ChangedFormat,
}

pub fn run(global: &Global, args: CostArgs) -> Result<u8> {
    let context = Project::open(global)?.context_for(&args.refs, &SelectArgs::default())?;
    let report = check::judge(&context, &SelectArgs::default(), &JudgingArgs::default(), None)?;
    let look = console::look(global.color);
    let costs = render(&report, Format::Costs, look)?;
    let shown = match args.format {
        super::changed::ChangedFormat::Terminal => terminal(&report, look),
        super::changed::ChangedFormat::Json => costs.clone(),
    };
    if let Some(path) = &args.output {
        files::write(&root_of(global).join(path), costs.as_bytes())?;
    }
    console::print(&shown)?;
    Ok(0)
}

fn terminal(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    page.hang(0, &[], &[strong(sentence(report))]);
    page.hang(
        2,
        &[],
        &[dim(format!("{} → {}  ·  {}", words::side(&report.base), words::side(&report.head), words::policy(report)))],
    );
    if let Some(stand_in) = words::stand_in(report) {
        page.hang(2, &[sign(words::CARE), plain(" ")], &[plain(stand_in)]);
    }
    let priced: Vec<(&Prompt, Cost)> =
        report.prompts.iter().filter_map(|prompt| Some((prompt, monthly::shown(prompt)?))).collect();
    if !priced.is_empty() {
        page.blank();
        table(&mut page, &priced, total(report));
    }
    notes(&mut page, report, &priced);
    if !report.prompts.is_empty() {
        page.blank();
        page.hang(2, &[], &[dim(words::prices(report))]);
    }
    page.finish()
}

/// What it comes to, in one line.
fn sentence(report: &Report) -> String {
    let cost = &report.cost;
    match numbers::decimal(cost.delta_usd_month.as_deref()) {
        _ if has_errors(report) => "what the change costs is not known in full".to_owned(),
        _ if report.prompts.is_empty() => "no prompt is affected; nothing costs more or less".to_owned(),
        None => "what the change costs is not known in full".to_owned(),
        Some(delta) => format!("{} a month{}", numbers::money(delta, Sign::Always), share(cost)),
    }
}

fn share(cost: &CostTotal) -> String {
    cost.delta_percent.map(|percent| format!(" ({})", numbers::percent(percent))).unwrap_or_default()
}

/// Whether files do not load, whose prompts are thus in no sum.
fn has_errors(report: &Report) -> bool {
    report.diagnostics.iter().any(|diagnostic| diagnostic.code.leaves_out())
}

/// One amount; a dash where it is unknown.
fn amount(text: Option<&str>) -> Span {
    plain(numbers::decimal(text).map_or_else(|| words::NONE.to_owned(), |usd| numbers::money(usd, Sign::Negative)))
}

fn row(name: Span, base: Option<&str>, head: Option<&str>, change: String, share: String) -> Vec<Span> {
    vec![plain(" "), name, amount(base), amount(head), strong(change), plain(share)]
}

fn name(prompt: &Prompt) -> Span {
    plain(format!("{} {}", prompt.id, words::versions(prompt)))
}

/// A prompt's month, and below it that of each environment.
fn months(prompt: &Prompt, cost: &Cost) -> Vec<Vec<Span>> {
    let delta =
        |text: Option<&str>| numbers::decimal(text).map_or_else(String::new, |usd| numbers::money(usd, Sign::Always));
    let share = numbers::share(prompt, cost).unwrap_or_default();
    let (base, head) = (cost.base_usd_month.as_deref(), cost.head_usd_month.as_deref());
    let sum = row(name(prompt), base, head, delta(cost.delta_usd_month.as_deref()), share);
    let environment = |one: &Environment| {
        let (base, head) = (one.base_usd_month.as_deref(), one.head_usd_month.as_deref());
        row(dim(format!("  {}", one.name)), base, head, delta(one.delta_usd_month.as_deref()), String::new())
    };
    std::iter::once(sum).chain(cost.environments.iter().map(environment)).collect()
}

fn thousand(prompt: &Prompt, cost: &Cost) -> Vec<Span> {
    let Pair { base, head } = &cost.usd_per_1k_requests;
    let delta = numbers::difference(&cost.usd_per_1k_requests).map(|usd| numbers::money(usd, Sign::Always));
    row(name(prompt), base.as_deref(), head.as_deref(), delta.unwrap_or_default(), String::new())
}

/// The sums, where there is more than one prompt to sum up.
fn total(report: &Report) -> Option<Vec<Span>> {
    let cost = &report.cost;
    let delta = numbers::decimal(cost.delta_usd_month.as_deref()).map(|usd| numbers::money(usd, Sign::Always));
    let share = cost.delta_percent.map(numbers::percent).unwrap_or_default();
    let (base, head) = (cost.base_usd_month.as_deref(), cost.head_usd_month.as_deref());
    (report.prompts.len() > 1).then(|| row(strong("all that serve"), base, head, delta.unwrap_or_default(), share))
}

/// What a month costs, and below it what 1,000 requests cost, in the same columns.
fn table(page: &mut Page, priced: &[(&Prompt, Cost)], total: Option<Vec<Span>>) {
    let header = |title| ["", title, "base", "head", "change", ""].map(dim).to_vec();
    let mut rows = vec![header("per month")];
    rows.extend(priced.iter().flat_map(|(prompt, cost)| months(prompt, cost)).chain(total));
    rows.extend([Vec::new(), header("per 1,000 requests")]);
    rows.extend(priced.iter().map(|(prompt, cost)| thousand(prompt, cost)));
    use Align::{Left, Right};
    for line in layout::columns(&rows, &[Left, Left, Right, Right, Right, Left]) {
        page.line(0, &line);
    }
}

/// For how many requests an amount holds, and why one is unknown.
fn notes(page: &mut Page, report: &Report, priced: &[(&Prompt, Cost)]) {
    if !report.prompts.is_empty() {
        page.blank();
    }
    for (prompt, cost) in priced {
        let serves = if prompt.served { "" } else { "; does not serve traffic and is in no sum" };
        for (mark, note) in monthly::notes(cost) {
            let subject = format!("{} {}: ", prompt.id, words::versions(prompt));
            page.hang(2, &[sign(mark), plain(" ")], &[dim(format!("{subject}{note}{serves}"))]);
        }
    }
    if has_errors(report) {
        let left_out = "what does not load is left out; regild validate shows why";
        page.hang(2, &[sign(words::OPEN), plain(" ")], &[plain(left_out)]);
    }
    for prompt in report.prompts.iter().filter(|prompt| prompt.cost.is_none()) {
        page.hang(
            2,
            &[sign(words::OPEN), plain(" ")],
            &[dim(format!("{}: nothing was run: {}", prompt.id, words::why(prompt)))],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(base: Option<&str>, head: Option<&str>, delta: Option<&str>) -> Cost {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Cost {
            base_usd_month: own(base),
            head_usd_month: own(head),
            delta_usd_month: own(delta),
            basis: "measured".into(),
            usd_per_1k_requests: Pair { base: own(base), head: own(head) },
            requests_per_month: Some("1000".into()),
            ..Cost::default()
        }
    }

    #[test]
    fn an_unknown_amount_is_a_dash_and_what_is_new_has_no_base() {
        let version = |version: &str| crate::report::Version {
            version: version.into(),
            prompt_id: String::new(),
            fingerprint: String::new(),
            path: String::new(),
        };
        let prompt = |base: Option<&str>| Prompt {
            id: "support".into(),
            status: crate::report::PromptStatus::Modified,
            why: Vec::new(),
            served: true,
            base: base.map(version),
            head: Some(version("2.0.0")),
            wording: None,
            tasks: Vec::new(),
            metrics: Default::default(),
            pass_rate: None,
            cost: Some(cost(Some("0"), Some("25"), Some("25"))),
        };
        let mut page = Page::new(Look { width: 80, colour: false });
        let (known, unknown) = (cost(Some("12.5"), Some("25"), Some("12.5")), cost(Some("12.5"), None, None));
        let (old, new) = (prompt(Some("1.0.0")), prompt(None));
        let shown = monthly::shown(&new).unwrap();
        table(&mut page, &[(&old, known), (&old, unknown), (&new, shown)], None);
        let text = page.finish();
        assert!(text.contains("  support 1.0.0 → 2.0.0  $12.50  $25.00  +$12.50  +100 %\n"), "{text}");
        assert!(text.contains("  support 1.0.0 → 2.0.0  $12.50       —\n"), "{text}");
        assert!(text.contains("  support 2.0.0               —  $25.00  +$25.00  new\n"), "{text}");
    }
}
