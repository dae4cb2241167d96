//! What must hold whatever runs used and prices are.

use proptest::prelude::*;

use super::*;
use crate::recording::Tree;

/// A reply's usage, its parts inside their wholes.
fn usage() -> impl Strategy<Value = Usage> {
    (0_u64..200_000, 0_u64..50_000, 0_u64..20_000, 0_u64..30_000, 0.0_f64..1.0).prop_map(
        |(fresh, read, write, output, reasoned)| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share"
            )]
            let reasoning = (output as f64 * reasoned) as u64;
            Usage {
                input_uncached: Some(fresh),
                cache_read: Some(read),
                cache_write: Some(write),
                cache_write_1h: Some(write / 3),
                output: Some(output),
                reasoning: Some(reasoning),
            }
        },
    )
}

/// Base's and head's samples of four tasks: one to three samples, each of one or two calls.
fn answers() -> impl Strategy<Value = Vec<[Answers; 2]>> {
    let side = || prop::collection::vec(prop::collection::vec(usage(), 1..3), 1..4);
    prop::collection::vec([side(), side()], 4)
}

fn project(scale: u32) -> Project {
    let price = |rate: u32| (Decimal::from(rate) * Decimal::from(scale)).to_string();
    let rates = |base: u32| {
        format!(
            "{{input: {}, output: {}, cache_read: {}, cache_write: {}, cache_write_1h: {}, reasoning: {}, request: {}, batch: '0.5'}}",
            price(base),
            price(base * 4),
            price(1),
            price(base + 1),
            price(base * 2),
            price(base * 5),
            price(1)
        )
    };
    let prices = format!("as_of: 2026-11-01\nsource: test\nmodels:\n  mock/m: {}\n  mock/n: {}\n", rates(2), rates(3));
    let settings = format!(
        "{SETTINGS}traffic: {{p: {{requests_per_month: {{low: 900, expected: 1000, high: 3000}}, retry_rate: '0.02', \
         batch_share: '0.25', fallback: [{{model: mock/n, share: '0.1'}}]}}}}\n"
    );
    let golden = tasks(&[("t0", ", weight: 3"), ("t1", ""), ("t2", ", family: f"), ("t3", ", family: f")]);
    let on = |model: &str| format!("{PROMPT}models: [{model}]\n");
    let (base, head) = (on("m"), on("n"));
    let side = |prompt| {
        let own: (&str, &str) = ("prompts/p/v1.0.0.yaml", prompt);
        [("regild.yaml", settings.as_str()), ("golden/p.yaml", golden.as_str()), ("prices.yaml", prices.as_str()), own]
    };
    Project::new(&side(&base), &side(&head))
}

fn estimated(project: &Project, answers: &[[Answers; 2]]) -> Estimate {
    project
        .estimate(|tree, task, _| answers[task[1..].parse::<usize>().unwrap()][usize::from(tree == Tree::Head)].clone())
}

/// Equal but for the last of the twelve decimals that divisions keep, times the requests of a month.
fn near(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() <= usd("0.0000001") + a.abs() * usd("0.00000001")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_parts_add_up_to_the_difference(answers in answers()) {
        let estimate = estimated(&project(1), &answers);
        let parts = estimate.attribution().unwrap();
        prop_assert_eq!(parts.parts().iter().sum::<Decimal>(), estimate.delta_month().unwrap());
        let (base, head) = (estimate.base_month().unwrap(), estimate.head_month().unwrap());
        prop_assert_eq!(head - base, estimate.delta_month().unwrap());
        // In the report too, where amounts are texts.
        let report = crate::report::build::cost(&estimate);
        let part = |text: &str| text.parse::<Decimal>().unwrap();
        let crate::report::Attribution { price, input, output, reasoning, cache, request } = report.attribution.unwrap();
        let sum: Decimal = [price, input, output, reasoning, cache, request].iter().map(|text| part(text)).sum();
        prop_assert_eq!(sum, part(&report.delta_usd_month.unwrap()));
    }

    #[test]
    fn prices_that_are_all_scaled_scale_all_money(answers in answers(), scale in 2_u32..900) {
        let (once, often) = (estimated(&project(1), &answers), estimated(&project(scale), &answers));
        let times = Decimal::from(scale);
        for (a, b) in [
            (once.base_month(), often.base_month()),
            (once.delta_month(), often.delta_month()),
            (once.spread_month().map(|spread| spread.low), often.spread_month().map(|spread| spread.low)),
            (once.spread_month().map(|spread| spread.high), often.spread_month().map(|spread| spread.high)),
            (once.range(once.requests().unwrap()).map(|range| range.1), often.range(often.requests().unwrap()).map(|range| range.1)),
            (once.attribution().map(|parts| parts.price), often.attribution().map(|parts| parts.price)),
        ] {
            prop_assert!(near(a.unwrap() * times, b.unwrap()), "{a:?} × {scale} is not {b:?}");
        }
    }

    #[test]
    fn what_is_the_same_costs_the_same(answers in answers()) {
        let same: Vec<[Answers; 2]> = answers.into_iter().map(|[base, _]| [base.clone(), base]).collect();
        let golden = tasks(&[("t0", ""), ("t1", ""), ("t2", ""), ("t3", "")]);
        let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1000}}}}\n");
        let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
        let estimate = estimated(&project, &same);
        let spread = estimate.spread_month().unwrap();
        prop_assert_eq!([estimate.delta_month().unwrap(), spread.low, spread.high], [Decimal::ZERO; 3]);
        prop_assert!(estimate.attribution().unwrap().parts().iter().all(Decimal::is_zero));
    }

    #[test]
    fn the_order_of_samples_says_nothing(answers in answers()) {
        let mut turned = answers.clone();
        turned.iter_mut().flatten().for_each(|samples| samples.reverse());
        let project = project(1);
        prop_assert_eq!(estimated(&project, &answers), estimated(&project, &turned));
    }

    /// Tasks are told apart by their names; two that swap answers and weights come to the same.
    #[test]
    fn the_order_of_tasks_says_nothing(answers in answers()) {
        let one = |order: [usize; 4]| {
            let weights = ["", ", weight: 2", ", weight: '0.5'", ", weight: 7"];
            let names = ["t0", "t1", "t2", "t3"];
            let declared: Vec<(&str, &str)> = names.iter().zip(order).map(|(name, n)| (*name, weights[n])).collect();
            let golden = tasks(&declared);
            let project = Project::same(&[("golden/p.yaml", &golden)]);
            let swapped: Vec<[Answers; 2]> = order.iter().map(|n| answers[*n].clone()).collect();
            let Estimate { base, head, spread, .. } = estimated(&project, &swapped);
            (base, head, spread.map(|spread| (spread.low, spread.high)))
        };
        prop_assert_eq!(one([0, 1, 2, 3]), one([3, 1, 0, 2]));
    }
}
