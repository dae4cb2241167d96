//! Why GitHub did not do what it was asked: whether another try may help, and what a person can do about it (SEC-19).

use std::time::Duration;

use serde_json::Value;

use super::api::Complaint;
use crate::error::{Error, ErrorKind};

/// Characters of GitHub's own words that are passed on.
const MAX_SAID: usize = 300;

/// A request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Another try may help, after the time that GitHub asked for.
    Passing { said: String, asked: Option<Duration> },
    /// GitHub said no.
    Refused { status: u16, said: String },
    /// The answer, or the lack of one, makes no sense.
    Odd(String),
}

/// The headers that say when to come back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heads<'a> {
    pub retry_after: Option<&'a str>,
    /// Requests that are left in this hour, and when the next begins, in seconds since 1970.
    pub remaining: Option<&'a str>,
    pub reset: Option<&'a str>,
}

impl Trouble {
    /// What an answer means that is no success; `now` is in seconds since 1970.
    pub fn of(status: u16, heads: Heads<'_>, body: &[u8], now: i64) -> Self {
        let said = said(body);
        let shown = format!("{status}: {said}");
        match limit(status, heads, &said, now) {
            Some(asked) => Self::Passing { said: shown, asked: Some(asked) },
            None if status == 408 || status >= 500 => Self::Passing { said: shown, asked: None },
            None if (300..400).contains(&status) => {
                Self::Refused { status, said: "redirects are not followed".to_owned() }
            }
            None => Self::Refused { status, said },
        }
    }

    /// What errors mean that came with a success. Comments that are gone meanwhile are no trouble.
    pub fn of_graphql(errors: &[Complaint]) -> Option<Self> {
        let error = errors.iter().find(|error| error.kind != "NOT_FOUND")?;
        let said = shortened(&error.message);
        Some(match error.kind.as_str() {
            "RATE_LIMITED" => Self::Passing { said, asked: Some(Duration::from_secs(60)) },
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => Self::Refused { status: 403, said },
            _ => Self::Odd(format!("GraphQL: {said}")),
        })
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 410, .. })
    }

    /// The same for people: what failed, why, and what helps. `doing` is what was tried, `permission` the line of a workflow
    /// that allows it.
    pub fn explain(&self, doing: &str, permission: &str) -> Error {
        let (said, hints) = match self {
            Self::Passing { said, .. } => {
                (said.clone(), vec!["GitHub was asked several times. Run the job again.".to_owned()])
            }
            Self::Odd(said) => (said.clone(), Vec::new()),
            Self::Refused { status, said } => (format!("{status}: {said}"), advice(*status, said, permission)),
        };
        let error = Error::new(ErrorKind::Io, format!("cannot {doing}: {said}"));
        hints.into_iter().fold(error, Error::hint)
    }
}

/// How long to stay away, where somebody asked too much.
fn limit(status: u16, heads: Heads<'_>, said: &str, now: i64) -> Option<Duration> {
    if !matches!(status, 403 | 429) {
        return heads.retry_after.filter(|_| status >= 500).and_then(seconds);
    }
    let is_secondary = said.to_lowercase().contains("secondary rate limit");
    let is_empty = heads.remaining == Some("0");
    if let Some(asked) = heads.retry_after.and_then(seconds) {
        return Some(asked);
    }
    if is_empty && let Some(reset) = heads.reset.and_then(|reset| reset.parse::<i64>().ok()) {
        return Some(Duration::from_secs(u64::try_from(reset.saturating_sub(now)).unwrap_or(0) + 1));
    }
    // GitHub's documentation asks for a minute where it says nothing else.
    (is_secondary || is_empty || status == 429).then_some(Duration::from_secs(60))
}

fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// GitHub's words, with those about single fields.
fn said(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(body);
        return shortened(if text.trim().is_empty() { "no answer" } else { text.trim() });
    };
    let message = body["message"].as_str().unwrap_or("no reason given");
    let fields = body["errors"].as_array().into_iter().flatten().filter_map(|error| {
        let text = error.as_str().or_else(|| error["message"].as_str());
        text.or_else(|| error["code"].as_str()).map(str::to_owned)
    });
    let fields: Vec<String> = fields.collect();
    shortened(&if fields.is_empty() { message.to_owned() } else { format!("{message} ({})", fields.join("; ")) })
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_SAID).collect()
}

fn advice(status: u16, said: &str, permission: &str) -> Vec<String> {
    let lacks = format!("The job needs, beside the permissions it has: permissions: {{{permission}}}");
    match status {
        401 => vec!["GITHUB_TOKEN is no token of this server, or it is not valid any more.".to_owned()],
        403 if said.contains("not accessible by integration") => vec![
            "A run for a pull request of a fork, or of Dependabot, has a token that may only read: write from a second job (docs/comment.md)."
                .to_owned(),
            lacks,
        ],
        403 => vec![lacks],
        404 => vec![
            "Either it is not there, or the token may not see it.".to_owned(),
            lacks,
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, heads: Heads<'_>, body: &str) -> Trouble {
        Trouble::of(status, heads, body.as_bytes(), 1_000)
    }

    fn asked(status: u16, heads: Heads<'_>, body: &str) -> Option<u64> {
        match of(status, heads, body) {
            Trouble::Passing { asked, .. } => asked.map(|asked| asked.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_are_waited_out_as_long_as_github_asks() {
        let after = |text| Heads { retry_after: Some(text), ..Heads::default() };
        let empty = Heads { remaining: Some("0"), reset: Some("1030"), ..Heads::default() };
        let secondary = r#"{"message": "You have exceeded a secondary rate limit."}"#;
        assert_eq!(asked(403, after("7"), secondary), Some(7));
        assert_eq!(asked(403, Heads::default(), secondary), Some(60));
        assert_eq!(asked(429, Heads::default(), ""), Some(60));
        assert_eq!(asked(403, empty, r#"{"message": "API rate limit exceeded"}"#), Some(31));
        assert_eq!(asked(503, after("2"), ""), Some(2));
        assert_eq!(asked(502, Heads::default(), "<html>"), None);
        let left = Heads { remaining: Some("17"), reset: Some("1030"), ..Heads::default() };
        assert!(matches!(of(403, left, r#"{"message": "no"}"#), Trouble::Refused { status: 403, .. }));
    }

    #[test]
    fn sec_19_a_refusal_says_what_to_do() {
        let fork = of(403, Heads::default(), r#"{"message": "Resource not accessible by integration"}"#);
        let error = fork.explain("comment on pull request 7", "pull-requests: write");
        assert_eq!(error.message, "cannot comment on pull request 7: 403: Resource not accessible by integration");
        assert!(error.hints[0].contains("fork") && error.hints[1].contains("{pull-requests: write}"), "{error:?}");
        let invalid =
            r#"{"message": "Validation Failed", "errors": [{"code": "unprocessable", "message": "body is too long"}]}"#;
        let error = of(422, Heads::default(), invalid).explain("comment", "");
        assert_eq!(error.message, "cannot comment: 422: Validation Failed (body is too long)");
        assert!(of(404, Heads::default(), "{}").is_not_found() && of(410, Heads::default(), "{}").is_not_found());
        assert_eq!(
            of(302, Heads::default(), ""),
            Trouble::Refused { status: 302, said: "redirects are not followed".into() }
        );
    }

    #[test]
    fn graphql_says_no_in_other_words() {
        let complaint = |kind: &str| Complaint { kind: kind.into(), message: "m".into() };
        assert_eq!(Trouble::of_graphql(&[complaint("NOT_FOUND")]), None);
        assert!(matches!(Trouble::of_graphql(&[complaint("FORBIDDEN")]), Some(Trouble::Refused { status: 403, .. })));
        assert!(matches!(
            Trouble::of_graphql(&[complaint("NOT_FOUND"), complaint("RATE_LIMITED")]),
            Some(Trouble::Passing { .. })
        ));
        assert!(matches!(Trouble::of_graphql(&[complaint("")]), Some(Trouble::Odd(_))));
    }
}
