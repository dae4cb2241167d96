//! The report: everything a run found out, as one frozen value. Every output is a function of it.
//!
//! Renderers see nothing else: no settings, files or clock. So any of them can run again later from `report.json`, and none
//! can decide anything. Severities and sentences are made before this value is built.

pub mod annotations;
pub mod build;
mod class;
mod costs;
pub mod escape;
mod format;
mod headline;
#[cfg(test)]
mod hostile;
mod html;
mod junit;
mod markdown;
pub mod monthly;
pub mod numbers;
mod read;
mod rows;
#[cfg(test)]
pub mod sample;
pub mod sarif;
pub mod step;
mod suite;
pub mod terminal;
mod value;
pub mod words;

pub use format::{Format, render};
pub use headline::sentence as headline;
pub use markdown::{SUMMARY_BYTES, comment, comment_as, head_of, summary};
pub use read::from_json;
pub use terminal::{Look, help_line, sign};
pub use value::{
    Accepted, Answer, Answers, Assertion, AssertionOutcome, Attribution, Cost, CostTotal, Environment, Event, Metric,
    MetricStatus, Mode, Pair, PassRate, PolicySource, PriceTable, Prompt, PromptStatus, Reason, Report, RunTotals,
    SCHEMA_VERSION, Saved, Severity, Side, Status, Step, StepCall, Tally, Task, TaskOutcome, Tool, Unjudged, Verdict,
    Version,
};

/// The path of a file from the top of the repository, which is how GitHub speaks of it.
fn below(root: &str, file: &str) -> String {
    if root.is_empty() { file.to_owned() } else { format!("{root}/{file}") }
}
