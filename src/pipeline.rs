//! One check, from two sides to a report: read this first.
//!
//! ```text
//! sides ─▶ changes ─▶ plan ─▶ run ─▶ evaluate ─▶ compare + cost ─▶ verdict ─▶ report
//!                      └ confirm ┘
//! ```
//! Everything here is a function of its input. Runs are answered from recordings, in parallel, and judged at once, so that
//! no trajectory outlives its judgement.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::changes::{self, Candidate, Change, Scope};
use crate::compare::Cell;
use crate::config::PRICES;
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
use crate::verdict::{self, Acceptances, Weighed};

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
    /// Where a flip may be chance, which more samples would tell; by head's address.
    pub to_confirm: BTreeSet<Address>,
}

/// What asking models brought, and took.
#[derive(Debug)]
pub struct Live {
    pub fresh: Fresh,
    /// What the report says of it; `replayed` is left to the pipeline.
    pub totals: RunTotals,
    /// The tasks that were asked for, where not all were; the others are passed over.
    pub only: Option<BTreeSet<Address>>,
    /// Whose flips were confirmed with more samples, by head's address.
    pub confirming: BTreeSet<Address>,
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
    if let Some(live) = input.live {
        plan::confirming(&mut planned, &live.confirming, verdict::CONFIRMING_SAMPLES);
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
    let same = |one: &Judged<'_>, other: &Judged<'_>| one.cell.planned.candidate == other.cell.planned.candidate;
    judged.chunk_by_mut(same).for_each(|of_one| judging::settle(of_one, policy));
    let ran = judged.iter_mut().flat_map(|judged| [&mut judged.cell.base, &mut judged.cell.head]).flatten();
    let is_to_confirm = |judged: &&Judged<'_>| {
        verdict::is_to_confirm(&judged.flipped.flip, policy) && candidate(&changes, &judged.cell).head.is_some()
    };
    let log = ran.flat_map(|runs| std::mem::take(&mut runs.log)).collect();

    let to_confirm =
        judged.iter().filter(is_to_confirm).filter_map(|one| one.cell.planned.address(Tree::Head)).collect();
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
    // A table that cannot be read says nothing of prices.
    let is_broken = head.diagnostics.iter().any(|found| found.is_error() && found.file == PRICES);
    let is_edited = base.snapshot.id(PRICES) != head.snapshot.id(PRICES) && !is_broken;
    let by = By { policy, edited: is_edited.then_some(&head.prices), is_interval_wanted: true };
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
            let Compared { weighed, estimate, findings } = compared(change, candidate, &own, by);
            found.extend(findings);
            let mut prompt = build::entry(change, Some(candidate), base);
            prompt.tasks = tasks.by_ref().take(mine).collect();
            prompt.tasks.sort_by(|a, b| (a.outcome, &a.id, &a.model).cmp(&(b.outcome, &b.id, &b.model)));
            prompt.metrics = build::metrics(&weighed, policy);
            prompt.pass_rate = build::pass_rate(&weighed, policy);
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
    Ok(Checked { report, log, to_confirm })
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
#[derive(Debug)]
pub struct Compared<'a> {
    pub weighed: Weighed<'a>,
    /// `None` where nothing was run.
    pub estimate: Option<Estimate>,
    pub findings: Vec<Finding>,
}

/// Compares the cells of one candidate as a suite, and prices them.
pub fn compared<'a>(change: &Change, candidate: &Candidate, cells: &[&Cell<'a>], by: By<'_>) -> Compared<'a> {
    let (id, policy) = (&change.id, by.policy);
    let weighed = verdict::weigh_suite(cells, policy);
    let mut found = weighed.findings(id, policy);
    let estimate = (!cells.is_empty()).then(|| {
        let sides = match (&candidate.base, &candidate.head) {
            (Some(_), Some(_)) => Sides::Both,
            (None, _) => Sides::OnlyHead,
            (Some(_), None) => Sides::OnlyBase,
        };
        cost::estimate(id, cells, sides, by)
    });
    if let Some(estimate) = &estimate {
        if candidate.served && candidate.head.is_some() {
            found.extend(cost::about_traffic(id, policy));
            found.extend(cost::about_models(cells, policy));
        }
        found.extend(verdict::money::request(id, estimate.head_alone, policy));
        if candidate.served && !estimate.is_measured() && cells.iter().any(|cell| cell.pair().is_some()) {
            let message = format!("cost unknown: {}", estimate.unknown.join("; "));
            found.push(Finding::new(Kind::CostUnknown, message).of(id));
        }
    }
    let version = candidate.head.as_ref().or(candidate.base.as_ref()).map(|prompt| prompt.version.clone());
    let about = |finding: Finding| match &version {
        Some(version) => finding.version(version),
        None => finding,
    };
    Compared { weighed, estimate, findings: found.into_iter().map(about).collect() }
}
