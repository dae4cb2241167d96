//! The report for people, in a terminal.

use super::Report;

/// How the terminal wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    pub colour: bool,
}

pub fn render(report: &Report, _look: Look) -> String {
    format!("{:?}\n", report.verdict.status)
}
