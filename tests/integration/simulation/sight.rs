//! `regild noise` against what is known of invented suites: whether the gate finds what it says it finds, and is as often wrong.

use regild::noise::{Question, measure};
use regild::simulate::{Change, rates};

use super::suite::{Suite, spread};
use super::{Null, at_most};

/// Samples from which the noise is measured; many, so that what is compared is the formula.
const RECORDED: u32 = 50;
const REPLICATIONS: usize = 600;

#[test]
fn growth_that_is_said_to_be_found_is_found_in_four_of_five_cases() {
    for (tasks, samples, sigma) in [(10, 3, 0.3), (20, 3, 0.3), (10, 5, 0.5), (4, 5, 0.3)] {
        let (recorded, policy) = Suite::new(tasks, sigma, 1.0, "").recorded(RECORDED);
        let question = Question { samples: Some(samples), replications: 1 };
        let sees = measure(&recorded, &policy, &question).unwrap().sees.unwrap();
        let found = sees.found.unwrap();
        assert!(sees.fails && sees.tasks == tasks && found >= 1.25, "{sees:?}");
        // The change hits tasks as unequally as is reckoned with.
        let uneven = if tasks < 5 { 0.0 } else { 0.1 };
        let spread = spread(tasks, uneven);
        let centre = (spread.iter().map(|factor| factor.ln()).sum::<f64>() / tasks as f64).exp();
        let hit = |ratio: f64| -> Vec<Change> {
            spread.iter().map(|factor| Change { tokens: ratio * factor / centre, ..Change::NONE }).collect()
        };
        let suite = Suite::new(tasks, sigma, 1.0, "");
        let share = |ratio: f64| {
            let rates = rates(&suite.trial(&hit(ratio), samples, false), REPLICATIONS, 1);
            rates.share(rates.failed)
        };
        let (at, below) = (share(found), share(1.0 + (found - 1.0) / 2.0));
        assert!((0.68..=0.93).contains(&at), "{tasks} × {samples}, noise {sigma}: {at} at {found}");
        assert!(below < 0.5, "{tasks} × {samples}, noise {sigma}: {below} halfway");
    }
}

/// Two estimates of one rate, each from drawn checks.
#[test]
fn false_alarms_of_recordings_are_those_of_the_runs_behind_them() {
    let null = Null { tasks: 10, samples: 3, sigma: 0.3, pass_rate: 0.8, live: false };
    let known = null.ask(REPLICATIONS);
    let (recorded, policy) = Suite::new(10, 0.3, 0.8, "").recorded(RECORDED);
    let question = Question { samples: Some(3), replications: REPLICATIONS };
    let alarms = measure(&recorded, &policy, &question).unwrap().false_alarms.unwrap();
    let found = alarms.now.replay;
    let near = |what: &str, found: f64, known: f64| {
        let most = at_most(known.max(0.005), REPLICATIONS / 2) - known;
        assert!((found - known).abs() <= most + 0.03, "{what}: {found} instead of {known}");
    };
    near("fails", found.failed.share, known.share(known.failed));
    near("is held up", found.held_up.share, known.share(known.held_up));
    assert!(found.held_up.share > 0.1, "{found:?}");
    // Live checks confirm flips, and more samples say more.
    assert!(alarms.now.live.held_up.share < found.held_up.share, "{:?}", alarms.now.live);
    let more = alarms.with_more.unwrap();
    assert_eq!(more.samples, [5, 5]);
    assert!(more.replay.held_up.share < found.held_up.share, "{more:?}");
}
