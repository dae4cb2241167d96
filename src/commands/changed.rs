//! `regild changed`: which prompts are affected, and why.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::context::{Project, scope, selection};
use crate::changes::{self, Change};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::Result;
use crate::io::console;
use crate::report::{PromptStatus, escape};

#[derive(Debug, Args)]
pub struct ChangedArgs {
    #[command(flatten)]
    pub refs: RefArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ChangedFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChangedFormat {
    Terminal,
    Json,
}

pub fn run(global: &Global, args: ChangedArgs) -> Result<u8> {
    let context = Project::open(global)?.context_for(&args.refs, &args.select)?;
    let (prompts, _) = selection(&args.select, &context)?;
    let scope = scope(&args.select, &prompts);
    let changes = changes::between(&context.base, &context.head, &context.policy, scope);
    let text = match args.format {
        ChangedFormat::Terminal => terminal(&changes),
        ChangedFormat::Json => {
            let prompts: Vec<_> = changes
                .iter()
                .map(|change| json!({"id": change.id, "status": change.status, "why": change.why}))
                .collect();
            format!("{:#}\n", json!({ "prompts": prompts }))
        }
    };
    console::print(&text)?;
    Ok(0)
}

fn terminal(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "no prompt is affected\n".to_owned();
    }
    let mut text = String::new();
    for change in changes {
        let status = match change.status {
            PromptStatus::Added => "added",
            PromptStatus::Modified => "modified",
            PromptStatus::Removed => "removed",
            PromptStatus::IdChanged => "id changed",
            PromptStatus::Unchanged => "unchanged",
        };
        let versions = change.candidates.iter().filter_map(|candidate| {
            let head = candidate.head.as_ref()?.version.to_string();
            let base = candidate.base.as_ref().map(|base| base.version.to_string());
            Some(match base {
                Some(base) if base == head => head,
                Some(base) => format!("{head} against {base}"),
                None => format!("{head}, new"),
            })
        });
        let versions = versions.collect::<Vec<_>>().join("; ");
        let versions = if versions.is_empty() { versions } else { format!("  ({versions})") };
        text.push_str(&format!("{}  {status}{versions}\n", escape::line(change.id.as_str())));
        for why in &change.why {
            text.push_str(&format!("    {}\n", escape::line(why)));
        }
    }
    text.push_str(&causes(changes));
    text
}

/// One line for every cause that several prompts share.
fn causes(changes: &[Change]) -> String {
    let mut prompts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        // What happens to one prompt's own files may read alike in another's.
        let is_shared = |why: &&String| {
            ["include ", "tool file ", "schema file ", "fixture ", "model alias ", "default models", "price"]
                .iter()
                .any(|cause| why.starts_with(cause))
        };
        for why in change.why.iter().filter(is_shared) {
            *prompts.entry(why).or_default() += 1;
        }
    }
    let shared: Vec<String> = prompts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(why, count)| format!("  {}: {count} prompts\n", escape::line(why)))
        .collect();
    if shared.is_empty() { String::new() } else { format!("\nshared causes\n{}", shared.concat()) }
}
