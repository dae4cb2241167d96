//! What commands that ask models have in common: the operator's word on spending and trust, and the asking itself.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::context::{Context, Project};
use crate::config::Amount;
use crate::error::{Error, Result};
use crate::io::journal::{Journal, Recall};
use crate::live::{self, Account, Asking, Called, OfBase};
use crate::pipeline::Live;
use crate::plan::{self, Cell};
use crate::policy::Policy;
use crate::recording::{Address, Tree};
use crate::report::{RunTotals, Saved};
use crate::shelves::{Fresh, Shelves};
use crate::verdict::CONFIRMING_SAMPLES;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Live models")]
pub struct LiveArgs {
    /// Spend at most N US dollars, whatever the policy allows; the mock provider is free.
    #[arg(long, value_name = "N")]
    pub max_usd: Option<crate::cli::Usd>,
    /// Make at most N calls, whatever the policy allows.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u64>,
    /// Begin without a cap on what it costs; `record` wants it on a build server too.
    #[arg(long)]
    pub yes: bool,
    /// Take HOST for one of ours: an alias that the policy does not have may be reached there. May be given several times.
    #[arg(long = "trust-endpoint", value_name = "HOST")]
    pub trusted: Vec<String>,
}

impl LiveArgs {
    /// What is only for live checks must not be thought to have an effect on others.
    pub fn refuse(&self, fresh_base: bool) -> Result<()> {
        let Self { max_usd, max_calls, yes, trusted } = self;
        if fresh_base || max_usd.is_some() || max_calls.is_some() || *yes || !trusted.is_empty() {
            return Err(
                Error::usage("nobody is asked in replay").hint("add --mode live, or leave the flags for it out")
            );
        }
        Ok(())
    }

    /// How models are to be asked: within the policy's caps, where the operator does not say otherwise.
    pub fn asking<'a>(&'a self, project: &Project, policy: &'a Policy, doing: &'static str) -> Result<Asking<'a>> {
        let mut caps = policy.spend.clone();
        caps.max_usd = self.max_usd.map(Amount).or(caps.max_usd);
        caps.max_calls = self.max_calls.or(caps.max_calls);
        let ca_files = project.ca_files(policy)?;
        Ok(Asking { policy, caps, yes: self.yes, trusted: &self.trusted, ca_files, doing })
    }
}

/// Asks models for what cells need.
pub fn call(project: &Project, context: &Context, args: &LiveArgs, cells: &[Cell], of_base: OfBase) -> Result<Asked> {
    let Context { base, head, policy, .. } = context;
    let asking = args.asking(project, policy, "asking for")?;
    let journal = Journal::open(&project.repo.private_dir(), Recall::Unfinished)?;
    let shelves = Shelves::new(base, head, policy);
    let Called { fresh, account, reused } = live::call(cells, &shelves, &asking, of_base, journal)?;
    Ok(Asked { live: told(fresh, &account, reused), account, reused })
}

/// What models answered, and what is left of the caps.
pub struct Asked {
    pub live: Live,
    account: Account,
    reused: u64,
}

impl Asked {
    /// Asks for more samples of the cells whose flips may be chance, within what is left of the caps.
    pub fn confirm(
        self,
        project: &Project,
        context: &Context,
        args: &LiveArgs,
        mut cells: Vec<Cell>,
        flipped: BTreeSet<Address>,
    ) -> Result<Live> {
        let Context { base, head, policy, .. } = context;
        cells.retain(|cell| cell.address(Tree::Head).is_some_and(|address| flipped.contains(&address)));
        plan::confirming(&mut cells, &flipped, CONFIRMING_SAMPLES);
        let mut asking = args.asking(project, policy, "confirming what flipped:")?;
        asking.caps = self.account.left_of(&asking.caps);
        let journal = Journal::open(&project.repo.private_dir(), Recall::Unfinished)?;
        let shelves = Shelves::new(base, head, policy).with(Some(&self.live.fresh));
        let Called { fresh, account, .. } = live::call(&cells, &shelves, &asking, OfBase::More, journal)?;
        let mut all = self.live.fresh;
        all.extend(fresh);
        Ok(Live { confirming: flipped, ..told(all, &self.account.and(account), self.reused) })
    }
}

/// What the report says of asking.
fn told(fresh: Fresh, account: &Account, reused: u64) -> Live {
    let saved = [
        (reused, "base's answers are recorded"),
        (account.shared as u64, "their requests are equal"),
        (account.recalled as u64, "an interrupted run had made them"),
    ];
    let saved = saved.into_iter().filter(|(calls, _)| *calls > 0);
    let totals = RunTotals {
        replayed: 0,
        model_calls: account.calls,
        spend_usd: account.spent_usd.normalize().to_string(),
        unpriced: account.unpriced,
        retries: account.retries,
        waited_seconds: account.waited_seconds,
        saved: saved.map(|(calls, why)| Saved { calls, why: why.to_owned() }).collect(),
    };
    Live { fresh, totals, only: None, confirming: BTreeSet::new(), likeness: BTreeMap::new() }
}
