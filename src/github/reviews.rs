//! Who said yes or no to a pull request, and who wrote it: what `regild approvals` keeps of GitHub's lists.
//!
//! Whose yes counts is decided later, by [`crate::approval`] and the policy.

use std::collections::{BTreeMap, BTreeSet};

use super::api::{Account, Commit, Pull, Review, User};
use crate::approval::State;

/// GitHub's own account, which commits what is done on its pages. It writes nothing.
const GITHUB: &str = "web-flow";

/// Somebody's last yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub login: String,
    pub state: State,
    pub commit: String,
    /// A program's yes is one only where the policy names the program.
    pub is_bot: bool,
}

/// Everybody's last word, by name. Remarks do not take a yes or a no back.
pub fn last_words(reviews: &[Review]) -> Vec<Word> {
    let mut words = BTreeMap::new();
    for review in reviews {
        let state = match review.state.as_str() {
            "APPROVED" => State::Approved,
            "CHANGES_REQUESTED" => State::ChangesRequested,
            "DISMISSED" => State::Dismissed,
            _ => continue,
        };
        // Who is gone says nothing.
        let Some(User { login, kind }) = review.user.clone() else { continue };
        let (is_bot, commit) = (kind == "Bot", review.commit_id.clone().unwrap_or_default());
        words.insert(login.to_ascii_lowercase(), Word { login, state, commit, is_bot });
    }
    words.into_values().collect()
}

/// Who wrote a pull request, and whether somebody among them is unknown.
pub fn authors(pull: &Pull, commits: &[Commit]) -> (Vec<String>, bool) {
    let mut names: BTreeSet<String> = pull.user.iter().map(|user| user.login.clone()).collect();
    let listed_all = pull.commits.is_some_and(|count| count == commits.len());
    let mut is_unknown = !listed_all || pull.user.is_none();
    for account in commits.iter().flat_map(|commit| [&commit.author, &commit.committer]) {
        match account {
            Some(Account { login: Some(login) }) if login == GITHUB => {}
            Some(Account { login: Some(login) }) => drop(names.insert(login.clone())),
            Some(Account { login: None }) | None => is_unknown = true,
        }
    }
    (names.into_iter().collect(), is_unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn words(reviews: Value) -> Vec<(String, State, String)> {
        let reviews: Vec<Review> = serde_json::from_value(reviews).unwrap();
        last_words(&reviews).into_iter().map(|word| (word.login, word.state, word.commit)).collect()
    }

    #[test]
    fn everybodys_last_word_counts_and_remarks_are_none() {
        let review = |who: &str, state: &str, commit: &str| json!({"user": {"login": who, "type": "User"}, "state": state, "commit_id": commit, "id": 1});
        let found = words(json!([
            review("ada", "APPROVED", "1"),
            review("bob", "APPROVED", "1"),
            review("ada", "CHANGES_REQUESTED", "2"),
            review("bob", "COMMENTED", "2"),
            review("eve", "PENDING", "2"),
            review("Ada", "APPROVED", "3"),
            review("cyd", "DISMISSED", "1"),
            {"user": null, "state": "APPROVED", "commit_id": "3"},
            {"user": {"login": "dan"}, "state": "APPROVED", "commit_id": null},
        ]));
        let want = [
            ("Ada", State::Approved, "3"),
            ("bob", State::Approved, "1"),
            ("cyd", State::Dismissed, "1"),
            ("dan", State::Approved, ""),
        ];
        assert_eq!(found, want.map(|(who, state, commit)| (who.to_owned(), state, commit.to_owned())));
    }

    #[test]
    fn whoever_opened_wrote_or_committed_is_an_author() {
        let authors = |commits: Value, count: Option<usize>, user: Value| {
            let end = json!({"sha": "x", "repo": null});
            let pull = json!({"number": 1, "user": user, "head": end, "base": end, "commits": count});
            let commits: Vec<Commit> = serde_json::from_value(commits).unwrap();
            super::authors(&serde_json::from_value(pull).unwrap(), &commits)
        };
        let one = json!({"author": {"login": "bob"}, "committer": {"login": "web-flow"}});
        let two = json!({"author": {"login": "bob"}, "committer": {"login": "cyd"}});
        let ada = json!({"login": "ada"});
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(authors(json!([one, two]), Some(2), ada.clone()), (names(&["ada", "bob", "cyd"]), false));
        assert!(authors(json!([one]), Some(251), ada.clone()).1, "not all are listed");
        assert!(authors(json!([one]), None, ada.clone()).1);
        assert!(authors(json!([one]), Some(1), Value::Null).1, "who opened it is gone");
        for nobody in [Value::Null, json!({})] {
            let odd = json!([{"author": nobody, "committer": {"login": "bob"}}]);
            assert!(authors(odd, Some(1), ada.clone()).1);
        }
    }
}
