//! What no assertion type may do: decide without the evidence that it decides by.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::{StepSpec, assertion, example_value, run, unpriced};
use crate::assertion::{Assertion, NoOpinions, Seen, catalogue};
use crate::stop::Stop;
use crate::trajectory::Trajectory;
use crate::wire::Usage;

/// Assertions that judge a run which a budget stopped. All others look at an answer, which such a run lacks.
const OF_ANY_RUN: &[&str] =
    &["max_output_tokens", "max_seconds", "max_steps", "max_tokens", "max_tool_calls", "stop_reason", "tool_calls"];

#[test]
fn without_evidence_no_type_judges() {
    for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
        let assertion = assertion(example_value(example));
        let budget = assertion.observe(&unpriced(&run(Stop::Timeout, &[("shipped", &[], Some((1, 1)))])));
        assert_eq!(budget.is_ok(), OF_ANY_RUN.contains(&name), "{example}: {budget:?}");
        let failed = assertion.observe(&unpriced(&run(Stop::Error, &[("shipped", &[], Some((1, 1)))])));
        assert_eq!(failed.is_ok(), name == "stop_reason", "{example}: {failed:?}");
    }
}

/// The example of every type, and its negation.
static EXAMPLES: LazyLock<Vec<Assertion>> = LazyLock::new(|| {
    // A judge says nothing until it is asked, and stands in no other assertion.
    let counted = catalogue(&mut SchemaGenerator::default()).into_iter().filter(|(name, ..)| *name != "judge");
    let declared = counted.map(|(_, example, _)| example_value(example));
    declared.flat_map(|one| [assertion(one.clone()), assertion(json!({"type": "not", "assertion": one}))]).collect()
});

fn any_step() -> impl Strategy<Value = (&'static str, Vec<(&'static str, Value)>, (u64, u64))> {
    let text = prop::sample::select(vec![
        "",
        "Order 42 has shipped. INC-204",
        "billing",
        r#"{"status": "shipped", "items": [{"id": 1}]}"#,
        "Dear reader, quantum words: refund. Support Team",
    ]);
    let tool = prop::sample::select(vec!["get_order", "refund_all", "other"]);
    let call = (tool, 41_u64..44).prop_map(|(tool, id)| (tool, json!({ "id": id })));
    (text, vec(call, 0..4), (0_u64..9_000, 0_u64..500))
}

/// A run that finishes after at least one step, and the cost of it.
fn any_run() -> impl Strategy<Value = (Trajectory, Decimal)> {
    (vec(any_step(), 1..6), 0_i64..40).prop_map(|(steps, mills)| {
        let steps: Vec<StepSpec<'_>> =
            steps.iter().map(|(text, calls, tokens)| (*text, calls.as_slice(), Some(*tokens))).collect();
        (run(Stop::Finish, &steps), Decimal::new(mills, 3))
    })
}

proptest! {
    /// What an assertion decides without knowing the usage or the price, it decides alike whatever these are.
    #[test]
    fn unknown_numbers_never_decide((run, cost) in any_run(), silent in 0_usize..6) {
        let mut partial = run.clone();
        let silent = silent % partial.exchanges.len();
        partial.exchanges[silent].reply.usage = Usage::default();
        for one in EXAMPLES.iter() {
            if let Ok(seen) = one.observe(&unpriced(&partial)) {
                let full = one.observe(&Seen { run: &run, cost_usd: Some(cost), opinions: &NoOpinions });
                prop_assert_eq!(full.map(|full| full.holds), Ok(seen.holds), "{:?}", one.declared);
            }
        }
    }

    /// What an assertion decides of a run that the provider cut off, it decides alike however the run would have gone on.
    #[test]
    fn what_was_still_to_come_never_decides((run, cost) in any_run(), kept in 0_usize..6) {
        let mut cut_off = run.clone();
        cut_off.exchanges.truncate(kept);
        cut_off.stop = Stop::Error;
        // The stop itself is all the evidence that these look at.
        let of_the_stop = |one: &Assertion| one.declared.contains("stop_reason");
        for one in EXAMPLES.iter().filter(|one| !of_the_stop(one)) {
            let so_far = Seen { run: &cut_off, cost_usd: Some(cost / Decimal::from(1_000)), opinions: &NoOpinions };
            if let Ok(seen) = one.observe(&so_far) {
                let full = one.observe(&Seen { run: &run, cost_usd: Some(cost), opinions: &NoOpinions });
                prop_assert_eq!(full.map(|full| full.holds), Ok(seen.holds), "{:?}", one.declared);
            }
        }
    }
}
