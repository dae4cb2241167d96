//! `regild recordings status`: for every task of what serves or changed, whether its answers are there and fit.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::changes::{self, Scope};
use crate::cli::{Global, SelectArgs};
use crate::commands::changed::ChangedFormat;
use crate::commands::context::{Context, Project, selection};
use crate::commands::record::{RecordRefs, worktree};
use crate::error::Result;
use crate::io::console;
use crate::outcome::Reason;
use crate::plan;
use crate::recording::{Evidence, Note, Tree};
use crate::report::escape;
use crate::shelves::{Shelves, Trust};

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    prompts: Vec<String>,
    #[command(flatten)]
    refs: RecordRefs,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ChangedFormat,
}

/// How one task on one alias stands.
#[derive(Debug, Serialize)]
struct Row {
    prompt: String,
    version: String,
    task: String,
    model: String,
    /// `hit`, `fewer-samples`, or the code of what is wrong.
    state: String,
    samples: usize,
    wished: u32,
    /// Where the answers stand, or what is wrong, in words.
    says: String,
}

pub(super) fn run(global: &Global, args: &StatusArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = worktree(&project, &args.refs)?;
    let select = SelectArgs { prompts: args.prompts.clone(), all: true, ..SelectArgs::default() };
    let (prompts, _) = selection(&select, &context)?;
    let scope = if prompts.is_empty() { Scope::All } else { Scope::Only(&prompts) };
    let rows = rows(&context, scope);
    let text = match args.format {
        ChangedFormat::Terminal => terminal(&rows),
        ChangedFormat::Json => format!("{:#}\n", serde_json::json!({ "recordings": rows })),
    };
    console::print(&text)?;
    Ok(if rows.iter().all(|row| row.samples > 0) { 0 } else { 3 })
}

fn rows(context: &Context, scope: Scope<'_>) -> Vec<Row> {
    let Context { base, head, policy } = context;
    let changes = changes::between(base, head, policy, scope);
    let (cells, _) = plan::cells(&changes, base, head, policy, &[]);
    let shelves = Shelves::new(base, head, policy);
    let row = |cell: &plan::Cell| {
        let side = cell.head.as_ref()?;
        let evidence = shelves.evidence(cell, Tree::Head, Trust::Head)?;
        let (state, says) = state(&evidence, side.samples);
        Some(Row {
            prompt: cell.prompt.to_string(),
            version: side.prompt.version.to_string(),
            task: cell.task.to_string(),
            model: cell.alias.to_string(),
            state,
            samples: evidence.answers.len(),
            wished: side.samples,
            says,
        })
    };
    cells.iter().filter_map(row).collect()
}

fn state(evidence: &Evidence, wished: u32) -> (String, String) {
    if let Some(reason) = &evidence.reason {
        let state = match reason {
            Reason::Missing => "missing",
            Reason::Stale { .. } => "stale",
            Reason::Diverged { .. } => "diverged",
            Reason::Conflicted { .. } => "conflicted",
            Reason::Tampered { .. } => "tampered",
            Reason::Unsupported { .. } => "unsupported",
            other => other.code(),
        };
        return (state.to_owned(), reason.to_string());
    }
    let mut sources: Vec<&str> = evidence.answers.iter().map(|answer| answer.source.as_str()).collect();
    sources.dedup();
    let mut says = vec![sources.join(", ")];
    if evidence.answers.iter().any(|answer| answer.stand_in) {
        says.push("by `mock`, a stand-in".to_owned());
    }
    says.extend(evidence.notes.iter().map(|note| match note {
        Note::ReRecorded { .. } => "recorded again, base's count".to_owned(),
        Note::Tampered { path, .. } => format!("{path} was changed after it was recorded"),
        Note::Edited { .. } => "edited by hand".to_owned(),
        Note::Unreadable { why, .. } => why.clone(),
    }));
    let state = if evidence.answers.len() < wished as usize { "fewer-samples" } else { "hit" };
    (state.to_owned(), says.join("; "))
}

fn terminal(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last = String::new();
    for row in rows {
        *counts.entry(&row.state).or_default() += 1;
        let heading = format!("{} {}", row.prompt, row.version);
        if heading != last {
            text.push_str(&format!("{}\n", escape::line(&heading)));
            last = heading;
        }
        let mark = if row.samples > 0 { "✓" } else { "?" };
        let task = escape::line(&format!("{} [{}]", row.task, row.model));
        let samples = format!("{}/{}", row.samples, row.wished);
        text.push_str(&format!("  {mark} {task:<34} {:<13} {samples:>5}  {}\n", row.state, escape::line(&row.says)));
    }
    let counts: Vec<String> = counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
    text.push_str(&if counts.is_empty() { "no task\n".to_owned() } else { format!("{}\n", counts.join(", ")) });
    text
}
