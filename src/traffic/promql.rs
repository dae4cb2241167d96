//! What Prometheus is asked: how much a counter grew, by prompt and environment, and since when there is anything of it.
//!
//! `increase` adds up what counters grew and sees through their restarts; series that a label does not tell apart are summed. See
//! <https://prometheus.io/docs/prometheus/latest/querying/functions/>.

use std::fmt;
use std::str::FromStr;

/// Seconds of a month: 30 days, as everywhere where regild says "month".
pub const MONTH: u64 = 30 * DAY;
pub const DAY: u64 = 86_400;
/// How many moments of a window are looked at to find its first and its last sample.
const LOOKS: u64 = 720;

/// A length of time as Prometheus writes it: `30d`, `1d12h`; from an hour to a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    text: String,
    pub seconds: u64,
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = || "write a length of time from 1h to 366d, as in 30d".to_owned();
        let (mut rest, mut seconds, mut last) = (text, 0_u64, u64::MAX);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(shape)?;
            let number: u64 = rest[..digits].parse().map_err(|_| shape())?;
            let unit = match rest.as_bytes()[digits] {
                b'w' => 7 * DAY,
                b'd' => DAY,
                b'h' => 3_600,
                b'm' => 60,
                b's' => 1,
                _ => return Err(shape()),
            };
            // Prometheus wants the greater unit first, and each once.
            if unit >= last {
                return Err(shape());
            }
            seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(shape)?;
            (last, rest) = (unit, &rest[digits + 1..]);
        }
        if !(3_600..=366 * DAY).contains(&seconds) {
            return Err(shape());
        }
        Ok(Self { text: text.to_owned(), seconds })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Window {
    /// The seconds between two looks at the window.
    pub fn step(&self) -> u64 {
        (self.seconds / LOOKS).max(60)
    }
}

/// A counter: its name, and what tells its series apart where not all are meant, as in `runs_total{env="production"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter(String);

impl FromStr for Counter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, matchers) = text.find('{').map_or((text, ""), |at| text.split_at(at));
        let is_name = is_name(name, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
        if !is_name || !(matchers.is_empty() || matchers.ends_with('}')) {
            return Err("write the name of a counter, as in prompt_executions_total{env=\"production\"}".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_label = is_name(text, |c| c.is_ascii_alphanumeric() || c == '_');
        if is_label { Ok(Self(text.to_owned())) } else { Err("write the name of a label, as in prompt_id".to_owned()) }
    }
}

impl Label {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(text: &str, fits: impl Fn(char) -> bool) -> bool {
    text.chars().next().is_some_and(|c| !c.is_ascii_digit()) && text.chars().all(fits)
}

/// By what requests are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub prompt: Label,
    pub environment: Option<Label>,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let environment = self.environment.iter().map(|label| format!(", {}", label.0)).collect::<String>();
        write!(f, "by ({}{environment})", self.prompt.0)
    }
}

/// The requests of a window, as far as there are samples in it.
pub fn requests(counter: &Counter, window: &Window, by: &By) -> String {
    format!("sum {by} (increase({}[{window}]))", counter.0)
}

/// When the first sample of a window was taken, in seconds since 1970; late by a step at most.
pub fn first(counter: &Counter, window: &Window, by: &By) -> String {
    format!("min {by} (min_over_time(timestamp({})[{window}:{}s]))", counter.0, window.step())
}

/// When the last one was, early by a step at most.
pub fn last(counter: &Counter, window: &Window, by: &By) -> String {
    format!("max {by} (max_over_time(timestamp({})[{window}:{}s]))", counter.0, window.step())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_prometheus() {
        for (text, seconds) in
            [("30d", MONTH), ("1d12h", 129_600), ("4w", 28 * DAY), ("1h", 3_600), ("366d", 366 * DAY), ("90m", 5_400)]
        {
            let window: Window = text.parse().unwrap();
            assert_eq!((window.seconds, window.to_string()), (seconds, text.to_owned()));
        }
        for bad in [
            "",
            "30",
            "d",
            "30D",
            "-1d",
            "1.5d",
            "59m",
            "367d",
            "12h1d",
            "1d1d",
            "30d;",
            "99999999999999999999d",
            "1y",
            "1é",
        ] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
        assert_eq!(("30d".parse::<Window>().unwrap().step(), "1h".parse::<Window>().unwrap().step()), (3_600, 60));
    }

    #[test]
    fn names_are_names() {
        for good in ["a", "prompt_executions_total", "a:b", "_x", "a{env=\"x\"}"] {
            assert!(good.parse::<Counter>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "a b", "a[5m]", "{x=\"y\"}", "a{x", "é"] {
            assert!(bad.parse::<Counter>().is_err(), "{bad}");
        }
        for bad in ["", "a:b", "a)", "1", "a,b"] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }

    #[test]
    fn queries_sum_over_what_no_label_tells_apart() {
        let (counter, window): (Counter, Window) = ("runs_total{a=\"b\"}".parse().unwrap(), "30d".parse().unwrap());
        let by = By { prompt: "prompt_id".parse().unwrap(), environment: Some("env".parse().unwrap()) };
        assert_eq!(requests(&counter, &window, &by), "sum by (prompt_id, env) (increase(runs_total{a=\"b\"}[30d]))");
        let by = By { environment: None, ..by };
        assert_eq!(
            first(&counter, &window, &by),
            "min by (prompt_id) (min_over_time(timestamp(runs_total{a=\"b\"})[30d:3600s]))"
        );
        assert!(last(&counter, &window, &by).starts_with("max by (prompt_id) (max_over_time("));
    }
}
