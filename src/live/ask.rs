//! The two rounds of asking: answers first, then what judges say of them.

use super::job::{Call, Errand, Job};
use super::money::{self, Account};
use super::session::Session;
use super::wanted::{Came, Wanted};
use crate::config::Spend;
use crate::error::Result;
use crate::io::console;
use crate::io::journal::Journal;
use crate::io::model::{CaFiles, Secret};
use crate::policy::Policy;
use crate::report::escape;

/// How models are to be asked.
#[derive(Debug)]
pub struct Asking<'a> {
    pub policy: &'a Policy,
    pub caps: Spend,
    /// Begin whatever it may cost.
    pub yes: bool,
    /// Hosts that the operator vouches for.
    pub trusted: &'a [String],
    pub ca_files: CaFiles,
    /// What the samples are asked for, such as `recording`.
    pub doing: &'static str,
}

/// Asks for everything that is wanted; what came of each side, in their order, what it took, and the keys that were used.
pub fn ask(
    wanted: &[Wanted<'_>],
    asking: &Asking<'_>,
    journal: &mut Journal,
) -> Result<(Vec<Came>, Account, Vec<Secret>)> {
    let mut jobs: Vec<(usize, Job<'_>)> =
        wanted.iter().enumerate().flat_map(|(at, side)| side.jobs().map(move |job| (at, job))).collect();
    // Both sides in turn: a provider that changes its mind meanwhile does so to both.
    jobs.sort_by_key(|(_, job)| job.sample);
    let mut errands: Vec<(usize, Errand<'_>)> =
        wanted.iter().enumerate().flat_map(|(at, side)| side.errands().map(move |errand| (at, errand))).collect();

    let samples: Vec<Call<'_>> = jobs.iter().map(|(_, job)| job.call()).collect();
    let known = errands.iter().map(|(_, errand)| errand.call());
    let opinions: Vec<Call<'_>> = known.chain(wanted.iter().flat_map(Wanted::opinions_to_come)).collect();
    let everybody: Vec<Call<'_>> = samples.iter().chain(&opinions).copied().collect();
    let session =
        Session::new(asking.policy, asking.caps.clone(), journal, asking.trusted, asking.ca_files.clone(), &everybody)?;
    if let Some(plan) = money::plan(&samples, &opinions, asking.policy) {
        console::note(&escape::block(&plan.words(asking.doing, &session.endpoints())));
        plan.consent(&asking.caps, asking.yes)?;
    }

    let mut all: Vec<Came> = wanted.iter().map(|_| Came::default()).collect();
    let came = session.run(&jobs.iter().map(|(_, job)| job).collect::<Vec<_>>())?;
    for ((at, job), run) in jobs.iter().zip(came) {
        if let Ok(run) = &run {
            errands.extend(wanted[*at].errands_about(job.sample, run, &[]).into_iter().map(|errand| (*at, errand)));
        }
        all[*at].runs.push((job.sample, run));
    }
    let heard = session.hear(errands.iter().map(|(_, errand)| errand))?;
    for ((at, errand), judgement) in errands.iter().zip(heard) {
        match judgement {
            Ok(judgement) => all[*at].judgements.push((errand.sample, judgement)),
            Err(reason) => all[*at].unheard.push(reason),
        }
    }
    let (account, secrets) = session.finish();
    Ok((all, account, secrets))
}
