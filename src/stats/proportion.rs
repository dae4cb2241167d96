//! How sure a share of passes is: 95 % intervals of one proportion.

use super::Interval;
use super::distribution::{beta_quantile, normal_quantile};

/// Wilson's score interval for `passed` of `n`, 95 %, as shares from 0 to 1; `None` for n = 0 or more passes than runs.
///
/// Source: Wilson 1927; recommended by Newcombe 1998, Statistics in Medicine 17:857. On average it covers what it says, which makes it the one
/// to show; it never leaves 0 to 1 and never collapses to a point.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn wilson(passed: u64, n: u64) -> Option<Interval> {
    if n == 0 || passed > n {
        return None;
    }
    let (share, runs, z) = (passed as f64 / n as f64, n as f64, normal_quantile(0.975));
    let stretch = 1.0 + z * z / runs;
    let centre = (share + z * z / (2.0 * runs)) / stretch;
    let half = z * (share * (1.0 - share) / runs + z * z / (4.0 * runs * runs)).sqrt() / stretch;
    // At the ends the limit is exact, whatever rounding makes of the difference.
    let low = if passed == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if passed == n { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high })
}

/// Clopper and Pearson's exact interval for `passed` of `n`, 95 %, as shares from 0 to 1; `None` as for [`wilson`].
///
/// Source: Clopper and Pearson 1934, by quantiles of the beta distribution. It never covers less than it says, and is wider for that.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn clopper_pearson(passed: u64, n: u64) -> Option<Interval> {
    if n == 0 || passed > n {
        return None;
    }
    let (passes, fails) = (passed as f64, (n - passed) as f64);
    let low = if passed == 0 { 0.0 } else { beta_quantile(0.025, passes, fails + 1.0) };
    let high = if passed == n { 1.0 } else { beta_quantile(0.975, passes + 1.0, fails) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_interval;

    /// Passed, runs, Wilson, Clopper-Pearson: notes, statistics B2. The first four are examples of Newcombe 1998.
    #[test]
    fn agree_with_the_published_vectors() {
        for (passed, n, score, exact) in [
            (81, 263, (0.255_289, 0.366_210), (0.252_737, 0.367_622)),
            (15, 148, (0.062_386, 0.160_487), (0.057_844, 0.161_650)),
            (0, 20, (0.0, 0.161_125), (0.0, 0.168_433)),
            (1, 29, (0.006_113, 0.171_755), (0.000_873, 0.177_644)),
            (8, 10, (0.490_162, 0.943_318), (0.443_905, 0.974_789)),
            (10, 10, (0.722_467, 1.0), (0.691_503, 1.0)),
            (45, 50, (0.786_398, 0.956_524), (0.781_865, 0.966_725)),
            (3, 3, (0.438_503, 1.0), (0.292_402, 1.0)),
            (5, 5, (0.565_518, 1.0), (0.478_176, 1.0)),
        ] {
            assert_interval(&format!("Wilson {passed}/{n}"), wilson(passed, n), score, 5.1e-7);
            assert_interval(&format!("Clopper-Pearson {passed}/{n}"), clopper_pearson(passed, n), exact, 5.1e-7);
        }
    }

    #[test]
    fn nothing_is_said_of_no_runs() {
        assert_eq!((wilson(0, 0), clopper_pearson(0, 0)), (None, None));
        assert_eq!((wilson(2, 1), clopper_pearson(2, 1)), (None, None));
    }
}
