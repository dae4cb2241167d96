//! `regild plan`: what a check would run, and what is there to answer it. Nothing is judged.

use std::sync::Arc;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::changed::ChangedFormat;
use super::context::{Context, Project, scope, selection};
use crate::changes::{self, Candidate, Change};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::Result;
use crate::io::console;
use crate::plan::{self, Cell, Gap};
use crate::prompt::Prompt;
use crate::recording::{Evidence, Tree};
use crate::report::terminal::layout::{self, Align, Page, Span, dim, plain, strong};
use crate::report::{Look, escape, help_line, numbers, sign, words};
use crate::shelves::{Shelves, Trust};

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub refs: RefArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ChangedFormat,
}

/// What a check would run.
struct Outlook {
    changes: Vec<Change>,
    cells: Vec<Planned>,
    gaps: Vec<Gap>,
}

/// A cell, and what its sides find on the shelves. `None` where a cell lacks a side.
struct Planned {
    cell: Cell,
    base: Option<Found>,
    head: Option<Found>,
}

/// What the shelves hold for one side of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    wished: u64,
    samples: u64,
    /// Model calls of those samples together.
    calls: u64,
}

/// What all cells come to.
#[derive(Debug, PartialEq, Eq)]
struct Totals {
    wished: u64,
    samples: u64,
    /// Calls that a live run would make: all of head's, and what base has no recording of.
    live_calls: u64,
}

pub fn run(global: &Global, args: &PlanArgs) -> Result<u8> {
    let context = Project::open(global)?.context_for(&args.refs, &args.select)?;
    let (prompts, tasks) = selection(&args.select, &context)?;
    let Context { base, head, policy, .. } = &context;
    let changes = changes::between(base, head, policy, scope(&args.select, &prompts));
    let (cells, gaps) = plan::cells(&changes, base, head, policy, &tasks);
    let shelves = Shelves::new(base, head, policy);
    let found = |cell: &Cell, tree| {
        let wished = u64::from(cell.side(tree)?.samples);
        Some(Found::of(wished, &shelves.evidence(cell, tree, Trust::Head)?))
    };
    let planned = |cell| Planned { base: found(&cell, Tree::Base), head: found(&cell, Tree::Head), cell };
    let outlook = Outlook { changes, cells: cells.into_par_iter().map(planned).collect(), gaps };
    console::print(&match args.format {
        ChangedFormat::Terminal => outlook.terminal(console::look(global.color)),
        ChangedFormat::Json => escape::json(&format!("{:#}\n", outlook.json())),
    })?;
    Ok(0)
}

impl Found {
    fn of(wished: u64, evidence: &Evidence) -> Self {
        let calls = evidence.answers.iter().map(|answer| answer.run.exchanges.len() as u64).sum();
        Self { wished, samples: evidence.answers.len() as u64, calls }
    }

    /// The calls that `samples` more would make, going by those that are there; at least one each.
    fn calls_of(self, samples: u64) -> u64 {
        if self.samples == 0 { samples } else { (samples * self.calls).div_ceil(self.samples) }
    }
}

impl Planned {
    fn live_calls(&self) -> u64 {
        let like = |found: Found| match (found.samples, self.base) {
            // What head would do is told best by what base did.
            (0, Some(base)) => base,
            _ => found,
        };
        let head = self.head.map_or(0, |head| like(head).calls_of(head.wished));
        head + self.base.map_or(0, |base| base.calls_of(base.wished.saturating_sub(base.samples)))
    }
}

impl Outlook {
    fn totals(&self) -> Totals {
        let sides = || self.cells.iter().flat_map(|planned| [planned.base, planned.head]).flatten();
        Totals {
            wished: sides().map(|found| found.wished).sum(),
            samples: sides().map(|found| found.samples.min(found.wished)).sum(),
            live_calls: self.cells.iter().map(Planned::live_calls).sum(),
        }
    }

    /// The command that records what is not there, where anything is not.
    fn help(&self) -> Option<&'static str> {
        let lacks = |side: fn(&Planned) -> Option<Found>| {
            self.cells.iter().filter_map(side).any(|found| found.samples < found.wished)
        };
        match (lacks(|planned| planned.base), lacks(|planned| planned.head)) {
            (false, false) => None,
            (false, true) => Some("regild record"),
            (true, false) => Some("regild record --side base"),
            (true, true) => Some("regild record --side both"),
        }
    }

    /// Every candidate with its cells.
    fn candidates(&self) -> impl Iterator<Item = (&Change, &Candidate, Vec<&Planned>)> {
        self.changes.iter().enumerate().flat_map(move |(at, change)| {
            change.candidates.iter().enumerate().map(move |(index, candidate)| {
                let own = self.cells.iter().filter(|planned| planned.cell.candidate == (at, index)).collect();
                (change, candidate, own)
            })
        })
    }

    fn json(&self) -> Value {
        let side =
            |found: Option<Found>| found.map(|found| json!({"samples": found.wished, "recorded": found.samples}));
        let cell = |planned: &&Planned| {
            let Cell { task, alias, serving, critical, quarantined, .. } = &planned.cell;
            json!({
                "task": task, "model": alias, "serving": serving, "critical": critical, "quarantined": quarantined,
                "base": side(planned.base), "head": side(planned.head),
            })
        };
        let candidates = self.candidates().map(|(change, candidate, cells)| {
            json!({
                "id": change.id, "status": change.status, "why": change.why, "base": version(&candidate.base),
                "head": version(&candidate.head), "served": candidate.served, "rollback": candidate.rollback,
                "cells": cells.iter().map(cell).collect::<Vec<_>>(),
            })
        });
        let gaps = self.gaps.iter().map(|gap| json!({"prompt": gap.prompt(), "message": gap.to_string()}));
        let Totals { wished, samples, live_calls } = self.totals();
        json!({
            "candidates": candidates.collect::<Vec<_>>(), "gaps": gaps.collect::<Vec<_>>(),
            "totals": {"cells": self.cells.len(), "samples": wished, "recorded": samples, "live_calls": live_calls},
        })
    }

    fn terminal(&self, look: Look) -> String {
        let mut page = Page::new(look);
        for (change, candidate, cells) in self.candidates() {
            self::candidate(&mut page, change, candidate, &cells);
            page.blank();
        }
        for change in self.changes.iter().filter(|change| change.candidates.is_empty()) {
            let why = plain(format!(": nothing to run: {}", change.why.join(", ")));
            page.hang(2, &[sign(words::CARE), plain(" ")], &[strong(change.id.as_str()), why]);
        }
        for gap in &self.gaps {
            page.hang(2, &[sign(words::OPEN), plain(" ")], &[strong(gap.prompt().as_str()), plain(format!(": {gap}"))]);
        }
        if !self.gaps.is_empty() {
            page.blank();
        }
        if self.changes.is_empty() {
            page.line(2, &[plain("no prompt is affected; there is nothing to run")]);
            return page.finish();
        }
        let Totals { wished, samples, live_calls } = self.totals();
        let recorded = format!("{} of {} samples recorded", numbers::count(samples), numbers::count(wished));
        page.hang(2, &[], &[strong(format!("{}, {recorded}", numbers::counted(self.cells.len(), "task")))]);
        let calls = numbers::count(live_calls);
        page.hang(2, &[], &[dim(format!("replay needs no model call; to run head live would take about {calls}"))]);
        self.help().iter().for_each(|help| help_line(&mut page, help));
        page.finish()
    }
}

fn candidate(page: &mut Page, change: &Change, candidate: &Candidate, cells: &[&Planned]) {
    let versions = match (version(&candidate.base), version(&candidate.head)) {
        (Some(base), Some(head)) if base == head => format!("{head} against itself on base"),
        (Some(base), Some(head)) => format!("{head} against {base}"),
        (None, Some(head)) => format!("{head}, new"),
        (base, None) => format!("{}, removed", base.unwrap_or_default()),
    };
    page.rule(&[strong(change.id.as_str()), plain("  "), plain(versions)]);
    let serves = if candidate.served { "serves traffic" } else { "does not serve traffic" };
    let why = if change.why.is_empty() { "not changed".to_owned() } else { change.why.join(", ") };
    page.hang(2, &[], &[dim(format!("{serves} · {why}"))]);
    if candidate.rollback {
        page.hang(2, &[sign(words::GOOD), plain(" ")], &[plain("a rollback, unchanged: nothing is to be run")]);
    }
    if cells.is_empty() {
        return;
    }
    page.blank();
    let header = ["", "task", "base", "head", ""].map(dim).to_vec();
    let rows: Vec<Vec<Span>> = std::iter::once(header).chain(cells.iter().map(|planned| row(planned))).collect();
    for line in layout::columns(&rows, &[Align::Left; 5]) {
        page.line(2, &line);
    }
}

fn version(prompt: &Option<Arc<Prompt>>) -> Option<String> {
    prompt.as_ref().map(|prompt| prompt.version.to_string())
}

fn row(planned: &Planned) -> Vec<Span> {
    let Planned { cell, base, head } = planned;
    let short = |found: &Option<Found>| found.is_some_and(|found| found.samples < found.wished);
    let none = |found: &Option<Found>| found.is_some_and(|found| found.samples == 0);
    let mark = match (none(base) || none(head), short(base) || short(head)) {
        (true, _) => words::OPEN,
        (false, true) => words::CARE,
        (false, false) => words::GOOD,
    };
    let shown = |found: &Option<Found>| {
        plain(found.map_or_else(
            || words::NONE.to_owned(),
            |found| format!("{} of {}", found.samples.min(found.wished), found.wished),
        ))
    };
    let badges = [(cell.critical, "critical"), (cell.quarantined, "quarantined"), (!cell.serving, "not priced")];
    let badges: Vec<&str> = badges.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    vec![
        sign(mark),
        plain(words::subject(None, Some(cell.task.as_str()), Some(cell.alias.as_str()))),
        shown(base),
        shown(head),
        dim(badges.join(", ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_tells_what_more_would_take() {
        let found = |wished, samples, calls| Found { wished, samples, calls };
        for (found, more, calls) in
            [(found(3, 3, 12), 3, 12), (found(3, 2, 7), 1, 4), (found(3, 0, 0), 3, 3), (found(3, 3, 12), 0, 0)]
        {
            assert_eq!(found.calls_of(more), calls, "{found:?}");
        }
    }
}
