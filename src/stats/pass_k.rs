//! From n samples of a task to the chance that k more would pass: at least one of them, or all.

/// The chance that at least one of `k` samples passes, estimated without bias from `passed` of `n`: 1 − C(n − c, k) / C(n, k). `None` unless
/// 1 ≤ k ≤ n and passed ≤ n. A suite averages it over tasks.
///
/// Source: Chen et al. 2021, arXiv:2107.03374, in its stable form 1 − Π (n − c − i) / (n − i).
pub fn pass_at_k(n: u64, passed: u64, k: u64) -> Option<f64> {
    Some(1.0 - chance_of_all(n, n.checked_sub(passed)?, k)?)
}

/// The chance that all of `k` samples pass: C(c, k) / C(n, k). `None` as for [`pass_at_k`].
///
/// Source: Yao et al. 2024, arXiv:2406.12045 (τ-bench), where it is called pass^k.
pub fn pass_hat_k(n: u64, passed: u64, k: u64) -> Option<f64> {
    chance_of_all(n, passed, k)
}

/// The chance that `k` drawn of `n` without putting back are all among `marked`.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn chance_of_all(n: u64, marked: u64, k: u64) -> Option<f64> {
    if k == 0 || k > n || marked > n {
        return None;
    }
    if k > marked {
        return Some(0.0);
    }
    Some((0..k).map(|drawn| (marked - drawn) as f64 / (n - drawn) as f64).product())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn agree_with_the_published_vectors() {
        for ((n, passed, k), at_least_one) in [
            ((10, 3, 5), 0.916_666_666_7),
            ((8, 6, 4), 1.0),
            ((4, 2, 2), 0.833_333_333_3),
            ((200, 10, 10), 0.408_547_866_1),
            ((5, 4, 3), 1.0),
        ] {
            assert_close(&format!("pass@{k} of {passed}/{n}"), pass_at_k(n, passed, k).unwrap(), at_least_one, 5.1e-11);
        }
        for ((n, passed, k), all) in
            [((10, 3, 5), 0.0), ((8, 6, 4), 0.214_285_714_3), ((4, 2, 2), 0.166_666_666_7), ((5, 4, 3), 0.4)]
        {
            assert_close(&format!("pass^{k} of {passed}/{n}"), pass_hat_k(n, passed, k).unwrap(), all, 5.1e-11);
        }
    }

    #[test]
    fn more_than_there_is_cannot_be_drawn() {
        assert_eq!(
            (pass_at_k(3, 1, 4), pass_hat_k(3, 4, 1), pass_at_k(3, 4, 1), pass_at_k(3, 1, 0)),
            (None, None, None, None)
        );
    }
}
