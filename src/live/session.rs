//! Many samples at once, each reply journalled before it is used, none paid for twice.
//!
//! What a sample came to is a trajectory or the reason why there is none; judging it is not done here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::job::{Call, Errand, Job};
use super::money::{self, Account};
use crate::agent::{Agent, Answered, Next};
use crate::config::Spend;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::journal::Journal;
use crate::io::model::{CaFiles, Live, Models, Raw, Secret, Vouched};
use crate::io::{clock, console};
use crate::mock;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::recording::{Address, Judgement};
use crate::spend::Purse;
use crate::trajectory::Trajectory;
use crate::wire::{self, Key, Parts, Reply, Request};

/// Seconds between two words on how far it is.
const SAY_EVERY: u64 = 5;

/// A reply that is on its way, or there.
type Slot = Rc<OnceCell<(Raw, Reply)>>;

/// One request of a run, or of a judge.
struct Asked<'r> {
    request: &'r Request,
    key: &'r Key,
    /// 0-based.
    step: usize,
    /// Whether somebody else may ask the same.
    is_shared: bool,
}

/// Why a job has no run.
enum Halt {
    /// Nothing can go on: the journal cannot be written, or must not be.
    All(Error),
    Job(Reason),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Job(reason)
    }
}

pub struct Session<'a> {
    policy: &'a Policy,
    models: Models,
    /// By alias as it is spoken to: one alias may be two models on two sides.
    connected: BTreeMap<(Id, String), Live>,
    journal: RefCell<&'a mut Journal>,
    purse: RefCell<Purse>,
    /// Replies under way and there: what is asked twice is asked once.
    replies: RefCell<HashMap<(Key, u32), Slot>>,
    recalled: Cell<usize>,
    shared: Cell<usize>,
    elapsed: Box<dyn Fn() -> u64 + 'a>,
    /// How many are done of a round, and when it began and something was last said, in seconds.
    progress: Cell<(usize, u64, u64)>,
    concurrency: usize,
}

impl<'a> Session<'a> {
    /// Connects to everybody who will be asked, so that a missing key is found before the first call.
    pub fn new(
        policy: &'a Policy,
        caps: Spend,
        journal: &'a mut Journal,
        trusted: &'a [String],
        ca_files: CaFiles,
        calls: &[Call<'_>],
    ) -> Result<Self> {
        let models = Models::new(caps.max_concurrency, caps.max_seconds, ca_files);
        let mut connected = BTreeMap::new();
        for call in calls.iter().filter(|call| !call.is_free()) {
            if let std::collections::btree_map::Entry::Vacant(entry) = connected.entry(call.connection()) {
                let vouched = Vouched { by_policy: policy.vouches_for(call.id), hosts: trusted };
                entry.insert(models.connect(call.id, call.alias, vouched, policy.budgets.max_seconds)?);
            }
        }
        connected.values().filter_map(|live| live.endpoint.key.as_ref()).for_each(Secret::mask);
        Ok(Self {
            policy,
            models,
            connected,
            journal: RefCell::new(journal),
            concurrency: caps.max_concurrency.max(1) as usize,
            purse: RefCell::new(Purse::new(caps)),
            replies: RefCell::default(),
            recalled: Cell::new(0),
            shared: Cell::new(0),
            elapsed: Box::new(clock::stopwatch()),
            progress: Cell::new((0, 0, 0)),
        })
    }

    /// Who is asked over a network, where, and with which key.
    pub fn endpoints(&self) -> BTreeSet<String> {
        let shown = |((id, model), live): (&(Id, String), &Live)| {
            let key = live.endpoint.key.as_ref().map_or_else(|| "no key".to_owned(), |key| key.variable.clone());
            format!("{id}: {model} at {} with {key}", live.endpoint.host())
        };
        self.connected.iter().map(shown).collect()
    }

    /// Runs every job; what came of each, in their order.
    pub fn run(&self, jobs: &[&Job<'_>]) -> Result<Vec<std::result::Result<Trajectory, Reason>>> {
        let mut seen = HashSet::new();
        let openings = jobs.iter().map(|job| (&job.setup.key, job.sample));
        let repeated: HashSet<(&Key, u32)> = openings.filter(|opening| !seen.insert(*opening)).collect();
        self.all(jobs.len(), jobs.iter().map(|job| self.drive(job, &repeated)))
    }

    /// Asks judges for their opinions; what came of each, in their order.
    pub fn hear<'e>(
        &self,
        errands: impl ExactSizeIterator<Item = &'e Errand<'e>>,
    ) -> Result<Vec<std::result::Result<Judgement, Reason>>> {
        self.all(errands.len(), errands.map(|errand| self.opinion(errand)))
    }

    /// Does everything, as many at once as there may be.
    fn all<T>(
        &self,
        count: usize,
        work: impl Iterator<Item = impl Future<Output = std::result::Result<T, Halt>>>,
    ) -> Result<Vec<std::result::Result<T, Reason>>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::io("cannot start the clockwork of calls", &error))?;
        let now = (self.elapsed)();
        self.progress.set((0, now, now));
        let one = async |(at, work): (usize, _)| {
            let came = match work.await {
                Ok(came) => Ok(Ok(came)),
                Err(Halt::Job(reason)) => Ok(Err(reason)),
                Err(Halt::All(error)) => Err(error),
            };
            self.progress(count);
            (at, came)
        };
        // One that hangs must not hold up those behind it.
        let all = stream::iter(work.enumerate()).map(one).buffer_unordered(self.concurrency * 2);
        let mut came: Vec<(usize, Result<_>)> = runtime.block_on(all.collect());
        came.sort_by_key(|(at, _)| *at);
        came.into_iter().map(|(_, came)| came).collect()
    }

    /// What it took, and the keys that were used.
    pub fn finish(self) -> (Account, Vec<Secret>) {
        let is_live = !self.connected.is_empty();
        let secrets = self.connected.into_values().filter_map(|live| live.endpoint.key).collect();
        let (retries, waited_seconds) = self.models.retries();
        let purse = self.purse.into_inner();
        let (recalled, shared, seconds) = (self.recalled.get(), self.shared.get(), (self.elapsed)());
        let (tokens, Purse { spent_usd, calls, unpriced, .. }) = (purse.tokens(), purse);
        let account =
            Account { is_live, calls, spent_usd, tokens, seconds, unpriced, retries, waited_seconds, recalled, shared };
        (account, secrets)
    }

    /// One run against the model.
    async fn drive(&self, job: &Job<'_>, repeated: &HashSet<(&Key, u32)>) -> Result<Trajectory, Halt> {
        let mut agent = Agent::new(&job.setup);
        let mut earlier = Vec::new();
        loop {
            let request = agent.request();
            let key = if agent.steps() == 0 { job.setup.key.clone() } else { Key::of(request) };
            let parts = Parts::of(request);
            // What two runs ask alike they ask alike from the beginning.
            let is_shared = repeated.contains(&(&job.setup.key, job.sample));
            let asked = Asked { request, key: &key, step: agent.steps(), is_shared };
            let (Raw { body, latency_ms }, reply) = self.ask(&job.call(), &asked, &earlier).await?;
            earlier.push(body.clone());
            match agent.next(Answered { key, parts, body, reply, latency_ms }) {
                Next::Ask => {}
                Next::Done(run) => return Ok(run),
                Next::Unjudged(reason) => return Err(reason.into()),
            }
        }
    }

    /// What a judge says of one answer. What that means is not asked here.
    async fn opinion(&self, errand: &Errand<'_>) -> Result<Judgement, Halt> {
        let request = &errand.request;
        let key = Key::of(request);
        let asked = Asked { request, key: &key, step: 0, is_shared: true };
        let (Raw { body: reply, latency_ms }, _) = self.ask(&errand.call(), &asked, &[]).await?;
        let (judge, api, model) = (errand.judge.clone(), request.api.clone(), request.model.clone());
        Ok(Judgement { judge, api, model, key, reply, latency_ms })
    }

    /// The reply to one request, of the model that was asked and no other. What is asked twice is asked once.
    async fn ask(
        &self,
        call: &Call<'_>,
        what: &Asked<'_>,
        earlier: &[serde_json::Value],
    ) -> Result<(Raw, Reply), Halt> {
        let Asked { request, key, step, is_shared } = *what;
        let came = if call.is_free() {
            // The mock says to each task what that one scripts, be the requests equal; what is free need not be kept.
            let (body, latency_ms) = mock::answer(call.script, request, key, step, call.sample);
            decoded(Raw { body, latency_ms }, request)?
        } else if !is_shared {
            self.reply(call, request, key, earlier).await?
        } else {
            let slot = Rc::clone(self.replies.borrow_mut().entry((key.clone(), call.sample)).or_default());
            let asked = Cell::new(false);
            let ask = async || {
                asked.set(true);
                self.reply(call, request, key, earlier).await
            };
            let came = slot.get_or_try_init(ask).await?.clone();
            self.shared.set(self.shared.get() + usize::from(!asked.get()));
            came
        };
        match other_model(call, request, &came.1) {
            Some(reason) => Err(reason.into()),
            None => Ok(came),
        }
    }

    /// The reply of an interrupted run, or a new one, kept before anybody uses it.
    async fn reply(
        &self,
        call: &Call<'_>,
        request: &Request,
        key: &Key,
        earlier: &[serde_json::Value],
    ) -> Result<(Raw, Reply), Halt> {
        let recalled = self.journal.borrow().recall(key, call.sample);
        // What another model once said is asked for again: somebody may have put that right.
        let usable = recalled.and_then(|raw| decoded(raw, request).ok());
        if let Some(came) = usable.filter(|(_, reply)| other_model(call, request, reply).is_none()) {
            self.recalled.set(self.recalled.get() + 1);
            return Ok(came);
        }
        let worst = money::worst(request, call, self.policy);
        let reserved = self.purse.borrow_mut().reserve(worst, (self.elapsed)());
        reserved.map_err(|cap| Reason::SpendCap { cap: cap.to_string() })?;
        let live = &self.connected[&call.connection()];
        let (raw, reply) = match self.models.ask(live, request, earlier).await {
            Ok(came) => came,
            Err(message) => {
                self.purse.borrow_mut().give_back(worst);
                return Err(Reason::Provider { message }.into());
            }
        };
        let took = money::took(&reply.usage, call, self.policy);
        self.purse.borrow_mut().settle(worst, took);
        let echoed = |secret: &&Secret| secret.is_in(raw.body.to_string().as_bytes());
        if let Some(secret) = live.endpoint.key.as_ref().filter(echoed) {
            return Err(Halt::All(holds(call.address, secret)));
        }
        self.journal.borrow_mut().keep(key, call.sample, &raw).map_err(Halt::All)?;
        Ok((raw, reply))
    }

    /// Says now and then how far it is, where somebody has to wait.
    fn progress(&self, all: usize) {
        let (done, began, said) = self.progress.get();
        let (done, now) = (done + 1, (self.elapsed)());
        let is_due = now >= said + SAY_EVERY && done < all;
        self.progress.set((done, began, if is_due { now } else { said }));
        if is_due {
            let left = (now - began) * (all - done) as u64 / done as u64;
            let spent = self.purse.borrow().spent_usd.round_dp(4);
            console::progress(&format!("{done} of {all}, ${spent} spent, about {left} s left\n"));
        }
    }
}

/// Why a reply is no evidence, where another model gave it.
fn other_model(call: &Call<'_>, request: &Request, reply: &Reply) -> Option<Reason> {
    let other = |served: &&String| !wire::is_served_as(served, &request.model, &call.alias.served);
    let served = reply.served_model.as_ref().filter(other)?;
    Some(Reason::OtherModel { asked: request.model.clone(), served: served.clone() })
}

fn decoded(raw: Raw, request: &Request) -> Result<(Raw, Reply), Halt> {
    match wire::decode(request, &raw.body) {
        Ok(reply) => Ok((raw, reply)),
        Err(error) => Err(Reason::Provider { message: error.to_string() }.into()),
    }
}

/// An answer that holds a key is kept nowhere (SEC-13).
pub fn holds(address: &Address, secret: &Secret) -> Error {
    Error::usage(format!("an answer for {address} holds the value of {}", secret.variable))
        .hint("nothing more was written; change the prompt, and the key")
}
