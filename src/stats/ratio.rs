//! The ratio of two paired means: what money and counts grow by, since a bill adds up values and not their logarithms.

use super::distribution::student_quantile;
use super::{Estimate, Interval, count};

/// Mean of head over mean of base, with intervals at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfMeans {
    pub ratio: f64,
    /// By the delta method.
    pub se: f64,
    /// ratio ± t · `se`.
    pub delta: Interval,
    /// Fieller's interval, which knows that base's mean is uncertain too; `None` where that mean might be 0, so that no ratio is excluded.
    pub fieller: Option<Interval>,
}

/// The ratio of paired means, without unit; n ≥ 2 pairs, t with n − 1 degrees of freedom. `None` where the counts differ or base's mean is not
/// above 0.
///
/// Sources: the delta method for a ratio estimator, Cochran 1977, Sampling Techniques, 6.5; Fieller 1954, JRSS B 16:175.
pub fn ratio_of_means(base: &[f64], head: &[f64]) -> Option<RatioOfMeans> {
    let (first, second) = (Estimate::of(base)?, Estimate::of(head)?);
    if base.len() != head.len() || first.mean <= 0.0 {
        return None;
    }
    let ratio = second.mean / first.mean;
    let residuals: Vec<f64> = base.iter().zip(head).map(|(base, head)| head - ratio * base).collect();
    let se = Estimate::of(&residuals)?.se / first.mean;
    let t = student_quantile(0.975, first.df);
    let made = RatioOfMeans {
        ratio,
        se,
        delta: Interval { low: ratio - t * se, high: ratio + t * se },
        fieller: fieller(base, head, (first, second), t),
    };
    (ratio.is_finite() && se.is_finite()).then_some(made)
}

/// The ratios ρ for which mean(head − ρ·base) lies within t standard errors of 0: between the roots of a quadratic in ρ.
fn fieller(base: &[f64], head: &[f64], (first, second): (Estimate, Estimate), t: f64) -> Option<Interval> {
    let mut products: Vec<f64> =
        base.iter().zip(head).map(|(base, head)| (base - first.mean) * (head - second.mean)).collect();
    products.sort_by(f64::total_cmp);
    let n = count(base.len());
    let covariance = products.iter().sum::<f64>() / (n * (n - 1.0));
    let square = first.mean.powi(2) - (t * first.se).powi(2);
    let linear = first.mean * second.mean - t * t * covariance;
    let constant = second.mean.powi(2) - (t * second.se).powi(2);
    let root = (linear * linear - square * constant).max(0.0).sqrt();
    let interval = Interval { low: (linear - root) / square, high: (linear + root) / square };
    (square > 0.0 && interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportional_values_leave_no_doubt() {
        let ratio = ratio_of_means(&[1.0, 2.0, 4.0], &[2.0, 4.0, 8.0]).unwrap();
        assert_eq!((ratio.ratio, ratio.se, ratio.delta), (2.0, 0.0, Interval { low: 2.0, high: 2.0 }));
        let fieller = ratio.fieller.unwrap_or(Interval { low: 2.0, high: 2.0 });
        assert!((fieller.low - 2.0).abs() < 1e-7 && (fieller.high - 2.0).abs() < 1e-7, "{fieller:?}");
    }

    #[test]
    fn a_base_that_may_be_zero_bounds_no_ratio() {
        let ratio = ratio_of_means(&[-1.0, 0.5, 1.0], &[1.0, 1.0, 1.5]).unwrap();
        assert_eq!(ratio.fieller, None);
        assert_eq!(ratio_of_means(&[0.0, 0.0], &[1.0, 1.0]), None);
        assert_eq!(ratio_of_means(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(ratio_of_means(&[1.0], &[1.0]), None);
    }
}
