//! What a live check goes by: head's answers as they come just now, base's from the recordings where there are some.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::ask::{Asking, ask};
use super::money::Account;
use super::wanted::{Came, Wanted};
use crate::config::Provider;
use crate::error::Result;
use crate::io::clock;
use crate::io::journal::Journal;
use crate::judging::examiner;
use crate::plan::Cell;
use crate::recording::{Answer, Evidence, LIVE, Tree, lacking};
use crate::shelves::{Fresh, Shelves, Trust};

/// What came of asking.
#[derive(Debug, Default)]
pub struct Called {
    pub fresh: Fresh,
    pub account: Account,
    /// Calls of base's samples that were there and were not asked for again.
    pub reused: u64,
}

/// Which of base's answers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfBase {
    /// None: what is recorded is all there is.
    Recorded,
    /// Those that no recording has.
    Lacking,
    All,
    /// More samples of both sides, beside the answers that are there by now.
    More,
}

/// Asks for what the cells need. Replies are journalled as they come, and kept for `record`.
pub fn call(
    cells: &[Cell],
    shelves: &Shelves<'_>,
    asking: &Asking<'_>,
    of_base: OfBase,
    mut journal: Journal,
) -> Result<Called> {
    let mut called = Called::default();
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    let mut recorded: Vec<Evidence> = Vec::new();
    let mut seen = BTreeSet::new();
    for cell in cells {
        for tree in [Tree::Base, Tree::Head] {
            let (Some(side), Some(address)) = (cell.side(tree), cell.address(tree)) else { continue };
            // The version that base serves may be the counterpart of several.
            if !seen.insert((tree, address.clone())) {
                continue;
            }
            // What does not render is told from the side itself.
            let Some(Ok(asked)) = shelves.ask(cell, tree, Trust::Head) else { continue };
            let Some(examiner) = examiner(asking.policy, shelves, cell, tree) else { continue };
            let mut evidence = match (tree, of_base) {
                (_, OfBase::More) => shelves.evidence(cell, tree, Trust::Head).unwrap_or_default(),
                (Tree::Base, OfBase::Recorded | OfBase::Lacking) => shelves.gather(&asked),
                (Tree::Base, OfBase::All) | (Tree::Head, _) => Evidence::default(),
            };
            let have = std::mem::take(&mut evidence.answers);
            let is_there = |sample| have.iter().any(|answer: &Answer| answer.sample == sample);
            let lacking = match (tree, of_base) {
                (Tree::Base, OfBase::Recorded) => Vec::new(),
                _ => lacking(side.samples, is_there),
            };
            evidence.lost.clear();
            called.reused += have.iter().map(|answer| answer.run.exchanges.len() as u64).sum::<u64>();
            let (setup, prompt_id) = (Arc::new(asked.setup), asked.prompt_id);
            wanted.push(Wanted { tree, address, side, examiner, setup, prompt_id, have, lacking });
            recorded.push(evidence);
        }
    }
    let (all, account, _) = ask(&wanted, asking, &mut journal)?;
    called.account = account;
    let now = clock::seconds()?;
    for ((wanted, came), evidence) in wanted.into_iter().zip(all).zip(recorded) {
        called.fresh.insert((wanted.tree, wanted.address.clone()), evidence_of(wanted, came, evidence, now));
    }
    // What was paid for stays there for `record`.
    journal.end(&HashSet::new())?;
    Ok(called)
}

/// Puts what came just now beside what was recorded.
fn evidence_of(wanted: Wanted<'_>, came: Came, recorded: Evidence, now: i64) -> Evidence {
    let mut evidence = Evidence { answers: wanted.have, ..recorded };
    for (sample, run) in came.runs {
        match run {
            Ok(run) => evidence.answers.push(Answer {
                sample,
                run,
                source: LIVE.to_owned(),
                stand_in: wanted.side.alias.provider == Provider::Mock,
                provider: wanted.side.alias.provider,
                recorded_at: Some(now),
                claimed: false,
                judgements: Vec::new(),
            }),
            Err(reason) => evidence.lost.push(reason),
        }
    }
    evidence.answers.sort_by_key(|answer| answer.sample);
    for (sample, judgement) in came.judgements {
        let about = evidence.answers.iter_mut().find(|answer| answer.sample == sample);
        about.into_iter().for_each(|answer| answer.judgements.push(judgement.clone()));
    }
    evidence.unheard = came.unheard;
    evidence.reason = match evidence.answers.is_empty() {
        true => evidence.lost.first().cloned().or(evidence.reason),
        false => None,
    };
    evidence
}
