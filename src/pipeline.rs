//! One check, from two sides to a report: read this first.
//!
//! ```text
//! sides ─▶ changes ─▶ plan ─▶ run ─▶ evaluate ─▶ compare + cost ─▶ verdict ─▶ report
//!                      └── rounds ──┘
//! ```
//! Everything here is a function of its input. Runs are answered from recordings, in parallel, and judged at once, so that
//! no trajectory outlives its judgement.

use rayon::prelude::*;

use crate::agent::Trajectory;
use crate::changes::{self, Candidate, Change, Scope};
use crate::compare::{self, Cell, Flipped, Metric, findings, flip};
use crate::cost::{self, Estimate, Sides};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::{Judge, Runs};
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::plan::{self, Gap, Run};
use crate::policy::{Policy, PolicyOrigin};
use crate::recording::Tree;
use crate::report::build::{self, KeepAnswers, Totals};
use crate::report::{self, Mode, PromptStatus, Report, RunTotals};
use crate::shelves::{Shelves, Trust};
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
    pub answers: KeepAnswers,
}

/// Checks head against base.
pub fn check(input: &Input<'_>) -> Report {
    let Input { base, head, policy, .. } = *input;
    let changes = changes::between(base, head, policy, input.scope);
    let (planned, gaps) = plan::cells(&changes, base, head, policy, input.tasks);
    let shelves = Shelves::new(base, head, policy);
    let judged = run_all(input, &shelves, &planned);
    let cells = pair(&shelves, &planned, judged);
    let flipped: Vec<Flipped> = cells.iter().map(|cell| flip(cell, policy.gate.min_pass)).collect();

    let mut found = about_documents(base, head);
    found.extend(about_policy(base, head, policy));
    found.extend(about_gaps(&gaps));
    for (cell, flipped) in cells.iter().zip(&flipped) {
        found.extend(findings(cell, flipped));
    }
    let mut prompts = Vec::new();
    let mut estimates: Vec<(Id, Estimate)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        found.extend(about_change(change));
        if change.candidates.is_empty() {
            prompts.push(entry(change, None, base));
        }
        for (index, candidate) in change.candidates.iter().enumerate() {
            let of_candidate = |cell: &Cell<'_>| cell.planned.candidate == (at, index);
            let own: Vec<&Cell<'_>> = cells.iter().filter(|cell| of_candidate(cell)).collect();
            let (estimate, noticed) = measure(change, candidate, &own, policy);
            found.extend(noticed);
            let mut prompt = entry(change, Some(candidate), base);
            let mine = cells.iter().zip(&flipped).filter(|(cell, _)| of_candidate(cell));
            prompt.tasks = mine.map(|(cell, flipped)| build::task(cell, flipped)).collect();
            prompt.tasks.sort_by(|a, b| (a.outcome, &a.id, &a.model).cmp(&(b.outcome, &b.id, &b.model)));
            prompt.metrics = build::metrics(&own, policy);
            prompt.cost = estimate.as_ref().map(build::cost);
            prompts.push(prompt);
            estimates.extend(estimate.filter(|_| candidate.served).map(|estimate| (change.id.clone(), estimate)));
        }
    }
    let totals = Totals::of(estimates.iter().map(|(id, estimate)| (id, estimate)));
    found.extend(verdict::money::total(totals.base, totals.head, &totals.unknown, policy));
    build::trim(&mut prompts, input.answers);
    let replayed = cells.iter().flat_map(|cell| [&cell.base, &cell.head]).flatten();
    Report {
        schema_version: report::SCHEMA_VERSION,
        tool: report::Tool { name: "regild".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        mode: Mode::Replay,
        base: side(base),
        head: side(head),
        policy: report::PolicySource {
            commit: match &policy.origin {
                PolicyOrigin::Commit(commit) => Some(commit.clone()),
                PolicyOrigin::FirstAdoption => None,
            },
        },
        verdict: verdict::decide(found, policy, &input.acceptances),
        cost: totals.report(policy),
        diagnostics: shown_diagnostics(head, base),
        run: RunTotals {
            replayed: replayed.map(|runs| runs.samples.len() as u64).sum(),
            model_calls: 0,
            spend_usd: "0".to_owned(),
        },
        prompts,
    }
}

/// Runs round after round until nothing is left to run.
fn run_all(input: &Input<'_>, shelves: &Shelves<'_>, planned: &[plan::Cell]) -> Vec<(Run, Runs)> {
    let mut judged = Vec::new();
    for round in 0..plan::MAX_ROUNDS {
        let runs = plan::next(round, planned);
        if runs.is_empty() {
            break;
        }
        judged.par_extend(runs.into_par_iter().filter_map(|run| {
            let cell = planned.get(run.cell)?;
            Some((run, replayed(input, shelves, cell, run.side)?))
        }));
    }
    judged
}

/// Answers one side of a cell from the recordings, and judges it.
fn replayed(input: &Input<'_>, shelves: &Shelves<'_>, cell: &plan::Cell, tree: Tree) -> Option<Runs> {
    let side = cell.side(tree)?;
    let policy = input.policy;
    let accepted = || input.acceptances.list.iter().any(|one| one.trusts(&cell.prompt));
    let trust = if input.trust_head || accepted() { Trust::Head } else { Trust::BaseOnly };
    let evidence = shelves.evidence(cell, tree, trust)?;
    let key = policy.price_key(&cell.alias, &side.alias);
    let price = |run: &Trajectory| {
        run.exchanges.iter().map(|exchange| policy.prices.price(&key, &exchange.reply.usage, policy.now)).sum()
    };
    Some(judge(shelves, cell, tree)?.judge(evidence, side.samples, price))
}

fn judge<'a>(shelves: &Shelves<'_>, cell: &'a plan::Cell, tree: Tree) -> Option<Judge<'a>> {
    let own = &cell.side(tree)?.task;
    let in_force =
        (tree == Tree::Head && cell.is_comparable()).then(|| cell.base.as_ref().map(|base| &*base.task)).flatten();
    Some(Judge::new(own, in_force, shelves.budgets(tree)))
}

/// Puts the judged runs back to their cells.
fn pair<'a>(shelves: &Shelves<'_>, planned: &'a [plan::Cell], judged: Vec<(Run, Runs)>) -> Vec<Cell<'a>> {
    let mut cells: Vec<Cell<'a>> = planned
        .iter()
        .map(|planned| {
            let tree = if planned.head.is_some() { Tree::Head } else { Tree::Base };
            let expectations = judge(shelves, planned, tree).map(|judge| judge.expectations).unwrap_or_default();
            Cell { planned, base: None, head: None, expectations }
        })
        .collect();
    for (run, runs) in judged {
        let Some(cell) = cells.get_mut(run.cell) else { continue };
        match run.side {
            Tree::Base => cell.base = Some(runs),
            Tree::Head => cell.head = Some(runs),
        }
    }
    cells
}

/// What a candidate takes and costs, and what is to be said of it.
fn measure(
    change: &Change,
    candidate: &Candidate,
    cells: &[&Cell<'_>],
    policy: &Policy,
) -> (Option<Estimate>, Vec<Finding>) {
    let mut found = Vec::new();
    let id = &change.id;
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
    if cells.is_empty() {
        return (None, found);
    }
    let sides = match (&candidate.base, &candidate.head) {
        (Some(_), Some(_)) => Sides::Both,
        (None, _) => Sides::OnlyHead,
        (Some(_), None) => Sides::OnlyBase,
    };
    let estimate = cost::estimate(cells, sides, policy.traffic.get(id));
    found.extend(verdict::money::request(id, estimate.head, policy));
    if candidate.served && !estimate.is_measured() && cells.iter().any(|cell| cell.pair().is_some()) {
        let message = format!("cost unknown: {}", estimate.unknown.join("; "));
        found.push(Finding::new(Kind::CostUnknown, message).of(id));
    }
    (Some(estimate), found)
}

/// A mean as a sentence shows it.
fn rounded(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn entry(change: &Change, candidate: Option<&Candidate>, base: &Side) -> report::Prompt {
    let head = candidate.and_then(|candidate| candidate.head.as_ref());
    let before = match candidate {
        Some(candidate) => candidate.base.as_ref(),
        None => base.prompts.served(&change.id),
    };
    report::Prompt {
        id: change.id.to_string(),
        status: change.status,
        why: change.why.clone(),
        served: candidate.is_some_and(|candidate| candidate.served),
        base: before.map(|prompt| build::version(prompt)),
        head: head.map(|prompt| build::version(prompt)),
        tasks: Vec::new(),
        metrics: std::collections::BTreeMap::new(),
        cost: None,
    }
}

fn side(side: &Side) -> report::Side {
    let origin = &side.snapshot.origin;
    report::Side { reference: origin.reference.clone(), commit: origin.commit.clone(), tree: origin.tree.clone() }
}

fn about_change(change: &Change) -> Vec<Finding> {
    let id = &change.id;
    let why = change.why.join("; ");
    let mut found = match change.status {
        PromptStatus::Removed => vec![Finding::new(Kind::PromptRemoved, format!("removed: {why}")).of(id)],
        PromptStatus::IdChanged => vec![Finding::new(Kind::IdChanged, format!("its id is lost: {why}")).of(id)],
        PromptStatus::Added | PromptStatus::Modified | PromptStatus::Unchanged => Vec::new(),
    };
    for candidate in change.candidates.iter().filter(|candidate| candidate.rollback) {
        let version = candidate.head.as_ref().map(|prompt| prompt.version.to_string()).unwrap_or_default();
        let message = format!("goes back to {version}, the policy's rollback version, unchanged");
        found.push(Finding::new(Kind::Rollback, message).of(id));
    }
    found
}

/// Head's diagnostics: an error counts against head unless base has the same flaw in the same bytes.
fn about_documents(base: &Side, head: &Side) -> Vec<Finding> {
    let on_base = |diagnostic: &Diagnostic| {
        let same_flaw = base.diagnostics.iter().any(|other| {
            (&other.code, &other.file, &other.message) == (&diagnostic.code, &diagnostic.file, &diagnostic.message)
        });
        same_flaw && base.snapshot.id(&diagnostic.file) == head.snapshot.id(&diagnostic.file)
    };
    let finding = |diagnostic: &Diagnostic| {
        let Diagnostic { code, severity, message, file, line, help, .. } = diagnostic;
        let new = !on_base(diagnostic);
        let place = if *line > 0 { format!("{file}:{line}") } else { file.clone() };
        let kind = match severity {
            Severity::Error => Kind::InvalidFile { code: code.clone(), new },
            Severity::Warning if new => Kind::DocumentWarning { code: code.clone() },
            Severity::Warning => return None,
        };
        let finding = Finding::new(kind, format!("{place}: {message}"));
        Some(match help {
            Some(help) => finding.help(help.clone()),
            None => finding,
        })
    };
    head.diagnostics.iter().filter_map(finding).collect()
}

fn about_policy(base: &Side, head: &Side, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    if policy.origin == PolicyOrigin::FirstAdoption {
        let message = "first adoption: no commit has a regild.yaml yet, so head's own settings judge";
        found.push(Finding::new(Kind::FirstAdoption, message));
    }
    found.extend(policy.remarks.iter().map(|remark| Finding::new(Kind::PolicyRemark, remark.clone())));
    let judging = |side: &Side| {
        let config = &side.config;
        (config.gate.clone(), config.budgets, config.spend.clone(), config.prompts.require_prompt_id)
    };
    if policy.origin != PolicyOrigin::FirstAdoption && judging(base) != judging(head) {
        let message = "head changes gate, budgets, spend or require_prompt_id; that counts once it is merged";
        found.push(Finding::new(Kind::PolicyProposed, message));
    }
    found
}

fn about_gaps(gaps: &[Gap]) -> Vec<Finding> {
    let finding = |gap: &Gap, kind| Finding::new(kind, gap.to_string()).of(gap.prompt());
    let invalid = |code: &str| Kind::InvalidFile { code: code.to_owned(), new: true };
    gaps.iter()
        .map(|gap| match gap {
            Gap::Untested { .. } => finding(gap, Kind::Untested),
            Gap::NoModel { .. } => {
                finding(gap, invalid("no-model")).help("declare testing.models in regild.yaml, or models in the prompt")
            }
            Gap::UnknownAlias { alias, known, .. } => {
                let help = match crate::diagnostic::did_you_mean(alias.as_str(), known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the aliases are: {}", known.join(", ")),
                };
                finding(gap, invalid("unknown-alias")).help(help)
            }
        })
        .collect()
}

/// Head's diagnostics; base's own are nobody's to mend any more, except as a warning that they are there.
fn shown_diagnostics(head: &Side, base: &Side) -> Vec<Diagnostic> {
    let only_base = base.diagnostics.iter().filter(|diagnostic| {
        diagnostic.is_error()
            && !head.diagnostics.iter().any(|other| other.code == diagnostic.code && other.file == diagnostic.file)
    });
    let only_base = only_base.map(|diagnostic| Diagnostic {
        severity: Severity::Warning,
        message: format!("on base: {}", diagnostic.message),
        ..diagnostic.clone()
    });
    let mut all: Vec<Diagnostic> = head.diagnostics.iter().cloned().chain(only_base).collect();
    crate::diagnostic::sort(&mut all);
    all
}
