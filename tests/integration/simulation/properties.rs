//! What holds of every verdict, whatever runs come to.

use proptest::prelude::*;
use regild::report::{Severity, Status};
use regild::simulate::{Change, Dice};

use super::suite::Suite;

/// A suite, what a change does to it, how many samples, and a seed of its runs.
fn questions() -> impl Strategy<Value = (usize, f64, f64, Change, u32, u64)> {
    let noise = prop_oneof![Just(0.0), 0.05..0.6];
    let pass_rate = prop_oneof![Just(1.0), 0.5..1.0];
    let effect = (prop_oneof![Just(1.0), 0.5..4.0], prop_oneof![Just(1.0), 0.3..4.0], prop::option::of(0.0..1.0));
    let effect = effect.prop_map(|(tokens, tool_calls, pass_rate)| Change { tokens, tool_calls, pass_rate });
    (1_usize..9, noise, pass_rate, effect, 1_u32..6, any::<u64>())
}

fn fails(verdict: &regild::report::Verdict) -> Vec<String> {
    let fails = verdict.reasons.iter().filter(|reason| reason.severity == Severity::Fail);
    fails.map(|reason| format!("{} {:?}", reason.code, reason.task)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_order_of_tasks_and_samples_changes_nothing((tasks, noise, pass_rate, effect, samples, seed) in questions()) {
        let suite = Suite::new(tasks, noise, pass_rate, "");
        let cells = suite.draw(&effect, samples, &mut Dice::new(seed));
        let verdict = suite.judge(&cells);
        let mut shuffled = cells;
        shuffled.rotate_left(tasks / 2);
        shuffled.reverse();
        for runs in shuffled.iter_mut().flat_map(|cell| [&mut cell.base, &mut cell.head]).flatten() {
            runs.samples.reverse();
            runs.samples.rotate_left(usize::from(seed.is_multiple_of(2)));
        }
        prop_assert_eq!(suite.judge(&shuffled), verdict);
    }

    #[test]
    fn an_identical_pair_never_creates_a_failure((tasks, noise, pass_rate, effect, samples, seed) in questions()) {
        let suite = Suite::new(tasks + 1, noise, pass_rate, "");
        let mut cells = suite.draw(&effect, samples, &mut Dice::new(seed));
        let mut same = cells.pop().unwrap();
        let before = fails(&suite.judge(&cells));
        same.head.clone_from(&same.base);
        cells.push(same);
        let after = fails(&suite.judge(&cells));
        prop_assert!(after.iter().all(|reason| before.contains(reason)), "{:?} became {:?}", before, after);
    }

    #[test]
    fn base_against_itself_passes((tasks, noise, pass_rate, _, samples, seed) in questions()) {
        let suite = Suite::new(tasks, noise, pass_rate, "");
        let mut cells = suite.draw(&Change::NONE, samples, &mut Dice::new(seed));
        cells.iter_mut().for_each(|cell| cell.head.clone_from(&cell.base));
        let verdict = suite.judge(&cells);
        prop_assert_eq!(verdict.status, Status::Pass);
        let other = verdict.reasons.iter().filter(|reason| reason.code != "still-failing" && reason.code != "cost-unknown");
        prop_assert_eq!(other.count(), 0, "{:?}", verdict.reasons);
    }
}
