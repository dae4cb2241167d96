//! Every code that regild gives to what it finds, in words: those of diagnostics, and those of the reasons of a verdict.
//!
//! `regild explain` prints this. Codes of diagnostics carry their own text; the others have theirs here, and a test holds
//! the two together with what findings and reasons call themselves.

use crate::diagnostic::{Code, Severity};

/// A code with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub code: &'static str,
    /// How much it weighs where the policy does not say otherwise, as a phrase.
    pub weight: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: String,
}

/// The codes of a verdict's reasons: code, usual weight, meaning, remedy.
const REASONS: &[(&str, &str, &str, &str)] = &[
    (
        "regressed",
        "fails (gate.regression)",
        "A task that passed on base fails on head.",
        "Look at the answers side by side with `regild diff PROMPT/TASK`. Only a waiver in the policy excuses it.",
    ),
    (
        "new-failure",
        "fails (gate.new_failure)",
        "A task fails on head, and base has no measured answer to compare with.",
        "Mend the prompt or the task, or record base with `regild record --side base` to see whether it failed before.",
    ),
    (
        "not-rendered",
        "fails",
        "Head's prompt cannot be rendered for a task, and base's could.",
        "Mend the template, or give the task the inputs that the version needs.",
    ),
    (
        "does-not-load",
        "is inconclusive",
        "A prompt file cannot be loaded, and the policy lets its mistakes pass.",
        "What it holds was not judged. `regild validate` shows the mistakes; mend them.",
    ),
    (
        "budget",
        "fails",
        "Runs broke a budget on head only.",
        "See `budgets:` in regild.yaml, and the steps of the run with `regild recordings show`.",
    ),
    (
        "tokens",
        "fails or warns (gate.tokens)",
        "Tokens per run grew beyond the gate.",
        "Shorten the prompt or what it asks for, or raise the gate in a change of its own.",
    ),
    (
        "output-tokens",
        "fails or warns (gate.output_tokens)",
        "Output tokens per run grew beyond the gate.",
        "Shorten what the prompt asks for. It is gated only where the policy says so; otherwise it explains growth of `tokens`.",
    ),
    (
        "pass-rate",
        "fails or warns (gate.pass_rate)",
        "Over all tasks of a prompt, fewer samples pass than on base, and chance does not explain it.",
        "See which tasks pass less often, even where none is a regression by itself: `regild diff PROMPT`.",
    ),
    (
        "task-tokens",
        "warns; fails for critical tasks (gate.task_growth)",
        "One task takes far more tokens than on base, which the mean over all tasks may hide.",
        "See its steps with `regild diff PROMPT/TASK`, or give it a budget of its own: `regild suggest budgets`.",
    ),
    (
        "task-tool-calls",
        "warns; fails for critical tasks (gate.task_growth)",
        "One task makes far more tool calls than on base.",
        "See which with `regild diff PROMPT/TASK`, or give it a budget of its own: `regild suggest budgets`.",
    ),
    (
        "tool-calls",
        "fails or warns (gate.tool_calls)",
        "Tool calls per run grew beyond the gate.",
        "See which calls are new with `regild diff PROMPT/TASK`.",
    ),
    (
        "steps",
        "fails or warns (gate.steps)",
        "Model replies per run grew beyond the gate.",
        "It is gated only where the policy says so; otherwise it explains growth of `tokens` and `tool-calls`.",
    ),
    (
        "latency",
        "fails or warns (gate.latency)",
        "Recorded latency per run grew beyond the gate.",
        "Latency is what was recorded: compare recordings of one machine and one day.",
    ),
    ("cost-per-run", "is shown", "The cost of a run changed.", "It explains a change of `cost`."),
    (
        "cost",
        "fails or warns (gate.cost)",
        "The monthly cost, or the cost of a request, is over a limit of the policy.",
        "`regild cost` shows what it is made of. A figure over the limit fails, unless it may well be that nothing more is \
         spent; a limit that only the interval reaches warns (gate.cost.strict: is inconclusive). More tasks make the interval narrower.",
    ),
    (
        "too-long",
        "fails; warns where base's are too long too, or only the table inside regild says so",
        "A request has more input tokens than its model takes: it would not fit.",
        "Shorten the prompt or what is put into it, serve it with a model that takes more, or mend `max_input_tokens` in \
         prices.yaml.",
    ),
    (
        "model-deprecated",
        "warns",
        "The provider withdraws the model that serves, or has done so.",
        "Plan the change of the model: record its answers under an alias of its own, and compare.",
    ),
    (
        "traffic-old",
        "warns",
        "The declared traffic is older than 90 days, and the monthly cost is no better than it.",
        "Measure again: `regild traffic pull` reads a Prometheus server. Write the day into `as_of`.",
    ),
    (
        "expectation-changed",
        "waits for acceptance (gate.expectation_changed)",
        "A task was removed, re-pointed or altered, or only base's assertions fail.",
        "If it is meant, somebody accepts it: `regild check --accept expectation-changed:PROMPT/TASK --reason TEXT`.",
    ),
    (
        "removed",
        "waits for acceptance (gate.expectation_changed)",
        "Head no longer has a prompt that base has.",
        "If it is meant, somebody accepts it.",
    ),
    (
        "id-changed",
        "waits for acceptance (gate.expectation_changed)",
        "A file bears another id than on base.",
        "Renaming an id loses its recordings and its history. If it is meant, somebody accepts it.",
    ),
    (
        "untested",
        "waits for acceptance (gate.untested)",
        "A changed prompt has no golden task.",
        "Write one below golden/, or accept it.",
    ),
    (
        "cost-unknown",
        "warns (gate.cost.unknown)",
        "The cost of a changed prompt cannot be told.",
        "Declare its traffic in regild.yaml and its price in prices.yaml.",
    ),
    (
        "base-not-measured",
        "warns (gate.base_unmeasured)",
        "A task has no usable recording on base.",
        "`regild record --side base` records it.",
    ),
    (
        "still-failing",
        "warns (gate.still_failing)",
        "A task fails on both sides.",
        "The change is not to blame. Mend the task or the prompt, or quarantine the task until a date.",
    ),
    (
        "first-adoption",
        "warns",
        "No commit has a regild.yaml yet, so head's own settings judge.",
        "It goes away once regild.yaml is merged.",
    ),
    (
        "policy",
        "warns",
        "The policy could not be read as a whole.",
        "The message says which file, and what judges instead.",
    ),
    ("policy-changed", "warns", "Head changes what judges.", "It counts once it is merged."),
    (
        "rollback",
        "warns",
        "The pointer goes back to the policy's rollback version, unchanged.",
        "Nothing is wrong: a rollback needs no recording.",
    ),
    (
        "fewer-samples",
        "warns",
        "Fewer samples are recorded than the task asks for.",
        "`regild record` adds the missing ones.",
    ),
    (
        "re-recorded",
        "warns",
        "Head edits a recording of a request that did not change.",
        "Base's answer is the evidence for both sides; the edit is not used.",
    ),
    (
        "recording-edited",
        "warns",
        "A recording says that it was edited by hand.",
        "It is not what a model said. Record it again where that matters.",
    ),
    (
        "recording-unreadable",
        "warns",
        "A recording that head brings cannot be read, and is not needed.",
        "Delete it or record it again.",
    ),
    (
        "approval-void",
        "warns",
        "An approving review on GitHub does not count.",
        "It must be of this very head, by somebody who did not write part of it and whom `gate.approvers` of the policy names, or \
         who may write to the repository where it names nobody.",
    ),
    (
        "unused-acceptance",
        "warns",
        "An `--accept` accepts nothing that was found.",
        "Mend its code, prompt or task, or leave it out.",
    ),
    ("recording-missing", "is inconclusive", "There is no recording for a task.", "`regild record` records it."),
    (
        "recording-stale",
        "is inconclusive",
        "The recording answers another request: the parts named have changed.",
        "`regild record` records what is asked now.",
    ),
    (
        "recording-diverged",
        "is inconclusive",
        "The recording fits at first, and then another request is made.",
        "`regild record` records the run as it goes now.",
    ),
    (
        "recording-conflicted",
        "is inconclusive",
        "The recording holds merge-conflict markers.",
        "Record it again; recordings are never merged by hand.",
    ),
    (
        "recording-tampered",
        "fails where head brings it, else is inconclusive",
        "The recording's digest does not fit its content.",
        "Restore the file, record it again, or say that you edited it: `regild recordings rehash`.",
    ),
    (
        "recording-unsupported",
        "is inconclusive",
        "This version of regild cannot read the recording.",
        "Record it with this version.",
    ),
    (
        "stand-in",
        "is inconclusive",
        "Recorded from `mock`, where the policy names a real provider.",
        "Record it from the provider that the policy names.",
    ),
    (
        "unverified",
        "is inconclusive",
        "Answers that only this head brings, from another repository, and nobody accepted yet.",
        "A maintainer accepts them, or records them again.",
    ),
    (
        "unconfirmed",
        "is inconclusive",
        "A task failed on head, and the samples are too few to tell that from noise.",
        "`regild record --samples 7 --side both` settles it.",
    ),
    (
        "unsteady",
        "warns",
        "A task fails on head that passed on base, by so few samples that chance may well explain it.",
        "Nothing must be done. More samples tell more: `regild record --samples 7 --side both`.",
    ),
    (
        "not-comparable",
        "waits for acceptance (gate.not_comparable); a flip is inconclusive",
        "The sides differ by more than the prompt: another model or provider answered, or the answers lie too many days apart.",
        "`regild record --side both --rewrite` asks for both sides again. Or somebody accepts it.",
    ),
    (
        "no-stub",
        "is inconclusive",
        "The model called a declared tool that the task does not stub.",
        "Give the task a stub for it.",
    ),
    (
        "stopped-early",
        "is inconclusive",
        "A run ended before there was an answer to look at.",
        "See the budget that stopped it.",
    ),
    (
        "no-evidence",
        "is inconclusive",
        "The recording lacks what an assertion looks at, such as usage.",
        "Record it from a source that reports it.",
    ),
    (
        "not-judged",
        "is inconclusive",
        "A judge that a task declares was not asked about an answer yet, or was asked by another rubric.",
        "Record it: the answer itself is not asked for again.",
    ),
    (
        "judge-unclear",
        "is inconclusive",
        "What a judge said is no score: no JSON, no number from 0 to 1, or none of the choices.",
        "Make the rubric clearer, or let another model judge; then record with `--rewrite`.",
    ),
    (
        "unlike-recording",
        "is inconclusive",
        "`regild drift` asked a model again, and its answers are less like the recorded ones than `--min-alike` wants.",
        "See both: the model may have changed behind its name, or the recording may never have come from it. Then record with `--rewrite`.",
    ),
    ("provider", "is inconclusive", "The provider failed.", "Try again later."),
    (
        "other-model",
        "is inconclusive",
        "Another model answered than the one that was asked.",
        "If it is meant, name it in the alias's `served:`; otherwise ask the provider why.",
    ),
    (
        "spend-cap",
        "is inconclusive",
        "A cap on what a live run may spend was reached, and the rest was not asked for.",
        "Raise the cap in the policy's `spend:`, or ask for less; what was paid for is kept.",
    ),
];

/// Every code, diagnostics first.
pub fn all() -> impl Iterator<Item = Explained> {
    let diagnostics = Code::ALL.iter().map(|code| {
        let (meaning, remedy) = code.explanation();
        let weight = match code.severity() {
            Severity::Error => "is an error (gate.severity)",
            Severity::Warning => "is a warning (gate.severity)",
        };
        Explained { code: code.as_str(), weight, meaning, remedy }
    });
    let reasons = REASONS.iter().map(|&(code, weight, meaning, remedy)| Explained {
        code,
        weight,
        meaning,
        remedy: remedy.to_owned(),
    });
    diagnostics.chain(reasons)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::compare::{Fallen, Metric};
    use crate::finding::Kind;
    use crate::outcome::Reason;
    use crate::report::MetricStatus;
    use crate::stop::Stop;

    fn reasons() -> Vec<Reason> {
        let text = String::new;
        vec![
            Reason::Missing,
            Reason::Stale { changed: Vec::new() },
            Reason::Diverged { step: 0, changed: Vec::new() },
            Reason::Conflicted { path: text() },
            Reason::Tampered { path: text() },
            Reason::Unsupported { path: text(), why: text() },
            Reason::StandIn { provider: text() },
            Reason::Unverified,
            Reason::Unconfirmed { p_value: text() },
            Reason::NotComparable { why: text() },
            Reason::NoStub { tool: text() },
            Reason::StoppedEarly { stop: Stop::Error },
            Reason::NotRendered { message: text() },
            Reason::NoEvidence { what: text() },
            Reason::NotJudged { judge: text() },
            Reason::Unclear { judge: text(), why: text() },
            Reason::Provider { message: text() },
            Reason::OtherModel { asked: text(), served: text() },
            Reason::SpendCap { cap: text() },
        ]
    }

    fn kinds() -> Vec<Kind> {
        let mut kinds = vec![
            Kind::Tampered { new: true },
            Kind::Failing(Fallen::of((3, 3), (0, 3))),
            Kind::PassRate(MetricStatus::Fail),
            Kind::NotComparable,
            Kind::NewFailure,
            Kind::NotRendered,
            Kind::BudgetBroken,
            Kind::Cost { certain: true },
            Kind::TooLong { new: true },
            Kind::ModelDeprecated,
            Kind::TrafficOld,
            Kind::ExpectationChanged,
            Kind::TaskRemoved,
            Kind::PromptRemoved,
            Kind::IdChanged,
            Kind::Untested,
            Kind::Claimed,
            Kind::CostUnknown,
            Kind::BaseUnmeasured,
            Kind::StillFailing,
            Kind::FirstAdoption { foreign: false },
            Kind::PolicyRemark,
            Kind::PolicyProposed,
            Kind::Rollback,
            Kind::FewerSamples,
            Kind::ReRecorded,
            Kind::Edited,
            Kind::Unreadable,
            Kind::UnusedAcceptance,
            Kind::VoidApproval,
            Kind::Unlike { alike: 0.0, least: 1.0 },
            Kind::InvalidFile { code: Code::Yaml, new: true },
            Kind::DocumentWarning { code: Code::UnusedVariable, new: true },
            Kind::NotLoaded { codes: Vec::new() },
            Kind::NotRun { code: Code::NoModel },
        ];
        let metrics = [
            Metric::TotalTokens,
            Metric::OutputTokens,
            Metric::ToolCalls,
            Metric::Steps,
            Metric::LatencyMs,
            Metric::CostUsd,
        ];
        kinds.extend(metrics.map(|metric| Kind::Growth(metric, MetricStatus::Fail)));
        let of_tasks = [Metric::TotalTokens, Metric::ToolCalls];
        kinds.extend(of_tasks.map(|metric| Kind::TaskGrowth(metric, MetricStatus::Fail)));
        kinds.extend(reasons().into_iter().map(Kind::Unjudged));
        kinds
    }

    #[test]
    fn every_code_is_explained_once_and_no_other() {
        let explained: Vec<&str> = all().map(|one| one.code).collect();
        let unique: BTreeSet<&str> = explained.iter().copied().collect();
        assert_eq!(explained.len(), unique.len(), "a code is explained twice");
        let kinds = kinds();
        // Ranks are dense, so a kind that this list lacks would leave a gap.
        let ranks: BTreeSet<u8> = kinds.iter().map(Kind::rank).collect();
        assert_eq!(ranks.iter().copied().collect::<Vec<_>>(), (0..=31).collect::<Vec<_>>());
        let mut used: BTreeSet<&str> = kinds.iter().map(Kind::code).collect();
        used.insert(crate::verdict::UNSTEADY);
        used.extend(Code::ALL.iter().map(|code| code.as_str()));
        assert_eq!(unique, used);
    }
}
