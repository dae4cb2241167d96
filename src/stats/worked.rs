//! The worked example of the notes: ten tasks whose prompt was changed, tokens up 92 %, tool calls from 4 to 11, through every method.

use super::*;

const TOKENS: [f64; 10] = [3200., 4100., 2800., 5200., 3900., 6100., 4700., 3500., 7500., 4400.];
const TOKENS_HEAD: [f64; 10] = [6100., 7600., 5900., 9800., 7300., 11600., 9100., 6900., 14200., 8500.];
const CALLS: [f64; 10] = [3., 4., 2., 5., 4., 6., 4., 3., 6., 3.];
const CALLS_HEAD: [f64; 10] = [9., 11., 7., 13., 11., 15., 12., 9., 14., 9.];

fn paired(head: &[f64], base: &[f64], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    head.iter().zip(base).map(|(head, base)| with(*head, *base)).collect()
}

fn log_ratios(head: &[f64], base: &[f64]) -> Vec<f64> {
    paired(head, base, |head, base| (head / base).ln())
}

fn differences(head: &[f64], base: &[f64]) -> Vec<f64> {
    paired(head, base, |head, base| head - base)
}

/// The ratio of geometric means, with its interval at 95 %.
fn growth(estimate: Estimate) -> (f64, Interval) {
    let interval = estimate.interval(0.95);
    (estimate.mean.exp(), Interval { low: interval.low.exp(), high: interval.high.exp() })
}

/// The test statistic for no change at all.
fn t(estimate: Estimate) -> f64 {
    estimate.mean / estimate.se
}

#[test]
fn tokens_almost_double() {
    assert_close("base", Estimate::of(&TOKENS).unwrap().mean, 4540.0, 1e-9);
    assert_close("head", Estimate::of(&TOKENS_HEAD).unwrap().mean, 8700.0, 1e-9);
    assert_eq!((nearest_rank(&TOKENS, 0.95), nearest_rank(&TOKENS_HEAD, 0.95)), (Some(7500.), Some(14200.)));
    let ratios = log_ratios(&TOKENS_HEAD, &TOKENS);
    let estimate = Estimate::of(&ratios).unwrap();
    assert_close("mean", estimate.mean, 0.654_724_097, 5.1e-10);
    assert_close("deviation", estimate.se * 10_f64.sqrt(), 0.036_466_531, 5.1e-10);
    assert_close("se", estimate.se, 0.011_531_730, 5.1e-10);
    assert_eq!(estimate.df, 9.0);
    assert_close("t", t(estimate), 56.775_880, 5.1e-7);
    assert_close("p", estimate.p_above(0.0) / 4.106e-13, 1.0, 1.3e-4);
    let (ratio, interval) = growth(estimate);
    assert_close("ratio", ratio, 1.924_611, 5.1e-7);
    assert_interval("ratio", Some(interval), (1.875_054, 1.975_479), 5.1e-7);
    assert_close("lower bound", estimate.lower(0.95).exp(), 1.884_354, 5.1e-7);
}

#[test]
fn tokens_without_any_distribution() {
    let ratios = log_ratios(&TOKENS_HEAD, &TOKENS);
    assert_eq!(wilcoxon(&ratios), 0.000_976_562_5);
    assert_eq!(sign_flip(&ratios, 1), 0.000_976_562_5);
    // The sign test is McNemar's, of ten tasks that grew and none that shrank.
    assert_close("sign test", mcnemar(10, 0).one_sided, 0.000_976_562_5, 1e-15);
    assert_close("centre", hodges_lehmann(&ratios).exp(), 1.911_637, 5.1e-7);
    assert_close("acceleration", jackknife_acceleration(&ratios), 0.084_932_745, 5.1e-10);
}

#[test]
fn tool_calls_grow_by_seven() {
    let estimate = Estimate::of(&differences(&CALLS_HEAD, &CALLS)).unwrap();
    assert_close("mean", estimate.mean, 7.0, 1e-12);
    assert_close("deviation", estimate.se * 10_f64.sqrt(), 1.247_219, 5.1e-7);
    assert_close("t", t(estimate), 17.748_239, 5.1e-7);
    assert_interval("difference", Some(estimate.interval(0.95)), (6.107_793, 7.892_207), 5.1e-7);
    assert_close("ratio of means", ratio_of_means(&CALLS, &CALLS_HEAD).unwrap().ratio, 2.75, 1e-12);
    let (ratio, interval) = growth(Estimate::of(&log_ratios(&CALLS_HEAD, &CALLS)).unwrap());
    assert_close("ratio", ratio, 2.826_252, 5.1e-7);
    assert_interval("ratio", Some(interval), (2.602_010, 3.069_818), 5.1e-7);
}

/// At 3 $ a million tokens and 100 000 runs a month.
#[test]
fn the_bill_grows_by_1248_dollars() {
    let estimate = Estimate::of(&differences(&TOKENS_HEAD, &TOKENS)).unwrap();
    assert_close("tokens", estimate.mean, 4160.0, 1e-9);
    assert_close("se", estimate.se, 377.1825, 5.1e-5);
    let monthly = |tokens: f64| tokens * 3.0 / 1e6 * 1e5;
    let interval = estimate.interval(0.95);
    assert_close("dollars", monthly(estimate.mean), 1248.0, 1e-9);
    assert_interval(
        "dollars",
        Some(Interval { low: monthly(interval.low), high: monthly(interval.high) }),
        (992.0, 1504.0),
        0.5,
    );
    let ratio = ratio_of_means(&TOKENS, &TOKENS_HEAD).unwrap();
    assert_close("ratio", ratio.ratio, 1.916_300, 5.1e-7);
    assert_close("se", ratio.se, 0.016_386, 5.1e-7);
    assert_interval("delta method", Some(ratio.delta), (1.879_232, 1.953_368), 5.1e-7);
    assert_interval("Fieller", ratio.fieller, (1.882_670, 1.959_316), 5.1e-7);
}

#[test]
fn a_prompt_against_itself_shows_nothing() {
    let again = [3350., 3900., 2950., 5000., 4150., 5900., 4900., 3400., 7200., 4600.];
    let ratios = log_ratios(&again, &TOKENS);
    let estimate = Estimate::of(&ratios).unwrap();
    let (ratio, interval) = growth(estimate);
    assert_close("ratio", ratio, 1.005_402, 5.1e-7);
    assert_interval("ratio", Some(interval), (0.972_259, 1.039_675), 5.1e-7);
    assert_close("t", t(estimate), 0.363_572, 5.1e-7);
    assert_close("p", estimate.p_above(0.0), 0.362_286, 5.1e-7);
    assert_eq!(wilcoxon(&ratios), 0.1875);
    assert_close("sign-flip", sign_flip(&ratios, 1), 0.356_445, 5.1e-7);
}

/// The suite as a whole misses it: that is what the rule for one task is for.
#[test]
fn one_task_that_doubles_hides_in_the_suite() {
    let one = [3300., 4000., 2900., 9900., 3800., 6200., 4600., 3600., 7400., 4500.];
    let estimate = Estimate::of(&log_ratios(&one, &TOKENS)).unwrap();
    let (ratio, interval) = growth(estimate);
    assert_close("ratio", ratio, 1.0715, 5.1e-5);
    assert_interval("ratio", Some(interval), (0.926, 1.239), 5.1e-4);
    assert_close("p", estimate.p_above(0.0), 0.155, 5.1e-4);
}
