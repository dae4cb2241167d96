//! What is wanted of models: a sample of a task, or an opinion on an answer; and whom a call of either goes to.

use std::sync::Arc;

use crate::agent::Setup;
use crate::config::{Alias, Provider};
use crate::golden::ScriptRule;
use crate::id::Id;
use crate::plan::CellSide;
use crate::recording::Address;
use crate::wire::Request;

/// One sample to be asked for.
pub struct Job<'a> {
    pub address: Address,
    pub setup: Arc<Setup>,
    pub side: &'a CellSide,
    pub sample: u32,
}

/// One opinion that is wanted of a judge.
pub struct Errand<'a> {
    pub address: &'a Address,
    pub sample: u32,
    pub judge: Id,
    /// The judging model, and the name it goes by.
    pub model: Id,
    pub alias: &'a Alias,
    pub request: Request,
    /// What the mock says in this task.
    pub script: &'a [ScriptRule],
    pub max_tokens: u64,
}

/// Whom a call goes to, and on whose account.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub address: &'a Address,
    pub id: &'a Id,
    pub alias: &'a Alias,
    pub script: &'a [ScriptRule],
    pub sample: u32,
    /// What the run may take at most.
    pub max_tokens: u64,
}

impl Job<'_> {
    pub fn call(&self) -> Call<'_> {
        Call {
            address: &self.address,
            id: &self.address.alias,
            alias: &self.side.alias,
            script: &self.side.task.script,
            sample: self.sample,
            max_tokens: self.setup.limits.max_tokens,
        }
    }
}

impl Errand<'_> {
    pub fn call(&self) -> Call<'_> {
        let Self { address, sample, model, alias, script, max_tokens, .. } = self;
        Call { address, id: model, alias, script, sample: *sample, max_tokens: *max_tokens }
    }
}

impl Call<'_> {
    /// Whether only the mock is asked.
    pub fn is_free(&self) -> bool {
        self.alias.provider == Provider::Mock
    }

    /// The connection it goes over: one alias may be two models on two sides.
    pub fn connection(&self) -> (Id, String) {
        (self.id.clone(), self.alias.model(self.id).to_owned())
    }
}
