//! Fisher's exact test: could so many more failures on head be chance?

use statrs::stats_tests::{Alternative, fishers_exact};

/// One-sided p-value that head passes less often than base: the hypergeometric tail over tables with the same margins.
/// Arguments are (passed, samples) of each side, passed being at most samples; 1 where a side has no sample.
///
/// Source: Fisher 1935. One-sided, because a task that passes more often is no regression, and because only so can three samples a side
/// show one at 5 %.
pub fn fisher(base: (usize, usize), head: (usize, usize)) -> f64 {
    let cell = |count: usize| count as u64;
    let table = [cell(base.0), cell(base.1 - base.0), cell(head.0), cell(head.1 - head.0)];
    fishers_exact(&table, Alternative::Greater).unwrap_or(1.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of notes: statistics B2.
    #[test]
    fn agrees_with_the_published_vectors() {
        for (base, head, p) in [
            ((3, 3), (0, 3), 0.05),
            ((4, 4), (0, 4), 0.014286),
            ((5, 5), (0, 5), 0.003968),
            ((5, 5), (1, 5), 0.023810),
            ((5, 5), (2, 5), 0.083333),
            ((4, 5), (0, 5), 0.023810),
            ((8, 8), (3, 8), 0.012821),
            ((8, 8), (4, 8), 0.038462),
            ((10, 10), (5, 10), 0.016254),
            ((10, 10), (6, 10), 0.043344),
            ((3, 3), (3, 3), 1.0),
            ((0, 3), (3, 3), 1.0),
        ] {
            let got = fisher(base, head);
            assert!((got - p).abs() < 5e-7, "{base:?} {head:?}: {got} instead of {p}");
        }
    }

    /// Three clean failures of three suffice on one side only: the threshold must not sit a rounding error below 0.05.
    #[test]
    fn three_of_three_against_none_is_enough() {
        assert!(fisher((3, 3), (0, 3)) <= 0.05 + 1e-12);
        for (k, p) in [(3, 0.1), (4, 0.028_571), (5, 0.007_937)] {
            let two_sided = fishers_exact(&[k, 0, 0, k], Alternative::TwoSided).unwrap();
            assert!((two_sided - p).abs() < 5e-7, "{k}: {two_sided}");
        }
        let one_left = fishers_exact(&[5, 0, 1, 4], Alternative::TwoSided).unwrap();
        assert!((one_left - 0.047_619).abs() < 5e-7, "{one_left}");
    }
}
