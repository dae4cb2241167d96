//! Where variation comes from: between tasks, or between samples of one task.

use super::{count, mean, sorted};

/// A one-way analysis of variance, in the squared unit of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneWay {
    /// Variance within groups: samples of one task.
    pub within: f64,
    /// Variance of the groups' true means: between tasks. Never below 0.
    pub between: f64,
    /// Mean square within groups, which is `within`.
    pub msw: f64,
    /// Mean square between groups.
    pub msb: f64,
    /// The share of all variance that lies between groups, from 0 to 1; 0 where nothing varies.
    pub icc: f64,
}

/// Splits the variance of `groups`, which may differ in size; empty ones are left out. Needs two groups and one with two values; `None` too
/// where a value is not finite or a square does not fit a double.
///
/// Source: Searle, Casella and McCulloch 1992, Variance Components, 3.6, with n₀ = (N − Σn²/N) / (G − 1) for unequal sizes.
pub fn one_way(groups: &[Vec<f64>]) -> Option<OneWay> {
    let mut sizes: Vec<(f64, f64)> =
        groups.iter().filter_map(|group| Some((mean(&sorted(group))?, count(group.len())))).collect();
    sizes.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1)));
    let (within, _) = pooled(groups)?;
    let (all, others) = (sizes.iter().map(|(_, n)| n).sum::<f64>(), count(sizes.len()) - 1.0);
    let grand = mean(&sorted(&groups.concat()))?;
    let msb = sizes.iter().map(|(mean, n)| n * (mean - grand).powi(2)).sum::<f64>() / others;
    let typical = (all - sizes.iter().map(|(_, n)| n * n).sum::<f64>() / all) / others;
    let between = ((msb - within) / typical).max(0.0);
    let icc = if between > 0.0 { between / (between + within) } else { 0.0 };
    let usable = others > 0.0 && msb.is_finite() && between.is_finite() && icc.is_finite();
    usable.then_some(OneWay { within, between, msw: within, msb, icc })
}

/// One variance for all `groups`, each around its own mean, with its degrees of freedom: Σ(x − x̄_g)² / Σ(n_g − 1), in the squared unit of the
/// values. `None` where no group has two values, or it is not finite.
pub fn pooled(groups: &[Vec<f64>]) -> Option<(f64, f64)> {
    let squares: Vec<f64> = groups
        .iter()
        .filter_map(|group| {
            let group = sorted(group);
            let centre = mean(&group)?;
            Some(group.iter().map(|value| (value - centre).powi(2)).sum())
        })
        .collect();
    let df: usize = groups.iter().map(|group| group.len().saturating_sub(1)).sum();
    let variance = sorted(&squares).iter().sum::<f64>() / count(df);
    (df > 0 && variance.is_finite()).then_some((variance, count(df)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn agrees_with_the_published_vector() {
        let groups = [vec![8.0, 8.1, 8.2], vec![8.5, 8.4, 8.45], vec![9.0, 9.1, 8.9]];
        let noise = one_way(&groups).unwrap();
        assert_close("MSW", noise.msw, 0.0075, 1e-12);
        assert_close("MSB", noise.msb, 0.6175, 1e-12);
        assert_close("deviation within", noise.within.sqrt(), 0.086_602_5, 5.1e-8);
        assert_close("variance between", noise.between, 0.203_333_3, 5.1e-8);
        assert_close("ICC", noise.icc, 0.964_426_9, 5.1e-8);
        assert_eq!(pooled(&groups).unwrap().1, 6.0);
    }

    /// By hand: groups of 1, 2 and 3 values with means 1, 3, 5; grand mean 22/6; SSB = 4/9·(16·1 + 2·1 + 3·4) = 40/3, n₀ = (6 − 14/6) / 2.
    #[test]
    fn groups_may_differ_in_size() {
        let noise = one_way(&[vec![1.0], vec![2.0, 4.0], vec![5.0, 4.0, 6.0], vec![]]).unwrap();
        assert_close("MSW", noise.msw, 4.0 / 3.0, 1e-12);
        assert_close("MSB", noise.msb, 20.0 / 3.0, 1e-12);
        assert_close("between", noise.between, (20.0 / 3.0 - 4.0 / 3.0) / ((6.0 - 14.0 / 6.0) / 2.0), 1e-12);
    }

    #[test]
    fn too_little_to_split() {
        assert_eq!((one_way(&[]), one_way(&[vec![1.0, 2.0]]), one_way(&[vec![1.0], vec![2.0]])), (None, None, None));
        let still = one_way(&[vec![0.1; 3], vec![0.1; 2]]).unwrap();
        assert_eq!((still.within, still.between, still.icc), (0.0, 0.0, 0.0));
        // Groups more alike than chance has them.
        assert_eq!(one_way(&[vec![0.0, 2.0], vec![2.0, 0.0]]).unwrap().between, 0.0);
    }
}
