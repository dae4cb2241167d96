//! `regild cost`: what a change costs per month. It reports; it does not judge.

use std::path::PathBuf;

use clap::Args;

use super::changed::ChangedFormat;
use super::check::{JudgingArgs, judge};
use super::context::Project;
use super::report::root_of;
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::Result;
use crate::io::{console, files};
use crate::report::{Format, Report, escape, render};

#[derive(Debug, Args)]
pub struct CostArgs {
    #[command(flatten)]
    refs: RefArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Write `costs_report.json`, as the founding documents have it, to PATH.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// What to print; json is what `--output` writes.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ChangedFormat,
}

pub fn run(global: &Global, args: CostArgs) -> Result<u8> {
    let context = Project::open(global)?.context(&args.refs)?;
    let report = judge(&context, &args.select, &JudgingArgs::default())?;
    let costs = render(&report, Format::Costs, console::look(global.color))?;
    if let Some(path) = &args.output {
        files::write(&root_of(global).join(path), costs.as_bytes())?;
    }
    console::print(&match args.format {
        ChangedFormat::Terminal => terminal(&report),
        ChangedFormat::Json => costs,
    })?;
    Ok(0)
}

fn terminal(report: &Report) -> String {
    let amount =
        |amount: &Option<String>| amount.as_ref().map_or_else(|| "unknown".to_owned(), |usd| format!("${usd}"));
    let mut text = format!("{:<28} {:>14} {:>14} {:>14}\n", "US dollars a month", "base", "head", "change");
    for prompt in &report.prompts {
        let Some(cost) = &prompt.cost else { continue };
        let version = prompt.head.as_ref().or(prompt.base.as_ref()).map_or("", |version| &version.version);
        let serves = if prompt.served { "" } else { " (does not serve)" };
        let name = escape::line(&format!("{} {version}{serves}", prompt.id));
        let (base, head, delta) =
            (amount(&cost.base_usd_month), amount(&cost.head_usd_month), amount(&cost.delta_usd_month));
        text.push_str(&format!("{name:<28} {base:>14} {head:>14} {delta:>14}\n"));
        let thousand = &cost.usd_per_1k_requests;
        let (base, head) = (amount(&thousand.base), amount(&thousand.head));
        text.push_str(&format!("{:<28} {base:>14} {head:>14}\n", "  per 1,000 requests"));
    }
    let total = &report.cost;
    let (base, head, delta) =
        (amount(&total.base_usd_month), amount(&total.head_usd_month), amount(&total.delta_usd_month));
    text.push_str(&format!("{:<28} {base:>14} {head:>14} {delta:>14}\n", "all that serve"));
    for why in &total.unknown {
        text.push_str(&format!("? {}\n", escape::line(why)));
    }
    let table = &total.price_table;
    text.push_str(&format!("prices: {}, as of {}\n", escape::line(&table.source), escape::line(&table.as_of)));
    text
}
