//! Many tests at once: p-values adjusted so that a suite of twenty tasks does not cry wolf once a day.

/// Holm's step-down adjustment: the chance of any false alarm among all tests stays below the level. In the order given.
///
/// Source: Holm 1979, Scandinavian Journal of Statistics 6:65. `p` are p-values from 0 to 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut floor: f64 = 0.0;
    for (rank, index) in ascending(p).into_iter().enumerate() {
        floor = floor.max((count(p.len() - rank) * p[index]).min(1.0));
        adjusted[index] = floor;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up adjustment: of what is called significant, at most the level's share is false. In the order given.
///
/// Source: Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57:289. `p` are p-values from 0 to 1.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut ceiling: f64 = 1.0;
    for (rank, index) in ascending(p).into_iter().enumerate().rev() {
        ceiling = ceiling.min(count(p.len()) / count(rank + 1) * p[index]);
        adjusted[index] = ceiling;
    }
    adjusted
}

/// The indices of `p`, smallest value first.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&left, &right| p[left].total_cmp(&p[right]));
    order
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(tests: usize) -> f64 {
    tests as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn agree_with_the_published_vectors() {
        let p = [0.01, 0.04, 0.03, 0.005];
        for (adjusted, expected) in
            [(holm(&p), [0.03, 0.06, 0.06, 0.02]), (benjamini_hochberg(&p), [0.02, 0.04, 0.04, 0.02])]
        {
            for (got, expected) in adjusted.iter().zip(expected) {
                assert_close("adjusted", *got, expected, 1e-12);
            }
        }
        assert_eq!((holm(&[]), benjamini_hochberg(&[])), (Vec::new(), Vec::new()));
    }

    /// The fifteen p-values of Benjamini and Hochberg 1995: their method rejects four, Holm's and Bonferroni's three.
    #[test]
    fn reject_as_many_as_the_paper() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let rejected = |adjusted: Vec<f64>| adjusted.iter().filter(|p| **p <= 0.05).count();
        let bonferroni: Vec<f64> = p.iter().map(|p| p * 15.0).collect();
        assert_eq!((rejected(benjamini_hochberg(&p)), rejected(holm(&p)), rejected(bonferroni)), (4, 3, 3));
    }
}
