//! The one comment that is kept up to date: which of the comments it is, and what becomes of it.
//!
//! A comment is ours where it begins with our marker and key and GitHub says that this very token wrote it. Both are needed: anybody
//! can write a marker, and one account writes comments for many tools.

use super::api::{Authored, Comment};
use super::marker::{Key, Marker};

/// A comment that begins with our marker.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub comment: Comment,
    pub marker: Marker,
}

/// Those of `comments` that claim to be ours.
pub fn candidates(comments: Vec<Comment>, key: &Key) -> Vec<Candidate> {
    comments
        .into_iter()
        .filter_map(|comment| {
            let marker = Marker::of_comment(comment.body.as_deref()?).filter(|marker| marker.key == *key)?;
            Some(Candidate { comment, marker })
        })
        .collect()
}

/// Those that are. One that somebody hid is left to rest: an update of it would be read by nobody.
pub fn ours(candidates: Vec<Candidate>, nodes: &[Authored]) -> Vec<Candidate> {
    let is_ours = |candidate: &Candidate| {
        let mut of = nodes.iter().filter(|node| node.id.as_ref() == Some(&candidate.comment.node_id));
        of.next().is_some_and(|node| node.is_ours && !node.is_hidden)
    };
    candidates.into_iter().filter(is_ours).collect()
}

/// Whether a comment is wanted where there is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    Wanted,
    /// There is nothing to say, except to those who read something else before.
    Needless,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Step {
    Create,
    Update(Comment),
    /// It says already what we would.
    Keep(Comment),
    /// A later run about the same commit has spoken.
    Yield(Comment),
    Nothing,
}

/// Decides over our own comments, oldest first.
pub fn decide(own: &[Candidate], marker: &Marker, body: &str, first: First) -> Step {
    if let Some(later) = own.iter().find(|candidate| candidate.marker.is_after(marker)) {
        return Step::Yield(later.comment.clone());
    }
    match own.first() {
        Some(known) if says_the_same(known, marker, body) => Step::Keep(known.comment.clone()),
        Some(known) => Step::Update(known.comment.clone()),
        None if first == First::Wanted => Step::Create,
        None => Step::Nothing,
    }
}

/// Whether a comment differs from `body` in nothing but the run that wrote it.
fn says_the_same(known: &Candidate, marker: &Marker, body: &str) -> bool {
    let rest = |text: &str| {
        let rest = text.split_once('\n').map(|(_, rest)| rest).unwrap_or_default();
        rest.replace("\r\n", "\n").trim_end().to_owned()
    };
    known.marker.head == marker.head && rest(known.comment.body.as_deref().unwrap_or_default()) == rest(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";
    const OLD: &str = "1e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";

    fn marker(key: &str, head: &str, run: u64) -> Marker {
        Marker { key: key.parse().unwrap(), head: head.into(), run }
    }

    fn comment(id: u64, body: &str) -> Comment {
        Comment { id, node_id: format!("N{id}"), body: Some(body.into()), html_url: None }
    }

    fn of(id: u64, marker: &Marker, rest: &str) -> Comment {
        comment(id, &format!("{}\n{rest}", marker.line()))
    }

    fn node(id: u64, is_ours: bool, is_hidden: bool) -> Authored {
        Authored { id: Some(format!("N{id}")), is_ours, is_hidden }
    }

    #[test]
    fn sec_10_only_our_own_comment_of_this_very_key_is_ours() {
        let prod = marker("prod", OLD, 1);
        let comments = vec![
            of(1, &marker("non-prod", OLD, 1), "x"),
            of(2, &prod, "somebody else's"),
            comment(3, &format!("quoting:\n{}", prod.line())),
            of(4, &prod, "hidden"),
            of(5, &prod, "ours"),
            of(6, &prod, "unknown to GraphQL"),
        ];
        let found = candidates(comments, &prod.key);
        assert_eq!(found.iter().map(|one| one.comment.id).collect::<Vec<_>>(), [2, 4, 5, 6]);
        let own = ours(found, &[node(2, false, false), node(4, true, true), node(5, true, false)]);
        assert_eq!(own.iter().map(|one| one.comment.id).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn what_is_done_depends_on_what_stands_there() {
        let now = marker("prod", HEAD, 5);
        let body = format!("{}\nnew\n", now.line());
        let step = |known: &[(&Marker, &str)], first| {
            let own: Vec<Candidate> = known
                .iter()
                .zip(1..)
                .map(|((marker, rest), id)| Candidate { comment: of(id, marker, rest), marker: (*marker).clone() })
                .collect();
            match decide(&own, &now, &body, first) {
                Step::Create => "create".to_owned(),
                Step::Update(comment) => format!("update {}", comment.id),
                Step::Keep(comment) => format!("keep {}", comment.id),
                Step::Yield(comment) => format!("yield to {}", comment.id),
                Step::Nothing => "nothing".to_owned(),
            }
        };
        let (older, later) = (marker("prod", HEAD, 4), marker("prod", HEAD, 6));
        let other = marker("prod", OLD, 9);
        for (known, first, want) in [
            (&[][..], First::Wanted, "create"),
            (&[], First::Needless, "nothing"),
            (&[(&older, "old")], First::Needless, "update 1"),
            (&[(&older, "new")], First::Wanted, "keep 1"),
            (&[(&older, "new\r\n")], First::Wanted, "keep 1"),
            (&[(&other, "new")], First::Wanted, "update 1"),
            (&[(&other, "old"), (&older, "old")], First::Wanted, "update 1"),
            (&[(&older, "old"), (&later, "later")], First::Wanted, "yield to 2"),
            (&[(&later, "new")], First::Wanted, "yield to 1"),
        ] {
            assert_eq!(step(known, first), want, "{known:?}");
        }
    }
}
