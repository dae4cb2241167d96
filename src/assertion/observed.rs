//! What an assertion looks at, and what it says it saw.
//!
//! Neither knows what was expected.

use std::ops::Deref;

use rust_decimal::Decimal;

use super::judge::Opinions;
use super::text::cut;
use crate::outcome::Reason;
use crate::stop::Stop;
use crate::trajectory::Trajectory;

/// A finished run as assertions see it: what happened, and what the run alone does not tell.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub run: &'a Trajectory,
    /// What the run costs by the policy's prices; `None` where a price or the usage is unknown.
    pub cost_usd: Option<Decimal>,
    /// What judges said of the answer.
    pub opinions: &'a dyn Opinions,
}

impl Deref for Seen<'_> {
    type Target = Trajectory;

    fn deref(&self) -> &Trajectory {
        self.run
    }
}

/// What an assertion saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub holds: bool,
    /// What was there instead or indeed, as a phrase that fits after "found": "143 words". At most a line or two.
    pub actual: String,
}

impl Observed {
    pub fn new(holds: bool, actual: impl Into<String>) -> Self {
        Self { holds, actual: cut(&actual.into(), 200).into_owned() }
    }

    /// Judges an upper limit on what a run takes, also of a run that a budget stopped. Where the provider failed, more
    /// was to come: the run can have broken the limit, but it cannot have kept it.
    pub(super) fn at_most<T: PartialOrd>(
        limit: T,
        taken: T,
        actual: impl Into<String>,
        run: &Trajectory,
    ) -> Result<Self, Reason> {
        let holds = taken <= limit;
        if holds && run.stop == Stop::Error {
            return Err(Reason::StoppedEarly { stop: run.stop });
        }
        Ok(Self::new(holds, actual))
    }
}
