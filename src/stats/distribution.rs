//! Tails and quantiles of the distributions that the other files stand on.
//!
//! Tails come from `statrs`. Quantiles are found here by bisection on the tails: the Newton iteration of `statrs` 0.19 does not come to an
//! end for Student's t with 10⁸ degrees of freedom, and a gate must always answer.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};
use statrs::function::beta::beta_reg;

/// Beyond so many degrees of freedom Student's t is taken for the normal distribution; they differ by less than 10⁻⁶.
const NORMAL_FROM: f64 = 1e7;
/// The square of a larger t does not fit a double.
const FARTHEST: f64 = 1e150;

/// P(Z ≤ z) of the standard normal distribution.
pub(super) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The z with P(Z ≤ z) = `share`; infinite at 0 and 1.
pub(super) fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share.clamp(0.0, 1.0))
}

/// P(T > t) for Student's t with `df` > 0 degrees of freedom.
pub(super) fn student_tail(t: f64, df: f64) -> f64 {
    if df > NORMAL_FROM {
        return normal_cdf(-t);
    }
    StudentsT::new(0.0, 1.0, df).map_or(f64::from(t < 0.0), |student| student.sf(t))
}

/// The t with P(T ≤ t) = `share`, `df` > 0. Infinite at 0 and 1, and near them for `df` far below 1 where it passes [`FARTHEST`].
pub(super) fn student_quantile(share: f64, df: f64) -> f64 {
    if df > NORMAL_FROM {
        return normal_quantile(share);
    }
    // The upper half is searched, where tails keep their digits.
    let tail = share.min(1.0 - share).max(0.0);
    let mut high = 1.0;
    while student_tail(high, df) > tail && high < FARTHEST {
        high *= 4.0;
    }
    let low = if high > 1.0 { high / 4.0 } else { 0.0 };
    let t =
        if high < FARTHEST && tail > 0.0 { bisect(low, high, |t| student_tail(t, df) > tail) } else { f64::INFINITY };
    if share < 0.5 { -t } else { t }
}

/// The x with P(B ≤ x) = `share` for a Beta(`a`, `b`) distribution, `a`, `b` > 0.
pub(super) fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_reg(a, b, x) < share)
}

/// P(X ≥ `least`) of a binomial count of `n` draws that succeed with `share`, from the incomplete beta function.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn binomial_tail(least: u64, n: u64, share: f64) -> f64 {
    if least == 0 {
        1.0
    } else if least > n {
        0.0
    } else {
        beta_reg(least as f64, (n - least + 1) as f64, share).clamp(0.0, 1.0)
    }
}

/// Where `below` turns from true to false between `low` and `high`, to the last bit or 200 halvings.
pub(super) fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        assert_close("z.975", normal_quantile(0.975), 1.959_963_984_540_054, 1e-12);
        assert_close("z.8", normal_quantile(0.8), 0.841_621_233_572_914, 1e-12);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    /// Against scipy 1.x `t.ppf`, from fractions of a degree of freedom to many.
    #[test]
    fn quantiles_of_student() {
        for (df, share, t) in [
            (0.05, 0.95, 1.140_435_942_218_316_8e19),
            (0.5, 0.975, 164.557_673_480_488_18),
            (1.0, 0.9999, 3_183.098_757_118_502),
            (9.0, 0.95, 1.833_112_932_656_237),
            (9.0, 0.975, 2.262_157_162_798_205),
            (30.0, 0.999_999_9, 6.701_399_512_379_314),
            (1000.0, 0.8, 0.841_980_822_162_428_8),
            (1e4, 0.975, 1.960_201_239_890_626),
            (1e6, 0.95, 1.644_855_150_722_040_4),
            (1e8, 0.975, 1.959_964_008_262_766_3),
        ] {
            assert_close(&format!("{df} {share}"), student_quantile(share, df) / t, 1.0, 1e-7);
            assert_close(&format!("{df} {share}, below"), student_quantile(1.0 - share, df) / -t, 1.0, 1e-7);
        }
        assert!(student_quantile(0.5, 3.0).abs() < 1e-12);
        assert_eq!(student_quantile(1.0, 3.0), f64::INFINITY);
        assert_eq!(student_quantile(0.975, 1e-4), f64::INFINITY);
    }

    #[test]
    fn binomial_tails_end_at_one_and_zero() {
        assert_eq!((binomial_tail(0, 4, 0.5), binomial_tail(5, 4, 0.5)), (1.0, 0.0));
        assert_close("two of four", binomial_tail(2, 4, 0.5), 0.6875, 1e-12);
    }
}
