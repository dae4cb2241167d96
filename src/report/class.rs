//! Findings in classes, as the comment and the page group them: a flood of one kind hides no other.
//!
//! A class says what a finding speaks of; how it weighs was decided before.

use super::{Reason, Report, Severity, headline, words};

/// What a finding speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Regressions,
    ChangedExpectations,
    GrowthAndCost,
    Other,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Regressions, Self::ChangedExpectations, Self::GrowthAndCost, Self::Other];

    pub fn title(self) -> &'static str {
        match self {
            Self::Regressions => "Regressions",
            Self::ChangedExpectations => "Changed expectations",
            Self::GrowthAndCost => "Growth and cost",
            Self::Other => "Other findings",
        }
    }

    fn of(reason: &Reason) -> Self {
        match headline::kebab(&reason.code).as_str() {
            "regressed" | "new-failure" => Self::Regressions,
            "expectation-changed" | "removed" | "id-changed" | "untested" => Self::ChangedExpectations,
            "budget" => Self::GrowthAndCost,
            code if headline::is_cost(code) || headline::metric_of(code).is_some() => Self::GrowthAndCost,
            _ => Self::Other,
        }
    }

    /// The findings of this class, in the order of the verdict.
    pub fn reasons(self, report: &Report) -> impl Iterator<Item = &Reason> {
        report.verdict.reasons.iter().filter(move |reason| Self::of(reason) == self)
    }
}

pub fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Fail => words::BAD,
        Severity::Accept | Severity::Inconclusive => words::OPEN,
        Severity::Warn => words::CARE,
    }
}

/// What a finding is about, where nothing else says it: `the whole run`.
pub fn subject(reason: &Reason) -> String {
    let subject = words::subject(reason.prompt.as_deref(), reason.task.as_deref(), reason.model.as_deref());
    if subject.is_empty() { "the whole run".to_owned() } else { subject }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn every_finding_has_one_class() {
        let report = sample();
        let counts = Class::ALL.map(|class| class.reasons(&report).count());
        assert_eq!(counts, [3, 1, 4, 2]);
        assert_eq!(counts.iter().sum::<usize>(), report.verdict.reasons.len());
    }
}
