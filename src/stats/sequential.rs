//! Tests that may be looked at after every run without cheating.

use statrs::function::beta::{beta_reg, ln_beta};

use super::Interval;

/// Wald's sequential test of a task that passes with the share `ok` against one that passes with the smaller share `broken`.
///
/// Source: Wald 1945, Annals of Mathematical Statistics 16:117. Limits and steps are natural logarithms of likelihood ratios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sprt {
    ok: f64,
    broken: f64,
    false_alarm: f64,
    miss: f64,
}

/// What the runs so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Continue,
    Ok,
    Broken,
}

impl Sprt {
    /// A test that calls a sound task broken with at most about `false_alarm`, and a broken one sound with at most about `miss`. `None` unless
    /// 0 < broken < ok < 1 and both errors are above 0 and sum to less than 1.
    pub fn new(ok: f64, broken: f64, false_alarm: f64, miss: f64) -> Option<Self> {
        let sound =
            0.0 < broken && broken < ok && ok < 1.0 && false_alarm > 0.0 && miss > 0.0 && false_alarm + miss < 1.0;
        sound.then_some(Self { ok, broken, false_alarm, miss })
    }

    /// The task is sound once the sum of steps is at most `low`, and broken once it is at least `high`.
    pub fn limits(&self) -> Interval {
        Interval { low: (self.miss / (1.0 - self.false_alarm)).ln(), high: ((1.0 - self.miss) / self.false_alarm).ln() }
    }

    /// What one run adds to the sum.
    pub fn step(&self, passed: bool) -> f64 {
        if passed { (self.broken / self.ok).ln() } else { ((1.0 - self.broken) / (1.0 - self.ok)).ln() }
    }

    /// The decision after so many runs, had it not fallen before.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn decide(&self, passed: u64, failed: u64) -> Decision {
        let (sum, limits) = (passed as f64 * self.step(true) + failed as f64 * self.step(false), self.limits());
        if sum >= limits.high {
            Decision::Broken
        } else if sum <= limits.low {
            Decision::Ok
        } else {
            Decision::Continue
        }
    }

    /// How many runs it takes on average until the decision, of a sound task and of a broken one (Wald's approximation, which neglects by how
    /// much the last run oversteps a limit).
    pub fn expected_runs(&self) -> (f64, f64) {
        let limits = self.limits();
        let runs = |share: f64, called_broken: f64| {
            let drift = share * self.step(true) + (1.0 - share) * self.step(false);
            (called_broken * limits.high + (1.0 - called_broken) * limits.low) / drift
        };
        (runs(self.ok, self.false_alarm), runs(self.broken, 1.0 - self.miss))
    }
}

/// Evidence that a side breaks tasks, which may be looked at at any time: reject at E ≥ 1/α, such as 20, whenever that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EValue {
    /// Against "head breaks tasks at most as often as it mends them".
    pub one_sided: f64,
    /// Against "head breaks tasks just as often as it mends them".
    pub two_sided: f64,
}

/// The e-value of `broke` tasks that passed and now fail beside `mended` ones: a uniform mixture over the share of broken ones against ½, so
/// E = 2ⁿ B(broke + 1, mended + 1); one-sided times twice the mixture's chance of a share above ½. No more than the largest double.
///
/// Source: Ville 1939; Robbins 1970 for the mixture. Meant for drift watched over days; one pull request is one look, which
/// [`mcnemar`](super::mcnemar) judges.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn e_value(broke: u64, mended: u64) -> EValue {
    let (broke, mended) = (broke as f64, mended as f64);
    let log = (broke + mended) * std::f64::consts::LN_2 + ln_beta(broke + 1.0, mended + 1.0);
    let above_half = beta_reg(mended + 1.0, broke + 1.0, 0.5).clamp(0.0, 1.0);
    let capped = |log: f64| log.exp().min(f64::MAX);
    EValue { one_sided: capped(log + (2.0 * above_half).ln()), two_sided: capped(log) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;
    use crate::stats::distribution::binomial_tail;

    fn sprt() -> Sprt {
        Sprt::new(0.95, 0.7, 0.05, 0.2).unwrap()
    }

    #[test]
    fn limits_and_steps_agree_with_the_published_vectors() {
        let (limits, sprt) = (sprt().limits(), sprt());
        assert_close("broken", limits.high, 2.772_588_7, 5.1e-8);
        assert_close("ok", limits.low, -1.558_144_6, 5.1e-8);
        assert_close("pass", sprt.step(true), -0.305_381_6, 5.1e-8);
        assert_close("fail", sprt.step(false), 1.791_759_5, 5.1e-8);
        let (ok, broken) = sprt.expected_runs();
        assert_close("runs if ok", ok, 6.7, 0.05);
        assert_close("runs if broken", broken, 5.9, 0.05);
    }

    #[test]
    fn two_early_failures_or_six_passes_decide() {
        let decide = |passed, failed| sprt().decide(passed, failed);
        assert_eq!([decide(0, 2), decide(1, 2), decide(2, 2)], [Decision::Broken; 3]);
        assert_eq!(decide(3, 2), Decision::Continue);
        assert_eq!((decide(5, 0), decide(6, 0)), (Decision::Continue, Decision::Ok));
        assert_eq!((Sprt::new(0.7, 0.95, 0.05, 0.2), Sprt::new(0.95, 0.7, 0.5, 0.5)), (None, None));
    }

    /// With as many runs fixed beforehand, both errors need fourteen: broken at 11 passes or fewer.
    #[test]
    fn a_fixed_number_of_runs_is_twice_as_long() {
        let at_most = |passes: u64, runs, share| 1.0 - binomial_tail(passes + 1, runs, share);
        let suffices =
            |runs: u64| (0..runs).any(|pass| at_most(pass, runs, 0.95) <= 0.05 && at_most(pass, runs, 0.7) >= 0.8);
        assert_eq!((1..).find(|runs| suffices(*runs)), Some(14));
        assert!(at_most(11, 14, 0.95) <= 0.05 && at_most(11, 14, 0.7) >= 0.8);
        let (ok, broken) = sprt().expected_runs();
        assert_close("saved", 1.0 - f64::midpoint(ok, broken) / 14.0, 0.55, 0.005);
    }

    #[test]
    fn e_values_agree_with_the_published_vectors() {
        for (broke, mended, two_sided, one_sided) in [
            (5, 0, 5.3333, 10.5),
            (6, 0, 9.142_857, 18.142_857),
            (7, 0, 16.0, 31.875),
            (8, 0, 28.444, 56.778),
            (9, 1, 9.309, 18.509),
        ] {
            let e = e_value(broke, mended);
            assert_close(&format!("{broke}:{mended}"), e.two_sided / two_sided, 1.0, 2e-5);
            assert_close(&format!("{broke}:{mended}, one-sided"), e.one_sided / one_sided, 1.0, 3e-5);
        }
        let none = e_value(0, 0);
        assert_close("nothing seen", none.one_sided, 1.0, 1e-12);
        assert_close("nothing seen", none.two_sided, 1.0, 1e-12);
        assert!(e_value(5000, 0).one_sided.is_finite() && e_value(0, 5000).one_sided < 1.0);
    }
}
