//! Flips of single tasks: which are regressions, which await more samples, and which are too small to hold anybody up.

use super::EPSILON;
use crate::compare::{Fallen, Flip};
use crate::config::EvidenceGate;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::report::{self, TaskOutcome};

/// Samples that a flip is confirmed with on each side, beside those that found it (notes: statistics B3, two stages).
pub const CONFIRMING_SAMPLES: u32 = 4;

/// The code of flips that may well be chance.
pub const UNSTEADY: &str = "unsteady";

/// What a flip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Regressed,
    /// It may be chance, and more samples would tell.
    Unconfirmed,
    /// It may well be chance.
    Unsteady,
}

/// Whether chance is a poor explanation of a flip: of this task's by itself, and of some task's of an unsteady suite.
fn is_sure(fallen: &Fallen, evidence: &EvidenceGate) -> bool {
    fallen.p_value <= evidence.flip_p_value + EPSILON && fallen.by_noise <= evidence.flip_by_noise + EPSILON
}

/// A critical task's flip counts as it is, where both sides have equally many samples. Where they have not, how far the share
/// fell is a matter of who recorded how many, and no fall is small.
pub fn standing(fallen: &Fallen, critical: bool, evidence: &EvidenceGate) -> Standing {
    if is_sure(fallen, evidence) || (critical && fallen.is_even()) {
        Standing::Regressed
    } else if critical || !fallen.is_even() || fallen.drop >= evidence.flip_min_drop - EPSILON {
        Standing::Unconfirmed
    } else {
        Standing::Unsteady
    }
}

/// Whether more samples should be asked for before a flip counts: chance may explain it.
pub fn is_to_confirm(flip: &Flip, policy: &Policy) -> bool {
    match flip {
        Flip::Failing(fallen) => !is_sure(fallen, &policy.gate.evidence),
        Flip::Passing
        | Flip::Fixed
        | Flip::StillFailing
        | Flip::NewPass
        | Flip::NewFailure
        | Flip::ExpectationChanged(_)
        | Flip::Removed
        | Flip::Unjudged(_) => false,
    }
}

/// The outcome a report shows for a flip, and why it could not be judged, where it could not.
pub fn task_outcome(flip: &Flip, critical: bool, policy: &Policy) -> (TaskOutcome, Option<report::Unjudged>) {
    let unjudged = |reason: &Reason| {
        let unjudged = report::Unjudged { code: reason.code().to_owned(), message: reason.to_string() };
        (TaskOutcome::Unjudged, Some(unjudged))
    };
    match flip {
        Flip::Passing => (TaskOutcome::Passing, None),
        Flip::Fixed => (TaskOutcome::Fixed, None),
        Flip::StillFailing => (TaskOutcome::StillFailing, None),
        Flip::NewPass => (TaskOutcome::NewPass, None),
        Flip::NewFailure => (TaskOutcome::NewFailure, None),
        Flip::ExpectationChanged(_) => (TaskOutcome::ExpectationChanged, None),
        Flip::Removed => (TaskOutcome::Removed, None),
        Flip::Unjudged(reason) => unjudged(reason),
        Flip::Failing(fallen) => match standing(fallen, critical, &policy.gate.evidence) {
            Standing::Regressed => (TaskOutcome::Regressed, None),
            Standing::Unconfirmed => unjudged(&Reason::Unconfirmed { p_value: format!("{:.3}", fallen.p_value) }),
            Standing::Unsteady => (TaskOutcome::Unsteady, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flip_weighs_as_much_as_is_known_of_it() {
        use Standing::{Regressed, Unconfirmed, Unsteady};
        let evidence = EvidenceGate::default();
        let noisy = |base, head| Fallen { by_noise: 0.02, ..Fallen::of(base, head) };
        for (one, critical, want) in [
            (Fallen::of((3, 3), (0, 3)), false, Regressed),
            (noisy((3, 3), (0, 3)), false, Unconfirmed),
            (noisy((3, 3), (0, 3)), true, Regressed),
            (Fallen::of((3, 3), (1, 3)), false, Unconfirmed),
            (Fallen::of((3, 3), (1, 3)), true, Regressed),
            (Fallen::of((4, 5), (3, 5)), false, Unsteady),
            (Fallen::of((4, 5), (3, 5)), true, Regressed),
            (Fallen::of((4, 5), (1, 2)), true, Unconfirmed),
            (Fallen::of((2, 2), (1, 2)), false, Unconfirmed),
            (Fallen::of((3, 3), (51, 100)), false, Unconfirmed),
        ] {
            assert_eq!(standing(&one, critical, &evidence), want, "{one:?} {critical}");
        }
    }
}
