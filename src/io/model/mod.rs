//! Providers over HTTP, who answer for money.
//!
//! A call is tried until there is a reply or no hope of one. What a reply means is `wire`'s to say; what it costs, the caller's.

mod client;
mod crowd;
mod endpoint;
mod guard;
mod http;
mod pace;
mod patience;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use reqwest::Client;
use serde_json::Value;

use crate::config::Alias;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::wire::{self, Reply, Request};

pub use client::{CaFiles, plain as plain_client};
use crowd::Crowd;
pub use endpoint::{Endpoint, Key as Secret, Vouched, keys_at_hand, secrets};
use http::Tried;
pub use http::mishap;
use pace::Pace;
use patience::{Patience, Setback};

/// Tries beside the first that a whole run may make, however few calls it makes; otherwise half of its calls.
const FREE_RETRIES: u64 = 50;
/// What a token is about, in bytes of a request.
const BYTES_PER_TOKEN: u64 = 4;
/// How much longer than its run may take a call is waited for, so that a slow answer is told from none.
const SLACK: Duration = Duration::from_secs(10);

/// A reply as it came, with the time it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    pub body: Value,
    pub latency_ms: u64,
}

/// All that tells one client from another: the host, whose certificates are believed, and whether it must be public.
type ClientKey = (String, Option<String>, bool);

/// What the calls of a run shared: connections, places, and how often something had to be tried again.
#[derive(Debug)]
pub struct Models {
    clients: Mutex<HashMap<ClientKey, Client>>,
    /// By host and model.
    lanes: Mutex<HashMap<(String, String), Arc<Lane>>>,
    ca_files: CaFiles,
    max_concurrency: u32,
    start: Instant,
    /// When nobody is waited for any more.
    end: Instant,
    calls: AtomicU64,
    retries: AtomicU64,
    waited_ms: AtomicU64,
}

/// A model behind an endpoint.
#[derive(Debug)]
pub struct Live {
    pub endpoint: Endpoint,
    client: Client,
    lane: Arc<Lane>,
    /// The longest wait for one answer.
    limit: Duration,
}

/// What everybody who asks one model at one host shares.
#[derive(Debug)]
struct Lane {
    crowd: Crowd,
    pace: Pace,
}

impl Models {
    /// For a run of at most `max_seconds`, which begins now.
    pub fn new(max_concurrency: u32, max_seconds: u64, ca_files: CaFiles) -> Self {
        // Ages from now is as good as never.
        let time = Duration::from_secs(max_seconds.min(u64::from(u32::MAX)));
        let start = Instant::now();
        Self {
            start,
            end: start + time,
            clients: Mutex::default(),
            lanes: Mutex::default(),
            ca_files,
            max_concurrency,
            calls: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            waited_ms: AtomicU64::new(0),
        }
    }

    /// A model for runs of at most `max_seconds`.
    pub fn connect(&self, id: &Id, alias: &Alias, vouched: Vouched<'_>, max_seconds: u32) -> Result<Live> {
        if !wire::speaks(alias.api()) {
            let message = format!("this version of regild does not talk to `{}`", alias.provider.as_str());
            return Err(Error::usage(message).hint("declare the alias with `provider: mock` to record a stand-in"));
        }
        let endpoint = Endpoint::of(id, alias, vouched, |name| std::env::var(name).ok())?;
        let client = self.client(&endpoint)?;
        let name = (endpoint.host(), alias.model(id).to_owned());
        let fresh = || Arc::new(Lane { crowd: Crowd::new(self.max_concurrency), pace: Pace::default() });
        let lane = Arc::clone(locked(&self.lanes).entry(name).or_insert_with(fresh));
        lane.pace.limit(alias);
        let limit = Duration::from_secs(u64::from(max_seconds)) + SLACK;
        Ok(Live { endpoint, client, lane, limit })
    }

    fn client(&self, endpoint: &Endpoint) -> Result<Client> {
        let name = (endpoint.host(), endpoint.ca_file.clone(), endpoint.must_be_public);
        let mut clients = locked(&self.clients);
        if let Some(known) = clients.get(&name) {
            return Ok(known.clone());
        }
        let fresh = client::client(endpoint, &self.ca_files)?;
        clients.insert(name, fresh.clone());
        Ok(fresh)
    }

    /// How often a call had to be made again, and the seconds spent waiting for that.
    pub fn retries(&self) -> (u64, u64) {
        (self.retries.load(Ordering::Relaxed), self.waited_ms.load(Ordering::Relaxed) / 1_000)
    }

    /// Asks for the reply to `request`. `earlier` are the bodies of the steps before. An error is what the provider said last.
    pub async fn ask(
        &self,
        live: &Live,
        request: &Request,
        earlier: &[Value],
    ) -> std::result::Result<(Raw, Reply), String> {
        let call = wire::encode(request, earlier).ok_or("this version of regild does not speak this API")?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let body = Bytes::from(call.body.to_string());
        let mut patience = Patience::default();
        let Lane { crowd, pace } = &*live.lane;
        loop {
            let taken = self.keep_pace(pace, request, body.len()).await?;
            let place = crowd.enter().await?;
            let tried = http::attempt(live, request, &call, &body).await;
            drop(place);
            let (setback, asked, said) = match tried {
                Tried::Reply(raw, reply) => {
                    crowd.went_well();
                    pace.settle(taken, reply.usage.total().unwrap_or(taken));
                    return Ok((raw, reply));
                }
                Tried::Over(said) => {
                    crowd.failed(&said);
                    return Err(said);
                }
                Tried::Setback(setback, asked, said) => (setback, asked, said),
            };
            if setback == Setback::Crowd {
                crowd.is_crowded();
                pace.settle(taken, 0);
            }
            let wait = patience.wait(setback, &asked, chrono::Utc::now().timestamp(), fastrand::f64());
            let in_time = |wait: &Duration| Instant::now() + *wait < self.end;
            let Some(wait) = wait.filter(in_time).filter(|_| self.may_retry(setback)) else {
                crowd.failed(&said);
                let (again, waited) = (patience.again(), patience.waited().as_secs());
                return Err(format!("{said} (tried {again} times, waited {waited} s)"));
            };
            self.wait(wait).await;
        }
    }

    /// Waits until the limits of a minute let one more call go; what was taken from them for it, in tokens.
    async fn keep_pace(&self, pace: &Pace, request: &Request, bytes: usize) -> std::result::Result<u64, String> {
        let sent = bytes as u64 / BYTES_PER_TOKEN;
        let taken = sent.saturating_add(request.max_output().unwrap_or(0));
        let wait = pace.take(taken, self.start.elapsed());
        if wait >= self.end.saturating_duration_since(Instant::now()) {
            return Err(format!("the limits per minute would hold it up for {} s, which is too long", wait.as_secs()));
        }
        if !wait.is_zero() {
            self.wait(wait).await;
        }
        Ok(taken)
    }

    async fn wait(&self, time: Duration) {
        self.waited_ms.fetch_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        tokio::time::sleep(time).await;
    }

    /// Counts a retry, unless the run has made too many. Waiting out a crowd costs nobody anything.
    fn may_retry(&self, setback: Setback) -> bool {
        let retries = self.retries.fetch_add(1, Ordering::Relaxed);
        setback == Setback::Crowd || retries < FREE_RETRIES.max(self.calls.load(Ordering::Relaxed) / 2)
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
