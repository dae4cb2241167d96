//! How steady base's own samples are: in a suite whose samples fail now and then though nothing changed, some task of many will
//! flip by chance, and Fisher's test of one task knows nothing of the others.

use super::{Cell, Fallen, Flip, Flipped};
use crate::evaluate::{Measures, Runs, Sample, task_outcome};
use crate::finding::{Finding, Kind};
use crate::outcome::Outcome;
use crate::stats::binomial_at_least;

/// The steadiness of the tasks of one candidate that pass on base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steadiness {
    /// The share of their base samples that pass, from 0 to 1.
    share: f64,
    tasks: usize,
}

impl Steadiness {
    /// Of the cells of one candidate. Quarantined tasks are known to be unsteady, and hold nobody up.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn of<'c, 'a: 'c>(cells: impl Iterator<Item = &'c Cell<'a>>, min_pass: Option<f64>) -> Self {
        let (mut passed, mut samples, mut tasks) = (0_usize, 0_usize, 0_usize);
        for cell in cells.filter(|cell| !cell.planned.quarantined) {
            // The same answers on both sides cannot flip, and say nothing of those that can.
            let Some((base, _)) = cell.pair().filter(|(base, head)| !is_same(base, head)) else { continue };
            if task_outcome(base.samples.iter().map(|sample| &sample.own), min_pass) == Outcome::Pass {
                passed += base.samples.iter().filter(|sample| sample.own == Outcome::Pass).count();
                samples += base.samples.len();
                tasks += 1;
            }
        }
        Self { share: if samples == 0 { 1.0 } else { passed as f64 / samples as f64 }, tasks }
    }

    /// The chance, at most, that some task of the suite flips at least so far though nothing changed (Boole's inequality over its tasks):
    /// tasks × P(base's count or more) × P(head's count or fewer), both binomial with the suite's share.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn chance(&self, fallen: &Fallen) -> f64 {
        let ((base, of_base), (head, of_head)) = (fallen.base, fallen.head);
        let rises = binomial_at_least(base as u64, of_base as u64, self.share);
        let falls = binomial_at_least((of_head - head) as u64, of_head as u64, 1.0 - self.share);
        (self.tasks as f64 * rises * falls).min(1.0)
    }

    /// Puts the chance beside a flip, and into what is said of it; whether there is a flip.
    pub fn weigh(&self, flipped: &mut Flipped, findings: &mut [Finding]) -> bool {
        let Flip::Failing(fallen) = &mut flipped.flip else { return false };
        fallen.by_noise = self.chance(fallen);
        for finding in findings.iter_mut().filter(|finding| matches!(finding.kind, Kind::Failing(_))) {
            finding.kind = Kind::Failing(*fallen);
        }
        true
    }
}

/// Whether both sides have the very same runs, in any order.
fn is_same(base: &Runs, head: &Runs) -> bool {
    let key = |sample: &Sample| {
        let Measures { total_tokens, output_tokens, tool_calls, steps, latency_ms, .. } = sample.measures;
        (total_tokens, output_tokens, tool_calls, steps, latency_ms, sample.own == Outcome::Pass)
    };
    let sorted = |runs: &Runs| {
        let mut keys: Vec<_> = runs.samples.iter().map(key).collect();
        keys.sort_unstable();
        keys
    };
    sorted(base) == sorted(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_suite_does_by_itself_is_told_from_what_was_done_to_it() {
        let chance = |share, tasks, base, head| Steadiness { share, tasks }.chance(&Fallen::of(base, head));
        for (share, tasks, head, want) in [
            (1.0, 50, 0, 0.0),
            (0.9, 10, 0, 10.0 * 0.729 * 0.001),
            (0.9, 50, 0, 50.0 * 0.729 * 0.001),
            (0.9, 10, 1, 10.0 * 0.729 * 0.028),
            (0.5, 50, 1, 1.0),
        ] {
            let got = chance(share, tasks, (3, 3), (head, 3));
            assert!((got - want).abs() < 1e-9, "{share} {tasks} {head}: {got} instead of {want}");
        }
    }
}
