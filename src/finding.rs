//! Findings: what a check noticed, with its effect and without severity. The verdict gives each its weight.

use crate::compare::{Fallen, Metric};
use crate::diagnostic::Code;
use crate::id::Id;
use crate::outcome::Reason;
use crate::report::MetricStatus;

/// One thing noticed.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    pub prompt: Option<Id>,
    /// Head's version, or base's where head has none.
    pub version: Option<semver::Version>,
    pub task: Option<Id>,
    pub alias: Option<Id>,
    /// A sentence without its final stop.
    pub message: String,
    /// The next step, made of validated ids only.
    pub help: Option<String>,
    /// Whether the policy says that any flip of this task counts.
    pub critical: bool,
    /// Whether the policy keeps this task from failing the gate today.
    pub quarantined: bool,
}

/// What was noticed. The order is the order of a report within one severity.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A document that cannot be used; `new` where base does not have the same flaw.
    InvalidFile {
        code: Code,
        new: bool,
    },
    /// A warning about a document; `new` where base does not have the same flaw.
    DocumentWarning {
        code: Code,
        new: bool,
    },
    /// A prompt file of head's that cannot be loaded, and why it cannot.
    NotLoaded {
        codes: Vec<Code>,
    },
    /// A task that has nothing to run on.
    NotRun {
        code: Code,
    },
    /// A task's digest does not fit; `new` where base holds other bytes.
    Tampered {
        new: bool,
    },
    /// A task passes on base and fails on head.
    Failing(Fallen),
    NewFailure,
    /// The prompt cannot be rendered for a task, and base's could.
    NotRendered,
    /// Runs broke a budget on head only.
    BudgetBroken,
    /// The share of samples that pass, over all tasks of a prompt, and how it stands to the gate.
    PassRate(MetricStatus),
    /// A metric of a prompt, and how it stands to the gate.
    Growth(Metric, MetricStatus),
    /// A metric of one task, and how it stands to the gate.
    TaskGrowth(Metric, MetricStatus),
    /// The sides of some tasks differ by more than the prompt.
    NotComparable,
    /// The monthly cost, or the cost of a request, is over a limit.
    Cost {
        /// Whether it is more than chance: a limit inside the interval may hold.
        certain: bool,
    },
    /// A request took more input than its model takes; `new` where the project's table says so and none of base's did.
    TooLong {
        new: bool,
    },
    /// The model that serves is withdrawn, or soon is.
    ModelDeprecated,
    /// Declared traffic is older than what may be relied upon.
    TrafficOld,
    ExpectationChanged,
    TaskRemoved,
    PromptRemoved,
    IdChanged,
    Untested,
    Unjudged(Reason),
    /// Answers that only a head from another repository brings, counted because somebody accepted them.
    Claimed,
    CostUnknown,
    BaseUnmeasured,
    StillFailing,
    /// No policy commit exists yet.
    FirstAdoption {
        /// Whether they are another repository's.
        foreign: bool,
    },
    /// The policy itself could not be read in part.
    PolicyRemark,
    /// Head changes the policy; that counts once it is merged.
    PolicyProposed,
    Rollback,
    FewerSamples,
    ReRecorded,
    Edited,
    /// A recording of head's that cannot be read and is not needed.
    Unreadable,
    /// How alike what a model says now is to what is recorded, from 0 to 1, and the least that is wanted.
    Unlike {
        alike: f64,
        least: f64,
    },
    /// An acceptance that matched nothing.
    UnusedAcceptance,
    /// An approving review that does not count.
    VoidApproval,
}

impl Kind {
    /// The finding's stable code, by which it is accepted and waived.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidFile { code, .. } | Self::DocumentWarning { code, .. } | Self::NotRun { code } => {
                code.as_str()
            }
            Self::NotLoaded { .. } => "does-not-load",
            Self::Tampered { .. } => "recording-tampered",
            Self::Failing(_) => "regressed",
            Self::NewFailure => "new-failure",
            Self::NotRendered => "not-rendered",
            Self::BudgetBroken => "budget",
            Self::PassRate(_) => "pass-rate",
            Self::NotComparable => "not-comparable",
            Self::Growth(metric, _) => match metric {
                Metric::TotalTokens => "tokens",
                Metric::OutputTokens => "output-tokens",
                Metric::ToolCalls => "tool-calls",
                Metric::Steps => "steps",
                Metric::LatencyMs => "latency",
                Metric::CostUsd => "cost-per-run",
            },
            Self::TaskGrowth(metric, _) => match metric {
                Metric::TotalTokens => "task-tokens",
                Metric::OutputTokens => "task-output-tokens",
                Metric::ToolCalls => "task-tool-calls",
                Metric::Steps => "task-steps",
                Metric::LatencyMs => "task-latency",
                Metric::CostUsd => "task-cost-per-run",
            },
            Self::Cost { .. } => "cost",
            Self::TooLong { .. } => "too-long",
            Self::ModelDeprecated => "model-deprecated",
            Self::TrafficOld => "traffic-old",
            Self::ExpectationChanged => "expectation-changed",
            // A task that is gone is the strongest way to change what is expected.
            Self::TaskRemoved => "expectation-changed",
            Self::PromptRemoved => "removed",
            Self::IdChanged => "id-changed",
            Self::Untested => "untested",
            Self::Unjudged(reason) => reason.code(),
            Self::Claimed => Reason::Unverified.code(),
            Self::CostUnknown => "cost-unknown",
            Self::BaseUnmeasured => "base-not-measured",
            Self::StillFailing => "still-failing",
            Self::FirstAdoption { .. } => "first-adoption",
            Self::PolicyRemark => "policy",
            Self::PolicyProposed => "policy-changed",
            Self::Rollback => "rollback",
            Self::FewerSamples => "fewer-samples",
            Self::ReRecorded => "re-recorded",
            Self::Edited => "recording-edited",
            Self::Unreadable => "recording-unreadable",
            Self::Unlike { .. } => "unlike-recording",
            Self::UnusedAcceptance => "unused-acceptance",
            Self::VoidApproval => "approval-void",
        }
    }

    /// Its place among findings of one severity.
    pub fn rank(&self) -> u8 {
        match self {
            Self::InvalidFile { .. } | Self::NotLoaded { .. } | Self::NotRun { .. } => 0,
            Self::Tampered { .. } => 1,
            Self::Failing(_) => 2,
            Self::NewFailure => 3,
            Self::NotRendered => 4,
            Self::BudgetBroken => 5,
            Self::PassRate(_) | Self::Growth(..) | Self::TaskGrowth(..) => 6,
            Self::Cost { .. } | Self::TooLong { .. } => 7,
            Self::PromptRemoved => 8,
            Self::IdChanged => 9,
            Self::ExpectationChanged => 10,
            Self::TaskRemoved => 11,
            Self::Untested => 12,
            Self::Unjudged(_) | Self::NotComparable => 13,
            Self::Claimed => 14,
            Self::CostUnknown => 15,
            Self::BaseUnmeasured => 16,
            Self::StillFailing => 17,
            Self::FirstAdoption { .. } => 18,
            Self::PolicyRemark => 19,
            Self::PolicyProposed => 20,
            Self::Rollback => 21,
            Self::FewerSamples => 22,
            Self::ReRecorded => 23,
            Self::Edited => 24,
            Self::Unreadable => 25,
            Self::DocumentWarning { .. } => 26,
            Self::UnusedAcceptance => 27,
            Self::Unlike { .. } => 28,
            Self::VoidApproval => 29,
            Self::ModelDeprecated => 30,
            Self::TrafficOld => 31,
        }
    }
}

impl Finding {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            prompt: None,
            version: None,
            task: None,
            alias: None,
            message: message.into(),
            help: None,
            critical: false,
            quarantined: false,
        }
    }

    /// About a prompt.
    #[must_use]
    pub fn of(mut self, prompt: &Id) -> Self {
        self.prompt = Some(prompt.clone());
        self
    }

    /// About one version of its prompt.
    #[must_use]
    pub fn version(mut self, version: &semver::Version) -> Self {
        self.version = Some(version.clone());
        self
    }

    /// About a cell.
    #[must_use]
    pub fn at(mut self, cell: &crate::plan::Cell) -> Self {
        self.prompt = Some(cell.prompt.clone());
        self.version = cell.shown().map(|side| side.prompt.version.clone());
        self.task = Some(cell.task.clone());
        self.alias = Some(cell.alias.clone());
        self.critical = cell.critical;
        self.quarantined = cell.quarantined;
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
