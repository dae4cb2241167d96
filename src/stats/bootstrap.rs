//! The bias-corrected and accelerated bootstrap of a weighted mean, for costs that are too skewed for Student's t.

use super::distribution::{normal_cdf, normal_quantile};
use super::random::SplitMix;
use super::{Interval, count, mean, nearest_rank, sorted};

/// Differences below this share of the values are rounding.
const ROUNDING: f64 = 1e-12;

/// Which shares of the bootstrap distribution bound a two-sided interval: Φ(z₀ + (z₀ + z) / (1 − a(z₀ + z))), as shares from 0 to 1.
///
/// `z0` is the bias in standard normal units, `a` the acceleration, `confidence` such as 0.95.
/// Source: Efron 1987, Journal of the American Statistical Association 82:171.
pub fn bca_limits(z0: f64, a: f64, confidence: f64) -> Interval {
    let share = |tail: f64| {
        let shifted = z0 + normal_quantile(tail);
        let slope = 1.0 - a * shifted;
        // Past the pole the corrected quantile lies beyond every draw on its side.
        if slope > 0.0 { normal_cdf(z0 + shifted / slope) } else { f64::from(shifted > 0.0) }
    };
    let tail = (1.0 - confidence) / 2.0;
    Interval { low: share(tail), high: share(1.0 - tail) }
}

/// The acceleration of the mean of `values`, without unit: Σ(θ̄ − θᵢ)³ / (6 (Σ(θ̄ − θᵢ)²)^1.5) over the means θᵢ that leave one value out.
/// 0 where nothing varies.
///
/// Source: Efron 1987, equation 6.6.
pub fn jackknife_acceleration(values: &[f64]) -> f64 {
    acceleration(&sorted(values).iter().map(|value| (*value, 1.0)).collect::<Vec<(f64, f64)>>())
}

/// The same of a weighted mean.
fn acceleration(pairs: &[(f64, f64)]) -> f64 {
    let (sum, total) = sums(pairs.iter());
    let without: Vec<f64> = pairs.iter().map(|(value, weight)| (sum - weight * value) / (total - weight)).collect();
    let without = sorted(&without);
    let Some(centre) = mean(&without) else { return 0.0 };
    let farthest = without.iter().fold(0.0, |farthest: f64, value| farthest.max((centre - value).abs()));
    let largest = without.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if !(farthest > ROUNDING * largest && farthest.is_finite()) {
        return 0.0;
    }
    // In units of the farthest no power can overflow or vanish.
    let away = |power: i32| -> f64 { without.iter().map(|value| ((centre - value) / farthest).powi(power)).sum() };
    away(3) / (6.0 * away(2).powf(1.5))
}

/// Interval of the weighted mean of (value, weight), in the unit of the values, by resampling pairs `draws` times from `seed`. Needs two pairs of
/// positive weight and a draw; `None` too where a weight is negative or a sum does not fit a double. The same pairs are drawn whatever the scale
/// and the order of the values.
///
/// With ten tasks it is a little too narrow, as every bootstrap is. Source: Efron 1987; limits are order statistics of the draws.
pub fn bootstrap(values: &[(f64, f64)], confidence: f64, draws: usize, seed: u64) -> Option<Interval> {
    if !values.iter().all(|(_, weight)| *weight >= 0.0) {
        return None;
    }
    let mut pairs: Vec<(f64, f64)> = values.iter().copied().filter(|(_, weight)| *weight > 0.0).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
    if pairs.len() < 2 || draws == 0 {
        return None;
    }
    let seen = weighted_mean(pairs.iter());
    let mut random = SplitMix::new(seed);
    let means: Vec<f64> = (0..draws)
        .map(|_| {
            weighted_mean((0..pairs.len()).map(|_| &pairs[random.below(pairs.len())]).collect::<Vec<_>>().into_iter())
        })
        .collect();
    if !seen.is_finite() || means.iter().any(|mean| !mean.is_finite()) {
        return None;
    }
    let near = ROUNDING * pairs.iter().fold(0.0, |scale: f64, (value, _)| scale.max(value.abs()));
    let below = means.iter().filter(|mean| **mean < seen - near).count();
    let equal = means.iter().filter(|mean| (**mean - seen).abs() <= near).count();
    // Half of the draws that hit the mean itself count as below it; no bias is larger than the draws can show.
    let share = (count(below) + 0.5 * count(equal)) / count(draws);
    let least = 0.5 / count(draws);
    let limits = bca_limits(normal_quantile(share.clamp(least, 1.0 - least)), acceleration(&pairs), confidence);
    Some(Interval { low: nearest_rank(&means, limits.low)?, high: nearest_rank(&means, limits.high)? })
}

fn weighted_mean<'a>(pairs: impl Iterator<Item = &'a (f64, f64)> + Clone) -> f64 {
    let (low, high) = pairs
        .clone()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (value, _)| (low.min(*value), high.max(*value)));
    let (sum, total) = sums(pairs);
    // Equal values have their own mean, whatever rounding makes of the quotient.
    if sum.is_finite() && total.is_finite() { (sum / total).clamp(low, high) } else { f64::INFINITY }
}

fn sums<'a>(pairs: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    pairs.fold((0.0, 0.0), |(sum, total), (value, weight)| (sum + weight * value, total + weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Estimate, assert_close, assert_interval};

    #[test]
    fn limits_agree_with_the_published_vectors() {
        for (z0, a, limits) in [
            (0.1, 0.02, (0.045_203_361, 0.987_727_194)),
            (0.0, 0.0, (0.025, 0.975)),
            (-0.05, 0.05, (0.030_299_310, 0.980_378_030)),
        ] {
            assert_interval(&format!("{z0} {a}"), Some(bca_limits(z0, a, 0.95)), limits, 5.1e-10);
        }
        assert_eq!(bca_limits(0.5, 0.6, 0.95).high, 1.0);
        assert_eq!(bca_limits(-0.5, -0.6, 0.95).low, 0.0);
    }

    /// Where the values are many and even, the bootstrap agrees with Student's t.
    #[test]
    fn it_agrees_with_t_on_even_values() {
        let values: Vec<f64> = (0..200).map(|index| f64::from(index % 20)).collect();
        let pairs: Vec<(f64, f64)> = values.iter().map(|value| (*value, 3.0)).collect();
        let t = Estimate::of(&values).unwrap().interval(0.95);
        assert_interval("bootstrap", bootstrap(&pairs, 0.95, 5000, 11), (t.low, t.high), 0.05);
    }

    /// A few large values: the interval leans to their side, as t cannot.
    #[test]
    fn it_leans_to_the_long_side() {
        let pairs: Vec<(f64, f64)> = (1..=15).map(|index: i32| (f64::from(index.pow(3)), 1.0)).collect();
        let interval = bootstrap(&pairs, 0.95, 5000, 11).unwrap();
        let centre = weighted_mean(pairs.iter());
        assert!(interval.high - centre > 1.2 * (centre - interval.low), "{interval:?} around {centre}");
        assert_eq!(bootstrap(&pairs, 0.95, 5000, 11), Some(interval));
        assert_ne!(bootstrap(&pairs, 0.95, 5000, 12), Some(interval));
    }

    #[test]
    fn little_or_nothing_to_resample() {
        let point = Interval { low: 0.1, high: 0.1 };
        assert_eq!(bootstrap(&[(0.1, 0.3), (0.1, 0.7), (0.1, 0.2)], 0.95, 100, 1), Some(point));
        assert_eq!(bootstrap(&[(0.1, 0.3), (0.2, 0.0)], 0.95, 100, 1), None);
        assert_eq!(bootstrap(&[(0.1, 0.3), (0.2, -0.1)], 0.95, 100, 1), None);
        assert_eq!(bootstrap(&[(0.1, 0.3), (0.2, 0.1)], 0.95, 0, 1), None);
        assert_close("acceleration", jackknife_acceleration(&[0.1; 9]), 0.0, 0.0);
    }
}
