//! What must hold for any numbers: order and scale change nothing, p-values are shares, and nothing is ever not a number.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Values as measures take them, and any double at all.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -1e4..1e4, 2 => (-5..5_i32).prop_map(f64::from), 1 => proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL]
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    vec(any_value(), 0..24)
}

/// Measures, with ties and zeros among them.
fn measures() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![0.0..1e4, (0..5_i32).prop_map(f64::from)], 0..24)
}

/// A list, and the same in another order.
fn shuffled<T: std::fmt::Debug + Clone + 'static>(
    lists: impl Strategy<Value = Vec<T>> + 'static,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    lists.prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
}

fn is_share(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

fn is_sound(interval: Interval) -> bool {
    interval.low <= interval.high
}

/// All that is said of an estimate, for any two bounds.
fn is_usable(estimate: Estimate, bound: f64) -> bool {
    let finite = estimate.mean.is_finite() && estimate.se.is_finite() && estimate.se >= 0.0 && estimate.df > 0.0;
    finite
        && is_sound(estimate.interval(0.95))
        && estimate.lower(0.95) <= estimate.upper(0.95)
        && is_share(estimate.p_above(bound))
        && is_share(estimate.p_below(bound))
}

fn same(left: Option<Estimate>, right: Option<Estimate>, scale: f64) -> bool {
    let near = |left: f64, right: f64, unit: f64| (left - right).abs() <= 1e-9 * unit;
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => {
            let unit = right.mean.abs() + right.se;
            near(left.mean * scale, right.mean, unit)
                && near(left.se * scale, right.se, unit)
                && near(left.df, right.df, right.df)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

proptest! {
    #[test]
    fn no_finite_value_gives_a_nan(values in values(), more in values(), bound in any_value(), share in 0.0..=1.0) {
        let pairs: Vec<(f64, f64)> = values.iter().copied().zip(more.iter().map(|weight| weight.abs())).collect();
        let groups: Vec<Vec<f64>> = values.chunks(3).chain(more.chunks(2)).map(<[f64]>::to_vec).collect();
        let strata: Vec<(Vec<f64>, Vec<f64>)> =
            values.chunks(3).zip(more.chunks(2)).map(|(first, second)| (first.to_vec(), second.to_vec())).collect();
        let estimates = [
            Estimate::of(&values),
            Estimate::clustered(&groups),
            Estimate::within(&strata),
            Estimate::weighted(&pairs),
        ];
        prop_assert!(estimates.iter().flatten().all(|estimate| is_usable(*estimate, bound)), "{estimates:?}");
        let each = Estimate::each(&strata).unwrap_or_default();
        prop_assert!(each.iter().all(|estimate| is_usable(*estimate, bound)), "{each:?}");
        prop_assert!(is_share(sign_flip(&values, 3)));
        prop_assert!(is_share(wilcoxon(&values)));
        prop_assert!(hodges_lehmann(&values).is_finite());
        prop_assert!(jackknife_acceleration(&values).is_finite());
        prop_assert!(bootstrap(&pairs, 0.95, 50, 1).is_none_or(is_sound));
        let ratio = ratio_of_means(&values, &more[..more.len().min(values.len())]);
        prop_assert!(ratio.is_none_or(|ratio| is_sound(ratio.delta) && ratio.fieller.is_none_or(is_sound)), "{ratio:?}");
        prop_assert!(one_way(&groups).is_none_or(|noise| is_share(noise.icc) && noise.between >= 0.0 && noise.msb.is_finite()));
        prop_assert_eq!(nearest_rank(&values, share).is_none(), values.is_empty());
    }

    #[test]
    fn the_order_of_values_changes_nothing((left, right) in shuffled(values()), seed: u64) {
        prop_assert_eq!(Estimate::of(&left), Estimate::of(&right));
        prop_assert_eq!(sign_flip(&left, seed), sign_flip(&right, seed));
        prop_assert_eq!(wilcoxon(&left), wilcoxon(&right));
        prop_assert_eq!(hodges_lehmann(&left), hodges_lehmann(&right));
        prop_assert_eq!(nearest_rank(&left, 0.95), nearest_rank(&right, 0.95));
        prop_assert_eq!(jackknife_acceleration(&left), jackknife_acceleration(&right));
    }

    #[test]
    fn the_order_of_pairs_changes_nothing((left, right) in shuffled(vec((any_value(), 0.0..10.0_f64), 0..12)), seed: u64) {
        prop_assert_eq!(Estimate::weighted(&left), Estimate::weighted(&right));
        prop_assert_eq!(bootstrap(&left, 0.9, 100, seed), bootstrap(&right, 0.9, 100, seed));
        let split = |pairs: &[(f64, f64)]| -> (Vec<f64>, Vec<f64>) { pairs.iter().copied().unzip() };
        let ((base, head), (base_again, head_again)) = (split(&left), split(&right));
        prop_assert_eq!(ratio_of_means(&head, &base), ratio_of_means(&head_again, &base_again));
    }

    #[test]
    fn the_order_of_groups_and_in_them_changes_nothing((left, right) in shuffled(vec(vec(any_value(), 0..5), 0..8))) {
        let right: Vec<Vec<f64>> = right.into_iter().map(|group| group.into_iter().rev().collect()).collect();
        prop_assert_eq!(Estimate::clustered(&left), Estimate::clustered(&right));
        prop_assert_eq!(one_way(&left), one_way(&right));
        prop_assert_eq!(pooled(&left), pooled(&right));
        let strata = |groups: &[Vec<f64>]| -> Vec<(Vec<f64>, Vec<f64>)> {
            groups.iter().map(|group| (group.clone(), group.iter().map(|value| value.abs()).collect())).collect()
        };
        prop_assert_eq!(Estimate::within(&strata(&left)), Estimate::within(&strata(&right)));
    }

    #[test]
    fn scale_carries_through(values in measures(), weights in vec(0.1..10.0_f64, 24), scale in 1e-6..1e6_f64, seed: u64) {
        let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
        let pairs: Vec<(f64, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
        let scaled_pairs: Vec<(f64, f64)> = scaled.iter().copied().zip(weights.iter().map(|weight| weight * 3.0)).collect();
        prop_assert!(same(Estimate::of(&values), Estimate::of(&scaled), scale));
        prop_assert!(same(Estimate::weighted(&pairs), Estimate::weighted(&scaled_pairs), scale));
        let chunks = |values: &[f64]| -> Vec<Vec<f64>> { values.chunks(3).map(<[f64]>::to_vec).collect() };
        prop_assert!(same(Estimate::clustered(&chunks(&values)), Estimate::clustered(&chunks(&scaled)), scale));
        prop_assert_eq!(sign_flip(&values, seed), sign_flip(&scaled, seed));
        prop_assert_eq!(wilcoxon(&values), wilcoxon(&scaled));
        let (plain, large) = (bootstrap(&pairs, 0.95, 200, seed), bootstrap(&scaled_pairs, 0.95, 200, seed));
        prop_assert_eq!(plain.is_some(), large.is_some());
        if let (Some(plain), Some(large)) = (plain, large) {
            let unit = scale * values.iter().fold(0.0, |most: f64, value| most.max(*value));
            prop_assert!((plain.low * scale - large.low).abs() <= 1e-9 * unit, "{plain:?} {large:?}");
            prop_assert!((plain.high * scale - large.high).abs() <= 1e-9 * unit, "{plain:?} {large:?}");
        }
    }

    #[test]
    fn intervals_of_shares_hold_the_share(n in 1..3000_u64, part in 0.0..=1.0_f64) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of n")]
        let (passed, share) = { let passed = (n as f64 * part).round() as u64; (passed, passed as f64 / n as f64) };
        for interval in [wilson(passed, n), clopper_pearson(passed, n)] {
            let interval = interval.expect("n is above 0");
            prop_assert!(0.0 <= interval.low && interval.low <= share && share <= interval.high && interval.high <= 1.0, "{interval:?}");
        }
    }

    #[test]
    fn counts_give_shares(a in 0..60_u64, b in 0..60_u64, c in 0..60_u64, d in 0..60_u64) {
        let test = mcnemar(a, b);
        prop_assert!([test.one_sided, test.two_sided, test.mid_p].into_iter().all(is_share), "{test:?}");
        prop_assert!(test.mid_p <= test.one_sided && test.one_sided >= mcnemar(a + 1, b).one_sided);
        prop_assert!(mcnemar_chi_square(a, b, true).is_none_or(|(chi_square, p)| chi_square >= 0.0 && is_share(p)));
        let e = e_value(a, b);
        prop_assert!(e.one_sided > 0.0 && e.one_sided <= 2.0 * e.two_sided * (1.0 + 1e-9) && e.two_sided.is_finite(), "{e:?}");
        let difference = newcombe_paired(a, b, c, d);
        prop_assert!(difference.is_none_or(|it| -1.0 <= it.low && it.low <= it.high && it.high <= 1.0), "{difference:?}");
        let (a, b, c, d) = [a, b, c, d].map(|count| usize::try_from(count).expect("small")).into();
        prop_assert!(is_share(fisher((a, a + b), (c, c + d))));
        prop_assert!(fisher((a, a + b), (a, a + b)) >= 0.5);
    }

    #[test]
    fn pass_k_is_between_all_and_one(n in 1..40_u64, passed in 0..40_u64, k in 1..40_u64) {
        let (one, all) = (pass_at_k(n, passed, k), pass_hat_k(n, passed, k));
        prop_assert_eq!(one.is_some(), k <= n && passed <= n);
        prop_assert_eq!(one.is_some(), all.is_some());
        prop_assert!(one.zip(all).is_none_or(|(one, all)| is_share(one) && is_share(all) && all <= one + 1e-12));
    }

    #[test]
    fn adjusted_p_values_are_no_smaller((left, right) in shuffled(vec(0.0..=1.0_f64, 0..20))) {
        let (holm_left, bh_left) = (holm(&left), benjamini_hochberg(&left));
        for ((p, holm), bh) in left.iter().zip(&holm_left).zip(&bh_left) {
            prop_assert!(p <= bh && *bh <= holm * (1.0 + 1e-12) && *holm <= 1.0, "{p} {bh} {holm}");
        }
        prop_assert_eq!(sorted(&holm_left), sorted(&holm(&right)));
        prop_assert_eq!(sorted(&bh_left), sorted(&benjamini_hochberg(&right)));
    }

    #[test]
    fn limits_of_the_bootstrap_are_shares(z0 in -4.0..4.0_f64, a in -1.0..1.0_f64, confidence in 0.0..=1.0_f64) {
        let limits = bca_limits(z0, a, confidence);
        prop_assert!(is_share(limits.low) && is_share(limits.high) && is_sound(limits), "{limits:?}");
    }
}

proptest! {
    // Each case integrates a distribution some two hundred times.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn more_of_everything_sees_more(n in 2..40_usize, k in 1..8_usize, sigma in 0.0..1.0_f64, tau in 0.0..0.5_f64) {
        let ratio = |n, k| detectable_ratio(n, k, sigma, tau, 0.05, 0.8);
        if let Some(found) = ratio(n, k) {
            prop_assert!(found >= 1.0);
            prop_assert!(ratio(n + 1, k).is_some_and(|more| more <= found + 1e-9));
            prop_assert!(ratio(n, k + 1).is_some_and(|more| more <= found + 1e-9));
        }
    }
}
