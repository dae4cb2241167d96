//! Findings that no run is needed for: broken documents, gaps of the plan, prompts lost, policy proposed.

use crate::changes::Change;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, sort};
use crate::discipline::{Breach, replaced};
use crate::finding::{Finding, Kind};
use crate::plan::Gap;
use crate::policy::{Policy, PolicyOrigin};
use crate::report::PromptStatus;
use crate::side::Side;
use crate::verdict::documents;

pub fn about_change(change: &Change) -> Vec<Finding> {
    let id = &change.id;
    let why = change.why.join("; ");
    let mut found = match change.status {
        PromptStatus::Removed => vec![Finding::new(Kind::PromptRemoved, format!("removed: {why}")).of(id)],
        PromptStatus::IdChanged => vec![Finding::new(Kind::IdChanged, format!("its id is lost: {why}")).of(id)],
        PromptStatus::Added | PromptStatus::Modified | PromptStatus::Unchanged => Vec::new(),
    };
    for candidate in change.candidates.iter().filter(|candidate| candidate.rollback) {
        let version = candidate.head.as_ref().map(|prompt| prompt.version.to_string()).unwrap_or_default();
        let message = format!("goes back to {version}, the policy's rollback version, unchanged");
        found.push(Finding::new(Kind::Rollback, message).of(id));
    }
    found
}

/// Head's diagnostics and breaches. What base has too, in the same bytes, is not new.
pub fn about_documents(base: &Side, head: &Side, breaches: &[Breach]) -> Vec<Finding> {
    let own = head.diagnostics.iter().filter(|diagnostic| !replaced(breaches, diagnostic));
    let of_head = own.filter_map(|diagnostic| about(diagnostic, is_new(diagnostic, base, head)));
    let of_breaches = breaches.iter().filter_map(|breach| {
        let finding = about(&breach.diagnostic, breach.new)?.of(&breach.prompt);
        Some(match &breach.version {
            Some(version) => finding.version(version),
            None => finding,
        })
    });
    let of_base = only_on_base(head, base).map(|diagnostic| {
        let message = format!("{}: on base: {}", diagnostic.file, diagnostic.message);
        Finding::new(Kind::DocumentWarning { code: diagnostic.code, new: false }, message)
    });
    of_head.chain(of_breaches).chain(of_base).chain(not_loaded(base, head)).collect()
}

/// Whether base does not have the same flaw in the same bytes.
fn is_new(diagnostic: &Diagnostic, base: &Side, head: &Side) -> bool {
    let same_flaw = base.diagnostics.iter().any(|other| {
        (&other.code, &other.file, &other.message) == (&diagnostic.code, &diagnostic.file, &diagnostic.message)
    });
    !(same_flaw && base.snapshot.id(&diagnostic.file) == head.snapshot.id(&diagnostic.file))
}

fn about(diagnostic: &Diagnostic, new: bool) -> Option<Finding> {
    let code = diagnostic.code;
    let kind = match diagnostic.severity {
        Severity::Error => Kind::InvalidFile { code, new },
        Severity::Warning if new => Kind::DocumentWarning { code, new },
        Severity::Warning => return None,
    };
    let finding = Finding::new(kind, diagnostic.sentence());
    Some(match &diagnostic.help {
        Some(help) => finding.help(help.clone()),
        None => finding,
    })
}

/// Prompt files that do not load, and did on base or are not as they were there: whatever their mistakes weigh, what they
/// hold was not judged.
fn not_loaded<'a>(base: &'a Side, head: &'a Side) -> impl Iterator<Item = Finding> + 'a {
    let as_before =
        |path: &str| base.prompts.broken.contains_key(path) && base.snapshot.id(path) == head.snapshot.id(path);
    head.prompts.broken.iter().filter(move |(path, _)| !as_before(path)).map(|(path, id)| {
        let here = head.diagnostics.iter().filter(|found| found.is_error() && found.file == *path);
        let kind = Kind::NotLoaded { codes: here.map(|found| found.code).collect() };
        let finding = Finding::new(kind, format!("{path} does not load, so what it holds was not judged"));
        let finding = finding.help("regild validate shows why");
        match id {
            Some(id) => finding.of(id),
            None => finding,
        }
    })
}

/// Errors that only base has: nobody's to mend any more.
fn only_on_base<'a>(head: &'a Side, base: &'a Side) -> impl Iterator<Item = &'a Diagnostic> {
    base.diagnostics.iter().filter(|diagnostic| {
        diagnostic.is_error()
            && !head.diagnostics.iter().any(|other| other.code == diagnostic.code && other.file == diagnostic.file)
    })
}

pub fn about_policy(base: &Side, head: &Side, policy: &Policy, trust_head: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    if policy.origin == PolicyOrigin::FirstAdoption {
        let message = "first adoption: no commit has a regild.yaml yet, so head's own settings judge";
        found.push(Finding::new(Kind::FirstAdoption { foreign: !trust_head }, message));
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
            Gap::Unserved { prompt, .. } => {
                let help = "let a task run on it: `models` of the task or its defaults";
                Finding::new(Kind::Untested, gap.to_string()).of(prompt).help(help)
            }
            Gap::NoModel { prompt, task } => {
                let message = format!("task {task} has no model to run on");
                let kind = Kind::NotRun { code: Code::NoModel };
                Finding::new(kind, message)
                    .of(prompt)
                    .help("declare testing.models in regild.yaml, or models in the prompt")
            }
            Gap::UnknownAlias { prompt, task, alias, known, place } => {
                let message = format!("{place}: task {task} runs on `{alias}`, which regild.yaml does not declare");
                let kind = Kind::NotRun { code: Code::UnknownAlias };
                let help = match did_you_mean(alias.as_str(), known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the aliases are: {}", known.join(", ")),
                };
                Finding::new(kind, message).of(prompt).help(help)
            }
        })
        .collect()
}

/// Head's diagnostics and breaches as the policy weighs them; base's own are nobody's to mend any more, except as a warning
/// that they are there.
pub fn shown_diagnostics(head: &Side, base: &Side, breaches: &[Breach], policy: &Policy) -> Vec<Diagnostic> {
    let levels = &policy.gate.severity;
    let own = head.diagnostics.iter().filter(|diagnostic| !replaced(breaches, diagnostic));
    let of_head = own.map(|diagnostic| (diagnostic.clone(), is_new(diagnostic, base, head)));
    let of_breaches = breaches.iter().map(|breach| (breach.diagnostic.clone(), breach.new));
    let of_base = only_on_base(head, base).map(|diagnostic| {
        let message = format!("on base: {}", diagnostic.message);
        (Diagnostic { message, ..diagnostic.clone() }, false)
    });
    let all = of_head.chain(of_breaches).chain(of_base);
    let mut shown: Vec<Diagnostic> =
        all.filter_map(|(diagnostic, new)| documents::shown(diagnostic, new, levels)).collect();
    sort(&mut shown);
    shown
}
