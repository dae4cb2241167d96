//! Check runs of a commit.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{GitHub, MAX_PAGES, Tried};
use crate::github::api::{CheckRun, CheckRuns};

impl GitHub {
    /// The check runs of this name. The list stands inside an object, unlike others.
    pub fn check_runs(&self, repository: &str, head: &str, name: &str) -> Tried<Vec<CheckRun>> {
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let route = format!("/repos/{repository}/commits/{head}/check-runs?check_name={name}&filter=all&per_page=100");
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let CheckRuns { check_runs } = self.get(&format!("{route}&page={page}"))?;
            let is_last = check_runs.len() < 100;
            all.extend(check_runs);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    pub fn create_check_run(&self, repository: &str, body: &Value) -> Tried<CheckRun> {
        self.post(&format!("/repos/{repository}/check-runs"), body)
    }

    pub fn update_check_run(&self, repository: &str, id: u64, body: &Value) -> Tried<CheckRun> {
        self.patch(&format!("/repos/{repository}/check-runs/{id}"), body)
    }
}
