//! `regild plan`: what a check would run, and what of it is recorded; nothing is judged.

use clap::Args;
use serde::Serialize;

use super::changed::ChangedFormat;
use super::context::{Context, Project, scope, selection};
use crate::changes;
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::Result;
use crate::io::console;
use crate::plan::{self, Gap};
use crate::recording::Tree;
use crate::report::escape;
use crate::shelves::{Shelves, Trust};

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    refs: RefArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ChangedFormat,
}

/// One cell as planned.
#[derive(Debug, Serialize)]
struct Row {
    prompt: String,
    /// Head's version, or base's where head has none.
    version: String,
    against: Option<String>,
    task: String,
    model: String,
    samples: u32,
    /// Samples that fit, by side; null where that side does not run it.
    recorded_base: Option<usize>,
    recorded_head: Option<usize>,
}

pub fn run(global: &Global, args: &PlanArgs) -> Result<u8> {
    let context = Project::open(global)?.context(&args.refs)?;
    let (prompts, tasks) = selection(&args.select, &context)?;
    let scope = scope(&args.select, &prompts);
    let Context { base, head, policy } = &context;
    let changes = changes::between(base, head, policy, scope);
    let (cells, gaps) = plan::cells(&changes, base, head, policy, &tasks);
    let shelves = Shelves::new(base, head, policy);
    let rows: Vec<Row> = cells.iter().map(|cell| row(cell, &shelves)).collect();
    let text = match args.format {
        ChangedFormat::Terminal => terminal(&rows, &gaps),
        ChangedFormat::Json => {
            let gaps: Vec<String> = gaps.iter().map(words).collect();
            format!("{:#}\n", serde_json::json!({ "cells": rows, "gaps": gaps }))
        }
    };
    console::print(&text)?;
    Ok(0)
}

fn row(cell: &plan::Cell, shelves: &Shelves<'_>) -> Row {
    let recorded = |tree| shelves.evidence(cell, tree, Trust::Head).map(|evidence| evidence.answers.len());
    let version = |tree| cell.side(tree).map(|side| side.prompt.version.to_string());
    let (base, head) = (version(Tree::Base), version(Tree::Head));
    Row {
        prompt: cell.prompt.to_string(),
        against: base.clone().filter(|_| head.is_some()),
        version: head.or(base).unwrap_or_default(),
        task: cell.task.to_string(),
        model: cell.alias.to_string(),
        samples: cell.shown().map_or(0, |side| side.samples),
        recorded_base: recorded(Tree::Base),
        recorded_head: recorded(Tree::Head),
    }
}

fn words(gap: &Gap) -> String {
    match gap {
        Gap::Untested { prompt, version } => format!("{prompt} {version} has no golden task"),
        Gap::NoModel { prompt, task } => format!("{prompt}/{task} has no model to run on"),
        Gap::UnknownAlias { prompt, task, alias, .. } => {
            format!("{prompt}/{task} runs on `{alias}`, which is not declared")
        }
    }
}

fn terminal(rows: &[Row], gaps: &[Gap]) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for row in rows {
        let against = row.against.as_ref().map_or_else(String::new, |version| format!(" against {version}"));
        let heading = format!("{} {}{against}", row.prompt, row.version);
        if heading != last {
            text.push_str(&format!("{}\n", escape::line(&heading)));
            last = heading;
        }
        let side = |recorded: Option<usize>| {
            recorded.map_or_else(|| "–".to_owned(), |recorded| format!("{recorded}/{}", row.samples))
        };
        let task = escape::line(&format!("{} [{}]", row.task, row.model));
        let (base, head) = (side(row.recorded_base), side(row.recorded_head));
        text.push_str(&format!("  {task:<34} base {base:>5}  head {head:>5}\n"));
    }
    for gap in gaps {
        text.push_str(&format!("! {}\n", escape::line(&words(gap))));
    }
    let lacking: u64 = rows
        .iter()
        .filter_map(|row| row.recorded_head.map(|recorded| u64::from(row.samples).saturating_sub(recorded as u64)))
        .sum();
    text.push_str(&match (rows.len(), lacking) {
        (0, _) => "nothing to run\n".to_owned(),
        (cells, 0) => format!("{cells} tasks, all recorded: replay asks no model\n"),
        (cells, lacking) => format!("{cells} tasks; {lacking} samples of head are to be recorded: regild record\n"),
    });
    text
}
