//! What commands that ask models have in common: the operator's word on spending and trust, and the asking itself.

use clap::Args;

use super::context::{Context, Project};
use crate::error::{Error, Result};
use crate::io::journal::{Journal, Recall};
use crate::live::{self, Asking, Called, OfBase};
use crate::pipeline::Live;
use crate::plan::Cell;
use crate::report::{RunTotals, Saved};
use crate::shelves::Shelves;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Live models")]
pub struct LiveArgs {
    /// Ask for base's answers too, though they are recorded.
    #[arg(long)]
    pub fresh_base: bool,
    /// Spend at most N US dollars, whatever the policy allows.
    #[arg(long, value_name = "N")]
    pub max_usd: Option<crate::cli::Usd>,
    /// Make at most N calls, whatever the policy allows.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u64>,
    /// Begin without a cap on what it costs.
    #[arg(long)]
    pub yes: bool,
    /// Take HOST for one of ours: an alias that the policy does not have may be reached there. May be given several times.
    #[arg(long = "trust-endpoint", value_name = "HOST")]
    pub trusted: Vec<String>,
}

impl LiveArgs {
    /// What is only for live checks must not be thought to have an effect on others.
    pub fn refuse(&self) -> Result<()> {
        let Self { fresh_base, max_usd, max_calls, yes, trusted } = self;
        if *fresh_base || max_usd.is_some() || max_calls.is_some() || *yes || !trusted.is_empty() {
            return Err(
                Error::usage("nobody is asked in replay").hint("add --mode live, or leave the flags for it out")
            );
        }
        Ok(())
    }
}

/// Asks models for what cells need.
pub fn call(project: &Project, context: &Context, args: &LiveArgs, cells: &[Cell], of_base: OfBase) -> Result<Live> {
    let Context { base, head, policy } = context;
    let mut caps = policy.spend.clone();
    caps.max_usd = args.max_usd.map(crate::config::Amount).or(caps.max_usd);
    caps.max_calls = args.max_calls.or(caps.max_calls);
    let LiveArgs { yes, trusted, .. } = args;
    let asking = Asking { policy, caps, yes: *yes, trusted, ca_files: project.ca_files(policy)?, doing: "asking for" };
    let journal = Journal::open(&project.repo.private_dir(), Recall::Unfinished)?;
    let shelves = Shelves::new(base, head, policy);
    let Called { fresh, account, reused } = live::call(cells, &shelves, &asking, of_base, journal)?;
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
    Ok(Live { fresh, totals, only: None, unlike: Vec::new() })
}
