//! docs/simulation.md: the tables of the whole suite. Written by the full profile; the quick one asks some of its questions again.

use std::path::PathBuf;

use regild::simulate::Rates;

use super::{Harm, Null, half_broken_among_unsteady, harms, is_full, nulls};

/// How often the page's questions are asked.
const REPLICATIONS: usize = 1_000;

const HEAD: &str = "<!-- Written by `REGILD_SIMULATE=full UPDATE=1 cargo test --release simulation`; a test asks some of it again. -->

# How often the gate is wrong

Each figure is the share of 1,000 changes. Only the runs are drawn by chance: tokens log-normal (tasks differ by 0.4 on the log
scale, runs of one task by the noise given), tool calls Poisson with means of 2 to 6, a fixed share of runs passes. From there to
the exit code everything is the gate's own code with its default settings; budgets are set so wide that they stop nothing, since
what a budget catches needs no statistics. The seed is fixed, so that the tables are the same wherever they are made.

";

fn percent(share: f64) -> String {
    if share == 0.0 { "0".to_owned() } else { format!("{:.1}", share * 100.0) }
}

fn null_cell(rates: &Rates) -> String {
    format!("{} / {}", percent(rates.share(rates.failed)), percent(rates.share(rates.held_up)))
}

/// One table: a row for each number of tasks and samples, a column for each noise and pass rate.
fn null_table(live: bool) -> String {
    let rows = nulls(live);
    let columns: Vec<&Null> = rows.iter().take(9).collect();
    let mut text = String::from("| tasks × samples |");
    columns
        .iter()
        .for_each(|null| text.push_str(&format!(" noise {}, {} % pass |", null.sigma, null.pass_rate * 100.0)));
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(columns.len())));
    for row in rows.chunks(columns.len()) {
        text.push_str(&format!("| {} × {} |", row[0].tasks, row[0].samples));
        row.iter().for_each(|null| text.push_str(&format!(" {} |", null_cell(&null.ask(REPLICATIONS)))));
        text.push('\n');
    }
    text
}

fn harm_row(harm: &Harm) -> String {
    let rates = harm.ask(REPLICATIONS);
    let share = |count| percent(rates.share(count));
    let mode = if harm.live { "live" } else { "replay" };
    let wanted = match (harm.least, harm.warning_is_enough) {
        (0.0, _) => String::new(),
        (least, false) => format!("exit 1 or 3 in ≥ {:.0} %", least * 100.0),
        (least, true) => format!("a warning at least in ≥ {:.0} %", least * 100.0),
    };
    format!(
        "| {} | {} × {} | {} | {mode} | {} | {} | {} | {wanted} |\n",
        harm.name,
        harm.tasks,
        harm.samples,
        harm.sigma,
        share(rates.failed),
        share(rates.held_up),
        share(rates.warned)
    )
}

/// What other settings would do.
fn curves() -> String {
    let mut text = String::from(
        "\n## What the defaults buy\n\nThe confidence that a failure by growth or by the pass rate needs (`gate.evidence.fail_confidence`). Exit 1 in percent, \
         where nothing changed, and where tokens grew by 90 % in half of the tasks:\n\n\
         | confidence | nothing: 10 × 1, noise 0.5 | nothing: 20 × 1, noise 0.5 | nothing: 20 × 3, noise 0.3 | half: 20 × 3, noise 0.3 |\n|---|---|---|---|---|\n",
    );
    let half = harms().into_iter().find(|harm| harm.name.starts_with("90 %") && harm.tasks == 20).unwrap();
    for confidence in [0.9, 0.95, 0.98, 0.99, 0.995] {
        let settings = format!("gate: {{evidence: {{fail_confidence: {confidence}}}}}\n");
        text.push_str(&format!("| {confidence}{} |", if confidence == 0.99 { " (default)" } else { "" }));
        for (tasks, samples, sigma) in [(10, 1, 0.5), (20, 1, 0.5), (20, 3, 0.3)] {
            let rates = Null { tasks, samples, sigma, pass_rate: 0.99, live: false }.ask_of(&settings, REPLICATIONS);
            text.push_str(&format!(" {} |", percent(rates.share(rates.failed))));
        }
        let rates = half.ask_of(&settings, REPLICATIONS);
        text.push_str(&format!(" {} |\n", percent(rates.share(rates.failed))));
    }
    text.push_str(
        "\nThe fall of a task's samples from which a flip that is not proven is held up (`gate.evidence.flip_min_drop`), where runs pass \
         90 % of the time. Exit 3 in percent where nothing changed, and exit 1 or 3 where one of 20 tasks passes half of the time:\n\n\
         | fall | nothing: 20 × 1 | nothing: 20 × 3 | nothing: 20 × 5 | half-broken: 20 × 3 | half-broken: 20 × 5 |\n|---|---|---|---|---|---|\n",
    );
    for fall in ["0.0", "0.3", "0.4", "0.5", "0.6"] {
        let settings = format!("gate: {{evidence: {{flip_min_drop: {fall}}}}}\n");
        text.push_str(&format!("| {fall}{} |", if fall == "0.5" { " (default)" } else { "" }));
        for samples in [1, 3, 5] {
            let rates =
                Null { tasks: 20, samples, sigma: 0.3, pass_rate: 0.9, live: false }.ask_of(&settings, REPLICATIONS);
            text.push_str(&format!(" {} |", percent(rates.share(rates.held_up))));
        }
        for samples in [3, 5] {
            let rates = half_broken_among_unsteady(samples).ask_of(&settings, REPLICATIONS);
            text.push_str(&format!(" {} |", percent(rates.share(rates.failed + rates.held_up))));
        }
        text.push('\n');
    }
    text
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("## Changes that change nothing\n\nExit 1 / exit 3, in percent, in replay:\n\n");
    text.push_str(&null_table(false));
    text.push_str(
        "\nThe same in live checks, where flips are confirmed with four more samples a side before they count:\n\n",
    );
    text.push_str(&null_table(true));
    text.push_str("\n## Changes that do harm\n\nIn percent; `warned` is exit 0 with a warning about it.\n\n");
    text.push_str("| change | tasks × samples | noise | mode | exit 1 | exit 3 | warned | wanted |\n|---|---|---|---|---|---|---|---|\n");
    harms().iter().for_each(|harm| text.push_str(&harm_row(harm)));
    text.push_str(&curves());
    text
}

#[test]
fn the_page_tells_what_the_gate_does() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/simulation.md");
    if is_full() && std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        return std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    if is_full() {
        assert_eq!(found, page());
    }
    // What is quick to ask again.
    for null in nulls(false).into_iter().filter(|null| (null.tasks, null.samples) == (10, 1)).take(3) {
        let row = found.lines().find(|line| line.starts_with("| 10 × 1 |")).unwrap();
        assert!(row.contains(&format!(" {} |", null_cell(&null.ask(REPLICATIONS)))), "{null:?}: {row}");
    }
    let incident = &harms()[0];
    assert!(found.contains(&harm_row(incident)), "{}", harm_row(incident));
}
