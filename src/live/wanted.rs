//! What one side of a cell wants of models: samples that nobody has, and opinions of judges on those that are there.

use std::sync::Arc;

use super::job::{Call, Errand, Job};
use crate::agent::Setup;
use crate::evaluate::Examiner;
use crate::outcome::Reason;
use crate::panel::Heard;
use crate::plan::CellSide;
use crate::recording::{Address, Answer, Judgement, Tree};
use crate::trajectory::Trajectory;

/// One side of a cell.
pub struct Wanted<'a> {
    pub tree: Tree,
    pub address: Address,
    pub side: &'a CellSide,
    pub examiner: Examiner<'a>,
    pub setup: Arc<Setup>,
    pub prompt_id: String,
    /// Answers that are there, and stay.
    pub have: Vec<Answer>,
    /// The numbers of the samples that are to be asked for.
    pub lacking: Vec<u32>,
}

/// What came of a side.
#[derive(Debug, Default)]
pub struct Came {
    /// By the numbers that were lacking.
    pub runs: Vec<(u32, Result<Trajectory, Reason>)>,
    /// Of runs that came, and of answers that were there, by their sample.
    pub judgements: Vec<(u32, Judgement)>,
    /// Why a judge said nothing.
    pub unheard: Vec<Reason>,
}

impl<'a> Wanted<'a> {
    pub fn jobs(&self) -> impl Iterator<Item = Job<'a>> {
        self.lacking.iter().map(|sample| Job {
            address: self.address.clone(),
            setup: Arc::clone(&self.setup),
            side: self.side,
            sample: *sample,
        })
    }

    /// The calls of judges that samples still to come will take.
    pub fn opinions_to_come(&self) -> impl Iterator<Item = Call<'_>> {
        let calls = move |sample: u32| {
            self.examiner.judges().filter_map(move |judge| {
                let (id, alias) = self.examiner.panel.aliases.get_key_value(&judge.model)?;
                let (script, max_tokens) = (self.side.task.script.as_slice(), self.setup.limits.max_tokens);
                Some(Call { address: &self.address, id, alias, script, sample, max_tokens })
            })
        };
        self.lacking.iter().flat_map(move |sample| calls(*sample))
    }

    /// What judges are still to be asked about answers that were there.
    pub fn errands(&self) -> impl Iterator<Item = Errand<'_>> {
        self.have.iter().flat_map(|answer| self.errands_about(answer.sample, &answer.run, &answer.judgements))
    }

    /// What judges are to be asked about one run. One that ended without an answer leaves them nothing to judge.
    pub fn errands_about(&self, sample: u32, run: &Trajectory, judgements: &[Judgement]) -> Vec<Errand<'_>> {
        let Ok(answer) = run.answer() else { return Vec::new() };
        let panel = &self.examiner.panel;
        let heard = Heard { panel, answer, judgements };
        let errand = |judge: &crate::assertion::Judge| {
            Some(Errand {
                address: &self.address,
                sample,
                judge: judge.name.clone(),
                model: judge.model.clone(),
                alias: panel.aliases.get(&judge.model)?,
                request: heard.lacks(judge)?,
                script: &self.side.task.script,
                max_tokens: self.setup.limits.max_tokens,
            })
        };
        self.examiner.judges().filter_map(errand).collect()
    }
}
