//! Comments of a pull request: those that are ours, one more, one changed.

use serde_json::json;

use super::{GitHub, Listed, Tried};
use crate::github::api::{Authored, Comment, Nodes};
use crate::github::marker::Key;
use crate::github::patience::Patience;
use crate::github::sticky::{self, Candidate};
use crate::github::trouble::Trouble;

/// Which of the comments with these ids this token wrote.
const QUESTION: &str =
    "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id viewerDidAuthor isMinimized } } }";
/// Ids that GraphQL takes at once.
const IDS: usize = 100;

/// Our own comments, oldest first, and whether there are comments that were not looked at.
pub struct Found {
    pub own: Vec<Candidate>,
    pub is_cut: bool,
}

impl GitHub {
    pub fn own_comments(&self, repository: &str, number: u64, key: &Key) -> Tried<Found> {
        let listed = self.list(&format!("/repos/{repository}/issues/{number}/comments"))?;
        let Listed { entries, is_cut } = listed;
        let candidates = sticky::candidates(entries, key);
        let mut nodes = Vec::new();
        for some in candidates.chunks(IDS) {
            nodes.extend(self.authored(some)?);
        }
        Ok(Found { own: sticky::ours(candidates, &nodes), is_cut })
    }

    fn authored(&self, candidates: &[Candidate]) -> Tried<Vec<Authored>> {
        let ids: Vec<&str> = candidates.iter().map(|candidate| candidate.comment.node_id.as_str()).collect();
        let question = json!({"query": QUESTION, "variables": {"ids": ids}});
        let mut patience = Patience::default();
        loop {
            let Nodes { data, errors } = self.ask(&question)?;
            match (Trouble::of_graphql(&errors), data) {
                (Some(trouble), _) if self.wait(&mut patience, &trouble) => {}
                (Some(trouble), _) => return Err(trouble),
                (None, Some(data)) => return Ok(data.nodes.into_iter().flatten().collect()),
                (None, None) => return Err(Trouble::Odd("GraphQL gives no answer and no error".to_owned())),
            }
        }
    }

    pub fn create_comment(&self, repository: &str, number: u64, body: &str) -> Tried<Comment> {
        self.post(&format!("/repos/{repository}/issues/{number}/comments"), &json!({"body": body}))
    }

    pub fn update_comment(&self, repository: &str, id: u64, body: &str) -> Tried<Comment> {
        self.patch(&format!("/repos/{repository}/issues/comments/{id}"), &json!({"body": body}))
    }
}
