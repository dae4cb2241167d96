//! The same tasks on both sides: do more of them break than mend?

use super::distribution::{binomial_tail, normal_cdf};
use super::{Interval, wilson};

/// p-values of McNemar's exact test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// That head breaks more tasks than it mends: P(Bin(broke + mended, ½) ≥ broke).
    pub one_sided: f64,
    /// That it breaks another number than it mends.
    pub two_sided: f64,
    /// One-sided, with half the chance of what was seen taken off: less cautious, right on average.
    pub mid_p: f64,
}

/// McNemar's exact test from the tasks that flipped: `broke` passed before and fail now, `mended` the reverse. All else says nothing. With ten
/// tasks it is nearly blind: five clean flips are the fewest that reach 5 % on one side.
///
/// Source: McNemar 1947, exact by the binomial distribution; mid-p after Fagerland, Lydersen and Laake 2013.
pub fn mcnemar(broke: u64, mended: u64) -> McNemar {
    let flips = broke + mended;
    let one_sided = binomial_tail(broke, flips, 0.5);
    let seen = one_sided - binomial_tail(broke + 1, flips, 0.5);
    let two_sided = (2.0 * binomial_tail(broke.max(mended), flips, 0.5)).min(1.0);
    McNemar { one_sided, two_sided, mid_p: one_sided - 0.5 * seen }
}

/// McNemar's χ² with one degree of freedom, and its two-sided p-value: (broke − mended)² / (broke + mended), or with Edwards' correction for
/// continuity. `None` where nothing flipped. Good only where many tasks flip; a second opinion beside [`mcnemar`].
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn mcnemar_chi_square(broke: u64, mended: u64, corrected: bool) -> Option<(f64, f64)> {
    let flips = (broke + mended) as f64;
    let apart = (broke.abs_diff(mended) as f64 - f64::from(corrected)).max(0.0);
    let chi_square = apart * apart / flips;
    (flips > 0.0).then(|| (chi_square, 2.0 * normal_cdf(-chi_square.sqrt())))
}

/// Interval at 95 % of the share that passes on the first side minus the share that passes on the second, from −1 to 1, over the same tasks:
/// counts of tasks that pass on both, on one only, on neither. `None` of no tasks.
///
/// Source: Newcombe 1998, Statistics in Medicine 17:2635, method 10: Wilson's limits of either side, joined by their correlation φ with its
/// correction for continuity.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn newcombe_paired(both: u64, only_first: u64, only_second: u64, neither: u64) -> Option<Interval> {
    let n = both + only_first + only_second + neither;
    let (first, second) = (wilson(both + only_first, n)?, wilson(both + only_second, n)?);
    let [a, b, c, d, all] = [both, only_first, only_second, neither, n].map(|tasks| tasks as f64);
    let (passed_first, passed_second) = ((a + b) / all, (a + c) / all);
    let margins = (a + b) * (c + d) * (a + c) * (b + d);
    let surplus = a * d - b * c;
    let surplus = if surplus > 0.0 { (surplus - all / 2.0).max(0.0) } else { surplus };
    let phi = if margins > 0.0 { surplus / margins.sqrt() } else { 0.0 };
    let reach = |near: f64, far: f64| (near * near - 2.0 * phi * near * far + far * far).max(0.0).sqrt();
    let difference = passed_first - passed_second;
    let low = difference - reach(passed_first - first.low, second.high - passed_second);
    let high = difference + reach(first.high - passed_first, passed_second - second.low);
    Some(Interval { low: low.max(-1.0), high: high.min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{assert_close, assert_interval};

    #[test]
    fn mcnemar_agrees_with_the_published_vectors() {
        for (broke, mended, one_sided, two_sided) in [
            (5, 0, 0.03125, 0.0625),
            (6, 0, 0.015_625, 0.03125),
            (4, 0, 0.0625, 0.125),
            (3, 0, 0.125, 0.25),
            (7, 1, 0.035_156_25, 0.070_312_5),
            (8, 1, 0.019_531_25, 0.039_062_5),
            (8, 2, 0.054_687_5, 0.109_375),
            (9, 1, 0.010_742_187_5, 0.021_484_375),
            (10, 2, 0.019_287_109_4, 0.038_574_218_8),
            (12, 5, 0.071_731_567_4, 0.143_463_134_8),
        ] {
            let test = mcnemar(broke, mended);
            assert_close(&format!("{broke}:{mended}"), test.one_sided, one_sided, 5.1e-11);
            assert_close(&format!("{broke}:{mended}, two-sided"), test.two_sided, two_sided, 5.1e-11);
        }
        assert_close("mid-p 5:0", mcnemar(5, 0).mid_p, 0.015_625, 1e-12);
        assert_close("mid-p 8:2", mcnemar(8, 2).mid_p, 0.032_714_844, 5.1e-10);
        let nothing = mcnemar(0, 0);
        assert_eq!((nothing.one_sided, nothing.two_sided), (1.0, 1.0));
        assert_eq!(mcnemar_chi_square(0, 0, true), None);
    }

    /// Five clean flips are the fewest on one side, six on two.
    #[test]
    fn few_flips_show_nothing() {
        assert!(mcnemar(4, 0).one_sided > 0.05 && mcnemar(5, 0).one_sided <= 0.05);
        assert!(mcnemar(5, 0).two_sided > 0.05 && mcnemar(6, 0).two_sided <= 0.05);
    }

    /// The approval ratings of Agresti, Categorical Data Analysis: 150 turned away, 86 turned to.
    #[test]
    fn many_flips_agree_with_the_chi_square() {
        let (plain, p) = mcnemar_chi_square(86, 150, false).unwrap();
        assert_close("χ²", plain, 17.355_932, 5.1e-7);
        assert_close("p", p / 3.099e-5, 1.0, 2e-4);
        let (corrected, p) = mcnemar_chi_square(86, 150, true).unwrap();
        assert_close("χ² corrected", corrected, 16.817_797, 5.1e-7);
        assert_close("p corrected", p / 4.115e-5, 1.0, 2e-4);
        assert_close("exact", mcnemar(86, 150).two_sided / 3.7159e-5, 1.0, 2e-5);
        assert_close("exact, the other way", mcnemar(150, 86).one_sided * 2.0, mcnemar(86, 150).two_sided, 1e-12);
    }

    #[test]
    fn newcombe_agrees_with_the_published_vectors() {
        for ((both, first, second, neither), limits, digits) in [
            ((36, 12, 2, 0), (0.0569, 0.3404), 5.1e-5),
            ((20, 12, 2, 16), (0.0562, 0.3292), 5.1e-5),
            ((40, 6, 0, 4), (0.020_155, 0.234_270), 5.1e-7),
            ((17, 2, 1, 0), (-0.154_699, 0.258_254), 5.1e-7),
            ((8, 2, 0, 0), (-0.112_353, 0.509_838), 5.1e-7),
        ] {
            let name = format!("{both} {first} {second} {neither}");
            assert_interval(&name, newcombe_paired(both, first, second, neither), limits, digits);
            assert_interval(&name, newcombe_paired(both, second, first, neither), (-limits.1, -limits.0), digits);
        }
        assert_eq!(newcombe_paired(0, 0, 0, 0), None);
    }
}
