//! The text of a comment: ours, or as the team's own template has it. The template comes from the commit that the policy is read
//! from, so that a pull request cannot change what is said about it.

use super::CommentArgs;
use crate::cli::Global;
use crate::commands::context::Project;
use crate::config;
use crate::error::{Error, Result};
use crate::event::is_id;
use crate::io::console;
use crate::report::{self, Report, words};

/// The text below the line `marker`. A template that cannot be used is a warning, not the end of the comment.
pub(super) fn of(global: &Global, args: &CommentArgs, report: &Report, marker: &str) -> Result<String> {
    if let Some(path) = &args.template {
        let own = template(global, report, path).and_then(|template| report::comment_as(report, marker, &template));
        match own {
            Ok(text) => return Ok(text),
            Err(error) => console::warn(&error.hint("The comment is written as if there were no template.")),
        }
    }
    report::comment(report, marker)
}

/// The same where nobody is asked.
pub(super) fn dry(global: &Global, args: &CommentArgs, report: &Report) -> Result<String> {
    let marker = format!("<!-- regild:v1 key={} head={} run=0 -->", args.key, report::head_of(report));
    of(global, args, report, &marker)
}

fn template(global: &Global, report: &Report, path: &str) -> Result<String> {
    let commit = report.policy.commit.as_ref().or(report.base.commit.as_ref()).filter(|id| is_id(id));
    let commit = commit.ok_or_else(|| Error::usage("the report names no commit that a template could be read from"))?;
    let project = Project::open(global)?;
    let commit = project.repo.resolve(commit)?;
    let short = words::short(&commit.id);
    let bytes = project
        .repo
        .read_file(&commit, &config::clean(path))?
        .ok_or_else(|| Error::usage(format!("the template {path} is not in {short}, which the policy is read from")))?;
    String::from_utf8(bytes).map_err(|_| Error::usage(format!("the template {path} in {short} is not UTF-8")))
}
