//! Every example of every type held against every output: a page that shows what each makes of each, for a reader to judge.
//!
//! `UPDATE=1 cargo test --lib outcomes` writes it anew.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use schemars::SchemaGenerator;
use serde_json::json;

use super::{answer, assertion, example_value, run};
use crate::assertion::{Judge, Opinion, Opinions, Seen, catalogue};
use crate::outcome::Reason;
use crate::stop::Stop;
use crate::trajectory::Trajectory;

/// Where the page stands, below the crate's root.
const PAGE: &str = "src/assertion/tests/outcomes.txt";

/// Runs by name, with what each costs where that is known. Together they meet and break every example.
fn outputs() -> Vec<(&'static str, Trajectory, Option<Decimal>)> {
    let cents = |count: i64| Some(Decimal::new(count, 2));
    let letter = "Dear Ada,\n\nOrder 42 has shipped and left our house this morning. It should reach you within three days. \
                  Write to us when it does not.\n\nSupport Team";
    let report = r#"{"status": "shipped", "items": [{"id": 1, "status": "shipped"}]}"#;
    let long = "Quantum machines and AI explain each other. ".repeat(40);
    let look = ("get_order", json!({"id": 42}));
    let pay = ("refund_all", json!({"id": 42}));
    let one = [look.clone()];
    let asked = [("", one.as_slice(), Some((100, 20))), ("Order 42 has shipped.", &[], Some((150, 10)))];
    let busy: Vec<_> = (0..7).map(|_| ("", [look.clone(), pay.clone()])).collect();
    let mut busy: Vec<_> = busy.iter().map(|(text, calls)| (*text, calls.as_slice(), Some((1_400, 90)))).collect();
    busy.push(("Sorry, all of it is paid back. INC-204", &[], Some((1_400, 90))));
    let mut slow = answer("billing");
    slow.exchanges[0].latency_ms = 13_000;
    vec![
        ("one word", answer("Billing"), cents(1)),
        ("a letter", answer(letter), cents(1)),
        ("nearly the same words", answer("Your order has shipped and arrives on Monday."), cents(1)),
        ("JSON", answer(report), cents(1)),
        ("JSON in a fence", answer(&format!("```json\n{report}\n```")), cents(1)),
        ("JSON, cut short", answer(&report[..20]), cents(1)),
        ("1,680 characters", answer(&long), cents(3)),
        ("one tool call", run(Stop::Finish, &asked), cents(2)),
        ("fourteen tool calls", run(Stop::Finish, &busy), cents(9)),
        ("thirteen seconds", slow, cents(1)),
        ("an apology", answer("As an AI I am sorry, but I cannot promise a refund."), cents(1)),
        ("a refusal", run(Stop::Refusal, &[("I cannot help with that.", &[], Some((10, 5)))]), cents(1)),
        ("nothing", answer(""), cents(1)),
        ("stopped at the output limit", run(Stop::Length, &[("Order 42 has", &[], Some((10, 5)))]), cents(1)),
        ("out of time", run(Stop::Timeout, &asked[..1]), cents(1)),
        ("failed at the provider", run(Stop::Error, &asked[..1]), None),
        ("of unknown usage and price", run(Stop::Finish, &[("billing", &[], None)]), None),
    ]
}

/// Somebody who likes letters and nothing else.
#[derive(Debug)]
struct Courteous<'a>(&'a str);

impl Opinions for Courteous<'_> {
    fn opinion(&self, _: &Judge) -> Result<Opinion, Reason> {
        let (score, word) = if self.0.starts_with("Dear") { (1.0, "friendly") } else { (0.0, "rude") };
        Ok(Opinion { score, choice: Some(word.into()), reason: "it is a matter of salutations".into() })
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the page is a file of this directory")]
fn every_example_on_every_output_is_as_the_page_says() {
    let outputs = outputs();
    let mut page = String::from("Every example on every output, by `UPDATE=1 cargo test --lib outcomes`.\n");
    for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
        let assertion = assertion(example_value(example));
        writeln!(page, "\n{example}\n    expects {}", assertion.expected()).unwrap();
        let mut seen = [0, 0];
        for (output, run, cost_usd) in &outputs {
            match assertion.observe(&Seen { run, cost_usd: *cost_usd, opinions: &Courteous(run.text()) }) {
                Ok(observed) => {
                    seen[usize::from(observed.holds)] += 1;
                    let word = if observed.holds { "holds" } else { "fails" };
                    writeln!(page, "  {word:<9} {output}: {}", observed.actual.replace('\n', "\u{23ce}")).unwrap();
                }
                Err(reason) => writeln!(page, "  unjudged  {output}: {reason}").unwrap(),
            }
        }
        assert!(seen.iter().all(|count| *count > 0), "{name} holds on all outputs, or on none: {seen:?}");
    }
    let path = format!("{}/{PAGE}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        return std::fs::write(path, page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    for (number, (written, now)) in written.lines().zip(page.lines()).enumerate() {
        assert_eq!(now, written, "{PAGE}:{}", number + 1);
    }
    assert_eq!(page.lines().count(), written.lines().count(), "{PAGE}");
}
