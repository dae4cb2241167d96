//! The three values of every judgement, and the closed list of reasons why something could not be judged.
//!
//! "Could not judge" never turns into "pass": [`Reason`] has one table that says how each reason is shown.

use std::fmt;

use crate::stop::Stop;

/// What became of an assertion, a sample or a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    Unjudged(Reason),
}

/// Why something could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No recording at any address.
    Missing,
    /// Recorded, but for another request; the parts that changed.
    Stale { changed: Vec<String> },
    /// Equal so far, then another request at this 0-based step.
    Diverged { step: usize, changed: Vec<String> },
    /// The recording holds merge-conflict markers.
    Conflicted { path: String },
    /// The recording's digest does not fit its content.
    Tampered { path: String },
    /// A recording that this version cannot read.
    Unsupported { path: String, why: String },
    /// Recorded from the mock provider where the policy names a real one.
    StandIn { provider: String },
    /// Answers that only head brings, from another repository.
    Unverified,
    /// A flip too small to be told from noise.
    Unconfirmed { p_value: String },
    /// The sides differ by more than the prompt: another model, another provider, another time.
    NotComparable { why: String },
    /// The model called a declared tool that the task does not stub.
    NoStub { tool: String },
    /// The run ended before there was an answer to look at.
    StoppedEarly { stop: Stop },
    /// The prompt did not render for this task.
    NotRendered { message: String },
    /// The evidence this assertion needs is not there.
    NoEvidence { what: String },
    /// A judge was not asked yet.
    NotJudged { judge: String },
    /// What a judge said cannot be read, or is no score.
    Unclear { judge: String, why: String },
    /// The provider failed.
    Provider { message: String },
    /// Another model answered than the one that was asked.
    OtherModel { asked: String, served: String },
    /// Nothing more may be spent.
    SpendCap { cap: String },
}

/// How a reason is reported.
pub struct Row {
    /// Stable, kebab-case; stands in report.json and JUnit.
    pub code: &'static str,
    /// The verdict's exit code where nothing else weighs more: 1 fails, 3 is inconclusive and a JUnit error.
    pub exit_code: u8,
    pub help: &'static str,
}

impl Reason {
    /// The one table from a reason to how it is reported.
    pub fn row(&self) -> Row {
        let (code, exit_code, help) = match self {
            Self::Missing => ("recording-missing", 3, "record it"),
            Self::Stale { .. } => ("recording-stale", 3, "record it again"),
            Self::Diverged { .. } => ("recording-diverged", 3, "record it again"),
            Self::Conflicted { .. } => ("recording-conflicted", 3, "record it again; never merge by hand"),
            Self::Tampered { .. } => (
                "recording-tampered",
                3,
                "restore the file, record it again, or say that you edited it: regild recordings rehash",
            ),
            Self::Unsupported { .. } => ("recording-unsupported", 3, "record it with this version"),
            Self::StandIn { .. } => ("stand-in", 3, "record it from the provider that the policy names"),
            Self::Unverified => ("unverified", 3, "a maintainer accepts or records these answers"),
            Self::Unconfirmed { .. } => ("unconfirmed", 3, "record more samples of both sides"),
            Self::NotComparable { .. } => ("not-comparable", 3, "record both sides again"),
            Self::NoStub { .. } => ("no-stub", 3, "give the task a stub for this tool"),
            Self::StoppedEarly { .. } => ("stopped-early", 3, "see the budget that stopped the run"),
            Self::NotRendered { .. } => ("not-rendered", 1, "mend the template or the task's input"),
            Self::NoEvidence { .. } => ("no-evidence", 3, "record it from a source that reports this"),
            Self::NotJudged { .. } => ("not-judged", 3, "record what the judge says"),
            Self::Unclear { .. } => ("judge-unclear", 3, "make the rubric clearer, or ask another model"),
            Self::Provider { .. } => ("provider", 3, "try again later"),
            Self::OtherModel { .. } => ("other-model", 3, "name it in the alias's `served:`, if it is meant"),
            Self::SpendCap { .. } => {
                ("spend-cap", 3, "raise the cap in the policy's `spend:`; what was paid for is kept")
            }
        };
        Row { code, exit_code, help }
    }

    pub fn code(&self) -> &'static str {
        self.row().code
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "no recording"),
            Self::Stale { changed } => write!(f, "the recording is stale: {} changed", changed.join(", ")),
            Self::Diverged { step, changed } => {
                write!(f, "the recording diverges at step {}: {} changed", step + 1, changed.join(", "))
            }
            Self::Conflicted { path } => write!(f, "{path} holds merge-conflict markers"),
            Self::Tampered { path } => write!(f, "{path} was changed after it was recorded"),
            Self::Unsupported { path, why } => write!(f, "{path} cannot be read: {why}"),
            Self::StandIn { provider } => write!(f, "recorded from `mock`, but the policy names `{provider}`"),
            Self::Unverified => write!(f, "answers that only this head brings, not yet accepted"),
            Self::Unconfirmed { p_value } => write!(f, "too few samples to tell from noise (p = {p_value})"),
            Self::NotComparable { why } => write!(f, "the sides cannot be compared: {why}"),
            Self::NoStub { tool } => write!(f, "the model called `{tool}`, which the task does not stub"),
            Self::StoppedEarly { stop } => write!(f, "the run ended by {stop}, without an answer to judge"),
            Self::NotRendered { message } => write!(f, "the prompt did not render: {message}"),
            Self::NoEvidence { what } => write!(f, "{what} is not known"),
            Self::NotJudged { judge } => write!(f, "the judge `{judge}` was not asked about this answer"),
            Self::Unclear { judge, why } => write!(f, "what the judge `{judge}` said is no score: {why}"),
            Self::Provider { message } => write!(f, "the provider failed: {message}"),
            Self::OtherModel { asked, served } => {
                write!(
                    f,
                    "asked for `{asked}`, `{served}` answered; if that is meant: `served: [{served}]` in the alias"
                )
            }
            Self::SpendCap { cap } => write!(f, "the spend cap {cap} is reached"),
        }
    }
}
