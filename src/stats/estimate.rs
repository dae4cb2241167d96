//! A mean with its uncertainty: what interval surrounds it, and whether chance alone could carry it across a bound.

use super::distribution::{student_quantile, student_tail};
use super::{Interval, count, mean, pooled, sorted};

/// Differences below this share of the values are rounding of doubles, not noise: logarithms and quotients of equal proportions differ in
/// their last digits.
const ROUNDING: f64 = 1e-12;

/// A mean with its standard error and degrees of freedom (Student t).
///
/// `mean` and `se` are in the unit of the values; `se` is 0 where the answers do not vary. Every constructor gives finite numbers, or `None`
/// where there is too little to estimate from, a value is not finite or a square does not fit a double; the order of values never matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub se: f64,
    pub df: f64,
}

impl Estimate {
    /// The mean of independent values, at least two: SE = √(Σ(x − x̄)² / (n(n − 1))), df = n − 1. For paired tasks, of their differences.
    ///
    /// Source: Student 1908; Miller 2024, arXiv:2411.00640, sections 2 and 4.
    pub fn of(values: &[f64]) -> Option<Self> {
        let values = sorted(values);
        let centre = mean(&values)?;
        let n = count(values.len());
        let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
        Self::new(centre, squares / (n * (n - 1.0)), n - 1.0, &values)
    }

    /// The mean over all values of clusters that are not independent within: SE = √(C/(C − 1) · Σ_c (Σ_i (x_ci − x̄))²) / n, df = C − 1.
    /// Needs two clusters that have values; empty ones are left out.
    ///
    /// Source: Miller 2024, arXiv:2411.00640, appendix A, with the correction for few clusters.
    pub fn clustered(clusters: &[Vec<f64>]) -> Option<Self> {
        let clusters: Vec<Vec<f64>> =
            clusters.iter().filter(|cluster| !cluster.is_empty()).map(|c| sorted(c)).collect();
        let values = sorted(&clusters.concat());
        let (centre, n, c) = (mean(&values)?, count(values.len()), count(clusters.len()));
        let sums: Vec<f64> = clusters.iter().map(|cluster| cluster.iter().map(|value| value - centre).sum()).collect();
        let squares: f64 = sorted(&sums).iter().map(|sum| sum * sum).sum();
        Self::new(centre, c / (c - 1.0) * squares / (n * n), c - 1.0, &values)
    }

    /// The mean over strata (first side, second side) of mean of second − mean of first, with one variance pooled within all strata and
    /// sides: SE = s √Σ(1/n₁ + 1/n₂) / S, df = Σ(n₁ + n₂ − 2). Needs a value on every side and some side with two.
    ///
    /// This asks only whether these very tasks changed, not tasks like them. Source: the pooled two-sample t of Student 1908, stratified.
    pub fn within(strata: &[(Vec<f64>, Vec<f64>)]) -> Option<Self> {
        if strata.iter().any(|(first, second)| first.is_empty() || second.is_empty()) {
            return None;
        }
        let sides: Vec<Vec<f64>> = strata.iter().flat_map(|(first, second)| [first.clone(), second.clone()]).collect();
        let (variance, df) = pooled(&sides)?;
        let differences: Option<Vec<f64>> =
            strata.iter().map(|(first, second)| Some(mean(&sorted(second))? - mean(&sorted(first))?)).collect();
        let shares = sorted(&sides.iter().map(|side| 1.0 / count(side.len())).collect::<Vec<f64>>());
        let spread = variance * shares.iter().sum::<f64>() / count(strata.len()).powi(2);
        Self::new(mean(&sorted(&differences?))?, spread, df, &sides.concat())
    }

    /// Each stratum by itself: mean of second − mean of first, SE = s √(1/n₁ + 1/n₂), with one variance pooled within all strata and sides,
    /// df = Σ(n₁ + n₂ − 2). Needs a value on every side and some side with two.
    ///
    /// One stratum alone is too small to tell how noisy it is; all together do. Source: as [`Estimate::within`].
    pub fn each(strata: &[(Vec<f64>, Vec<f64>)]) -> Option<Vec<Self>> {
        let sides: Vec<Vec<f64>> = strata.iter().flat_map(|(first, second)| [first.clone(), second.clone()]).collect();
        let (variance, df) = pooled(&sides)?;
        let one = |(first, second): &(Vec<f64>, Vec<f64>)| {
            let difference = mean(&sorted(second))? - mean(&sorted(first))?;
            let spread = variance * (1.0 / count(first.len()) + 1.0 / count(second.len()));
            Self::new(difference, spread, df, &[first.as_slice(), second.as_slice()].concat())
        };
        strata.iter().map(one).collect()
    }

    /// The weighted mean of (value, weight): weights are shares of traffic, made to sum to 1, and know nothing of how noisy a value is.
    /// SE = s √Σw², s² = Σw(x − x̄)² / (1 − Σw²), df = n_eff − 1 with n_eff = 1/Σw². Needs two values of positive weight; `None` if a
    /// weight is negative.
    ///
    /// Source: notes, cost B4, with the unbiased variance for such weights; n_eff is Kish's, Survey Sampling 1965. Equal weights give
    /// [`Estimate::of`].
    pub fn weighted(values: &[(f64, f64)]) -> Option<Self> {
        if !values.iter().all(|(_, weight)| *weight >= 0.0 && weight.is_finite()) {
            return None;
        }
        let mut pairs: Vec<(f64, f64)> = values.iter().copied().filter(|(_, weight)| *weight > 0.0).collect();
        pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
        let heaviest = pairs.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        let total: f64 = pairs.iter().map(|(_, weight)| weight / heaviest).sum();
        let share = |weight: f64| weight / heaviest / total;
        let plain: Vec<f64> = pairs.iter().map(|(value, _)| *value).collect();
        let centre: f64 = pairs.iter().map(|(value, weight)| value * share(*weight)).sum();
        let centre = centre.clamp(*plain.first()?, *plain.last()?);
        let concentration: f64 = pairs.iter().map(|(_, weight)| share(*weight).powi(2)).sum();
        let squares: f64 = pairs.iter().map(|(value, weight)| share(*weight) * (value - centre).powi(2)).sum();
        Self::new(centre, squares / (1.0 - concentration) * concentration, 1.0 / concentration - 1.0, &plain)
    }

    /// The one way to an estimate: `variance` is that of the mean, `values` give the scale below which noise is rounding.
    fn new(mean: f64, variance: f64, df: f64, values: &[f64]) -> Option<Self> {
        let scale = values.iter().fold(0.0, |scale: f64, value| scale.max(value.abs()));
        let usable = mean.is_finite() && variance.is_finite() && variance >= 0.0 && df.is_finite() && df > 0.0;
        let se = variance.max(0.0).sqrt();
        usable.then_some(Self { mean, se: if se <= ROUNDING * scale { 0.0 } else { se }, df })
    }

    /// Two-sided interval, mean ± t · SE; `confidence` from 0 to 1, such as 0.95. A point where nothing varies; may be infinite for `df` far
    /// below 1.
    pub fn interval(&self, confidence: f64) -> Interval {
        let share = f64::midpoint(1.0, confidence);
        Interval { low: self.lower(share), high: self.upper(share) }
    }

    /// One-sided lower bound: in a share `confidence` of all experiments the truth is above it.
    pub fn lower(&self, confidence: f64) -> f64 {
        if self.se == 0.0 { self.mean } else { self.mean - student_quantile(confidence, self.df) * self.se }
    }

    /// One-sided upper bound: in a share `confidence` of all experiments the truth is below it.
    pub fn upper(&self, confidence: f64) -> f64 {
        if self.se == 0.0 { self.mean } else { self.mean + student_quantile(confidence, self.df) * self.se }
    }

    /// One-sided p-value of the hypothesis that the true mean is `at_most` or less: small where the mean is well above. Where nothing varies
    /// it is 0 or 1, and 1 where the mean equals the bound up to rounding.
    pub fn p_above(&self, at_most: f64) -> f64 {
        self.tail(self.mean - at_most, at_most)
    }

    /// One-sided p-value of the hypothesis that the true mean is `at_least` or more: small where the mean is well below.
    pub fn p_below(&self, at_least: f64) -> f64 {
        self.tail(at_least - self.mean, at_least)
    }

    fn tail(&self, beyond: f64, bound: f64) -> f64 {
        if self.se > 0.0 {
            student_tail(beyond / self.se, self.df).clamp(0.0, 1.0)
        } else if beyond > ROUNDING * self.mean.abs().max(bound.abs()) {
            0.0
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{assert_close, assert_interval};

    /// Notes, statistics B2: naive, without the correction, and with it, which equals the standard error of the task means.
    #[test]
    fn clusters_widen_the_standard_error() {
        let clusters = [vec![1.0, 1.0, 1.0], vec![1.0, 0.0, 1.0], vec![0.0; 3], vec![1.0, 1.0, 0.0]];
        let clustered = Estimate::clustered(&clusters).unwrap();
        let naive = Estimate::of(&clusters.concat()).unwrap();
        let of_means = Estimate::of(&[1.0, 2.0 / 3.0, 0.0, 2.0 / 3.0]).unwrap();
        assert_close("mean", clustered.mean, 0.583_333, 5e-7);
        assert_close("naive", naive.se, 0.148_647, 5e-7);
        assert_close("clustered", clustered.se, 0.209_718, 5e-7);
        assert_close("without correction", clustered.se * 0.75_f64.sqrt(), 0.181_621, 5e-7);
        assert_close("task means", of_means.se, clustered.se, 1e-12);
        assert_eq!((clustered.df, naive.df), (3.0, 11.0));
    }

    /// Two strata by hand: differences 2 and 4, SS = 2 + 2 + 2 + 0 over 4 degrees of freedom, Σ1/n = 1/2 + 1/2 + 1/3 + 1.
    #[test]
    fn strata_share_one_variance() {
        let strata = [(vec![1.0, 3.0], vec![3.0, 5.0]), (vec![4.0, 5.0, 6.0], vec![9.0])];
        let within = Estimate::within(&strata).unwrap();
        assert_eq!((within.mean, within.df), (3.0, 4.0));
        assert_close("se", within.se, (1.5_f64 * (1.0 + 1.0 / 3.0 + 1.0)).sqrt() / 2.0, 1e-12);
        assert_eq!(Estimate::within(&[(vec![1.0], vec![2.0])]), None);
        assert_eq!(Estimate::within(&[(vec![1.0, 2.0], vec![])]), None);
        assert_eq!(Estimate::within(&[]), None);
    }

    #[test]
    fn equal_weights_are_the_plain_mean() {
        let values = [3.0, 1.0, 4.0, 1.5];
        let plain = Estimate::of(&values).unwrap();
        let weighted = Estimate::weighted(&values.map(|value| (value, 7.0))).unwrap();
        assert_close("mean", weighted.mean, plain.mean, 1e-12);
        assert_close("se", weighted.se, plain.se, 1e-12);
        assert_close("df", weighted.df, plain.df, 1e-9);
    }

    /// Weights 0.5, 0.3, 0.2: mean 0.5·1 + 0.3·2 + 0.2·6 = 2.3; Σw² = 0.38; Σw(x − x̄)² = 0.845 + 0.027 + 2.738 = 3.61.
    #[test]
    fn weights_by_hand() {
        let weighted = Estimate::weighted(&[(1.0, 5.0), (2.0, 3.0), (9.0, 0.0), (6.0, 2.0)]).unwrap();
        assert_close("mean", weighted.mean, 2.3, 1e-12);
        assert_close("se", weighted.se, (3.61_f64 / 0.62 * 0.38).sqrt(), 1e-12);
        assert_close("df", weighted.df, 1.0 / 0.38 - 1.0, 1e-9);
        assert_eq!(Estimate::weighted(&[(1.0, 1.0), (2.0, 0.0)]), None);
        assert_eq!(Estimate::weighted(&[(1.0, 1.0), (2.0, -1.0), (3.0, 1.0)]), None);
        assert_eq!(Estimate::weighted(&[]), None);
    }

    #[test]
    fn answers_that_never_vary_have_a_plain_answer() {
        let same = Estimate::of(&[0.1; 7]).unwrap();
        assert_eq!((same.mean, same.se), (0.1, 0.0));
        assert_eq!(same.interval(0.95), Interval { low: 0.1, high: 0.1 });
        assert_eq!([same.p_above(0.0), same.p_above(0.1), same.p_above(0.2)], [0.0, 1.0, 1.0]);
        assert_eq!([same.p_below(0.0), same.p_below(0.1), same.p_below(0.2)], [1.0, 1.0, 0.0]);
        // Every task costs exactly a quarter more; only the last bits of the logarithms differ.
        let ratios: Vec<f64> =
            [3.0, 7.0, 11.0, 13.0, 17.0].iter().map(|base: &f64| (base * 1.25).ln() - base.ln()).collect();
        let grown = Estimate::of(&ratios).unwrap();
        assert_eq!((grown.se, grown.p_above(1.25_f64.ln()), grown.p_above(1.24_f64.ln())), (0.0, 1.0, 0.0));
    }

    #[test]
    fn too_little_is_no_estimate() {
        assert_eq!((Estimate::of(&[]), Estimate::of(&[1.0])), (None, None));
        assert_eq!((Estimate::clustered(&[]), Estimate::clustered(&[vec![1.0, 2.0], vec![]])), (None, None));
        assert_eq!((Estimate::of(&[1.0, f64::NAN]), Estimate::of(&[f64::MAX, f64::MIN])), (None, None));
    }

    /// Squares 2 + 2 over four degrees of freedom, 1/2 + 1/2 a stratum.
    #[test]
    fn one_stratum_is_judged_by_the_noise_of_all() {
        let strata = [(vec![1.0, 3.0], vec![4.0, 6.0]), (vec![0.0, 0.0], vec![0.0, 0.0])];
        let each = Estimate::each(&strata).unwrap();
        assert_close("mean", each[0].mean, 3.0, 1e-12);
        assert_close("se", each[0].se, 1.0, 1e-12);
        assert_close("df", each[0].df, 4.0, 1e-12);
        assert_close("mean", each[1].mean, 0.0, 1e-12);
        assert_close("se", each[1].se, 1.0, 1e-12);
        assert_eq!(Estimate::each(&[(vec![1.0], vec![2.0])]), None);
    }

    /// One value above and one below: t with one degree of freedom is Cauchy's, whose quartile is 1.
    #[test]
    fn bounds_and_p_values_agree() {
        let two = Estimate::of(&[-1.0, 1.0]).unwrap();
        assert_interval("half", Some(two.interval(0.5)), (-1.0, 1.0), 1e-12);
        assert_close("p", two.p_above(-1.0), 0.25, 1e-12);
        assert_close("bound", two.lower(0.75), -1.0, 1e-12);
        assert_close("p of the other side", two.p_below(-1.0), 0.75, 1e-12);
    }
}
