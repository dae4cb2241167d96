//! Many samples at once, each reply journalled before it is used, none paid for twice.
//!
//! What a sample came to is a trajectory or the reason why there is none; judging it is not done here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::job::Job;
use super::money::{self, Account};
use crate::agent::{Agent, Answered, Next};
use crate::config::Spend;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::journal::Journal;
use crate::io::model::{Model, Models, Raw, Secret, Vouched};
use crate::io::{clock, console};
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::recording::Address;
use crate::spend::Purse;
use crate::trajectory::Trajectory;
use crate::wire::{self, Key, Parts};

/// Seconds between two words on how far it is.
const SAY_EVERY: u64 = 5;

/// A reply that is on its way, or there.
type Slot = Rc<OnceCell<Raw>>;

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
    connected: BTreeMap<(Id, String), Model<'a>>,
    journal: RefCell<&'a mut Journal>,
    purse: RefCell<Purse>,
    /// Replies under way and there: what is asked twice is asked once.
    replies: RefCell<HashMap<(Key, u32), Slot>>,
    recalled: Cell<usize>,
    shared: Cell<usize>,
    elapsed: Box<dyn Fn() -> u64 + 'a>,
    progress: Cell<(usize, u64)>,
    concurrency: usize,
}

impl<'a> Session<'a> {
    /// Connects to everybody the jobs ask, so that a missing key is found before the first call.
    pub fn new(
        policy: &'a Policy,
        caps: Spend,
        journal: &'a mut Journal,
        trusted: &'a [String],
        root: Option<PathBuf>,
        jobs: &[Job<'a>],
    ) -> Result<Self> {
        let models = Models::new(caps.max_concurrency, caps.max_seconds, root);
        let mut connected = BTreeMap::new();
        for job in jobs {
            let (id, alias) = (&job.address.alias, &job.side.alias);
            if let std::collections::btree_map::Entry::Vacant(entry) = connected.entry(name_of(job)) {
                let vouched = Vouched { by_policy: policy.vouches_for(id), hosts: trusted };
                let seconds = job.setup.limits.max_seconds;
                entry.insert(models.connect(id, alias, vouched, seconds, &job.side.task.script)?);
            }
        }
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
            progress: Cell::new((0, 0)),
        })
    }

    /// Who is asked over a network, where, and with which key.
    pub fn endpoints(&self) -> BTreeSet<String> {
        let live = self.connected.iter().filter_map(|((id, model), connected)| match connected {
            Model::Mock(_) => None,
            Model::Live(live) => {
                let key = live.endpoint.key.as_ref().map_or_else(|| "no key".to_owned(), |key| key.variable.clone());
                Some(format!("{id}: {model} at {} with {key}", live.endpoint.host()))
            }
        });
        live.collect()
    }

    /// Runs every job; what came of each, in their order.
    pub fn run(&self, jobs: &[Job<'a>]) -> Result<Vec<std::result::Result<Trajectory, Reason>>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::io("cannot start the clockwork of calls", &error))?;
        // One that hangs must not hold up those behind it.
        let all = stream::iter(jobs.iter().enumerate())
            .map(async |(at, job)| (at, self.job(job, jobs.len()).await))
            .buffer_unordered(self.concurrency * 2);
        let mut came: Vec<(usize, Result<_>)> = runtime.block_on(all.collect());
        came.sort_by_key(|(at, _)| *at);
        came.into_iter().map(|(_, came)| came).collect()
    }

    /// What it took, and the keys that were used.
    pub fn finish(self) -> (Account, Vec<Secret>) {
        let mut secrets = Vec::new();
        let mut is_live = false;
        for model in self.connected.into_values() {
            if let Model::Live(live) = model {
                is_live = true;
                secrets.extend(live.endpoint.key);
            }
        }
        let (retries, waited_seconds) = self.models.retries();
        let Purse { spent_usd, calls, unpriced, .. } = self.purse.into_inner();
        let (recalled, shared) = (self.recalled.get(), self.shared.get());
        (Account { is_live, calls, spent_usd, unpriced, retries, waited_seconds, recalled, shared }, secrets)
    }

    async fn job(&self, job: &Job<'a>, all: usize) -> Result<std::result::Result<Trajectory, Reason>> {
        let came = match self.drive(job).await {
            Ok(run) => Ok(run),
            Err(Halt::Job(reason)) => Err(reason),
            Err(Halt::All(error)) => return Err(error),
        };
        self.progress(all);
        Ok(came)
    }

    /// One run against the model.
    async fn drive(&self, job: &Job<'a>) -> Result<Trajectory, Halt> {
        let mut agent = Agent::new(&job.setup);
        let mut earlier = Vec::new();
        loop {
            let request = agent.request();
            let (key, parts) = (Key::of(request), Parts::of(request));
            let raw = if job.is_free() {
                // The mock says to each task what that one scripts, be the requests equal.
                self.reply(job, &agent, &key, &earlier).await?
            } else {
                let slot = Rc::clone(self.replies.borrow_mut().entry((key.clone(), job.sample)).or_default());
                let asked = Cell::new(false);
                let ask = || {
                    asked.set(true);
                    self.reply(job, &agent, &key, &earlier)
                };
                let raw = slot.get_or_try_init(ask).await?.clone();
                self.shared.set(self.shared.get() + usize::from(!asked.get()));
                raw
            };
            let undecodable = |error: wire::DecodeError| Reason::Provider { message: error.to_string() };
            let reply = wire::decode(request, &raw.body).map_err(undecodable)?;
            if let Some(served) = &reply.served_model
                && !wire::is_served_as(served, &request.model, &job.side.alias.served)
            {
                let (asked, served) = (request.model.clone(), served.clone());
                return Err(Reason::OtherModel { asked, served }.into());
            }
            earlier.push(raw.body.clone());
            let answered = Answered { key, parts, body: raw.body, reply, latency_ms: raw.latency_ms };
            match agent.next(answered) {
                Next::Ask => {}
                Next::Done(run) => return Ok(run),
                Next::Unjudged(reason) => return Err(reason.into()),
            }
        }
    }

    /// The reply of an interrupted run, or a new one, kept before anybody uses it.
    async fn reply(
        &self,
        job: &Job<'a>,
        agent: &Agent<'_>,
        key: &Key,
        earlier: &[serde_json::Value],
    ) -> Result<Raw, Halt> {
        let (request, at) = (agent.request(), (agent.steps(), job.sample));
        if job.is_free() {
            // The mock speaks as each task scripts it; what costs nothing need not be kept.
            let script = Model::Mock(&job.side.task.script);
            return self.models.ask(&script, request, key, earlier, at).await.map_err(failed);
        }
        if let Some(raw) = self.journal.borrow().recall(key, job.sample) {
            self.recalled.set(self.recalled.get() + 1);
            return Ok(raw);
        }
        let worst = money::worst(request, job, self.policy);
        let reserved = self.purse.borrow_mut().reserve(worst, (self.elapsed)());
        reserved.map_err(|cap| Reason::SpendCap { cap: cap.to_string() })?;
        let model = &self.connected[&name_of(job)];
        let raw = match self.models.ask(model, request, key, earlier, at).await {
            Ok(raw) => raw,
            Err(why) => {
                self.purse.borrow_mut().give_back(worst);
                return Err(failed(why));
            }
        };
        let took = wire::decode(request, &raw.body).ok();
        let took = took.and_then(|reply| money::took(&reply.usage, job, self.policy));
        self.purse.borrow_mut().settle(worst, took);
        if let Model::Live(live) = model
            && let Some(secret) =
                live.endpoint.key.as_ref().filter(|secret| secret.is_in(raw.body.to_string().as_bytes()))
        {
            return Err(Halt::All(holds(&job.address, secret)));
        }
        self.journal.borrow_mut().keep(key, job.sample, &raw).map_err(Halt::All)?;
        Ok(raw)
    }

    /// Says now and then how far it is, where somebody has to wait.
    fn progress(&self, all: usize) {
        let (done, said) = self.progress.get();
        let (done, now) = (done + 1, (self.elapsed)());
        let is_due = now >= said + SAY_EVERY && done < all;
        self.progress.set((done, if is_due { now } else { said }));
        if is_due {
            let left = now * (all - done) as u64 / done as u64;
            let spent = self.purse.borrow().spent_usd.round_dp(4);
            console::say(&format!("{done} of {all} samples, ${spent} spent, about {left} s left\n"));
        }
    }
}

fn failed(message: String) -> Halt {
    Halt::Job(Reason::Provider { message })
}

/// An answer that holds a key is kept nowhere (SEC-13).
pub fn holds(address: &Address, secret: &Secret) -> Error {
    Error::usage(format!("an answer for {address} holds the value of {}", secret.variable))
        .hint("nothing more was written; change the prompt, and the key")
}

fn name_of(job: &Job<'_>) -> (Id, String) {
    (job.address.alias.clone(), job.side.alias.model(&job.address.alias).to_owned())
}
