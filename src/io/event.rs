//! The event that a CI runner says happened, as GitHub's runner leaves it: a name in the environment, a payload in a file.

use std::io::Read as _;

use crate::error::{Error, Result};
use crate::event::Event;

/// GitHub delivers payloads of up to 25 MB.
const MAX_PAYLOAD: u64 = 25 << 20;

/// The event of this run; `None` outside GitHub's runner, and for events that have no code to judge.
pub fn current() -> Result<Option<Event>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if variable("GITHUB_ACTIONS").is_none_or(|value| value != "true") {
        return Ok(None);
    }
    let (Some(name), Some(path)) = (variable("GITHUB_EVENT_NAME"), variable("GITHUB_EVENT_PATH")) else {
        return Ok(None);
    };
    let failed = |error| Error::io("cannot read the event's payload, which GITHUB_EVENT_PATH names", &error);
    let mut payload = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(MAX_PAYLOAD).read_to_end(&mut payload)).map_err(failed)?;
    Event::read(&name, &payload)
}

/// The commit that the runner checked out, or would have.
pub fn commit() -> Option<String> {
    std::env::var("GITHUB_SHA").ok().filter(|id| crate::event::is_id(id))
}

/// The number of this workflow run; 0 where this is none. Later runs have larger ones.
pub fn run() -> u64 {
    std::env::var("GITHUB_RUN_ID").ok().and_then(|id| id.parse().ok()).unwrap_or(0)
}
