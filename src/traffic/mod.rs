//! From what a Prometheus server counted to the declared traffic of this project's prompts. Pure: a command asks the server.
//!
//! Nothing is made up: what no prompt here is named by, what has no environment, and what covers less than the window is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{EnvironmentTraffic, Traffic, Volume};
use crate::id::Id;

mod answer;
mod promql;
mod section;

pub use answer::{Answer, Labels, read};
pub use promql::{By, Counter, DAY, Label, MONTH, Window, first, last, requests};
pub use section::{put, section};

/// A prompt, and the environment that it is asked in, where that is told apart.
pub type Place = (Id, Option<Id>);

/// What was counted at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// Requests within the window.
    pub requests: f64,
    /// When the first and the last sample of the window were taken, in seconds since 1970, where that was asked for.
    pub samples: Option<(f64, f64)>,
}

/// What a server counted, sorted by whom it is about.
#[derive(Debug, Default, PartialEq)]
pub struct Counted {
    pub places: BTreeMap<Place, Count>,
    /// Requests by names that no prompt of this project has.
    pub strangers: BTreeMap<String, f64>,
    /// Requests of this project's prompts whose environment has no usable name, by that name.
    pub nowhere: BTreeMap<String, f64>,
}

impl Counted {
    /// How many prompts something was counted of.
    pub fn prompts(&self) -> usize {
        self.places.keys().map(|(prompt, _)| prompt).collect::<BTreeSet<_>>().len()
    }
}

/// The answers about one window.
#[derive(Debug)]
pub struct Answers {
    pub requests: Answer,
    /// First and last samples, where they were asked for.
    pub samples: Option<(Answer, Answer)>,
}

/// Adds up what `answers` say by prompt, over all its versions, and by environment. `known` says which prompts there are.
pub fn count(answers: &Answers, by: &By, known: impl Fn(&Id) -> bool) -> Counted {
    let mut counted = Counted::default();
    let prompt = |labels: &Labels| labels.get(by.prompt.as_str()).cloned().unwrap_or_default();
    let environment = |labels: &Labels| {
        let label = by.environment.as_ref()?;
        Some(labels.get(label.as_str()).cloned().unwrap_or_default())
    };
    for (labels, requests) in &answers.requests.series {
        let name = prompt(labels);
        let Some(id) = prompt_of(&name).filter(&known) else {
            *counted.strangers.entry(name).or_default() += requests;
            continue;
        };
        let place = match environment(labels) {
            None => None,
            Some(name) => match Id::new(&name) {
                Ok(environment) => Some(environment),
                Err(_) => {
                    *counted.nowhere.entry(name).or_default() += requests;
                    continue;
                }
            },
        };
        let samples = answers
            .samples
            .as_ref()
            .and_then(|(first, last)| Some((*first.series.get(labels)?, *last.series.get(labels)?)));
        let fresh = Count { requests: 0.0, samples };
        let count = counted.places.entry((id, place)).or_insert(fresh);
        count.requests += requests;
        // A prompt is as old as its oldest version, and as fresh as its freshest.
        count.samples = count.samples.zip(samples).map(|((a, b), (c, d))| (a.min(c), b.max(d)));
    }
    counted
}

/// The prompt that a label names: a prompt_id, `<id>:<version>:<hash>`, or the id itself.
fn prompt_of(label: &str) -> Option<Id> {
    let parts: Vec<&str> = label.split(':').collect();
    match parts.as_slice() {
        [id] => Id::new(id).ok(),
        [id, version, hash] => {
            let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            (semver::Version::parse(version).is_ok() && is_hash).then(|| Id::new(id).ok())?
        }
        _ => None,
    }
}

/// A month's requests made of a window's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    pub requests: u64,
    /// What to know about the number, as phrases.
    pub remarks: Vec<String>,
}

/// Whether a window that is only partly covered is taken for a sample of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncovered {
    /// It is not: the number is what was counted.
    Keep,
    /// It is.
    Extrapolate,
}

/// What a month of 30 days comes to, seen from `time`, in seconds since 1970.
pub fn month(count: &Count, window: &Window, time: i64, uncovered: Uncovered) -> Month {
    #[expect(clippy::cast_precision_loss, reason = "seconds of this age")]
    let (time, length, month, step, day) =
        (time as f64, window.seconds as f64, MONTH as f64, window.step() as f64, DAY as f64);
    let counted = count.requests * month / length;
    let mut remarks = Vec::new();
    let Some((first, last)) = count.samples else { return Month { requests: whole(counted), remarks } };
    let covered = (time - first).clamp(0.0, length);
    let days = |seconds: f64| format!("{:.1}", seconds / day).trim_end_matches(".0").to_owned();
    let mut requests = counted;
    if covered + 2.0 * step < length {
        let all = counted * length / covered.max(step);
        let of = format!("{} of {} days have data", days(covered), days(length));
        match uncovered {
            _ if covered < day => remarks.push(format!("{of}: too few to say what a month is")),
            Uncovered::Keep => remarks.push(format!(
                "{of}: a whole month may be {} (--extrapolate)",
                crate::report::numbers::count(whole(all))
            )),
            Uncovered::Extrapolate => {
                requests = all;
                remarks.push(format!("extrapolated: {of}"));
            }
        }
    }
    // A server forgets a series a few minutes after it went away.
    let silent = time - last;
    if silent > 2.0 * step + 600.0 {
        remarks.push(format!("nothing was counted in the last {} days", days(silent)));
    }
    Month { requests: whole(requests), remarks }
}

/// A number of requests; what is more than none stays that.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and checked when it was read"
)]
fn whole(requests: f64) -> u64 {
    if requests > 0.0 { requests.round().max(1.0) as u64 } else { 0 }
}

/// What was measured of one place.
#[derive(Debug, Clone)]
pub struct Measured {
    pub requests: u64,
    pub as_of: chrono::NaiveDate,
    pub source: String,
}

/// Declares what was measured, beside the terms that `declared` has; an error where that would count requests twice. `told` hears
/// what of the declaration had to go.
pub fn declare(
    declared: Option<&Traffic>,
    prompt: &Id,
    measured: &BTreeMap<Option<Id>, Measured>,
    told: &mut Vec<String>,
) -> Result<Traffic, String> {
    let mut traffic = declared.cloned().unwrap_or_default();
    let volume = |requests: u64| Volume { low: requests, expected: requests, high: requests };
    let before: BTreeMap<Option<Id>, Volume> =
        traffic.volumes().into_iter().map(|(environment, volume)| (environment.cloned(), volume)).collect();
    for (environment, Measured { requests, as_of, source }) in measured {
        let (as_of, source) = (Some(crate::config::Date(*as_of)), Some(source.clone()));
        let requests_per_month = volume(*requests);
        match environment {
            None if !traffic.environments.is_empty() => {
                let known: Vec<&str> = traffic.environments.keys().map(Id::as_str).collect();
                return Err(format!("traffic.{prompt} is declared by environment: {}", known.join(", ")));
            }
            None => {
                (traffic.requests_per_month, traffic.as_of, traffic.source) = (Some(requests_per_month), as_of, source)
            }
            Some(name) => {
                let one = EnvironmentTraffic { requests_per_month, as_of, source };
                traffic.environments.insert(name.clone(), one);
            }
        }
    }
    // What has no environment's name would be counted beside those that have one.
    if !traffic.environments.is_empty() && traffic.requests_per_month.take().is_some() {
        (traffic.as_of, traffic.source) = (None, None);
        told.push(format!("{prompt}: its number without an environment had to go"));
    }
    let is_range = |volume: &Volume| volume.low != volume.high;
    let ranges: BTreeSet<&Option<Id>> =
        before.iter().filter(|(_, volume)| is_range(volume)).map(|(environment, _)| environment).collect();
    for environment in measured.keys().filter(|environment| ranges.contains(environment)) {
        let at = environment.as_ref().map_or_else(String::new, |environment| format!(" in {environment}"));
        told.push(format!("{prompt}: the range declared{at} had to go; one number was measured"));
    }
    Ok(traffic)
}

#[cfg(test)]
mod tests;
