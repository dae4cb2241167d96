//! The page's own promises: what it shows, that it is bounded, and that its policy names the very bytes it carries.

use super::*;
use crate::report::numbers::NBSP;
use crate::report::sample::{nothing, sample};
use crate::report::{Answer, PromptStatus, Step, StepCall, TaskOutcome};

fn shown(report: &Report) -> String {
    render(report).unwrap().replace(NBSP, " ")
}

#[test]
fn shows_what_was_found() {
    let page = shown(&sample());
    for part in [
        "<h1 id=\"verdict-title\">Fail <span class=\"exit\">exit code 1</span></h1>",
        "<p class=\"headline\">2 tasks regressed, 1 new task fails, ",
        "<p class=\"counts\">1 to accept, 1 not judged, 2 warnings, 1 accepted</p>",
        "Answers by &#x60;mock&#x60;, a stand-in for a model, in 1 of 11 tasks",
        "<p class=\"because\">by operator ada: the shop closes at 18&#58;00 now</p>",
        "<h2 id=\"f1\">Regressions <span class=\"count\">3</span></h2>",
        "<a class=\"subject\" href=\"#t4\">support/kb_lookup [mini]</a>",
        "<code>regild diff support/kb_lookup</code> <button type=\"button\" class=\"copy\" data-script hidden",
        "<p class=\"figure\">+$693.00 <small>+92 %</small></p>",
        "<span class=\"unseen\">95 % interval </span>+88 % to +98 %</span>",
        "<td class=\"number\">$1,449.00</td>",
        "<dt>expected</dt><dd>at most 6 tool calls</dd><dt>actual</dt><dd>11 tool calls</dd>",
        "was <del>shipped</del> on",
        "was <ins>lost</ins> on",
        "<summary>Trajectory&#58; 3 steps, 2 tool calls</summary>",
        "<code class=\"tool\">get_order</code> <code>{&quot;order_id&quot;&#58;&quot;42&quot;}</code>",
        "few words in common, so none are marked",
        "did you mean",
        "<code>5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f</code>",
        "genai-prices 0.2.1, as of 2026-10-01",
        "<dd>regild 0.1.0</dd>",
    ] {
        assert!(page.contains(part), "{part:?}");
    }
    assert_eq!(page, shown(&sample()), "the same report gives the same bytes");
}

#[test]
fn says_first_that_head_changes_what_runs_in_ci() {
    let mut report = sample();
    report.workflows_changed = vec![".github/workflows/ci.yml".into(), ".github/x".into()];
    let page = shown(&report);
    let line = "Head changes .github/workflows/ci.yml and 1 more&#58; what runs in CI is not what base has";
    assert!(page.find(line).unwrap() < page.find("<h1 id").unwrap());
}

#[test]
fn what_does_not_load_is_no_pass() {
    let mut prompt = sample().prompts.remove(0);
    prompt.tasks.clear();
    prompt.metrics.clear();
    let mark = |status: PromptStatus, is_there: bool| {
        let mut prompt = prompt.clone();
        prompt.status = status;
        prompt.head = if is_there { prompt.head } else { None };
        let page = shown(&Report { prompts: vec![prompt], ..nothing() });
        let title = page.split_once("<h2 id=\"p1\">").unwrap().1;
        ["✓", "?"]
            .into_iter()
            .find(|mark| title.starts_with(&format!("<span class=\"mark {}\" aria-hidden=\"true\">{mark}", tone(mark))))
    };
    assert_eq!(mark(PromptStatus::Modified, false), Some("?"));
    assert_eq!(mark(PromptStatus::Modified, true), Some("✓"));
    assert_eq!(mark(PromptStatus::Removed, false), Some("✓"));
}

#[test]
fn worst_tasks_stand_first() {
    let page = shown(&sample());
    let ids: Vec<&str> =
        page.split("<span class=\"id\">").skip(1).map(|rest| rest.split_once('<').unwrap().0).collect();
    assert_eq!(
        ids[3..],
        [
            "kb_lookup",
            "refund_policy",
            "opening_hours",
            "long_thread",
            "out_of_scope",
            "smalltalk",
            "greeting",
            "thanks"
        ]
    );
}

#[test]
fn a_pass_without_prompts_is_short() {
    let page = shown(&nothing());
    assert!(page.contains("<p class=\"headline\">no prompt is affected</p>"), "{page}");
    assert!(!page.contains("class=\"prompt\"") && !page.contains("class=\"filter\" role"));
}

#[test]
fn sec_23_the_template_has_no_raw_form_and_the_policy_names_what_is_there() {
    let text = TEMPLATE.split_once("--}}").unwrap().1;
    assert!(!text.contains("{{{") && !text.contains("{{&") && !text.contains("{{~{"));
    assert_eq!(text.matches("{{>").count(), 2);
    for text in [STYLE, SCRIPT] {
        assert!(!text.contains("{{") && !text.contains("</") && !text.contains("url(") && !text.contains("://"));
    }
    for call in
        ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch(", "createElement"]
    {
        assert!(!SCRIPT.contains(call), "{call}");
    }
    let page = render(&sample()).unwrap();
    let between = |open: &str, close: &str| page.split_once(open).unwrap().1.split_once(close).unwrap().0.to_owned();
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text)).replace('=', "&#x3D;");
    assert!(
        page.contains(&hash(&between("<style>", "</style>")))
            && page.contains(&hash(&between("<script>", "</script>")))
    );
}

#[test]
fn sec_23_no_text_stays_what_html_or_a_runner_acts_on() {
    let safe = safe("<a b=\"c\" d='e'>&amp;`::error::##[x]\u{202e}\0\r\nx");
    assert_eq!(
        safe,
        "&lt;a b&#x3D;&quot;c&quot; d&#x3D;&#x27;e&#x27;&gt;&amp;amp;&#x60;&#58;&#58;error&#58;&#58;&#35;&#35;[x]\\u{202e}␀\nx"
    );
    assert_eq!(super::safe("&#x27;"), "&amp;&#35;x27;", "what looks like an entity is text");
}

/// `count` tasks that pass and `count` that do not, each with answers.
fn flood(count: usize) -> Report {
    let mut report = sample();
    let failing = report.prompts[1].tasks[0].clone();
    let passing = report.prompts[1].tasks[5].clone();
    assert_eq!((failing.outcome, passing.outcome), (TaskOutcome::Regressed, TaskOutcome::Passing));
    let tasks = std::iter::repeat_n(failing, count).chain(std::iter::repeat_n(passing, count));
    report.prompts[1].tasks = tasks.collect();
    report
}

#[test]
fn sec_25_a_flood_of_tasks_is_counted_not_shown() {
    let page = shown(&flood(5_000));
    assert_eq!(page.matches("<details class=\"task ").count(), 2_000 - 2 + 500 - 1 + 3);
    assert!(page.contains("3,002 tasks that did not pass: not listed here, see report.json"));
    assert!(page.contains("4,501 tasks that passed: not listed here, see report.json"));
}

#[test]
fn sec_25_long_answers_leave_their_place_to_a_sentence() {
    let mut report = sample();
    let task = &mut report.prompts[1].tasks[0];
    task.answers.base[0].text = "word ".repeat(20 << 10);
    task.answers.head[0].text = "other ".repeat(20 << 10);
    task.assertions[0].actual = "é".repeat(10 << 20);
    let page = shown(&report);
    assert!(page.contains("too long to be compared&#58; the first 64 KiB of each"));
    assert!(page.len() < 400 << 10, "{}", page.len());
    let answer = Answer {
        text: "x".repeat(64 << 10),
        steps: vec![Step {
            text: String::new(),
            calls: vec![StepCall { name: "t".into(), arguments: "y".repeat(1 << 20), result: None, failed: false }],
            tokens: None,
        }],
        ..report.prompts[1].tasks[0].answers.base[0].clone()
    };
    report.prompts[1].tasks[0].answers.head = vec![answer; 100];
    let page = shown(&report);
    assert!(page.len() < 10 << 20 && page.contains("more samples: see report.json"), "{}", page.len());
}
