//! Findings that no run is needed for: broken documents, gaps of the plan, prompts lost, policy proposed.

use crate::changes::Change;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, sort};
use crate::finding::{Finding, Kind};
use crate::plan::Gap;
use crate::policy::{Policy, PolicyOrigin};
use crate::report::PromptStatus;
use crate::side::Side;

pub fn about_change(change: &Change) -> Vec<Finding> {
    let id = &change.id;
    let why = change.why.join("; ");
    let mut found = match change.status {
        PromptStatus::Removed => vec![Finding::new(Kind::PromptRemoved, format!("removed: {why}")).of(id)],
        PromptStatus::IdChanged => vec![Finding::new(Kind::IdChanged, format!("its id is lost: {why}")).of(id)],
        PromptStatus::Added | PromptStatus::Modified | PromptStatus::Unchanged => Vec::new(),
    };
    for candidate in &change.candidates {
        if let (Some(head), Some(base)) = (&candidate.head, &candidate.base)
            && head.version == base.version
            && head.fingerprint() != base.fingerprint()
        {
            let kind = Kind::DocumentWarning { code: Code::VersionEditedInPlace };
            let message =
                format!("{} was edited in place; what is sent changed under an unchanged version", head.version);
            found.push(
                Finding::new(kind, message).of(id).version(&head.version).help("give the change a version of its own"),
            );
        }
    }
    for candidate in change.candidates.iter().filter(|candidate| candidate.rollback) {
        let version = candidate.head.as_ref().map(|prompt| prompt.version.to_string()).unwrap_or_default();
        let message = format!("goes back to {version}, the policy's rollback version, unchanged");
        found.push(Finding::new(Kind::Rollback, message).of(id));
    }
    found
}

/// Head's diagnostics: an error counts against head unless base has the same flaw in the same bytes.
pub fn about_documents(base: &Side, head: &Side) -> Vec<Finding> {
    let on_base = |diagnostic: &Diagnostic| {
        let same_flaw = base.diagnostics.iter().any(|other| {
            (&other.code, &other.file, &other.message) == (&diagnostic.code, &diagnostic.file, &diagnostic.message)
        });
        same_flaw && base.snapshot.id(&diagnostic.file) == head.snapshot.id(&diagnostic.file)
    };
    let finding = |diagnostic: &Diagnostic| {
        let Diagnostic { code, severity, message, file, line, help, .. } = diagnostic;
        let new = !on_base(diagnostic);
        let place = if *line > 0 { format!("{file}:{line}") } else { file.clone() };
        let kind = match severity {
            Severity::Error => Kind::InvalidFile { code: *code, new },
            Severity::Warning if new => Kind::DocumentWarning { code: *code },
            Severity::Warning => return None,
        };
        let finding = Finding::new(kind, format!("{place}: {message}"));
        Some(match help {
            Some(help) => finding.help(help.clone()),
            None => finding,
        })
    };
    let of_base = only_on_base(head, base).map(|diagnostic| {
        let message = format!("{}: on base: {}", diagnostic.file, diagnostic.message);
        Finding::new(Kind::DocumentWarning { code: diagnostic.code }, message)
    });
    head.diagnostics.iter().filter_map(finding).chain(of_base).collect()
}

/// Errors that only base has: nobody's to mend any more.
fn only_on_base<'a>(head: &'a Side, base: &'a Side) -> impl Iterator<Item = &'a Diagnostic> {
    base.diagnostics.iter().filter(|diagnostic| {
        diagnostic.is_error()
            && !head.diagnostics.iter().any(|other| other.code == diagnostic.code && other.file == diagnostic.file)
    })
}

pub fn about_policy(base: &Side, head: &Side, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    if policy.origin == PolicyOrigin::FirstAdoption {
        let message = "first adoption: no commit has a regild.yaml yet, so head's own settings judge";
        found.push(Finding::new(Kind::FirstAdoption, message));
    }
    found.extend(policy.remarks.iter().map(|remark| Finding::new(Kind::PolicyRemark, remark.clone())));
    let judging = |config: &Config| {
        let alert = config.observability.alert_on_token_spike;
        (config.gate.clone(), config.budgets, config.spend.clone(), config.prompts.require_prompt_id, alert)
    };
    let own = judging(&head.config);
    let in_force = (
        policy.gate.clone(),
        policy.budgets,
        policy.spend.clone(),
        policy.require_prompt_id,
        policy.alert_on_token_spike,
    );
    // Where the target moved on meanwhile, head differs without having changed anything.
    let is_changed = base.settings.is_none() || judging(&base.config) != own;
    if policy.origin != PolicyOrigin::FirstAdoption && is_changed && own != in_force {
        let message =
            "head's gate, budgets, spend, require_prompt_id or alerts differ from the policy's; they count once merged";
        found.push(Finding::new(Kind::PolicyProposed, message));
    }
    found
}

pub fn about_gaps(gaps: &[Gap]) -> Vec<Finding> {
    gaps.iter()
        .map(|gap| match gap {
            Gap::Untested { prompt, version } => {
                Finding::new(Kind::Untested, format!("version {version} has no golden task")).of(prompt)
            }
            Gap::NoModel { prompt, task } => {
                let message = format!("task {task} has no model to run on");
                let kind = Kind::InvalidFile { code: Code::NoModel, new: true };
                Finding::new(kind, message)
                    .of(prompt)
                    .help("declare testing.models in regild.yaml, or models in the prompt")
            }
            Gap::UnknownAlias { prompt, task, alias, known, place } => {
                let message = format!("{place}: task {task} runs on `{alias}`, which regild.yaml does not declare");
                let kind = Kind::InvalidFile { code: Code::UnknownAlias, new: true };
                let help = match did_you_mean(alias.as_str(), known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the aliases are: {}", known.join(", ")),
                };
                Finding::new(kind, message).of(prompt).help(help)
            }
        })
        .collect()
}

/// Head's diagnostics; base's own are nobody's to mend any more, except as a warning that they are there.
pub fn shown_diagnostics(head: &Side, base: &Side) -> Vec<Diagnostic> {
    let only_base = only_on_base(head, base).map(|diagnostic| Diagnostic {
        severity: Severity::Warning,
        message: format!("on base: {}", diagnostic.message),
        ..diagnostic.clone()
    });
    let mut all: Vec<Diagnostic> = head.diagnostics.iter().cloned().chain(only_base).collect();
    sort(&mut all);
    all
}
