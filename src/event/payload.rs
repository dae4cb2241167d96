//! The parts of GitHub's event payloads that decide what is compared. Everything else in them is passed over.
//!
//! Shapes after GitHub's documentation of webhook payloads; `tests/integration/events.rs` holds them against recorded ones.

use serde::Deserialize;

/// Any event.
#[derive(Deserialize)]
pub(super) struct Owned {
    pub repository: Named,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub full_name: String,
    pub default_branch: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OfPullRequest {
    pub pull_request: PullRequest,
}

#[derive(Deserialize)]
pub(super) struct PullRequest {
    pub number: u64,
    pub base: End,
    pub head: End,
}

/// One end of a pull request.
#[derive(Deserialize)]
pub(super) struct End {
    #[serde(rename = "ref")]
    pub name: String,
    pub sha: String,
    /// Null where the repository was deleted.
    pub repo: Option<Repository>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub id: u64,
}

#[derive(Deserialize)]
pub(super) struct OfMergeGroup {
    pub merge_group: MergeGroup,
}

#[derive(Deserialize)]
pub(super) struct MergeGroup {
    pub base_sha: String,
    pub head_sha: String,
    pub head_ref: String,
}

#[derive(Deserialize)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    pub name: String,
    pub before: String,
    pub after: String,
}

#[derive(Deserialize)]
pub(super) struct OfRun {
    pub workflow_run: Run,
    pub repository: Repository,
}

#[derive(Deserialize)]
pub(super) struct Run {
    pub head_sha: String,
    pub head_branch: Option<String>,
    pub head_repository: Option<HeadRepository>,
}

#[derive(Deserialize)]
pub(super) struct HeadRepository {
    pub id: u64,
    pub owner: Option<Owner>,
}

#[derive(Deserialize)]
pub(super) struct Owner {
    pub login: String,
}
