//! A yes given on GitHub: the reviews of a pull request, and which of them count as acceptance.
//!
//! `regild approvals` fetches them into a file, `regild check --approvals` reads it: a check itself never speaks to the network.
//! Pure. What a yes excuses is [`crate::verdict`]'s to decide; here is decided only whose yes it is.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The version of the file; readers refuse any other.
pub const SCHEMA_VERSION: u32 = 1;

/// What GitHub says about the reviews of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    pub schema_version: u32,
    /// `owner/name` of the repository that the pull request is meant for.
    pub repository: String,
    pub pull_request: u64,
    /// Full id of the pull request's tip when this was fetched.
    pub head: String,
    /// Whether head comes from another repository.
    pub from_fork: bool,
    /// Everybody's last review that says yes or no.
    pub reviews: Vec<Review>,
    /// Who opened the pull request, and who wrote or committed one of its commits.
    pub authors: Vec<String>,
    /// Whether GitHub could not name the author of some commit, or did not list all commits.
    pub unknown_authors: bool,
}

/// Somebody's last word on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub login: String,
    pub state: State,
    /// Full id of the commit that was looked at.
    pub commit: String,
    /// What the reviewer may do in the repository.
    pub permission: Permission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Approved,
    ChangesRequested,
    Dismissed,
}

/// As GitHub names the four that its interface tells apart; `maintain` is `write`, `triage` is `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    None,
    Read,
    Write,
    Admin,
}

/// A yes that counts, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub who: Vec<String>,
    /// The commit that was approved.
    pub head: String,
    pub pull_request: u64,
}

impl Approvals {
    /// Reads a file; one that anything is odd about is refused.
    pub fn read(text: &str) -> Result<Self> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| Error::usage(format!("the approvals cannot be read: {error}")))?;
        if read.schema_version != SCHEMA_VERSION {
            let version = read.schema_version;
            return Err(Error::usage(format!("the approvals are of version {version}, not {SCHEMA_VERSION}")));
        }
        Ok(read)
    }

    /// Those who approved this very head and may: the `approvers` that the policy names, or whoever may write where it names
    /// none; never somebody who wrote part of it. `Err` says why nobody's approval counts, `None` that nobody approved.
    pub fn counting(&self, approvers: &[String]) -> Result<Option<Approval>, String> {
        let said_yes = self.reviews.iter().filter(|review| review.state == State::Approved);
        let here: Vec<&Review> = said_yes.clone().filter(|review| review.commit == self.head).collect();
        if here.is_empty() {
            return match said_yes.count() {
                0 => Ok(None),
                _ => Err("what was approved is not this head any more".to_owned()),
            };
        }
        if self.unknown_authors {
            return Err("GitHub cannot say who wrote each of the commits, so no approval counts".to_owned());
        }
        let may = |review: &Review| match approvers {
            [] => review.permission >= Permission::Write,
            named => named.iter().any(|name| name.eq_ignore_ascii_case(&review.login)),
        };
        let wrote = |review: &Review| self.authors.iter().any(|author| author.eq_ignore_ascii_case(&review.login));
        let who: Vec<String> =
            here.iter().filter(|review| may(review) && !wrote(review)).map(|review| review.login.clone()).collect();
        if who.is_empty() {
            let names: Vec<&str> = here.iter().map(|review| review.login.as_str()).collect();
            return Err(format!(
                "the approval by {} does not count: the policy wants somebody else's",
                names.join(", ")
            ));
        }
        Ok(Some(Approval { who, head: self.head.clone(), pull_request: self.pull_request }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approvals(reviews: &[(&str, State, &str, Permission)]) -> Approvals {
        let review = |&(login, state, commit, permission): &(&str, State, &str, Permission)| Review {
            login: login.to_owned(),
            state,
            commit: commit.to_owned(),
            permission,
        };
        Approvals {
            schema_version: SCHEMA_VERSION,
            repository: "o/r".into(),
            pull_request: 7,
            head: "now".into(),
            from_fork: false,
            reviews: reviews.iter().map(review).collect(),
            authors: vec!["author".into()],
            unknown_authors: false,
        }
    }

    #[test]
    fn only_another_persons_yes_to_this_head_counts() {
        use Permission::{Read, Write};
        use State::{Approved, ChangesRequested, Dismissed};
        let nobody: &[&str] = &[];
        for (review, approvers, want) in [
            (("bob", Approved, "now", Write), nobody, Ok(Some("bob"))),
            (("bob", Approved, "now", Read), nobody, Err("does not count")),
            (("bob", Approved, "before", Write), nobody, Err("not this head any more")),
            (("bob", ChangesRequested, "now", Write), nobody, Ok(None)),
            (("bob", Dismissed, "now", Write), nobody, Ok(None)),
            (("Author", Approved, "now", Write), nobody, Err("does not count")),
            (("bob", Approved, "now", Read), &["Bob"], Ok(Some("bob"))),
            (("eve", Approved, "now", Write), &["bob"], Err("does not count")),
            (("author", Approved, "now", Write), &["author"], Err("does not count")),
        ] {
            let approvers: Vec<String> = approvers.iter().map(|&name| name.to_owned()).collect();
            let found = approvals(&[review]).counting(&approvers);
            match (&found, want) {
                (Ok(Some(approval)), Ok(Some(who))) => assert_eq!(approval.who, [who], "{review:?}"),
                (Ok(None), Ok(None)) => {}
                (Err(why), Err(says)) => assert!(why.contains(says), "{review:?}: {why}"),
                _ => panic!("{review:?} {approvers:?}: {found:?}"),
            }
        }
        let mut unknown = approvals(&[("bob", Approved, "now", Write)]);
        unknown.unknown_authors = true;
        assert!(unknown.counting(&[]).unwrap_err().contains("cannot say who"));
    }

    #[test]
    fn a_file_is_read_strictly() {
        let written = serde_json::to_string(&approvals(&[("bob", State::Approved, "now", Permission::Admin)])).unwrap();
        assert!(written.contains(r#""permission":"admin""#) && written.contains(r#""state":"approved""#));
        assert_eq!(Approvals::read(&written).unwrap().reviews.len(), 1);
        for odd in [written.replace("\"head\"", "\"haed\""), written.replace(":1,", ":2,"), String::new()] {
            assert!(Approvals::read(&odd).is_err());
        }
    }
}
