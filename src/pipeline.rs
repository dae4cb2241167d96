//! One check, from two sides to a report: read this first.
//!
//! ```text
//! sides ─▶ changes ─▶ plan ─▶ run ─▶ evaluate ─▶ compare + cost ─▶ verdict ─▶ report
//!                      └── rounds ──┘
//! ```
//! Everything here is a function of its input. Runs are answered from recordings, in parallel, and judged at once, so that
//! no trajectory outlives its judgement.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::changes::{self, Candidate, Change, Scope};
use crate::compare::{self, Cell, Metric};
use crate::cost::{self, By, Estimate, Sides, Totals};
use crate::diagnostic::Diagnostic;
use crate::discipline;
use crate::error::Result;
use crate::event::Event;
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::judging::{self, Judged, Terms};
use crate::limits::Deadline;
use crate::log::{self, Log};
use crate::notice;
use crate::outcome::Reason;
use crate::plan;
use crate::policy::{Policy, PolicyOrigin};
use crate::recording::{Address, Tree};
use crate::report::build::{self, KeepAnswers};
use crate::report::{self, Mode, Report, RunTotals};
use crate::shelves::{Fresh, Shelves};
use crate::side::Side;
use crate::verdict::{self, Acceptances};

/// Everything a check depends on.
#[derive(Debug)]
pub struct Input<'a> {
    pub base: &'a Side,
    pub head: &'a Side,
    pub policy: &'a Policy,
    pub scope: Scope<'a>,
    /// Tasks wanted; all where it is empty.
    pub tasks: &'a [Id],
    pub acceptances: Acceptances,
    /// Whether head's answers count as they stand: it comes from this repository.
    pub trust_head: bool,
    /// What a CI runner said happened; only the report shows it.
    pub event: Option<&'a Event>,
    pub answers: KeepAnswers,
    /// What models answered just now; `None` in replay.
    pub live: Option<&'a Live>,
    /// How runs are logged, where somebody wants that.
    pub log: Option<&'a Log>,
    pub deadline: Deadline<'a>,
}

/// What a check came to.
#[derive(Debug)]
pub struct Checked {
    pub report: Report,
    /// A line for each run, in the order of the plan, base before head.
    pub log: Vec<log::Run>,
}

/// What asking models brought, and took.
#[derive(Debug)]
pub struct Live {
    pub fresh: Fresh,
    /// What the report says of it; `replayed` is left to the pipeline.
    pub totals: RunTotals,
    /// The tasks that were asked for, where not all were; the others are passed over.
    pub only: Option<BTreeSet<Address>>,
    /// How alike answers are to the recorded ones, and how alike the operator wants them at least; empty where nobody asks.
    pub likeness: BTreeMap<Address, (f64, f64)>,
}

/// Checks head against base; an error where that takes too long.
pub fn check(input: &Input<'_>) -> Result<Checked> {
    let Input { base, head, policy, .. } = *input;
    let changes = changes::between(base, head, policy, input.scope);
    let (mut planned, mut gaps) = plan::cells(&changes, base, head, policy, input.tasks);
    if let Some(only) = input.live.and_then(|live| live.only.as_ref()) {
        planned.retain(|cell| cell.address(Tree::Head).is_some_and(|address| only.contains(&address)));
        gaps.clear();
    }
    let shelves = Shelves::new(base, head, policy).with(input.live.map(|live| &live.fresh));
    let terms = Terms {
        policy,
        acceptances: &input.acceptances,
        trust_head: input.trust_head,
        answers: input.answers,
        log: input.log,
    };
    let judged = planned.par_iter().map(|cell| {
        input.deadline.check()?;
        Ok(judging::judge(&terms, &shelves, cell))
    });
    let mut judged: Vec<Judged<'_>> = judged.collect::<Result<_>>()?;
    let ran = judged.iter_mut().flat_map(|judged| [&mut judged.cell.base, &mut judged.cell.head]).flatten();
    let log = ran.flat_map(|runs| std::mem::take(&mut runs.log)).collect();

    let breaches = discipline::check(base, head, policy, changes.iter().map(|change| &change.id));
    let mut found = notice::about_documents(base, head, &breaches);
    found.extend(notice::about_policy(base, head, policy, input.trust_head));
    found.extend(notice::about_gaps(&gaps));
    // A prompt that is gone is one finding; its tasks need none of their own.
    for Judged { cell, findings, .. } in &mut judged {
        if candidate(&changes, cell).head.is_none() {
            continue;
        }
        if !is_lost_with_its_file(cell, head, policy) {
            found.append(findings);
        }
        let likeness = input.live.and_then(|live| live.likeness.get(&cell.planned.address(Tree::Head)?));
        found.extend(likeness.map(|&(alike, least)| {
            let message = format!("what the model says now is {alike:.2} alike to what is recorded, of 1");
            Finding::new(Kind::Unlike { alike, least }, message).at(cell.planned)
        }));
        if !input.trust_head && cell.head.as_ref().is_some_and(|runs| runs.claimed) {
            let message = "answers that only this head brings are taken as evidence";
            found.push(Finding::new(Kind::Claimed, message).at(cell.planned));
        }
    }
    let (cells, tasks): (Vec<Cell<'_>>, Vec<report::Task>) =
        judged.into_iter().map(|judged| (judged.cell, judged.task)).unzip();
    let sides = || cells.iter().flat_map(|cell| [&cell.base, &cell.head]).flatten();
    // Whatever the others come to: not all of it was judged.
    let capped = sides()
        .flat_map(|runs| runs.lost.iter().chain(&runs.unheard))
        .find(|reason| matches!(reason, Reason::SpendCap { .. }));
    found.extend(capped.map(|reason| {
        let finding = Finding::new(Kind::Unjudged(reason.clone()), format!("{reason}; the rest was not asked for"));
        finding.help(reason.row().help)
    }));
    let run = RunTotals {
        replayed: sides().map(|runs| runs.replayed).sum(),
        ..input.live.map_or_else(RunTotals::default, |live| live.totals.clone())
    };
    // Both stand in the order of the candidates.
    let mut tasks = tasks.into_iter();
    let mut rest = cells.as_slice();
    let mut prompts = Vec::new();
    let mut estimates: Vec<(Id, Estimate)> = Vec::new();
    let is_edited = base.snapshot.id(crate::config::PRICES) != head.snapshot.id(crate::config::PRICES);
    let by = By { policy, edited: is_edited.then_some(&head.prices) };
    for (at, change) in changes.iter().enumerate() {
        found.extend(notice::about_change(change));
        if change.candidates.is_empty() {
            prompts.push(build::entry(change, None, base));
            // It serves something, or would: what that costs is unknown, not nothing.
            estimates.push((change.id.clone(), Estimate::unmeasured()));
        }
        for (index, candidate) in change.candidates.iter().enumerate() {
            let mine = rest.iter().take_while(|cell| cell.planned.candidate == (at, index)).count();
            let (own, others) = rest.split_at(mine);
            rest = others;
            let own: Vec<&Cell<'_>> = own.iter().collect();
            let (estimate, noticed) = measure(change, candidate, &own, by);
            found.extend(noticed);
            let mut prompt = build::entry(change, Some(candidate), base);
            prompt.tasks = tasks.by_ref().take(mine).collect();
            prompt.tasks.sort_by(|a, b| (a.outcome, &a.id, &a.model).cmp(&(b.outcome, &b.id, &b.model)));
            prompt.metrics = build::metrics(&own, policy);
            prompt.cost = estimate.as_ref().map(build::cost);
            prompts.push(prompt);
            if candidate.served {
                estimates.push((change.id.clone(), estimate.unwrap_or_else(Estimate::unmeasured)));
            }
        }
    }
    let totals = Totals::of(&estimates);
    found.extend(verdict::money::total(&totals, policy));
    build::trim(&mut prompts, input.answers);
    let report = Report {
        schema_version: report::SCHEMA_VERSION,
        root: String::new(),
        tool: report::Tool { name: "regild".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        mode: if input.live.is_some() { Mode::Live } else { Mode::Replay },
        base: build::side(base),
        head: build::side(head),
        policy: report::PolicySource {
            commit: match &policy.origin {
                PolicyOrigin::Commit(commit) => Some(commit.clone()),
                PolicyOrigin::FirstAdoption => None,
            },
        },
        event: input.event.map(build::event),
        workflows_changed: base.snapshot.differing(&head.snapshot, crate::config::WORKFLOWS),
        verdict: verdict::decide(found, policy, &input.acceptances),
        cost: build::totals(&totals, policy),
        diagnostics: notice::shown_diagnostics(head, base, &breaches, policy),
        run,
        prompts,
    };
    Ok(Checked { report, log })
}

/// Whether head lacks a task only because the file that declares it does not load, which fails already.
fn is_lost_with_its_file(cell: &Cell<'_>, head: &Side, policy: &Policy) -> bool {
    let Some(base) = &cell.planned.base else { return false };
    let file = &base.task.origin.file;
    let fails = |code| verdict::documents::fails(code, &policy.gate.severity);
    let is_why = |found: &Diagnostic| found.is_error() && found.file == *file && fails(found.code);
    cell.planned.head.is_none() && head.diagnostics.iter().any(is_why)
}

fn candidate<'a>(changes: &'a [Change], cell: &Cell<'_>) -> &'a Candidate {
    let (change, candidate) = cell.planned.candidate;
    &changes[change].candidates[candidate]
}

/// What a candidate takes and costs, and what is to be said of it.
fn measure(
    change: &Change,
    candidate: &Candidate,
    cells: &[&Cell<'_>],
    by: By<'_>,
) -> (Option<Estimate>, Vec<Finding>) {
    let mut found = Vec::new();
    let (id, policy) = (&change.id, by.policy);
    for metric in Metric::ALL {
        let measured = compare::measure(metric, cells);
        let (Some(base), Some(head)) = (measured.base_mean, measured.head_mean) else { continue };
        let ratio = measured.ratio.unwrap_or(if head > base { f64::INFINITY } else { 1.0 });
        let change = match measured.ratio {
            Some(ratio) if ratio >= 1.0 => format!("up {:.0} %", (ratio - 1.0) * 100.0),
            Some(ratio) => format!("down {:.0} %", (1.0 - ratio) * 100.0),
            None => "up from nothing".to_owned(),
        };
        let message = format!(
            "{} {change} ({} → {}, {} task{}){}",
            metric.words(),
            rounded(base),
            rounded(head),
            measured.tasks,
            if measured.tasks == 1 { "" } else { "s" },
            verdict::limit_words(metric, policy),
        );
        found.push(Finding::new(Kind::Growth { metric, ratio, delta: head - base }, message).of(id));
    }
    let version = candidate.head.as_ref().or(candidate.base.as_ref()).map(|prompt| prompt.version.clone());
    let about = |found: Vec<Finding>| match &version {
        Some(version) => found.into_iter().map(|finding| finding.version(version)).collect(),
        None => found,
    };
    if cells.is_empty() {
        return (None, about(found));
    }
    let sides = match (&candidate.base, &candidate.head) {
        (Some(_), Some(_)) => Sides::Both,
        (None, _) => Sides::OnlyHead,
        (Some(_), None) => Sides::OnlyBase,
    };
    let estimate = cost::estimate(id, cells, sides, by);
    if candidate.served && candidate.head.is_some() {
        found.extend(cost::about_traffic(id, policy));
        found.extend(cost::about_models(cells, policy));
    }
    found.extend(verdict::money::request(id, estimate.head_alone, policy));
    if candidate.served && !estimate.is_measured() && cells.iter().any(|cell| cell.pair().is_some()) {
        let message = format!("cost unknown: {}", estimate.unknown.join("; "));
        found.push(Finding::new(Kind::CostUnknown, message).of(id));
    }
    (Some(estimate), about(found))
}

/// A mean as a sentence shows it.
fn rounded(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
