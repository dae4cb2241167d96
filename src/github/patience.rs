//! How long to wait before GitHub is asked again, and when to stop. Pure: it is told what GitHub asked for.
//!
//! A comment is not worth a stuck job: four tries of one request, a minute of waiting in all.

use std::time::Duration;

/// Tries of one request.
const MAX_TRIES: u32 = 4;
/// All waiting of one command.
pub const MAX_WAITED: Duration = Duration::from_secs(60);

/// The tries of one request so far.
#[derive(Debug, Default)]
pub struct Patience(u32);

impl Patience {
    /// How long to wait before the next try, of what is `left` to wait; `None` where there is no next one.
    pub fn wait(&mut self, asked: Option<Duration>, left: Duration) -> Option<Duration> {
        self.0 += 1;
        let wait = asked.unwrap_or_else(|| Duration::from_secs(1) * 2_u32.pow(self.0.min(6) - 1));
        (self.0 < MAX_TRIES && wait <= left).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn four_tries_and_a_minute_are_the_end() {
        let mut patience = Patience::default();
        assert_eq!([(); 4].map(|()| patience.wait(None, MAX_WAITED)), [seconds(1), seconds(2), seconds(4), None]);
        assert_eq!(Patience::default().wait(seconds(60), MAX_WAITED), seconds(60));
        assert_eq!(Patience::default().wait(seconds(61), MAX_WAITED), None);
        assert_eq!(Patience::default().wait(seconds(0), Duration::ZERO), seconds(0));
    }
}
