//! Percentiles, to be shown and not to be tested.
//!
//! The 95th percentile of ten to fifty runs is nearly their largest value, and of fifty runs no two order statistics hold it with 95 %
//! confidence: whoever tests it tests one unlucky run.

/// The value of nearest rank: the smallest that at least `share` of the values do not exceed, one that really occurred; in the unit of the
/// values. `None` where there are none or `share` is not between 0 and 1.
///
/// Source: Hyndman and Fan 1996, definition 1 (`inverted_cdf` of numpy).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank, from 0 to the count"
)]
pub fn nearest_rank(values: &[f64], share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // A product such as 0.07 × 100 must not climb a rank because it was rounded up.
    let rank = (share * values.len() as f64 * (1.0 - 1e-12)).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;
    use crate::stats::distribution::binomial_tail;

    #[test]
    fn p95_is_the_nearest_rank() {
        let to = |last: u32| -> Vec<f64> { (1..=last).map(f64::from).collect() };
        assert_eq!(nearest_rank(&to(20), 0.95), Some(19.0));
        assert_eq!(nearest_rank(&to(100), 0.07), Some(7.0));
        assert_eq!(nearest_rank(&to(3), 0.0), Some(1.0));
        assert_eq!(nearest_rank(&to(3), 1.0), Some(3.0));
        assert_eq!(nearest_rank(&[5.0], 0.95), Some(5.0));
        assert_eq!((nearest_rank(&[], 0.95), nearest_rank(&[5.0], 1.5)), (None, None));
        for count in 1..=400 {
            let rank = (count * 95_u32).div_ceil(100);
            assert_eq!(nearest_rank(&to(count), 0.95), Some(f64::from(rank)), "of {count}");
        }
    }

    /// Why it is not tested, in the numbers of notes, statistics B2.
    #[test]
    fn p95_of_few_runs_is_nearly_the_largest() {
        for (runs, chance) in [(10, 0.401), (20, 0.642), (50, 0.923), (59, 0.952)] {
            // The largest run is below p95 only if every run is.
            assert_close(&format!("{runs} runs"), 1.0 - binomial_tail(runs, runs, 0.95), chance, 5e-4);
        }
        // x_(low) to x_(high) holds p95 where at least `low` and fewer than `high` runs lie below it.
        let coverage = |runs, low, high| binomial_tail(low, runs, 0.95) - binomial_tail(high, runs, 0.95);
        assert!(coverage(50, 1, 50) < 0.95, "{}", coverage(50, 1, 50));
        assert_close("100 runs", coverage(100, 91, 100), 0.966, 5e-4);
    }
}
