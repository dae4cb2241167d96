//! What a live check goes by: head's answers as they come just now, base's from the recordings where there are some.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::job::Job;
use super::money::{self, Account};
use super::session::Session;
use crate::config::{Provider, Spend};
use crate::error::Result;
use crate::io::console;
use crate::io::journal::Journal;
use crate::outcome::Reason;
use crate::plan::Cell;
use crate::policy::Policy;
use crate::recording::{Address, Answer, Evidence, LIVE, Tree, lacking};
use crate::report::escape;
use crate::shelves::{Fresh, Shelves, Trust};
use crate::trajectory::Trajectory;

/// How the operator wants models to be asked.
#[derive(Debug)]
pub struct Asking<'a> {
    pub caps: Spend,
    /// Begin whatever it may cost.
    pub yes: bool,
    /// Ask for base's answers too, though they are recorded.
    pub fresh_base: bool,
    /// Hosts that the operator vouches for.
    pub trusted: &'a [String],
    /// The project on disk, which the paths of settings are relative to.
    pub root: Option<PathBuf>,
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Called {
    pub fresh: Fresh,
    pub account: Account,
    /// Calls of base's samples that were there and were not asked for again.
    pub reused: u64,
}

/// Asks for what the cells need. Replies are journalled as they come, and kept for `record`.
pub fn ask(
    cells: &[Cell],
    shelves: &Shelves<'_>,
    policy: &Policy,
    asking: &Asking<'_>,
    mut journal: Journal,
) -> Result<Called> {
    let mut called = Called::default();
    let mut jobs = Vec::new();
    let mut seen = BTreeSet::new();
    for cell in cells {
        for tree in [Tree::Base, Tree::Head] {
            let (Some(side), Some(address)) = (cell.side(tree), cell.address(tree)) else { continue };
            // The version that base serves may be the counterpart of several.
            if !seen.insert((tree, address.clone())) {
                continue;
            }
            // What does not render is told from the side itself.
            let Some(Ok(wanted)) = shelves.ask(cell, tree, Trust::Head) else { continue };
            let recorded = match tree {
                Tree::Base if !asking.fresh_base => shelves.gather(&wanted),
                Tree::Base | Tree::Head => Evidence::default(),
            };
            let have = |sample: u32| recorded.answers.iter().any(|answer| answer.sample == sample);
            let lacking = lacking(side.samples, have);
            called.reused += recorded.answers.iter().map(|answer| answer.run.exchanges.len() as u64).sum::<u64>();
            called.fresh.insert((tree, address.clone()), recorded);
            let setup = Arc::new(wanted.setup);
            jobs.extend(lacking.into_iter().map(|sample| Job {
                tree,
                address: address.clone(),
                setup: Arc::clone(&setup),
                prompt_id: wanted.prompt_id.clone(),
                side,
                sample,
            }));
        }
    }
    // Both sides in turn: a provider that changes its mind meanwhile does so to both.
    jobs.sort_by_key(|job| job.sample);
    let session = Session::new(policy, asking.caps.clone(), &mut journal, asking.trusted, asking.root.clone(), &jobs)?;
    if let Some(plan) = money::plan(&jobs, policy) {
        console::say(&escape::block(&plan.words("asking for", &session.endpoints())));
        plan.consent(&asking.caps, asking.yes)?;
    }
    let came = session.run(&jobs)?;
    (called.account, _) = session.finish();
    let mut answered: BTreeMap<(Tree, Address), Vec<(&Job<'_>, _)>> = BTreeMap::new();
    for (job, came) in jobs.iter().zip(came) {
        answered.entry((job.tree, job.address.clone())).or_default().push((job, came));
    }
    for (at, came) in answered {
        add(called.fresh.entry(at).or_default(), came);
    }
    // What was paid for stays there for `record`.
    journal.set_aside()?;
    Ok(called)
}

/// Puts what came just now beside what was recorded.
fn add(evidence: &mut Evidence, came: Vec<(&Job<'_>, std::result::Result<Trajectory, Reason>)>) {
    for (job, came) in came {
        match came {
            Ok(run) => evidence.answers.push(Answer {
                sample: job.sample,
                run,
                source: LIVE.to_owned(),
                stand_in: job.side.alias.provider == Provider::Mock,
                claimed: false,
            }),
            Err(reason) => evidence.lost.push(reason),
        }
    }
    evidence.answers.sort_by_key(|answer| answer.sample);
    evidence.reason = match evidence.answers.is_empty() {
        true => evidence.lost.first().cloned().or_else(|| evidence.reason.take()),
        false => None,
    };
}
