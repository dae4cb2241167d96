//! The verdict's reasons in their classes, and what somebody accepted. Each reason leads to its task, where the page has it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::task::TaskView;
use super::{room, tone};
use crate::report::class::{self, Class};
use crate::report::{Accepted, Prompt, Reason, Report, Severity, escape, headline, words};

#[derive(Debug, Serialize)]
pub struct ClassView {
    title: &'static str,
    anchor: String,
    count: usize,
    reasons: Vec<ReasonView>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct ReasonView {
    mark: &'static str,
    tone: &'static str,
    severity: &'static str,
    code: String,
    subject: String,
    anchor: Option<String>,
    message: String,
    help: Option<String>,
    is_command: bool,
}

#[derive(Debug, Serialize)]
pub struct AcceptedView {
    code: String,
    subject: String,
    message: String,
    by: String,
    reason: String,
}

/// Where the tasks of a report stand on the page: prompt and task lead to version, model and anchor.
#[derive(Debug, Default)]
pub struct Places<'a>(BTreeMap<(&'a str, String), Vec<Place<'a>>>);

#[derive(Debug)]
struct Place<'a> {
    prompt: &'a Prompt,
    model: String,
    anchor: String,
}

impl<'a> Places<'a> {
    pub fn add(&mut self, prompt: &'a Prompt, task: &TaskView) {
        let TaskView { id, model, anchor, .. } = task;
        let place = Place { prompt, model: model.clone(), anchor: anchor.clone() };
        self.0.entry((&prompt.id, id.clone())).or_default().push(place);
    }

    fn find(&self, reason: &Reason) -> Option<String> {
        let places = self.0.get(&(reason.prompt.as_deref()?, reason.task.clone()?))?;
        let is_it = |place: &&Place<'_>| {
            reason.is_about(place.prompt) && reason.model.as_deref().is_none_or(|model| model == place.model)
        };
        places.iter().find(is_it).map(|place| place.anchor.clone())
    }
}

pub fn classes(report: &Report, places: &Places<'_>) -> Vec<ClassView> {
    let view = |(nth, class): (usize, Class)| {
        let all: Vec<&Reason> = class.reasons(report).collect();
        let reasons: Vec<ReasonView> = all.iter().take(room::FINDINGS).map(|it| reason(it, places)).collect();
        let (title, anchor) = (class.title(), format!("f{}", nth + 1));
        ClassView { title, anchor, count: all.len(), more: all.len() - reasons.len(), reasons }
    };
    Class::ALL.into_iter().enumerate().map(view).filter(|class| class.count > 0).collect()
}

fn reason(reason: &Reason, places: &Places<'_>) -> ReasonView {
    let mark = class::mark(reason.severity);
    // On one line, so that what is pasted into a shell runs no line that was not seen.
    let help = reason.help.as_deref().map(|help| escape::line(&room::value(help)));
    ReasonView {
        mark,
        tone: tone(mark),
        severity: severity(reason.severity),
        code: headline::kebab(&reason.code),
        subject: class::subject(reason),
        anchor: places.find(reason),
        message: room::value(&reason.message),
        is_command: help.as_ref().is_some_and(|help| help.starts_with("regild ")),
        help,
    }
}

/// What a mark means, for whoever does not see it.
fn severity(severity: Severity) -> &'static str {
    words::SEVERITIES.iter().find(|(one, _, _)| *one == severity).map_or("", |(_, _, title)| title)
}

pub fn accepted(accepted: &Accepted) -> AcceptedView {
    AcceptedView {
        code: headline::kebab(&accepted.code),
        subject: words::subject(accepted.prompt.as_deref(), accepted.task.as_deref(), None),
        message: room::value(&accepted.message),
        by: words::accepted_by(accepted),
        reason: room::value(&accepted.reason),
    }
}
