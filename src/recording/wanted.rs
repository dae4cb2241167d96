//! What a recording still lacks, and what of an existing file stays when it is written again. Pure; asking is the shell's.

use std::sync::Arc;

use super::{Recording, Sample, Target, replay};
use crate::agent::Setup;
use crate::config::Alias;
use crate::id::Id;

/// The samples of `0..wished` that `have` does not hold.
pub fn lacking(wished: u32, have: impl Fn(u32) -> bool) -> Vec<u32> {
    (0..wished).filter(|sample| !have(*sample)).collect()
}

/// Samples that stay in a file: those that answer `setup`, save for numbers that are stored elsewhere.
#[derive(Debug)]
pub struct Keep {
    pub setup: Arc<Setup>,
    /// Numbers that base's tree holds, and that head's need not repeat.
    pub elsewhere: Vec<u32>,
}

/// Puts new samples into an existing recording. A stored sample stays if something keeps it and no new sample takes its
/// place; what answers nothing any more goes.
pub fn merge(existing: Option<&Recording>, keep: &[Keep], new: Vec<Sample>) -> Vec<Sample> {
    let answers = |sample: &Sample| {
        keep.iter().any(|keep| !keep.elsewhere.contains(&sample.sample) && replay(&keep.setup, sample).is_ok())
    };
    let replaced = |old: &Sample| {
        new.iter().any(|fresh| {
            fresh.sample == old.sample && fresh.steps.first().map(|s| &s.key) == old.steps.first().map(|s| &s.key)
        })
    };
    let mut samples: Vec<Sample> = existing
        .into_iter()
        .flat_map(|recording| &recording.samples)
        .filter(|sample| answers(sample) && !replaced(sample))
        .cloned()
        .collect();
    samples.extend(new);
    samples.sort_by(|a, b| (a.sample, &a.prompt_id).cmp(&(b.sample, &b.prompt_id)));
    samples
}

/// Who a file says was asked.
pub fn target(alias: &Alias, name: &Id) -> Target {
    Target { provider: alias.provider, api: alias.api().to_owned(), model: alias.model(name).to_owned() }
}
