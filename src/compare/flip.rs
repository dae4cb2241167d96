//! What became of a task between base and head, before anyone says how bad that is.

use super::{Cell, Tolerance, incomparable};
use crate::evaluate::{Runs, task_outcome};
use crate::outcome::{Outcome, Reason};
use crate::stats::fisher;

/// What became of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Flip {
    Passing,
    Fixed,
    StillFailing,
    NewPass,
    NewFailure,
    /// Passed on base, fails on head under base's expectations.
    Failing(Fallen),
    /// Base's expectations no longer hold because head changed them; how, as a phrase.
    ExpectationChanged(String),
    /// Head no longer has the task on this alias.
    Removed,
    Unjudged(Reason),
}

/// By how much a task that passes on base fails on head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fallen {
    /// One-sided Fisher p-value of the difference.
    pub p_value: f64,
    /// By how much the share of samples that pass fell, from 0 to 1.
    pub drop: f64,
    /// (passed, samples) on base.
    pub base: (usize, usize),
    /// (passed, samples) on head.
    pub head: (usize, usize),
    /// The chance, at most, that some task of the suite falls so far by base's own noise; 0 until the suite is known.
    pub by_noise: f64,
}

impl Fallen {
    /// From (passed, samples) of each side.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn of(base: (usize, usize), head: (usize, usize)) -> Self {
        let share = |(passed, samples): (usize, usize)| passed as f64 / samples.max(1) as f64;
        Self { p_value: fisher(base, head), drop: share(base) - share(head), base, head, by_noise: 0.0 }
    }

    /// Whether both sides have equally many samples.
    pub fn is_even(&self) -> bool {
        self.base.1 == self.head.1
    }
}

/// The flip of a cell. `changed` beside it says how head changed the expectations where that matters besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Flipped {
    pub flip: Flip,
    pub changed: Option<String>,
    /// The base task exists, but base has no usable sample of it.
    pub base_unmeasured: bool,
}

/// Compares the two sides of a cell.
pub fn flip(cell: &Cell<'_>, min_pass: Option<f64>, tolerance: Tolerance) -> Flipped {
    let plain = |flip| Flipped { flip, changed: None, base_unmeasured: false };
    let Some(head) = &cell.head else { return plain(Flip::Removed) };
    let own = side_outcome(head, min_pass, |sample| &sample.own);
    let Some(base) = &cell.base else { return plain(new(own)) };
    if !cell.planned.is_comparable() {
        let changed = "its input, history or stubs differ from base's".to_owned();
        return match own {
            Outcome::Fail => Flipped { flip: Flip::NewFailure, changed: Some(changed), base_unmeasured: false },
            Outcome::Unjudged(reason) => {
                Flipped { flip: Flip::Unjudged(reason), changed: Some(changed), base_unmeasured: false }
            }
            Outcome::Pass => plain(Flip::ExpectationChanged(changed)),
        };
    }
    let under_base = side_outcome(head, min_pass, |sample| sample.by_base.as_ref().unwrap_or(&sample.own));
    let before = side_outcome(base, min_pass, |sample| &sample.own);
    if base.samples.is_empty() {
        let worst = if under_base == Outcome::Fail { under_base } else { own };
        return Flipped { flip: new(worst), changed: None, base_unmeasured: true };
    }
    plain(match (measured(before, under_base, own, base, head), incomparable(cell, tolerance)) {
        (Flip::Failing(_), Some(reason)) => Flip::Unjudged(reason),
        (flip, _) => flip,
    })
}

fn measured(before: Outcome, under_base: Outcome, own: Outcome, base: &Runs, head: &Runs) -> Flip {
    match (before, under_base, own) {
        // What head itself expects is missed for sure, whatever base's expectations would say.
        (_, Outcome::Unjudged(_), Outcome::Fail) => Flip::NewFailure,
        (_, Outcome::Unjudged(reason), _) => Flip::Unjudged(reason),
        (Outcome::Pass | Outcome::Fail, Outcome::Fail, Outcome::Pass) => {
            Flip::ExpectationChanged("it passes only because base's expectations were loosened".to_owned())
        }
        (Outcome::Pass, Outcome::Fail, _) => {
            let passed = |runs: &Runs, by: fn(&crate::evaluate::Sample) -> &Outcome| {
                (runs.samples.iter().filter(|sample| *by(sample) == Outcome::Pass).count(), runs.samples.len())
            };
            let base = passed(base, |sample| &sample.own);
            let head = passed(head, |sample| sample.by_base.as_ref().unwrap_or(&sample.own));
            Flip::Failing(Fallen::of(base, head))
        }
        (Outcome::Fail, Outcome::Fail, _) => Flip::StillFailing,
        // Head holds what base expected, and misses what head itself expects.
        (_, Outcome::Pass, Outcome::Fail) | (Outcome::Unjudged(_), Outcome::Fail, _) => Flip::NewFailure,
        (_, Outcome::Pass, Outcome::Unjudged(reason)) => Flip::Unjudged(reason),
        (Outcome::Pass, Outcome::Pass, Outcome::Pass) => Flip::Passing,
        (Outcome::Fail, Outcome::Pass, Outcome::Pass) => Flip::Fixed,
        (Outcome::Unjudged(_), Outcome::Pass, Outcome::Pass) => Flip::NewPass,
    }
}

fn new(own: Outcome) -> Flip {
    match own {
        Outcome::Pass => Flip::NewPass,
        Outcome::Fail => Flip::NewFailure,
        Outcome::Unjudged(reason) => Flip::Unjudged(reason),
    }
}

fn side_outcome(runs: &Runs, min_pass: Option<f64>, by: impl Fn(&crate::evaluate::Sample) -> &Outcome) -> Outcome {
    match &runs.reason {
        Some(reason) if runs.samples.is_empty() => Outcome::Unjudged(reason.clone()),
        _ => {
            let lost: Vec<Outcome> = runs.lost.iter().cloned().map(Outcome::Unjudged).collect();
            task_outcome(runs.samples.iter().map(by).chain(&lost), min_pass)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Fail, Pass};
    use super::*;

    fn open() -> Outcome {
        Outcome::Unjudged(Reason::Missing)
    }

    fn runs(own: &[Outcome], by_base: Option<&[Outcome]>) -> Runs {
        let sample = |(index, own): (usize, &Outcome)| crate::evaluate::Sample {
            own: own.clone(),
            by_base: by_base.map(|outcomes| outcomes[index].clone()),
            checks: Vec::new(),
            measures: crate::evaluate::Measures {
                total_tokens: None,
                output_tokens: None,
                tool_calls: 0,
                steps: 1,
                latency_ms: 0,
                cost_usd: None,
                calls: Vec::new(),
            },
            answer: crate::excerpt::Answer::default(),
        };
        Runs {
            samples: own.iter().enumerate().map(sample).collect(),
            reason: None,
            lost: Vec::new(),
            unheard: Vec::new(),
            replayed: 0,
            source: "own".into(),
            stand_in: false,
            origins: crate::origins::Origins::default(),
            claimed: false,
            notes: Vec::new(),
            wished: 3,
            log: Vec::new(),
        }
    }

    /// Base's own outcome, head's under base's expectations, head's own.
    #[test]
    fn every_combination_has_its_flip() {
        let loosened = Flip::ExpectationChanged("it passes only because base's expectations were loosened".into());
        for (before, under_base, own, want) in [
            (Pass, Pass, Pass, Flip::Passing),
            (Fail, Pass, Pass, Flip::Fixed),
            (open(), Pass, Pass, Flip::NewPass),
            (Pass, Fail, Fail, Flip::Failing(Fallen::of((3, 3), (0, 3)))),
            (Fail, Fail, Fail, Flip::StillFailing),
            (open(), Fail, Fail, Flip::NewFailure),
            (Pass, Fail, Pass, loosened.clone()),
            (Fail, Fail, Pass, loosened),
            (Pass, Pass, Fail, Flip::NewFailure),
            (Fail, Pass, Fail, Flip::NewFailure),
            (Pass, open(), Pass, Flip::Unjudged(Reason::Missing)),
            (Pass, Pass, open(), Flip::Unjudged(Reason::Missing)),
            (Fail, open(), Fail, Flip::NewFailure),
            (Fail, open(), open(), Flip::Unjudged(Reason::Missing)),
        ] {
            let three = |outcome: &Outcome| vec![outcome.clone(); 3];
            let base = runs(&three(&before), None);
            let head = runs(&three(&own), Some(&three(&under_base)));
            let got = measured(before.clone(), under_base.clone(), own.clone(), &base, &head);
            let is_same = match (&got, &want) {
                (Flip::Failing(a), Flip::Failing(b)) => (a.p_value - b.p_value).abs() < 1e-9,
                (got, want) => got == want,
            };
            assert!(is_same, "{before:?} {under_base:?} {own:?}: {got:?}, not {want:?}");
        }
    }
}
