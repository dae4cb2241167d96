//! `regild prices`: which price every model has, what is wrong with the table, and prices out of other tables. Reads the
//! working tree and local files; asks no provider and fetches nothing.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, Subcommand};

use super::context::Project;
use crate::cli::Global;
use crate::config::{Alias, Provider};
use crate::error::Result;
use crate::id::Id;
use crate::side::Side;

mod check;
mod import;
mod show;

#[derive(Debug, Args)]
pub struct PricesArgs {
    #[command(subcommand)]
    pub command: PricesCommand,
}

#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Show which price each model has, from which table, and as of when.
    Show(show::ShowArgs),
    /// Find what is wrong with prices.yaml, and which model in use has no price.
    Check(check::CheckArgs),
    /// Take prices out of a table that LiteLLM, genai-prices or models.dev keep, from a local file.
    Import(import::ImportArgs),
}

pub fn run(global: &Global, args: &PricesArgs) -> Result<u8> {
    let project = Project::open(global)?;
    match &args.command {
        PricesCommand::Show(args) => show::run(global, &project, args),
        PricesCommand::Check(args) => check::run(global, &project, args),
        PricesCommand::Import(args) => import::run(global, &project, args),
    }
}

/// Every alias of a side with what it is priced as, and the models that answer in its place by `traffic`.
struct Priced<'s> {
    aliases: BTreeMap<&'s Id, String>,
    others: BTreeSet<&'s str>,
}

impl<'s> Priced<'s> {
    fn of(side: &'s Side) -> Self {
        let aliases = side.config.models.iter().map(|(id, alias)| (id, alias.price_key(id))).collect();
        let traffic = side.config.traffic.values();
        let others = traffic.flat_map(|traffic| &traffic.fallback).map(|fallback| fallback.model.as_str()).collect();
        Self { aliases, others }
    }

    /// Each name that prices are looked up by.
    fn keys(&self) -> BTreeSet<&str> {
        self.aliases.values().map(String::as_str).chain(self.others.iter().copied()).collect()
    }
}

/// The aliases that answer in production: the first of each prompt's models, and those that stand in for it.
fn serving(side: &Side) -> BTreeMap<&Id, &Alias> {
    let versions = side.prompts.iter().filter_map(|(_, entry)| entry.versions.get(&entry.served));
    let first = versions.filter_map(|prompt| side.serving(prompt).first());
    let with_fallback = first.flat_map(|id| {
        let fallback = side.alias(id).map(|alias| alias.fallback.iter()).into_iter().flatten();
        std::iter::once(id).chain(fallback)
    });
    with_fallback.filter_map(|id| side.config.models.get_key_value(id)).collect()
}

/// Whether an alias is a model that somebody else prices, and not one of our own making.
fn is_bought(alias: &Alias) -> bool {
    alias.price_as.is_some() || alias.provider != Provider::Mock
}
