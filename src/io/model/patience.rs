//! How long to wait before a call is tried again, and when to stop trying. Pure: it is told the time and the dice.
//!
//! Facts: notes, provider semantics C4. A crowd (429) is waited out, whatever the number of tries; everything else is tried a few
//! times. What a server asks for is obeyed up to [`MAX_ASKED`].

use std::time::Duration;

/// Calls of one request that end in passing trouble before it counts as lasting.
pub(super) const MAX_TRIES: u32 = 6;
/// The longest wait that a server may ask for. Who asks for more will not answer in this run.
const MAX_ASKED: Duration = Duration::from_secs(120);
/// All waiting for one request.
const MAX_WAITED: Duration = Duration::from_secs(600);
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// What a server says about when to come back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    /// `retry-after-ms`.
    pub(super) milliseconds: Option<String>,
    /// `retry-after`: seconds, or a date.
    pub(super) after: Option<String>,
    /// `x-should-retry`.
    pub(super) should_retry: Option<bool>,
    /// What the body asks for, as Gemini's `retryDelay: "34.4s"`.
    pub(super) delay: Option<String>,
}

impl Asked {
    /// The wait that is asked for, where `now` is in seconds since 1970. What makes no sense asks for nothing.
    fn wait(&self, now: i64) -> Option<Duration> {
        let seconds = |text: &str| text.trim().parse::<f64>().ok();
        let milliseconds = self.milliseconds.as_deref().and_then(seconds).map(|ms| ms / 1_000.0);
        let after = self.after.as_deref().and_then(|after| seconds(after).or_else(|| until(after, now)));
        let delay = self.delay.as_deref().and_then(|delay| seconds(delay.strip_suffix('s')?));
        let sensible = |seconds: &f64| seconds.is_finite() && *seconds > 0.0;
        let asked = milliseconds.filter(sensible).or(after.filter(sensible)).or(delay.filter(sensible))?;
        Some(Duration::try_from_secs_f64(asked).unwrap_or(Duration::MAX))
    }
}

/// Seconds from `now` to an HTTP date.
fn until(date: &str, now: i64) -> Option<f64> {
    let at = chrono::DateTime::parse_from_rfc2822(date.trim()).ok()?.timestamp();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    Some((at - now) as f64)
}

/// The tries of one request so far.
#[derive(Debug, Default)]
pub(super) struct Patience {
    tries: u32,
    crowds: u32,
    waited: Duration,
}

/// What went wrong with a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setback {
    Crowd,
    Passing,
}

impl Patience {
    /// How long to wait before the next try; `None` where there is none. `dice` is in 0..1.
    pub(super) fn wait(&mut self, setback: Setback, asked: &Asked, now: i64, dice: f64) -> Option<Duration> {
        let round = match setback {
            Setback::Crowd => &mut self.crowds,
            Setback::Passing => &mut self.tries,
        };
        *round += 1;
        let backoff = (FIRST * 2_u32.saturating_pow((*round - 1).min(10))).min(LONGEST).mul_f64(1.0 - 0.25 * dice);
        if asked.should_retry == Some(false) || self.tries >= MAX_TRIES {
            return None;
        }
        let wait = match asked.wait(now) {
            Some(asked) if asked > MAX_ASKED => return None,
            // A little later than asked, so that not all come back at once.
            Some(asked) => asked.mul_f64(1.0 + 0.1 * dice),
            None => backoff,
        };
        self.waited += wait;
        (self.waited <= MAX_WAITED).then_some(wait)
    }

    /// How often the request was sent, beside the last time.
    pub(super) fn again(&self) -> u32 {
        self.tries + self.crowds
    }

    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Asked {
        Asked { after: Some(text.to_owned()), ..Asked::default() }
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let now = 1_696_004_797;
        for (asked, want) in [
            (after("20"), Some(20.0)),
            (after("1.5"), Some(1.5)),
            (after("Fri, 29 Sep 2023 16:26:57 GMT"), Some(20.0)),
            (after("0"), None),
            (after("-10"), None),
            (after(""), None),
            (after("inf"), None),
            (after("nan"), None),
            (after("Zun, 29 Sep 2023 16:26:27 GMT"), None),
            (after("Fri, 29 Sep 2023 16:26:27 GMT"), None),
            (Asked { milliseconds: Some("250".into()), ..after("20") }, Some(0.25)),
            (Asked { delay: Some("34.4s".into()), ..Asked::default() }, Some(34.4)),
            (Asked::default(), None),
        ] {
            assert_eq!(asked.wait(now).map(|wait| wait.as_secs_f64()), want, "{asked:?}");
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let mut patience = Patience::default();
        let waits: Vec<_> = std::iter::from_fn(|| patience.wait(Setback::Passing, &Asked::default(), 0, 0.0)).collect();
        assert_eq!(waits.iter().map(Duration::as_millis).collect::<Vec<_>>(), [500, 1_000, 2_000, 4_000, 8_000]);
        let mut jittered = Patience::default();
        assert_eq!(jittered.wait(Setback::Passing, &Asked::default(), 0, 1.0).unwrap().as_millis(), 375);
    }

    #[test]
    fn a_crowd_is_waited_out_and_takes_no_tries() {
        let mut patience = Patience::default();
        let crowd = |patience: &mut Patience| patience.wait(Setback::Crowd, &after("1"), 0, 0.0);
        assert_eq!((0..100).filter_map(|_| crowd(&mut patience)).count(), 100);
        assert!(patience.wait(Setback::Passing, &Asked::default(), 0, 0.0).is_some());
        assert_eq!((patience.again(), patience.waited().as_secs()), (101, 100));
        assert!((0..600).filter_map(|_| crowd(&mut patience)).count() < 600, "but not for ever");
    }

    #[test]
    fn a_server_may_say_that_it_is_over() {
        let mut patience = Patience::default();
        let no = Asked { should_retry: Some(false), ..Asked::default() };
        assert_eq!(patience.wait(Setback::Passing, &no, 0, 0.0), None);
        assert_eq!(Patience::default().wait(Setback::Crowd, &after("121"), 0, 0.0), None);
    }
}
