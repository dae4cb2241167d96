//! The whole gate on invented runs: how often it cries wolf on changes that change nothing, and how often it sleeps through
//! changes that break something. The tables stand in docs/simulation.md.
//!
//! `cargo test simulation` asks fewer times than the page tells of. `REGILD_SIMULATE=full UPDATE=1 cargo test --release
//! simulation` writes the page anew; that takes minutes.

mod page;
mod properties;
mod sight;
mod suite;

use regild::simulate::{Change, Rates, rates};
use suite::{Suite, spread};

/// How often each question is asked.
fn replications() -> usize {
    if is_full() { 1_000 } else { 150 }
}

fn is_full() -> bool {
    std::env::var("REGILD_SIMULATE").is_ok_and(|profile| profile == "full")
}

/// One row of questions about changes that change nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Null {
    pub tasks: usize,
    pub samples: u32,
    pub sigma: f64,
    pub pass_rate: f64,
    pub live: bool,
}

impl Null {
    pub fn ask(&self, replications: usize) -> Rates {
        self.ask_of("", replications)
    }

    /// Under other settings than the usual ones.
    pub fn ask_of(&self, settings: &str, replications: usize) -> Rates {
        let suite = Suite::new(self.tasks, self.sigma, self.pass_rate, settings);
        let effects = vec![Change::NONE; self.tasks];
        rates(&suite.trial(&effects, self.samples, self.live), replications, self.seed())
    }

    fn seed(&self) -> u64 {
        let numbers =
            [self.tasks as f64, f64::from(self.samples), self.sigma, self.pass_rate, f64::from(u8::from(self.live))];
        numbers.iter().fold(7, |seed: u64, number| seed.wrapping_mul(1_000_003).wrapping_add(number.to_bits()))
    }

    /// The share of failures that is allowed.
    pub fn allowed(&self) -> f64 {
        if self.pass_rate <= 0.9 && self.tasks >= 50 { 0.02 } else { 0.01 }
    }
}

/// A change that a gate should notice.
#[derive(Debug, Clone, Copy)]
pub struct Harm {
    pub name: &'static str,
    pub tasks: usize,
    pub samples: u32,
    pub sigma: f64,
    pub effect: fn(usize) -> Vec<Change>,
    pub pass_rate: f64,
    pub live: bool,
    /// The least share that must fail or be held up, or at least be warned of.
    pub least: f64,
    pub warning_is_enough: bool,
}

impl Harm {
    pub fn ask(&self, replications: usize) -> Rates {
        self.ask_of("", replications)
    }

    /// Under other settings than the usual ones.
    pub fn ask_of(&self, settings: &str, replications: usize) -> Rates {
        let suite = Suite::new(self.tasks, self.sigma, self.pass_rate, settings);
        let effects = (self.effect)(self.tasks);
        rates(&suite.trial(&effects, self.samples, self.live), replications, 20_261_121 + self.tasks as u64)
    }

    pub fn noticed(&self, rates: &Rates) -> f64 {
        let warned = if self.warning_is_enough { rates.warned } else { 0 };
        rates.share(rates.failed + rates.held_up + warned)
    }
}

/// The incident of the founding documents: tokens 1.92 times, tool calls from 4 to 11; tasks differ in it.
fn incident(tasks: usize) -> Vec<Change> {
    let one = |spread: f64| Change { tokens: 1.92 * spread, tool_calls: 2.75 * spread, pass_rate: None };
    spread(tasks, 0.2).into_iter().map(one).collect()
}

fn one_broken(tasks: usize) -> Vec<Change> {
    let broken = Change { pass_rate: Some(0.03), ..Change::NONE };
    std::iter::once(broken).chain(std::iter::repeat(Change::NONE)).take(tasks).collect()
}

fn half_broken(tasks: usize) -> Vec<Change> {
    let broken = Change { pass_rate: Some(0.5), ..Change::NONE };
    std::iter::once(broken).chain(std::iter::repeat(Change::NONE)).take(tasks).collect()
}

fn fifth_more(tasks: usize) -> Vec<Change> {
    vec![Change { tokens: 1.2, ..Change::NONE }; tasks]
}

fn half_the_tasks_double(tasks: usize) -> Vec<Change> {
    let one = |at: usize| if at.is_multiple_of(2) { Change { tokens: 1.9, ..Change::NONE } } else { Change::NONE };
    (0..tasks).map(one).collect()
}

fn everywhere_worse(tasks: usize) -> Vec<Change> {
    vec![Change { pass_rate: Some(0.7), ..Change::NONE }; tasks]
}

/// The changes that must be noticed, and others that are shown.
pub fn harms() -> Vec<Harm> {
    let harm = |name, tasks, samples, sigma, effect, pass_rate| Harm {
        name,
        tasks,
        samples,
        sigma,
        effect,
        pass_rate,
        live: false,
        least: 0.0,
        warning_is_enough: false,
    };
    let mut harms = Vec::new();
    for sigma in [0.15, 0.3, 0.5] {
        harms.push(Harm { least: 0.99, ..harm("the founding incident", 10, 3, sigma, incident, 0.95) });
    }
    for (samples, live) in [(3, false), (5, false), (3, true)] {
        harms.push(Harm { least: 0.95, live, ..harm("one broken task of 20", 20, samples, 0.3, one_broken, 0.97) });
    }
    for sigma in [0.15, 0.3, 0.5] {
        let least = if sigma > 0.4 { 0.0 } else { 0.6 };
        let all = harm("20 % more tokens everywhere", 20, 3, sigma, fifth_more, 0.95);
        harms.push(Harm { least, warning_is_enough: true, ..all });
    }
    for tasks in [10, 20, 50] {
        harms.push(harm("90 % more tokens in half of the tasks", tasks, 3, 0.3, half_the_tasks_double, 0.95));
    }
    for samples in [3, 5] {
        harms.push(harm("one half-broken task of 20", 20, samples, 0.3, half_broken, 0.97));
    }
    for tasks in [10, 20, 50] {
        harms.push(harm("70 % of runs pass instead of 95 %", tasks, 3, 0.3, everywhere_worse, 0.95));
    }
    harms
}

/// A task that passes half of the time after the change, in 20 that else pass 90 % of it.
pub fn half_broken_among_unsteady(samples: u32) -> Harm {
    Harm {
        name: "one half-broken task of 20",
        tasks: 20,
        samples,
        sigma: 0.3,
        effect: half_broken,
        pass_rate: 0.9,
        live: false,
        least: 0.0,
        warning_is_enough: false,
    }
}

/// All rows about changes that change nothing.
pub fn nulls(live: bool) -> Vec<Null> {
    let mut nulls = Vec::new();
    for tasks in [10, 20, 50] {
        for samples in [1, 3, 5] {
            for sigma in [0.15, 0.3, 0.5] {
                for pass_rate in [0.9, 0.95, 0.99] {
                    nulls.push(Null { tasks, samples, sigma, pass_rate, live });
                }
            }
        }
    }
    nulls
}

/// How many of `replications` a rate may come to by chance, though the true rate is `rate`: three standard deviations above.
fn at_most(rate: f64, replications: usize) -> f64 {
    let n = replications as f64;
    rate + 3.0 * (rate * (1.0 - rate) / n).sqrt()
}

#[test]
fn changes_that_change_nothing_rarely_fail() {
    // Every fourth is a walk through all sizes, noises and pass rates.
    for (_, null) in nulls(false).into_iter().enumerate().filter(|(at, _)| is_full() || at.is_multiple_of(4)) {
        let rates = null.ask(replications());
        let failed = rates.share(rates.failed);
        assert!(failed <= at_most(null.allowed(), replications()), "{null:?}: {rates:?}");
    }
}

#[test]
fn more_samples_hold_fewer_changes_up() {
    for tasks in [10, 20, 50] {
        let held = |samples| {
            let null = Null { tasks, samples, sigma: 0.3, pass_rate: 0.95, live: false };
            let rates = null.ask(replications());
            rates.share(rates.held_up)
        };
        let all = [held(1), held(3), held(5)];
        assert!(all[0] > all[1] && all[1] >= all[2], "{tasks}: {all:?}");
    }
}

#[test]
fn harm_is_noticed() {
    for harm in harms().into_iter().filter(|harm| harm.least > 0.0) {
        let rates = harm.ask(replications());
        let missed = 1.0 - harm.noticed(&rates);
        assert!(missed <= at_most(1.0 - harm.least, replications()), "{harm:?}: {rates:?}");
    }
}

#[test]
fn the_same_question_gets_the_same_answer_on_any_number_of_threads() {
    let null = Null { tasks: 10, samples: 3, sigma: 0.3, pass_rate: 0.9, live: true };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| null.ask(200));
    assert_eq!(alone, null.ask(200));
}
