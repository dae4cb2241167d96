//! The answers by what they answer, and for what none answers the nearest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::form::Form;
use crate::diagnostic::did_you_mean;
use crate::recording::Address;
use crate::wire::serve::Format;
use crate::wire::{Key, Reply, digest};

/// Names that a message lists at most.
const LISTED: usize = 8;

/// One recorded reply.
#[derive(Debug)]
pub struct Answer {
    /// Where the recording stands.
    pub address: Address,
    /// The model as its provider names it.
    pub model: String,
    pub sample: u32,
    /// 0-based.
    pub step: usize,
    pub key: Key,
    pub reply: Reply,
    /// Whether it comes from the mock provider.
    pub stand_in: bool,
    /// Its request in each of [`Format::ALL`]; `None` where the format cannot say it.
    pub(super) forms: [Option<Form>; 2],
}

impl Answer {
    /// The recording's place and the sample, as headers and messages name them.
    pub fn label(&self) -> String {
        let Address { prompt, version, task, alias } = &self.address;
        format!("{prompt}/{version}/{task}/{alias}#{}", self.sample)
    }

    /// Hexadecimal digits that no other answer has, the same on every day.
    pub fn id(&self) -> String {
        digest(&(&self.key, self.label(), self.step))[..24].to_owned()
    }

    fn form(&self, format: Format) -> Option<&Form> {
        self.forms[format as usize].as_ref()
    }

    fn is_named(&self, model: &str) -> bool {
        self.address.alias.as_str() == model || self.model == model
    }
}

/// Why nothing answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// The request names no alias and no model of a recording; the sentence says what it could.
    UnknownModel { hint: String },
    /// It asks for something else.
    Differs {
        /// The nearest recording.
        nearest: String,
        /// The parts in which it differs.
        parts: Vec<&'static str>,
        /// More on the messages, where they differ.
        messages: Option<String>,
        /// The command that records it.
        mend: String,
    },
}

/// Everything that is served.
#[derive(Debug)]
pub struct Index {
    answers: Vec<Answer>,
    by_form: BTreeMap<(Format, String), Vec<usize>>,
}

impl Index {
    pub(super) fn new(answers: Vec<Answer>) -> Self {
        let mut by_form: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, answer) in answers.iter().enumerate() {
            for format in Format::ALL {
                if let Some(form) = answer.form(format) {
                    by_form.entry((format, form.whole.clone())).or_default().push(at);
                }
            }
        }
        Self { answers, by_form }
    }

    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The aliases and models that can be asked for, in order.
    pub fn models(&self) -> BTreeSet<&str> {
        self.answers.iter().flat_map(|answer| [answer.address.alias.as_str(), answer.model.as_str()]).collect()
    }

    /// The answers to a request, in the order in which they are served. All are of one prompt, version and alias: where several
    /// recordings answer, the one that is named by its alias, then the one with the same parameters, then the highest version.
    pub(super) fn find(&self, format: Format, form: &Form, model: &str) -> Result<Vec<usize>, Miss> {
        let equal = self.by_form.get(&(format, form.whole.clone())).map_or(&[][..], Vec::as_slice);
        let rank = |at: usize| {
            let answer = &self.answers[at];
            let other_parameters = answer.form(format).is_none_or(|known| known.parameters != form.parameters);
            let Address { prompt, version, alias, .. } = &answer.address;
            (alias.as_str() != model, other_parameters, prompt, Reverse(version), alias)
        };
        let named = || equal.iter().copied().filter(|at| self.answers[*at].is_named(model));
        let Some(best) = named().map(rank).min() else { return Err(self.miss(format, form, model, equal)) };
        let mut found: Vec<usize> = named().filter(|at| rank(*at) == best).collect();
        found.sort_by_key(|at| (&self.answers[*at].address.task, self.answers[*at].sample));
        Ok(found)
    }

    fn miss(&self, format: Format, form: &Form, model: &str, equal: &[usize]) -> Miss {
        let near = self.answers.iter().filter(|answer| answer.is_named(model));
        let near = near.filter_map(|answer| Some((answer, answer.form(format)?)));
        let distance = |(answer, known): &(&Answer, &Form)| {
            (known.differs(form).len(), Reverse(known.shared(form)), answer.address.clone(), answer.sample)
        };
        match near.min_by_key(distance) {
            Some((answer, known)) => {
                let Address { prompt, task, alias, .. } = &answer.address;
                let parts = known.differs(form);
                let messages = parts.contains(&"messages").then(|| compared(known, form));
                let mend = format!("regild record --prompt {prompt} --task {task} --model {alias}");
                Miss::Differs { nearest: answer.label(), parts, messages, mend }
            }
            None => Miss::UnknownModel { hint: self.other_names(model, equal) },
        }
    }

    /// What could be meant by a model that is none.
    fn other_names(&self, model: &str, equal: &[usize]) -> String {
        if let Some(answer) = equal.first().map(|at| &self.answers[*at]) {
            let alias = &answer.address.alias;
            return format!("this request is recorded for `{alias}` ({})", answer.model);
        }
        let known = self.models();
        match did_you_mean(model, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let listed: Vec<&str> = known.iter().copied().take(LISTED).collect();
                let more = if known.len() > LISTED { ", …" } else { "" };
                format!("there are: {}{more}", listed.join(", "))
            }
        }
    }
}

/// Where messages part.
fn compared(recorded: &Form, asked: &Form) -> String {
    let (there, here) = (recorded.messages.len(), asked.messages.len());
    match recorded.shared(asked) {
        shared if shared < there.min(here) => format!("message {} of {here} is another", shared + 1),
        _ => format!("there are {here} where {there} were recorded"),
    }
}
