//! The noise of recordings in words: a table of what varies, and sentences for whoever knows no statistics.

use crate::compare::Metric;
use crate::noise;
use crate::noise::{Alarms, Noise, OnModel, Passing, Scale, Share, Shares, Sight, Spread};
use crate::report::numbers::{self, NBSP, counted};
use crate::report::terminal::layout::{self, Align, Page, Span, Tone, dim, plain, strong};
use crate::report::{Look, sign, words};

const INDENT: usize = 2;

pub fn terminal(prompts: &[Noise], look: Look) -> String {
    let mut page = Page::new(look);
    for (at, noise) in prompts.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        prompt(&mut page, noise);
    }
    page.finish()
}

fn prompt(page: &mut Page, noise: &Noise) {
    let Noise { prompt, version, models, false_alarms, sees } = noise;
    for (at, model) in models.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        let size = format!("{}, {}", counted(model.tasks, "task"), counted(model.samples, "sample recorded"));
        page.rule(&[strong(format!("{prompt} {version}")), plain(format!(" [{}]  ", model.model)), dim(size)]);
        on_model(page, prompt, model);
    }
    page.blank();
    match false_alarms {
        Some(found) => alarms(page, prompt, found),
        None => care(
            page,
            &format!(
                "false alarms are not known: that takes two samples of some task, with their tokens told. {}",
                record(prompt, 3)
            ),
        ),
    }
    if let Some(sees) = sees {
        page.blank();
        sight(page, sees);
    }
}

fn on_model(page: &mut Page, prompt: &str, model: &OnModel) {
    let header = ["", "", "typical", "between runs", "between tasks", "of it between tasks"];
    let mut rows = vec![header.map(dim).to_vec()];
    rows.extend(model.metrics.iter().map(row));
    use Align::{Left, Right};
    for line in layout::columns(&rows, &[Left, Left, Right, Right, Right, Right]) {
        page.line(0, &line);
    }
    let Passing { passed, samples, ci95, unjudged, all_of_k, unsteady } = &model.passing;
    let share = ci95.map(|[low, high]| {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let share = *passed as f64 / *samples as f64;
        format!(" ({}; 95{NBSP}% CI {} to {})", percent(share), percent(low), percent(high))
    });
    let mut text = format!("{passed} of {samples} samples pass{}", share.unwrap_or_default());
    if let Some(all) = all_of_k {
        let [least, most] = all.k;
        let k = if least == most { format!("{most}") } else { format!("{least} to {most}") };
        text.push_str(&format!("; a task passes {k} times of {k} in {} of cases", percent(all.share)));
    }
    page.hang(INDENT, &[], &[plain(text)]);
    if model.stand_in {
        care(page, "answers by `mock`, a stand-in for a model: such noise is written down, not measured");
    }
    if *unjudged > 0 {
        let runs = if *unjudged == 1 { "sample" } else { "samples" };
        care(page, &format!("{unjudged} {runs} could not be judged: regild recordings status"));
    }
    if !unsteady.is_empty() {
        let names = unsteady.iter().map(|one| format!("{} ({} of {})", one.task, one.passed, one.samples));
        care(page, &format!("not steady: {}", names.collect::<Vec<_>>().join(", ")));
    }
    if !model.with_one_sample.is_empty() {
        let names = model.with_one_sample.join(", ");
        care(page, &format!("one sample says nothing about noise: {names}. {}", record(prompt, 3)));
    }
}

fn row(spread: &Spread) -> Vec<Span> {
    let name = words::metric(spread.metric.as_str());
    let deviation = |value: Option<f64>| value.map_or_else(|| words::NONE.to_owned(), |value| differ(spread, value));
    let icc = spread.icc.map_or_else(|| words::NONE.to_owned(), percent);
    vec![
        plain(" "),
        plain(name),
        plain(numbers::measure(spread.metric.as_str(), spread.typical)),
        strong(deviation(spread.within)),
        plain(deviation(spread.between)),
        dim(icc),
    ]
}

/// "±12 %", or "±0.4" for counts.
fn differ(spread: &Spread, deviation: f64) -> String {
    match spread.scale {
        Scale::Log => format!("±{}", digits((deviation.exp() - 1.0) * 100.0) + NBSP + "%"),
        Scale::Plain if spread.metric == Metric::CostUsd => {
            format!("±{}", numbers::measure(spread.metric.as_str(), deviation))
        }
        Scale::Plain => format!("±{}", digits(deviation)),
    }
}

/// Two significant digits below 10, whole numbers from there on; 0 only for nothing.
fn digits(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 0.05 => "<0.1".to_owned(),
        value if value < 9.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

fn alarms(page: &mut Page, prompt: &str, found: &Alarms) {
    let Alarms { replications, now, with_more } = found;
    let (replay, live) = (of_hundred(&now.replay), of_hundred(&now.live));
    let modes = match replay == live {
        true => format!("{replay}, in replay as in live checks"),
        false => format!("{replay} in replay, {live} in live checks"),
    };
    page.hang(INDENT, &[], &[strong(format!("Of 100 pull requests that change nothing, {modes}."))]);
    if let Some(more) = with_more {
        let fewer = format!("With {}, {} in replay: ", samples(more.samples), of_hundred(&more.replay));
        page.hang(INDENT, &[], &[plain(fewer), Span::new(Tone::Command, record(prompt, more.samples[1]))]);
    }
    let mut rows = vec![["", "", "fails (exit 1)", "is held up (exit 3)", "passes with a warning"].map(dim).to_vec()];
    for drawn in std::iter::once(now).chain(with_more) {
        for (mode, shares) in [("replay", &drawn.replay), ("live", &drawn.live)] {
            let mut cells = vec![plain(" "), plain(format!("{mode}, {}", samples(drawn.samples)))];
            cells.extend([shares.failed, shares.held_up, shares.warned].map(|share| plain(interval(share))));
            rows.push(cells);
        }
    }
    use Align::{Left, Right};
    for line in layout::columns(&rows, &[Left, Left, Right, Right, Right]) {
        page.line(0, &line);
    }
    let drawn = numbers::count(*replications as u64);
    page.hang(INDENT, &[], &[dim(format!("in percent of {drawn} drawn checks, with 95{NBSP}% intervals"))]);
}

/// "about 1 would fail and 4 would be held up"
fn of_hundred(Shares { failed, held_up, warned: _ }: &Shares) -> String {
    match (failed.count, held_up.count) {
        (0, 0) => "none would fail or be held up".to_owned(),
        _ => format!("{} would fail and {} be held up", number(*failed), number(*held_up)),
    }
}

/// A share of a hundred, as people count.
fn number(share: Share) -> String {
    match share.share * 100.0 {
        0.0 => "none".to_owned(),
        hundredth if hundredth < 0.5 => "fewer than 1".to_owned(),
        hundredth => format!("about {hundredth:.0}"),
    }
}

/// "4.1 (3.2 to 5.0)"
fn interval(share: Share) -> String {
    let [low, high] = share.ci95;
    let shown = |value: f64| format!("{:.1}", value * 100.0);
    format!("{} ({} to {})", shown(share.share), shown(low), shown(high))
}

/// "3 samples a task"
fn samples([least, most]: [u32; 2]) -> String {
    match (least, most) {
        (1, 1) => "1 sample a task".to_owned(),
        (least, most) if least == most => format!("{most} samples a task"),
        (least, most) => format!("{least} to {most} samples a task"),
    }
}

fn sight(page: &mut Page, sees: &Sight) {
    let found = match (sees.found, sees.fails) {
        (Some(ratio), true) => format!("4 of 5 changes fail that take {} tokens or more in all tasks", more(ratio)),
        (Some(ratio), false) => {
            format!("4 of 5 changes are warned of that take {} tokens or more in all tasks", more(ratio))
        }
        (None, _) => "no growth of tokens is told from chance: that takes more tasks, or two samples".to_owned(),
    };
    let single = sees.found_in_one_task.map_or_else(
        || "; single tasks are not looked at".to_owned(),
        |ratio| format!(", and 4 of 5 are warned of that take {} in a single one", more(ratio)),
    );
    page.hang(INDENT, &[], &[plain(format!("{found}{single}."))]);
    page.hang(INDENT, &[], &[plain(a_quarter(sees))]);
}

/// What it takes to see growth by a quarter.
fn a_quarter(sees: &Sight) -> String {
    let growth = format!("a growth of +25{NBSP}%");
    let tasks = match sees.tasks_for_a_quarter {
        Some(tasks) => format!("{} with {}", counted(tasks, "task"), samples(sees.samples)),
        None => "no number of tasks".to_owned(),
    };
    let of_samples = match sees.samples_for_a_quarter {
        Some(least) => format!("{} with these tasks", samples([least, least])),
        None => "no number of samples with these tasks".to_owned(),
    };
    if sees.told_from_chance.is_some_and(|ratio| ratio <= noise::TARGET) {
        return format!(
            "That suffices to tell {growth} from chance in 4 of 5 cases, as would {tasks}, or {of_samples}."
        );
    }
    format!("To tell {growth} from chance in 4 of 5 cases takes {tasks} (now {}), or {of_samples}.", sees.tasks)
}

fn more(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    if percent < 999.5 { format!("{percent:.0}{NBSP}% more") } else { format!("{ratio:.0} times as many") }
}

fn percent(share: f64) -> String {
    format!("{:.0}{NBSP}%", share * 100.0)
}

fn record(prompt: &str, samples: u32) -> String {
    format!("regild record --prompt {prompt} --samples {samples}")
}

fn care(page: &mut Page, text: &str) {
    page.hang(INDENT, &[sign(words::CARE), plain(" ")], &[plain(text)]);
}
