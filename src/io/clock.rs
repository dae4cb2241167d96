//! The wall clock: when a recording was made, and whether a run has taken too long.

use crate::error::{Error, Result};

/// Now, in RFC 3339 and UTC. `SOURCE_DATE_EPOCH` stands in for it where builds must repeat.
pub fn now() -> Result<String> {
    time().map(rfc3339)
}

/// Now, in seconds since 1970.
pub fn seconds() -> Result<i64> {
    time().map(|time| time.timestamp())
}

/// The day it is, in UTC.
pub fn today() -> Result<chrono::NaiveDate> {
    time().map(|time| time.date_naive())
}

fn time() -> Result<chrono::DateTime<chrono::Utc>> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds
            .parse()
            .ok()
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0))
            .ok_or_else(|| Error::usage(format!("SOURCE_DATE_EPOCH is not a time in seconds: {seconds:?}"))),
        Err(_) => Ok(chrono::Utc::now()),
    }
}

/// A time given in seconds since 1970, in RFC 3339 and UTC.
pub fn at(seconds: i64) -> String {
    rfc3339(chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default())
}

/// A time in RFC 3339, UTC, whole seconds.
fn rfc3339(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The whole seconds since this was made.
pub fn stopwatch() -> impl Fn() -> u64 {
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs()
}

/// Whether `seconds` have gone by since this was made.
pub fn timer(seconds: u64) -> impl Fn() -> bool + Sync {
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs() >= seconds
}
