//! The formats a report can take, and the one place that maps a name to its renderer.

use super::terminal::Look;
use super::{Report, annotations, costs, escape, html, junit, markdown, sarif, terminal};
use crate::error::Error;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Format {
    /// For people, in a terminal.
    Terminal,
    /// The report itself: `report.json`, schema version 1.
    Json,
    /// JUnit XML.
    Junit,
    /// The pull-request comment.
    Markdown,
    /// One self-contained page for a browser.
    Html,
    /// Commands for GitHub's runner, which shows findings on the lines of prompts and golden files.
    Annotations,
    /// SARIF 2.1.0: what is wrong in files, for code scanning.
    Sarif,
    /// The cost report of the founding documents: `costs_report.json`.
    Costs,
}

/// Renders `report`. Pure; the same report gives the same bytes.
pub fn render(report: &Report, format: Format, look: Look) -> Result<String, Error> {
    match format {
        Format::Terminal => Ok(terminal::render(report, look)),
        Format::Json => {
            let mut text = serde_json::to_string_pretty(report).expect("a report has string keys and finite numbers");
            text.push('\n');
            Ok(escape::json(&text))
        }
        Format::Junit => junit::render(report),
        Format::Markdown => markdown::render(report),
        Format::Annotations => Ok(annotations::render(report)),
        Format::Sarif => Ok(sarif::render(&report.diagnostics, &report.root, &report.tool.version)),
        Format::Html => html::render(report),
        Format::Costs => Ok(costs::render(report)),
    }
}
