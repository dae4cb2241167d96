//! `docs/verdict.md`: how a verdict is made. The prose is written here; every number in it comes from the code that judges.

use super::settings::section;
use crate::config::{EvidenceGate, Gate};
use crate::evaluate::needed;
use crate::stats::{self, Estimate};
use crate::verdict::CONFIRMING_SAMPLES;

/// The worked case of the founding incident: what ten tasks took before and after (notes: statistics B2).
const BASE_TOKENS: [f64; 10] = [3200., 4100., 2800., 5200., 3900., 6100., 4700., 3500., 7500., 4400.];
const HEAD_TOKENS: [f64; 10] = [6100., 7600., 5900., 9800., 7300., 11600., 9100., 6900., 14200., 8500.];
const BASE_CALLS: [f64; 10] = [3., 4., 2., 5., 4., 6., 4., 3., 6., 3.];
const HEAD_CALLS: [f64; 10] = [9., 11., 7., 13., 11., 15., 12., 9., 14., 9.];

/// The page.
pub fn verdict() -> String {
    let gate = Gate::default();
    [head(), one_task(&gate.evidence), all_tasks(&gate), worked(), visible(), rest(&gate), section(), sources()]
        .concat()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn change(ratio: f64) -> String {
    crate::report::numbers::change(ratio).replace(crate::report::numbers::NBSP, " ")
}

fn head() -> String {
    "<!-- Generated from src/docs/verdict.rs: `UPDATE=1 cargo test --test integration` writes it anew. -->

# How a verdict is made

Models answer differently each time. So a difference between base and head may be the prompt's doing, or chance. regild fails a
change only where chance is a poor explanation, holds it up where more samples would tell, and never calls \"cannot tell\" a
pass. Which of these rules false alarms come from, and how often, is measured: [simulation](simulation.md). What your own
suite can see: `regild noise`. Every number below is a default of `gate:` in the policy's `regild.yaml`.

The order of what is looked at, the surest first:

1. **Limits that need no statistics**: invalid files, budgets, `max_tool_calls`, `max_tokens`, forbidden tools, schemas. A run
   breaks them or does not. Give tasks limits (`regild suggest budgets`): they catch an incident with a single sample.
2. **Single tasks** that flip from pass to fail.
3. **All tasks of a prompt together**: the share of samples that pass, tokens and tool calls per run.
4. **Money** per month: [cost](cost.md).

"
    .to_owned()
}

fn one_task(evidence: &EvidenceGate) -> String {
    let rule: Vec<String> = [1, 2, 3, 4, 5, 7, 10].iter().map(|k| format!("{} of {k}", needed(*k, None))).collect();
    let mut text = format!(
        "## One task

A task passes when two thirds of its samples pass: {} (`gate.min_pass` sets another share). Where base passes and head
fails, Fisher's exact test says how likely chance alone would do that:

| samples a side | all pass, then none | all pass, then one | all pass, then two | base's interval (Wilson, 95 %) |
|---|---|---|---|---|
",
        rule.join(", ")
    );
    for k in [1_usize, 3, 5, 7] {
        let p = |passed: usize| match passed < needed(k, None) && passed <= k {
            true => match stats::fisher((k, k), (passed, k)) {
                p if p < 0.001 => "p < 0.001".to_owned(),
                p => format!("p = {p:.3}"),
            },
            false => "still passes".to_owned(),
        };
        let ci = stats::wilson(k as u64, k as u64).expect("k is not 0");
        let cells = [0, 1, 2].map(|passed| if passed >= k && passed > 0 { "—".to_owned() } else { p(passed) });
        text.push_str(&format!(
            "| {k} | {} | {} | {} | {} to {} |\n",
            cells[0],
            cells[1],
            cells[2],
            percent(ci.low),
            percent(ci.high)
        ));
    }
    text.push_str(&format!(
        "
- **p ≤ {}** (`evidence.flip_p_value`): `regressed`, exit 1. Three samples can show that only as 3/3 → 0/3; single samples never.
  And where base's own samples fail now and then, some task of many flips by chance: it counts only where that is as unlikely as
  {} for the whole suite (`evidence.flip_by_noise`: tasks × binomial tails at the share that passes on base).
- less sure, and the share that passes fell by {} points of 100 or more (`evidence.flip_min_drop`): `unconfirmed`, exit 3, with the command
  that records more samples. A live check asks for {CONFIRMING_SAMPLES} more on each side by itself, and judges all of them.
- a smaller fall (4/5 → 3/5): `unsteady`, a warning. Chance does that too often to hold anybody up.
- a `critical` task: any flip counts, where both sides have equally many samples. A `quarantine`d one never holds up.
- both fail: `still_failing`, a warning; its author is not to blame. No base: `new_failure`, which fails.
- `expect: fail` turns what a task comes to round, so that a known weakness shows when it goes away.

A budget that head's runs break and none of base's does fails, be it one run: a limit is a limit.

### What cannot be compared

A regression is the prompt's doing. Where something else differs too, there is none to find: `not-comparable`, which waits for
acceptance (`gate.not_comparable`), and exit 3 for a flip.

- the task's input, history or stubs changed: what base expected is a matter of `expectation_changed`;
- another model answered under the same name, or another provider;
- the answers of both sides lie more than {} days apart (`gate.max_days_between`; answers of the `mock` provider do not age);
- unequally many samples are compared as shares, and no single flip of a critical task counts between them.

A model that head itself declares is head's doing, and compared.

",
        evidence.flip_p_value,
        evidence.flip_by_noise,
        evidence.flip_min_drop * 100.0,
        Gate::default().max_days_between.unwrap_or_default()
    ));
    text
}

fn all_tasks(gate: &Gate) -> String {
    let EvidenceGate { fail_confidence, warn_confidence, growth_floor, min_tasks, .. } = gate.evidence;
    let tokens = gate.tokens.unwrap_or_default();
    let calls = gate.tool_calls.unwrap_or_default();
    let fall = gate.pass_rate.unwrap_or_default();
    let limit = |ratio: Option<f64>| ratio.map_or("never".to_owned(), change);
    format!(
        "## All tasks of a prompt

Each task is averaged over its samples and then counts once; tasks of one `family`, and one task on several models, are one
cluster. Quarantined and incomparable tasks are left out. Sample *i* of base is never paired with sample *i* of head.

| what | compared as | test | warns beyond | fails beyond |
|---|---|---|---|---|
| tokens, output tokens, latency, cost per run | mean log-ratio of tasks | paired t, clustered; from 8 clusters on the exact sign-flip test beside it, p doubled: one task that grew beyond measure hides nothing | {} | {} |
| tool calls, steps | difference of tasks' means; ratio of means | exact sign-flip (2¹⁶ at most, then 10,000 seeded draws); t below 8 clusters | {}, and {} call | {}, and {} call |
| samples that pass | difference of tasks' shares | exact sign-flip | −{:.0} points | −{:.0} points |

- **To fail**, an effect must be beyond its limit, and real with {} confidence (`evidence.fail_confidence`): growth more than
  {} (`evidence.growth_floor`), a fall more than nothing. Holm's method keeps that promise for all of them together.
- **To warn**, it must be beyond the lower limit, and real with {} confidence.
- Tasks that took exactly the same on both sides dilute the effect and are no evidence of how much chance does.
- Fewer than {min_tasks} tasks that differ (`evidence.min_tasks`): no test over tasks. Then the samples of each task must tell (t, with
  the tasks as they are); single samples cannot, and growth beyond the limit is exit 3.
- Counts may be 0, where a ratio of logarithms is undefined; a metric of tokens with a 0 in it is compared as counts are.
- p95 is shown and not tested: of 10 to 50 runs it is nearly the largest value.
- Latency is shown; `gate.latency` gates it from 30 runs a side on. `gate.output_tokens` and `gate.steps` gate those.
- One task that grew by {} or more (`gate.task_growth`), beyond chance among all tasks (variance pooled, Holm, 3 samples a side): a
  warning, and a failure where it is critical. Who grew with all others is not named beside them.

",
        limit(tokens.warn),
        limit(tokens.fail),
        limit(calls.warn),
        calls.min_delta,
        limit(calls.fail),
        calls.min_delta,
        fall.warn.unwrap_or_default() * 100.0,
        fall.fail.unwrap_or_default() * 100.0,
        percent(fail_confidence),
        change(growth_floor),
        percent(warn_confidence),
        gate.task_growth.map_or("—".to_owned(), change),
    )
}

fn worked() -> String {
    let logs: Vec<f64> =
        BASE_TOKENS.iter().zip(HEAD_TOKENS).map(|(base, head): (&f64, f64)| (head / base).ln()).collect();
    let estimate = Estimate::of(&logs).expect("ten tasks");
    let ci = estimate.interval(0.95);
    let ratio = stats::ratio_of_means(&BASE_TOKENS, &HEAD_TOKENS).expect("ten tasks");
    let fieller = ratio.fieller.expect("base is far from 0");
    let calls = stats::ratio_of_means(&BASE_CALLS, &HEAD_CALLS).expect("ten tasks");
    let calls_ci = calls.fieller.expect("base is far from 0");
    let differences: Vec<f64> = BASE_CALLS.iter().zip(HEAD_CALLS).map(|(base, head)| head - base).collect();
    let p95 = |values: &[f64]| stats::nearest_rank(values, 0.95).unwrap_or_default();
    format!(
        "## The incident, worked

Ten tasks, one run a side, after a prompt was told to be exhaustive (mean tokens {:.0} → {:.0}, p95 {:.0} → {:.0}; tool calls {:.1} → {:.1}):

| method | result |
|---|---|
| **tokens: paired t on log-ratios** (the gate's) | ×{:.4} (95 % CI {:.4} to {:.4}), lower bound {:.4} with {} confidence, p = {:.1e} |
| sign-flip on log-ratios | p = {:.7} |
| Wilcoxon's signed ranks | p = {:.7} |
| Hodges and Lehmann | ×{:.4} |
| ratio of means, Fieller's interval | ×{:.4} (95 % CI {:.4} to {:.4}) |
| **tool calls: sign-flip on differences** (the gate's) | +{:.1} a run, ×{:.2} (95 % CI {:.2} to {:.2}), p = {:.7} |

All agree; the verdict does not hang on the method.

",
        Estimate::of(&BASE_TOKENS).expect("ten tasks").mean,
        Estimate::of(&HEAD_TOKENS).expect("ten tasks").mean,
        p95(&BASE_TOKENS),
        p95(&HEAD_TOKENS),
        Estimate::of(&BASE_CALLS).expect("ten tasks").mean,
        Estimate::of(&HEAD_CALLS).expect("ten tasks").mean,
        estimate.mean.exp(),
        ci.low.exp(),
        ci.high.exp(),
        estimate.lower(Gate::default().evidence.fail_confidence).exp(),
        percent(Gate::default().evidence.fail_confidence),
        estimate.p_above(0.0),
        stats::sign_flip(&logs, 0),
        stats::wilcoxon(&logs),
        stats::hodges_lehmann(&logs).exp(),
        ratio.ratio,
        fieller.low,
        fieller.high,
        Estimate::of(&differences).expect("ten tasks").mean,
        calls.ratio,
        calls_ci.low,
        calls_ci.high,
        stats::sign_flip(&differences, 0),
    )
}

fn visible() -> String {
    let EvidenceGate { fail_confidence, growth_floor, .. } = Gate::default().evidence;
    let mut text = format!(
        "## What a suite can see

The smallest growth of tokens in all tasks that fails in four of five cases at {} confidence, by the noise between runs of one
task (the standard deviation of the logarithm; `regild noise` measures yours). Tasks differ by 0.1 in how much they grow. The gate
never fails growth below its limit, {}:

| tasks × samples | noise 0.15 | noise 0.3 | noise 0.5 |
|---|---|---|---|
",
        percent(fail_confidence),
        change(Gate::default().tokens.unwrap_or_default().fail.unwrap_or(1.25)),
    );
    for (n, k) in [(10, 1), (10, 3), (10, 5), (20, 1), (20, 3), (20, 5), (50, 1), (50, 3)] {
        text.push_str(&format!("| {n} × {k} |"));
        for sigma in [0.15, 0.3, 0.5] {
            let found = stats::detectable_ratio(n, k, sigma, 0.1, 1.0 - fail_confidence, 0.8);
            text.push_str(&format!(" {} |", found.map_or("—".to_owned(), |ratio| change(ratio * growth_floor))));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn rest(gate: &Gate) -> String {
    format!(
        "## From findings to an exit code

Each finding has a severity: the policy's word on its kind (`gate:`), an acceptance, a waiver. One failure is exit 1; else what
awaits acceptance or could not be judged is exit 3; else exit 0. `regild explain CODE` says what each code means. The same
recordings give the same bytes: nothing is drawn by chance but sign flips of more than 16 values and the interval of skewed
costs, and both are seeded.

## Why these defaults

- **Confidence {}**: at 95 % (and without Holm) growth alone fails two of a hundred changes that change nothing, with ten tasks
  of one noisy sample each. A gate that fails one in fifty for nothing is switched off.
- **A limit on the effect and on the evidence**: a mean that is 10 % up is chance in a quarter of such suites, and a difference
  that is certain may be too small to matter.
- **A fall of half the samples before a flip holds up**: two thirds of five samples are four, so that a task that passes nine
  times in ten flips more often with five samples than with three. With any flip held up, more samples would cost more
  false alarms instead of fewer ([simulation](simulation.md)).
- **Money is not tested again**: it follows from tokens and prices. [cost](cost.md) has its own interval.

",
        percent(gate.evidence.fail_confidence)
    )
}

fn sources() -> String {
    "## Sources

Wilson 1927 (interval of a share) · Fisher 1935 (exact test; randomisation) · McNemar 1947 · Student 1908 · Holm 1979 · Fieller 1954 ·
Efron 1987 (BCa) · Wilcoxon 1945 · Hodges and Lehmann 1963 · Newcombe 1998 · Miller 2024, arXiv:2411.00640 (clustered errors, paired
differences, power for evaluations) · Bowyer, Aitchison and Ivanova 2025, arXiv:2503.01747 (exact methods below a few hundred samples).
`src/stats/` names the source of each formula, and tests it against published numbers.
"
    .to_owned()
}
