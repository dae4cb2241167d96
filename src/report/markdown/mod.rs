//! The pull-request comment and the summary of a step, through a Handlebars template in which untrusted text has no way to
//! become Markdown.
//!
//! GitHub refuses what is too long, so what does not fit is left out: whole details first, then whole rows, each class of
//! findings keeping its share. Bytes are never cut.

mod comment;
mod own;
mod prompt;
mod room;

use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderError};

pub use self::comment::head_of;
use self::room::{Page, Quotas, Room};
use super::Report;
use super::escape::markdown as escape_markdown;
use crate::error::{Error, ErrorKind};

const TEMPLATE: &str = include_str!("comment.md.hbs");

/// The comment as a file. Its marker is that of `regild comment`, which takes over what somebody posted so.
pub fn render(report: &Report) -> Result<String, Error> {
    comment(report, &format!("<!-- regild:v1 key=default head={} run=0 -->", head_of(report)))
}

/// The comment, below the line by which it is found again.
pub fn comment(report: &Report, marker: &str) -> Result<String, Error> {
    fit(report, &engine()?, &format!("{marker}\n"), Room::COMMENT)
}

/// The comment as a team's own template has it.
pub fn comment_as(report: &Report, marker: &str, template: &str) -> Result<String, Error> {
    let mut engine = engine()?;
    own::register(&mut engine, template)?;
    let text = fit(report, &engine, &format!("{marker}\n"), Room::COMMENT)?;
    own::check(&text)?;
    Ok(text)
}

/// The most that a summary takes.
pub const SUMMARY_BYTES: usize = Room::SUMMARY.bytes;

/// The same for the summary of a step, where more fits: at most `bytes`.
pub fn summary(report: &Report, bytes: usize) -> Result<String, Error> {
    fit(report, &engine()?, "", Room { bytes, quotas: Room::SUMMARY.quotas })
}

/// As much of the report as there is room for, after `start`.
fn fit(report: &Report, engine: &Handlebars<'_>, start: &str, room: Room) -> Result<String, Error> {
    let mut quotas: Quotas = room.quotas;
    loop {
        let mut page = Page::new(start, room.bytes);
        let rendered = engine.render_to_write("comment", &comment::build(report, quotas), &mut page);
        match (rendered, page.is_full()) {
            (_, true) => quotas = quotas.smaller().ok_or_else(|| broken(&"even the shortest one is too long"))?,
            (Ok(()), false) => return Ok(page.into_text()),
            (Err(error), false) => return Err(broken(&error)),
        }
    }
}

fn engine() -> Result<Handlebars<'static>, Error> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.set_prevent_indent(true);
    engine.register_escape_fn(escape_markdown::prose);
    engine.register_helper("code", Box::new(code));
    engine.register_helper("fence", Box::new(fence));
    engine.register_template_string("comment", TEMPLATE).map_err(|error| broken(&error))?;
    Ok(engine)
}

/// `{{code x}}`: untrusted text within a line.
fn code(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    Ok(out.write(&escape_markdown::inline(text(helper)?))?)
}

/// `{{fence x}}`: untrusted text on its own lines.
fn fence(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    Ok(out.write(&escape_markdown::fence(text(helper)?))?)
}

fn text<'a>(helper: &'a Helper<'_>) -> Result<&'a str, RenderError> {
    helper
        .param(0)
        .and_then(|param| param.value().as_str())
        .ok_or_else(|| handlebars::RenderErrorReason::InvalidParamType("a text").into())
}

/// The template is ours, so this is a fault of this program; it must not take the other outputs with it.
fn broken(why: &impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the comment cannot be rendered: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers::NBSP;
    use crate::report::sample::{NASTY, hostile, nothing, sample};
    use crate::report::{Reason, Severity};

    fn shown(report: &Report) -> String {
        render(report).unwrap().replace(NBSP, " ")
    }

    #[test]
    fn begins_with_the_marker_and_the_verdict() {
        let text = shown(&sample());
        let mut lines = text.lines();
        let marker = "<!-- regild:v1 key=default head=5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f run=0 -->";
        assert_eq!(lines.next(), Some(marker));
        assert!(lines.next().unwrap().starts_with("### ✗ Fail at <code>5e6f7a8</code>: 2 tasks regressed, "), "{text}");
        let mut report = sample();
        report.head.commit = None;
        assert!(
            render(&report).unwrap().starts_with("<!-- regild:v1 key=default head=worktree run=0 -->\n### ✗ Fail at ")
        );
    }

    #[test]
    fn shows_what_was_found() {
        let text = shown(&sample());
        for part in [
            "\n1 to accept, 1 not judged, 2 warnings, 1 accepted.\n",
            "\n! **Answers by <code>mock</code>, a stand-in for a model, in 1 of 11 tasks**\n",
            "\n**Regressions** (3)\n",
            "<br>→ <code>regild diff support&#47;kb&#95;lookup</code> |\n",
            "\n| ✗ | tokens | 4,540 | 8,700 | +92 % | 7,500 | 14,200 | over +25 % |\n",
            "\n```text\nexpected  at most 6 tool calls\nactual    11 tool calls\n```\n",
            "after calling <code>search&#95;kb ×3&#44; get&#95;order",
            "\nchange: +&#36;693/mo (95 % CI +&#36;440 to +&#36;945 at 120,000 requests; +&#36;367 to +&#36;1,418 over 100,000 to 180,000)\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }

    #[test]
    fn an_empty_pass_is_short() {
        let text = render(&nothing()).unwrap();
        assert!(text.contains("### ✓ Pass at <code>5e6f7a8</code>: no prompt is affected\n"), "{text}");
        assert!(text.lines().count() < 8, "{text}");
    }

    #[test]
    fn sec_09_the_template_has_no_raw_form() {
        let text = TEMPLATE.split_once("--}}").unwrap().1;
        assert!(!text.contains("{{{") && !text.contains("{{&") && !text.contains("{{~{"));
    }

    /// A report with far more of everything than a comment takes.
    fn flood(text: &str) -> Report {
        let mut report = hostile(text);
        let reason = |code: &str, severity| Reason {
            code: code.into(),
            severity,
            prompt: Some(text.into()),
            version: None,
            task: Some(text.into()),
            model: None,
            message: text.into(),
            help: Some(text.into()),
        };
        let flood = (0..500).map(|_| reason("cost", Severity::Fail));
        report.verdict.reasons = flood.chain([reason("expectation-changed", Severity::Accept)]).collect();
        let tasks = report.prompts[1].tasks.clone();
        report.prompts[1].tasks.extend(tasks.iter().cycle().take(400).cloned());
        let prompts = report.prompts.clone();
        report.prompts.extend(prompts.iter().cycle().take(100).cloned());
        report
    }

    #[test]
    fn sec_09_a_flood_stays_below_the_limit_and_hides_no_class() {
        for text in [NASTY.to_owned(), "`".repeat(3000), "é@".repeat(3000), "x ".repeat(5000)] {
            let comment = render(&flood(&text)).unwrap();
            assert!(comment.len() <= Room::COMMENT.bytes, "{}", comment.len());
            assert!(comment.contains("**Growth and cost** (500)") && comment.contains("**Changed expectations** (1)"));
            assert!(comment.contains("more: see report.json"));
            assert_eq!(comment.matches("<details>").count(), comment.matches("</details>\n").count());
            assert!(comment.ends_with("</sub>\n"), "never cut in the middle");
        }
    }

    #[test]
    fn a_summary_is_the_comment_with_more_in_it_and_no_marker() {
        let report = sample();
        let comment = render(&report).unwrap();
        assert_eq!(summary(&report, Room::SUMMARY.bytes).unwrap(), comment.split_once('\n').unwrap().1);
        let flood = flood("x");
        let text = summary(&flood, Room::SUMMARY.bytes).unwrap();
        assert!(text.len() > 4 * Room::COMMENT.bytes && text.len() <= Room::SUMMARY.bytes, "{}", text.len());
        assert!(text.ends_with("</sub>\n") && !text.contains("<!--"));
    }

    #[test]
    fn a_summary_keeps_to_the_room_that_is_left() {
        for bytes in [4_000, 150_000] {
            let text = summary(&flood(NASTY), bytes).unwrap();
            assert!(text.len() <= bytes && text.ends_with("</sub>\n"), "{}", text.len());
        }
        assert!(summary(&sample(), 100).unwrap_err().message.contains("too long"));
    }
}
