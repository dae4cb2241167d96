//! The parts of GitHub's answers that are read. Everything else in them is passed over, so that a newer or an older server does
//! not matter.

use serde::Deserialize;

/// A comment of an issue or a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    pub id: u64,
    pub node_id: String,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub html_url: Option<String>,
}

/// What GraphQL adds to a comment; `None` for what is no comment, or gone.
#[derive(Debug, Clone, Deserialize)]
pub struct Authored {
    /// Missing where the node is something else than a comment.
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default, rename = "viewerDidAuthor")]
    pub is_ours: bool,
    #[serde(default, rename = "isMinimized")]
    pub is_hidden: bool,
}

/// The answer to a question about nodes.
#[derive(Debug, Deserialize)]
pub struct Nodes {
    #[serde(default)]
    pub data: Option<NodeList>,
    #[serde(default)]
    pub errors: Vec<Complaint>,
}

#[derive(Debug, Deserialize)]
pub struct NodeList {
    pub nodes: Vec<Option<Authored>>,
}

/// An error of GraphQL, which comes with the status of a success.
#[derive(Debug, Deserialize)]
pub struct Complaint {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub message: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Pull {
    pub number: u64,
    #[serde(default)]
    pub state: String,
    /// `None` where the account is gone.
    #[serde(default)]
    pub user: Option<User>,
    pub head: End,
    pub base: End,
    /// How many commits it has; only where one pull request is asked for.
    #[serde(default)]
    pub commits: Option<usize>,
}

impl Pull {
    /// Whether head comes from another repository, or from one that is gone.
    pub fn is_from_fork(&self) -> bool {
        let name = |end: &End| end.repo.as_ref().map(|repo| repo.full_name.to_ascii_lowercase());
        self.head.repo.is_none() || name(&self.head) != name(&self.base)
    }
}

/// One end of a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct End {
    pub sha: String,
    #[serde(default)]
    pub repo: Option<Repository>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Repository {
    pub full_name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct User {
    pub login: String,
    /// `User`, `Bot`, …
    #[serde(default, rename = "type")]
    pub kind: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Review {
    #[serde(default)]
    pub user: Option<User>,
    pub state: String,
    #[serde(default)]
    pub commit_id: Option<String>,
}

/// A commit of a pull request, with the accounts that GitHub knows its two names by.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    #[serde(default)]
    pub author: Option<Account>,
    #[serde(default)]
    pub committer: Option<Account>,
}

/// An account; an empty object where GitHub knows none.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    #[serde(default)]
    pub login: Option<String>,
}

/// What somebody may do in a repository.
#[derive(Debug, Clone, Deserialize)]
pub struct Allowed {
    pub permission: crate::approval::Permission,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CheckRuns {
    pub check_runs: Vec<CheckRun>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CheckRun {
    pub id: u64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub external_id: Option<String>,
    #[serde(default)]
    pub html_url: Option<String>,
    #[serde(default)]
    pub conclusion: Option<String>,
    #[serde(default)]
    pub output: Option<Shown>,
}

/// What a check run shows.
#[derive(Debug, Clone, Deserialize)]
pub struct Shown {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub summary: Option<String>,
    #[serde(default)]
    pub annotations_count: usize,
}
