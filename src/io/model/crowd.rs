//! How many calls one endpoint and model gets at once, and when it gets none any more.
//!
//! It begins with as many as allowed, takes half where the provider says that there are too many, and one more after a round that
//! went well. Calls that fail in a row for good open the circuit: whoever waits is told at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Calls that fail in a row, each after all its tries, before no further one is made.
const MAX_FAILED: u32 = 5;

#[derive(Debug)]
pub(super) struct Crowd {
    permits: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    max: usize,
    limit: usize,
    /// Permits that were in use when the limit shrank, and that do not come back.
    owed: usize,
    /// Calls that went well since the limit changed.
    well: usize,
    failed: u32,
    /// Why the last one failed.
    last: String,
}

impl Crowd {
    pub(super) fn new(max: u32) -> Self {
        let max = max.max(1) as usize;
        let state = State { max, limit: max, owed: 0, well: 0, failed: 0, last: String::new() };
        Self { permits: Semaphore::new(max), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place; an error where the circuit is open.
    pub(super) async fn enter(&self) -> Result<Place<'_>, String> {
        let permit = self.permits.acquire().await.map_err(|_| "closed".to_owned())?;
        let place = Place { crowd: self, permit: Some(permit) };
        let state = self.state();
        if state.failed >= MAX_FAILED {
            return Err(format!("given up after {MAX_FAILED} failures in a row: {}", state.last));
        }
        drop(state);
        Ok(place)
    }

    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.failed = 0;
        state.well += 1;
        if state.well >= state.limit && state.limit < state.max {
            state.well = 0;
            state.limit += 1;
            if state.owed > 0 {
                state.owed -= 1;
            } else {
                self.permits.add_permits(1);
            }
        }
    }

    pub(super) fn is_crowded(&self) {
        let mut state = self.state();
        // Those that were under way together are told together; that is one sign, not many.
        if state.well == 0 && state.limit < state.max {
            return;
        }
        let next = (state.limit / 2).max(1);
        let fewer = state.limit - next;
        (state.limit, state.well) = (next, 0);
        let gone = self.permits.forget_permits(fewer);
        state.owed += fewer - gone;
    }

    pub(super) fn failed(&self, why: &str) {
        let mut state = self.state();
        state.failed += 1;
        why.clone_into(&mut state.last);
    }

    #[cfg(test)]
    fn limit(&self) -> usize {
        self.state().limit
    }
}

/// The right to one call at a time.
pub(super) struct Place<'a> {
    crowd: &'a Crowd,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.crowd.state();
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
    }

    #[test]
    fn a_crowd_halves_and_recovers_one_by_one() {
        run(async {
            let crowd = Crowd::new(8);
            let places = [crowd.enter().await.unwrap(), crowd.enter().await.unwrap(), crowd.enter().await.unwrap()];
            crowd.is_crowded();
            crowd.is_crowded();
            assert_eq!(crowd.limit(), 4, "two signs of one crowd are one");
            drop(places);
            assert_eq!(crowd.permits.available_permits(), 4);
            (0..4).for_each(|_| crowd.went_well());
            assert_eq!((crowd.limit(), crowd.permits.available_permits()), (5, 5));
            (0..50).for_each(|_| crowd.went_well());
            assert_eq!(crowd.limit(), 8);
            for _ in 0..9 {
                crowd.went_well();
                crowd.is_crowded();
            }
            assert_eq!(crowd.limit(), 1, "one is always let in");
            drop(crowd.enter().await.unwrap());
        });
    }

    #[test]
    fn what_is_in_use_when_the_limit_shrinks_does_not_come_back() {
        run(async {
            let crowd = Crowd::new(2);
            let places = [crowd.enter().await.unwrap(), crowd.enter().await.unwrap()];
            crowd.is_crowded();
            drop(places);
            assert_eq!((crowd.limit(), crowd.permits.available_permits()), (1, 1));
        });
    }

    #[test]
    fn failures_in_a_row_open_the_circuit() {
        run(async {
            let crowd = Crowd::new(2);
            (1..MAX_FAILED).for_each(|_| crowd.failed("down"));
            crowd.went_well();
            (1..MAX_FAILED).for_each(|_| crowd.failed("down"));
            assert!(crowd.enter().await.is_ok());
            crowd.failed("gone");
            assert!(crowd.enter().await.err().unwrap().ends_with("gone"));
        });
    }
}
