//! Limits on a whole run (SEC-25): beyond them nothing is judged, which is exit code 2. Sizes of single files and texts are
//! limited where they are read.

use crate::error::{Error, ErrorKind, Result};

/// Versions of prompts that one side may have.
const MAX_PROMPTS: u64 = 20_000;
/// Samples of all golden tasks together that one side may ask for.
const MAX_SAMPLES: u64 = 100_000;
/// Seconds that answering from recordings may take.
pub const MAX_SECONDS: u64 = 300;

/// Refuses a side that declares more than regild takes on.
pub fn side(versions: u64, samples: u64) -> Result<()> {
    within(versions, MAX_PROMPTS, "prompt versions")?;
    within(samples, MAX_SAMPLES, "samples of golden tasks")
}

fn within(count: u64, limit: u64, what: &str) -> Result<()> {
    if count <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, format!("there are {count} {what}; regild takes on at most {limit}")))
}

/// Asks whether a run has taken too long. Core has no clock; who has one hands the question in.
#[derive(Clone, Copy)]
pub struct Deadline<'a>(pub &'a (dyn Fn() -> bool + Sync));

impl Deadline<'_> {
    /// An error once it is over.
    pub fn check(&self) -> Result<()> {
        if !(self.0)() {
            return Ok(());
        }
        let message = format!("answering from recordings took more than {MAX_SECONDS} seconds");
        Err(Error::new(ErrorKind::Limit, message).hint("check fewer prompts at once: --prompt ID"))
    }
}

impl std::fmt::Debug for Deadline<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Deadline")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::{OnBadSettings, Side};
    use crate::snapshot::tests::snapshot;

    #[test]
    fn sec_25_what_is_too_much_is_refused() {
        let tasks = |count: usize| {
            let tasks: String =
                (0..count).map(|n| format!("  - {{id: t{n}, max_steps: 1, samples: 1000}}\n")).collect();
            let golden = format!("prompt: a\ntasks:\n{tasks}");
            let prompt = "id: a\nversion: 1.0.0\ntemplate: x\nvariables: []\n";
            Side::read(snapshot(&[("prompts/a.yaml", prompt), ("golden/a.yaml", &golden)]), "r", OnBadSettings::Stop)
        };
        assert!(tasks(100).is_ok());
        let error = tasks(101).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert_eq!(error.message, "there are 101000 samples of golden tasks; regild takes on at most 100000");
        assert!(within(20_001, MAX_PROMPTS, "prompt versions").is_err());
        assert!(Deadline(&|| true).check().is_err() && Deadline(&|| false).check().is_ok());
    }
}
