//! Tests of paired differences that assume no distribution, only that under chance a difference is as likely as its negative.

use super::distribution::normal_cdf;
use super::random::SplitMix;
use super::{count, sorted};

/// Up to so many differences all 2ⁿ signs are counted.
const EXACT: usize = 16;
/// Beyond, so many random signs stand for all.
const DRAWS: u32 = 10_000;
/// Up to so many differences the distribution of rank sums is counted; beyond, the normal one is as good.
const RANKED: usize = 100;
/// Sums that differ by less than this share of all differences are equal but for rounding.
const ROUNDING: f64 = 1e-12;

/// One-sided p-value that the mean of paired differences is above 0, by flipping their signs: the share of sign patterns whose sum is at least
/// the one seen. Zeros drop out; 1 where nothing is left. Exact up to 16 differences; beyond, 10 000 draws from `seed`, counting the pattern
/// seen itself, so that the p-value is never 0 and never too small on average.
///
/// Source: Fisher 1935; Phipson and Smyth 2010 for the draws.
pub fn sign_flip(values: &[f64], seed: u64) -> f64 {
    // Only the sizes can differ between patterns. In units of the largest no sum can overflow.
    let values = in_units_of_largest(values);
    let sizes: Vec<f64> = sorted(&values.iter().map(|value| value.abs()).collect::<Vec<f64>>());
    let seen: f64 = values.iter().sum();
    let least = seen - ROUNDING * sizes.iter().sum::<f64>();
    if sizes.len() <= EXACT {
        let mut sums = vec![0.0];
        for size in &sizes {
            sums = sums.iter().flat_map(|sum| [sum + size, sum - size]).collect();
        }
        return count(sums.iter().filter(|sum| **sum >= least).count()) / count(sums.len());
    }
    let mut random = SplitMix::new(seed);
    let reached = (0..DRAWS).filter(|_| flipped(&sizes, &mut random) >= least).count();
    (count(reached) + 1.0) / (f64::from(DRAWS) + 1.0)
}

/// The sum of `sizes` under random signs, a bit each.
fn flipped(sizes: &[f64], random: &mut SplitMix) -> f64 {
    let sign = |bits: u64, index: usize, size: f64| if bits >> index & 1 == 1 { size } else { -size };
    sizes
        .chunks(64)
        .map(|chunk| {
            let bits = random.bits();
            chunk.iter().enumerate().map(|(index, size)| sign(bits, index, *size)).sum::<f64>()
        })
        .sum()
}

/// Sorted, without zeros, divided by the largest size.
fn in_units_of_largest(values: &[f64]) -> Vec<f64> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scaled: Vec<f64> = values.iter().map(|value| value / largest).filter(|value| value.abs() > 0.0).collect();
    sorted(&scaled)
}

/// One-sided p-value of Wilcoxon's signed-rank test that paired differences lie above 0; zeros drop out, equal sizes share their mean rank,
/// 1 where nothing is left. Exact up to 100 differences, then normal with the correction for continuity.
///
/// Source: Wilcoxon 1945; Pratt and Gibbons 1981 for ties.
pub fn wilcoxon(values: &[f64]) -> f64 {
    let values = in_units_of_largest(values);
    let ranks = doubled_ranks(&values);
    let seen: usize = ranks.iter().filter(|(_, above)| *above).map(|(rank, _)| rank).sum();
    let total: usize = ranks.iter().map(|(rank, _)| rank).sum();
    if ranks.len() > RANKED {
        let spread: f64 = ranks.iter().map(|(rank, _)| count(*rank).powi(2)).sum::<f64>().sqrt() / 2.0;
        return normal_cdf((count(total) / 2.0 + 1.0 - count(seen)) / spread);
    }
    // chances[s] is the chance that random signs give s as the doubled sum of the ranks above 0.
    let mut chances = vec![0.0; total + 1];
    chances[0] = 1.0;
    for (rank, _) in ranks {
        for sum in (0..=total).rev() {
            let with = if sum >= rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = f64::midpoint(chances[sum], with);
        }
    }
    chances[seen..].iter().sum::<f64>().min(1.0)
}

/// Twice the rank of every value's size, which is whole also where equal sizes share it; and whether the value is above 0.
fn doubled_ranks(values: &[f64]) -> Vec<(usize, bool)> {
    let mut sizes: Vec<(f64, bool)> = values.iter().map(|value| (value.abs(), *value > 0.0)).collect();
    sizes.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut before = 0;
    sizes
        .chunk_by(|left, right| right.0 - left.0 <= ROUNDING * right.0)
        .flat_map(|equal| {
            let doubled = 2 * before + equal.len() + 1;
            before += equal.len();
            equal.iter().map(move |(_, above)| (doubled, *above))
        })
        .collect()
}

/// Hodges and Lehmann's centre of values: the median of the means of all pairs, each value with itself included; in the unit of the values, 0 of
/// none. One wild task cannot pull it far.
///
/// Source: Hodges and Lehmann 1963, Annals of Mathematical Statistics 34:598.
pub fn hodges_lehmann(values: &[f64]) -> f64 {
    let pairs: Vec<f64> = values
        .iter()
        .enumerate()
        .flat_map(|(index, left)| values[index..].iter().map(move |right| f64::midpoint(*left, *right)))
        .collect();
    let means = sorted(&pairs);
    let middle = means.len() / 2;
    match (means.len() % 2, means.get(middle)) {
        (_, None) => 0.0,
        (1, Some(centre)) => *centre,
        (_, Some(above)) => f64::midpoint(means[middle - 1], *above),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn nothing_but_zeros_shows_nothing() {
        assert_eq!((sign_flip(&[], 1), wilcoxon(&[]), hodges_lehmann(&[])), (1.0, 1.0, 0.0));
        assert_eq!((sign_flip(&[0.0; 20], 1), wilcoxon(&[0.0; 20])), (1.0, 1.0));
        // Zeros drop out: three of three above.
        assert_eq!((sign_flip(&[1.0, 0.0, 2.0, 0.0, 4.0], 1), wilcoxon(&[1.0, 0.0, 2.0, 0.0, 4.0])), (0.125, 0.125));
    }

    /// Of 1, 2, −3 the sums 6, 4, 2, 0 and 0 are at least 0: five of eight patterns.
    #[test]
    fn patterns_are_counted() {
        assert_eq!(sign_flip(&[1.0, 2.0, -3.0], 1), 0.625);
        // Sums of tenths tie only up to rounding: 0.1 + 0.2 − 0.3 is not quite 0.
        assert_eq!(sign_flip(&[0.1, 0.2, -0.3], 1), 0.625);
    }

    /// Just above the limit of counting, draws come close to the truth: 17 differences of 1, 13 of them above.
    #[test]
    fn draws_stand_for_all_patterns() {
        let values: Vec<f64> = (0..17).map(|index| if index < 13 { 1.0 } else { -1.0 }).collect();
        let exact = crate::stats::distribution::binomial_tail(13, 17, 0.5);
        let drawn = sign_flip(&values, 7);
        assert_close("drawn", drawn, exact, 4.0 * (exact / f64::from(DRAWS)).sqrt());
        assert_eq!(drawn, sign_flip(&values, 7));
        assert_close("never 0", sign_flip(&[1.0; 40], 7), 1.0 / 10_001.0, 1e-12);
    }

    /// Of 1, 1, −1, 2 the ranks are 2, 2, 2, 4, and 8 of 10 lie above 0. As much is reached by all four, or by all but one of the three equal
    /// ones: 4 of 16 patterns.
    #[test]
    fn ties_share_their_rank() {
        assert_eq!(wilcoxon(&[1.0, 1.0, -1.0, 2.0]), 0.25);
    }

    #[test]
    fn many_ranks_are_normal() {
        let values =
            |n: i32| -> Vec<f64> { (1..=n).map(|rank| f64::from(if rank % 5 < 2 { -rank } else { rank })).collect() };
        // scipy 1.x: wilcoxon(d, alternative="greater", method="exact") and method="asymptotic", correction=True.
        assert_close("exact", wilcoxon(&values(40)), 0.138_297_825_817_971_9, 1e-12);
        assert_close("normal", wilcoxon(&values(150)) / 0.016_839_123_988_135_318, 1.0, 1e-9);
    }

    #[test]
    fn the_centre_is_hardly_moved_by_one_wild_value() {
        assert_eq!(hodges_lehmann(&[1.0, 2.0, 3.0]), 2.0);
        assert_eq!(hodges_lehmann(&[1.0, 3.0]), 2.0);
        assert_eq!(hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 1e9]), 3.0);
    }
}
