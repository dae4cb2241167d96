//! One sample that is wanted of a model: who is asked what, and whose it is.

use std::sync::Arc;

use crate::agent::Setup;
use crate::config::Provider;
use crate::plan::CellSide;
use crate::recording::{Address, Tree};

/// One sample to be asked for.
pub struct Job<'a> {
    pub tree: Tree,
    pub address: Address,
    pub setup: Arc<Setup>,
    pub prompt_id: String,
    pub side: &'a CellSide,
    pub sample: u32,
}

impl Job<'_> {
    /// Whether only the mock is asked.
    pub fn is_free(&self) -> bool {
        self.side.alias.provider == Provider::Mock
    }
}
