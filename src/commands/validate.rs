//! `regild validate`: every mistake of head in one run.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::context::{Context, Project, task_ids};
use crate::cli::{Global, RefArgs};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::io::console;
use crate::policy::Severities;
use crate::report::{escape, sarif};
use crate::side::Side;
use crate::validate::{changed, validate};
use crate::verdict::documents;

#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Only what differs from base, and what that breaks elsewhere.
    #[arg(long)]
    pub changed: bool,
    /// Validate REF instead of the working tree.
    #[arg(long, value_name = "REF", visible_alias = "head-ref")]
    pub head: Option<String>,
    /// Compare with the merge base of REF and head; the default branch, where left out.
    #[arg(long, value_name = "REF", visible_alias = "base-ref", requires = "changed")]
    pub base: Option<String>,
    /// Take severities from REF instead of the tip of the base branch.
    #[arg(long, value_name = "REF")]
    pub policy: Option<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ValidateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ValidateFormat {
    Terminal,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

pub fn run(global: &Global, args: &ValidateArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let (head, found, severities) = if args.changed {
        let (base, head, policy) = (args.base.clone(), args.head.clone(), args.policy.clone());
        let Context { base, head, policy, .. } =
            project.context(&RefArgs { base, head, policy, ..RefArgs::default() })?;
        let found = changed(&base, &head, &policy);
        (head, found, Severities::of(&policy))
    } else {
        let head = project.head(args.head.as_deref())?;
        let (found, severities) = (validate(&head), project.severities(args.policy.as_deref(), &head)?);
        (head, found, severities)
    };
    for remark in &severities.remarks {
        console::note(&format!("warning: {}\n", escape::line(remark)));
    }
    let shown = |diagnostic| documents::shown(diagnostic, true, &severities.levels);
    let diagnostics: Vec<Diagnostic> = found.into_iter().filter_map(shown).collect();
    let text = match args.format {
        ValidateFormat::Terminal => terminal(&diagnostics, &head, args.changed),
        ValidateFormat::Json => {
            let value = json!({ "policy": {"commit": severities.commit()}, "diagnostics": diagnostics });
            escape::json(&format!("{value:#}\n"))
        }
        ValidateFormat::Sarif => sarif::render(&diagnostics, project.repo.prefix(), env!("CARGO_PKG_VERSION")),
    };
    console::print(&text)?;
    Ok(u8::from(diagnostics.iter().any(Diagnostic::is_error)))
}

fn terminal(diagnostics: &[Diagnostic], head: &Side, only_changed: bool) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&escape::block(&diagnostic.render()));
        text.push_str("\n\n");
    }
    if diagnostics.is_empty() {
        let prompts = count(head.prompts.ids().count(), "prompt");
        let tasks = count(task_ids(head).count(), "task");
        let place = if only_changed { " in what changed" } else { "" };
        text.push_str(&format!("{prompts}, {tasks}: no problem{place}\n"));
    } else {
        text.push_str(&format!("{}\n", summary(diagnostics)));
    }
    text
}

/// "3 errors, 1 warning in 2 files".
fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let kinds = [(errors, "error"), (diagnostics.len() - errors, "warning")];
    let kinds: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
    let files: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.file.as_str()).collect();
    format!("{} in {}", kinds.join(", "), count(files.len(), "file"))
}

fn count(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Place};

    #[test]
    fn the_summary_counts_what_there_is() {
        let error = |file: &str| Diagnostic::new(Code::Yaml, Place::file(file), "m");
        let warning = |file: &str| Diagnostic::new(Code::UnusedVariable, Place::file(file), "m");
        for (found, want) in [
            (vec![error("a"), error("b"), error("b"), warning("a")], "3 errors, 1 warning in 2 files"),
            (vec![warning("a")], "1 warning in 1 file"),
            (vec![error("a")], "1 error in 1 file"),
        ] {
            assert_eq!(summary(&found), want);
        }
    }
}
