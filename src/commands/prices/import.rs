//! `regild prices import`: prices out of another table, joined with the project's.

use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};

use super::{Priced, is_bought};
use crate::cli::Global;
use crate::commands::context::Project;
use crate::commands::report::root_of;
use crate::config::{Date, PRICES};
use crate::cost::import::{Imported, Keeper, Origin, Upstream, join, yaml};
use crate::cost::{PriceFile, Prices};
use crate::error::{Error, ErrorKind, Result};
use crate::io::{console, files};
use crate::report::escape;
use crate::report::numbers::{self, NBSP};
use crate::wire::hex;
use crate::yaml::MAX_BYTES;

/// The greatest file that is read. The greatest table known has 3 MiB.
const MAX_FILE: u64 = 64 << 20;
/// Remarks that are told one by one.
const MAX_TOLD: usize = 40;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The table, a file on this machine.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose table it is; found out, where left out.
    #[arg(long, value_name = "KEEPER")]
    pub from: Option<Keeper>,
    /// Take this model, as provider/model; those of the project's aliases, where left out. May be repeated.
    #[arg(long = "model", value_name = "MODEL")]
    pub models: Vec<String>,
    /// Take every model for text.
    #[arg(long, conflicts_with = "models")]
    pub all: bool,
    /// This model costs nothing. Without it a price of 0 counts as unknown. May be repeated.
    #[arg(long, value_name = "MODEL")]
    pub free: Vec<String>,
    /// The day of the file, as YYYY-MM-DD, where the file does not tell it.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    pub as_of: Option<Date>,
    /// Where the file comes from, in words; its keeper and its name, where left out.
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Write PATH, keeping the models it has beside these; printed, where left out, joined with prices.yaml.
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

fn parse_day(text: &str) -> Result<Date, String> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.map(Date).map_err(|_| format!("{text:?} is not a day: write YYYY-MM-DD"))
}

pub(super) fn run(global: &Global, project: &Project, args: &ImportArgs) -> Result<u8> {
    let root = root_of(global);
    let bytes = files::read_bytes(&root.join(&args.file), MAX_FILE)?;
    let (keeper, upstream) = read(&bytes, args)?;
    let as_of = args.as_of.or(upstream.as_of()).ok_or_else(|| {
        Error::usage(format!("{} does not say of which day it is", args.file.display()))
            .hint("give the day on which it was fetched or released: --as-of YYYY-MM-DD")
    })?;
    let imported = take(project, args, &upstream, as_of)?;
    if imported.models.is_empty() {
        tell(&imported);
        return Err(Error::usage(format!("{} has a price for none of them", args.file.display())));
    }
    let old = old(project, args.output.as_ref().map(|output| root.join(output)).as_deref())?;
    let source = args.source.clone().unwrap_or_else(|| default_source(keeper, &args.file));
    let origin = Origin { source, as_of, sha256: hex(&Sha256::digest(&bytes)) };
    tell(&imported);
    let taken = imported.models.len();
    let table = join(old.as_ref(), imported.models, origin);
    let text = yaml(&table);
    check(&text)?;
    let Some(output) = &args.output else {
        console::print(&text)?;
        return Ok(0);
    };
    files::write(&root.join(output), text.as_bytes())?;
    let stay = table.models.len() - taken;
    let kept = if stay == 0 { String::new() } else { format!(", beside {stay} that stay as they were") };
    console::print(&format!(
        "{} has {} from {}{kept}; as of {}\n",
        escape::line(&output.display().to_string()),
        models(taken),
        keeper.name(),
        table.as_of
    ))?;
    Ok(0)
}

fn read(bytes: &[u8], args: &ImportArgs) -> Result<(Keeper, Upstream)> {
    let file = args.file.display();
    let text = std::str::from_utf8(bytes).map_err(|_| Error::usage(format!("{file} is not UTF-8")))?;
    let keeper = args.from.or_else(|| Keeper::of(text)).ok_or_else(|| {
        Error::usage(format!("{file} is no table that regild knows"))
            .hint("it reads LiteLLM's model_prices_and_context_window.json, genai-prices' data.json and models.dev's api.json")
    })?;
    let upstream = Upstream::read(text, keeper)
        .map_err(|why| Error::usage(format!("{file} is no table of {}: {}", keeper.name(), escape::line(&why))))?;
    Ok((keeper, upstream))
}

fn take(project: &Project, args: &ImportArgs, upstream: &Upstream, as_of: Date) -> Result<Imported> {
    if args.all {
        return Ok(upstream.take_all(&args.free, as_of.0));
    }
    if !args.models.is_empty() {
        let imported = upstream.take(args.models.iter().map(String::as_str), &args.free, as_of.0);
        return match imported.refused.first() {
            None => Ok(imported),
            Some((model, why)) => Err(Error::usage(format!("{model} cannot be imported: {why}"))
                .hint("models are named as provider/model; --free MODEL says that one costs nothing")),
        };
    }
    let side = project.head(None)?;
    let Priced { aliases, others } = Priced::of(&side);
    let bought = aliases.into_iter().filter(|(id, _)| side.alias(id).is_some_and(is_bought)).map(|(_, key)| key);
    let keys: std::collections::BTreeSet<String> = bought.chain(others.into_iter().map(str::to_owned)).collect();
    if keys.is_empty() {
        return Err(Error::usage("no alias of the settings is a model that somebody prices")
            .hint("name models with --model provider/model, or take them all with --all"));
    }
    Ok(upstream.take(keys.iter().map(String::as_str), &args.free, as_of.0))
}

/// The table that is added to: the one that will be written, or the project's.
fn old(project: &Project, output: Option<&Path>) -> Result<Option<PriceFile>> {
    let prices = match output {
        Some(path) => match files::read_if_any(path)? {
            Some(text) => Prices::parse(text.as_bytes()),
            None => Ok(Prices::default()),
        },
        None => Prices::read(&project.worktree()?),
    };
    let found = prices.map_err(|found| {
        Error::config(format!("the {PRICES} that stands there cannot be used, and would be lost"), found)
    })?;
    Ok(found.file().cloned())
}

fn default_source(keeper: Keeper, file: &Path) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}, {name}", keeper.name())
}

/// Holds what will be written against what reads it.
fn check(text: &str) -> Result<()> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(ErrorKind::Limit, format!("the table would have {} KiB", text.len() >> 10))
            .hint(format!("{PRICES} may have {} KiB: name the models that you use with --model", MAX_BYTES >> 10)));
    }
    Prices::parse(text.as_bytes()).map(|_| ()).map_err(|found| {
        Error::config(
            "the table has prices that regild does not take: name the models that you use with --model",
            found,
        )
    })
}

/// Says what was left out, and what to know of what was not.
fn tell(imported: &Imported) {
    let Imported { models: _, remarks, refused, others } = imported;
    let remarks = remarks.iter().map(|(model, remark)| format!("{model}: {remark}"));
    let refused = refused.iter().map(|(model, why)| format!("{model} is left out: {why}"));
    let all: Vec<String> = refused.chain(remarks).collect();
    for line in all.iter().take(MAX_TOLD) {
        console::note(&format!("note: {}\n", escape::line(line)));
    }
    if all.len() > MAX_TOLD {
        console::note(&format!("note: and {} more of the kind\n", all.len() - MAX_TOLD));
    }
    if *others > 0 {
        console::note(&format!("note: {} for images, sound and the like left out\n", models(*others)));
    }
}

fn models(number: usize) -> String {
    numbers::counted(number, "model").replace(NBSP, " ")
}
