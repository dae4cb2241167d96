//! GitHub over HTTP: one request at a time, with patience, to one server (SEC-19).
//!
//! Whatever reads is tried again here. Whatever writes is not: it may have succeeded though no answer came, so whoever asked for it
//! looks first at what stands there now. Redirects are not followed, and the token stands in nothing that is printed.

mod address;
mod checks;
mod comments;
mod pulls;

use std::cell::Cell;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HeaderMap, LINK, RETRY_AFTER, USER_AGENT};
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

pub use self::comments::Found;
use crate::error::{Error, ErrorKind, Result};
use crate::github::patience::{MAX_WAITED, Patience};
use crate::github::trouble::{Heads, Trouble};
use crate::io::{console, model};

use address::Address;

/// For one request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer: a page of a hundred comments as long as they can be.
const MAX_ANSWER: usize = 32 << 20;
/// Entries of a page, the most that GitHub gives.
const A_PAGE: usize = 100;
/// Pages that are read of one list.
const MAX_PAGES: usize = 50;

/// A connection with what is left of its patience.
pub struct GitHub {
    octocrab: Octocrab,
    runtime: Runtime,
    address: Address,
    left: Cell<Duration>,
    /// What stands for a second of waiting; shorter in tests.
    second: Duration,
}

/// The entries of a list, and whether there are more than were read.
pub struct Listed<T> {
    pub entries: Vec<T>,
    pub is_cut: bool,
}

enum Method<'a> {
    Get,
    Post(&'a Value),
    Patch(&'a Value),
}

struct Answer {
    body: Bytes,
    has_next: bool,
}

type Tried<T> = std::result::Result<T, Trouble>;

impl GitHub {
    /// Connects with the token of the environment.
    pub fn connect(second: Duration) -> Result<Self> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let address = Address::of(read)?;
        let token = read("GITHUB_TOKEN").or_else(|| read("GH_TOKEN")).ok_or_else(|| {
            Error::usage("there is no token for GitHub")
                .hint("In a workflow, give it to the step: env: {GITHUB_TOKEN: ${{ github.token }}}")
        })?;
        console::mask(&token);
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::usage("the token for GitHub holds what no token can"));
        }
        let failed = |why: &dyn std::fmt::Display| Error::new(ErrorKind::Io, format!("no HTTP client: {why}"));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        let client = model::plain_client(address.is_loopback, None)?;
        // Octocrab keeps a task of its own, and needs to be made where tasks can run.
        let inside = runtime.enter();
        let octocrab = Octocrab::builder()
            // Paths are put together here: octocrab would not find GraphQL beside `/api/v3`.
            .base_uri(address.origin.as_str())
            .and_then(|builder| {
                builder
                    .add_header(ACCEPT, "application/vnd.github+json".to_owned())
                    .add_header(USER_AGENT, concat!("regild/", env!("CARGO_PKG_VERSION")).to_owned())
                    .personal_token(token)
                    .build_with_reqwest(client)
            })
            .map_err(|error| failed(&said(&error)))?;
        drop(inside);
        Ok(Self { octocrab, runtime, address, left: Cell::new(MAX_WAITED), second })
    }

    /// A link to something that GitHub made: as GitHub says it, where that is on its own server.
    pub fn link(&self, said: Option<&str>, otherwise: &str) -> String {
        let server = format!("{}/", self.address.server);
        let is_plain = |url: &&str| url.starts_with(&server) && url.bytes().all(|b| b.is_ascii_graphic());
        said.filter(is_plain).map_or_else(|| format!("{server}{otherwise}"), str::to_owned)
    }

    /// Waits until another try makes sense; `false` where none does.
    pub fn wait(&self, patience: &mut Patience, trouble: &Trouble) -> bool {
        let Trouble::Passing { said, asked } = trouble else { return false };
        let Some(wait) = patience.wait(*asked, self.left.get()) else { return false };
        self.left.set(self.left.get() - wait);
        console::progress(&format!("GitHub: {said}; trying again in {} s\n", wait.as_secs()));
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        self.runtime.block_on(async { tokio::time::sleep(self.second * seconds).await });
        true
    }

    /// Reads `route`, which begins with a slash.
    fn get<T: DeserializeOwned>(&self, route: &str) -> Tried<T> {
        parsed(&self.read(&Method::Get, &self.at(route))?.body)
    }

    /// Reads a list, page after page.
    fn list<T: DeserializeOwned>(&self, route: &str) -> Tried<Listed<T>> {
        let mut entries = Vec::new();
        for page in 1..=MAX_PAGES {
            let route = self.at(&format!("{route}?per_page={A_PAGE}&page={page}"));
            let Answer { body, has_next } = self.read(&Method::Get, &route)?;
            entries.append(&mut parsed(&body)?);
            if !has_next {
                return Ok(Listed { entries, is_cut: false });
            }
        }
        Ok(Listed { entries, is_cut: true })
    }

    /// Asks GraphQL.
    fn ask<T: DeserializeOwned>(&self, question: &Value) -> Tried<T> {
        parsed(&self.read(&Method::Post(question), &self.address.graphql)?.body)
    }

    /// Creates something, once.
    fn post<T: DeserializeOwned>(&self, route: &str, body: &Value) -> Tried<T> {
        parsed(&self.once(&Method::Post(body), &self.at(route))?.body)
    }

    /// Changes something, once.
    fn patch<T: DeserializeOwned>(&self, route: &str, body: &Value) -> Tried<T> {
        parsed(&self.once(&Method::Patch(body), &self.at(route))?.body)
    }

    fn at(&self, route: &str) -> String {
        format!("{}{route}", self.address.rest)
    }

    /// What changes nothing is tried again.
    fn read(&self, method: &Method<'_>, path: &str) -> Tried<Answer> {
        let mut patience = Patience::default();
        loop {
            match self.once(method, path) {
                Ok(answer) => return Ok(answer),
                Err(trouble) if self.wait(&mut patience, &trouble) => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }

    fn once(&self, method: &Method<'_>, path: &str) -> Tried<Answer> {
        let passing = |said: String| Trouble::Passing { said, asked: None };
        self.runtime.block_on(async {
            let tried = tokio::time::timeout(TIMEOUT, self.send(method, path)).await;
            tried.unwrap_or_else(|_| Err(passing(format!("no answer within {} s", TIMEOUT.as_secs()))))
        })
    }

    async fn send(&self, method: &Method<'_>, path: &str) -> Tried<Answer> {
        let sent = match method {
            Method::Get => self.octocrab._get(path).await,
            Method::Post(body) => self.octocrab._post(path, Some(body)).await,
            Method::Patch(body) => self.octocrab._patch(path, Some(body)).await,
        };
        let broken = |said: String| Trouble::Passing { said: format!("the connection broke: {said}"), asked: None };
        let (head, body) = sent.map_err(|error| broken(said(&error)))?.into_parts();
        let body =
            Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| broken(error.to_string()))?.to_bytes();
        if head.status.is_success() {
            let has_next = text(&head.headers, LINK.as_str()).is_some_and(|link| link.contains("rel=\"next\""));
            return Ok(Answer { body, has_next });
        }
        let heads = Heads {
            retry_after: text(&head.headers, RETRY_AFTER.as_str()),
            remaining: text(&head.headers, "x-ratelimit-remaining"),
            reset: text(&head.headers, "x-ratelimit-reset"),
        };
        Err(Trouble::of(head.status.as_u16(), heads, &body, chrono::Utc::now().timestamp()))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Tried<T> {
    serde_json::from_slice(body).map_err(|error| Trouble::Odd(format!("GitHub's answer cannot be read: {error}")))
}

/// The innermost reason, which is the one that says something.
fn said(error: &octocrab::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
