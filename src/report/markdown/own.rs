//! A team's own template of the comment: whatever could put a report's text into the comment unescaped is refused before anything
//! is rendered (SEC-09).
//!
//! The words of the template itself are the team's, who may write any Markdown. What it shows of a report goes through the
//! same escapes as in ours.

use handlebars::Handlebars;
use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};

use crate::error::{Error, ErrorKind};

/// The largest template, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Blocks within blocks.
const MAX_DEPTH: usize = 8;
/// Lists within lists: each can be as long as the comment has rows.
const MAX_LISTS: usize = 3;

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];
/// What stands before its arguments in `{{…}}`.
const PRINTED: [&str; 3] = ["code", "fence", "len"];
const TESTS: [&str; 10] = ["eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not", "len"];

/// Puts the template in the place of ours.
pub fn register(engine: &mut Handlebars<'_>, text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        return Err(refused(format!("it is larger than {} KiB", MAX_BYTES / 1024)));
    }
    let template =
        Template::compile_with_name(text, "comment".to_owned()).map_err(|error| refused(error.to_string()))?;
    Depth::default().check(&template)?;
    for helper in ["lookup", "raw", "log"] {
        engine.unregister_helper(helper);
    }
    engine.register_template("comment", template);
    Ok(())
}

/// Refuses a comment in which our marker stands twice.
pub fn check(text: &str) -> Result<(), Error> {
    match text.matches("<!-- regild:").count() {
        1 => Ok(()),
        _ => Err(refused("it holds a marker of its own".to_owned())),
    }
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::Config, format!("the comment's template cannot be used: {why}"))
}

/// How far inside blocks something stands.
#[derive(Clone, Copy, Default)]
struct Depth {
    blocks: usize,
    lists: usize,
}

impl Depth {
    fn check(self, template: &Template) -> Result<(), Error> {
        template.elements.iter().try_for_each(|element| match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(helper) => expression(helper),
            TemplateElement::HelperBlock(helper) => self.block(helper),
            TemplateElement::HtmlExpression(_) => Err(refused("unescaped text, as by {{{…}}} or {{&…}}".to_owned())),
            // Partials, decorators, and what a later version of the language may bring.
            _ => {
                Err(refused("only values, `code`, `fence`, `len` and the blocks if, unless, each and with".to_owned()))
            }
        })
    }

    fn block(self, helper: &HelperTemplate) -> Result<(), Error> {
        let name = helper.name.as_name().unwrap_or_default();
        if !BLOCKS.contains(&name) {
            return Err(refused(format!("the block `{name}`; there are {}", BLOCKS.join(", "))));
        }
        let inside = Self { blocks: self.blocks + 1, lists: self.lists + usize::from(name == "each") };
        if inside.blocks > MAX_DEPTH || inside.lists > MAX_LISTS {
            return Err(refused("its blocks are nested too deeply".to_owned()));
        }
        parameters(helper)?;
        [&helper.template, &helper.inverse].into_iter().flatten().try_for_each(|template| inside.check(template))
    }
}

fn expression(helper: &HelperTemplate) -> Result<(), Error> {
    if helper.params.is_empty() && helper.hash.is_empty() {
        return parameter(&helper.name);
    }
    let name = helper.name.as_name().unwrap_or_default();
    if !PRINTED.contains(&name) {
        return Err(refused(format!("the helper `{name}`; there are {}", PRINTED.join(", "))));
    }
    parameters(helper)
}

fn parameters(helper: &HelperTemplate) -> Result<(), Error> {
    helper.params.iter().try_for_each(parameter)?;
    if helper.hash.is_empty() { Ok(()) } else { Err(refused("arguments by name".to_owned())) }
}

fn parameter(parameter: &Parameter) -> Result<(), Error> {
    let Parameter::Subexpression(inner) = parameter else { return Ok(()) };
    match inner.as_element() {
        TemplateElement::Expression(helper) => {
            let name = helper.name.as_name().unwrap_or_default();
            if !TESTS.contains(&name) {
                return Err(refused(format!("the test `{name}`; there are {}", TESTS.join(", "))));
            }
            parameters(helper)
        }
        _ => Err(refused("an odd expression in brackets".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::escape::markdown::tests::outside_code;
    use crate::report::markdown::comment_as;
    use crate::report::markdown::room::Room;
    use crate::report::sample::{NASTY, hostile, sample};

    const MARKER: &str = "<!-- regild:v1 key=default head=worktree run=0 -->";

    fn render(template: &str) -> Result<String, String> {
        comment_as(&sample(), MARKER, template).map_err(|error| error.message)
    }

    #[test]
    fn a_team_says_it_in_its_own_words() {
        let template = "## Prompts: {{verdict}} [why](https://wiki.example)\n\
            {{#each classes}}{{#if (gt count 0)}}{{title}}: {{len rows}} of {{count}}\n{{#each rows}}- {{code subject}} {{message}}\n{{/each}}\
            {{else}}none{{/if}}{{/each}}{{#with prompts}}{{this.0.id}}{{/with}}\n";
        let text = render(template).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(MARKER));
        assert_eq!(lines.next(), Some("## Prompts: Fail [why](https://wiki.example)"));
        assert_eq!(lines.next(), Some("Regressions: 3 of 3"));
        assert!(
            lines.next().unwrap().starts_with("- <code>support&#47;kb&#95;lookup &#91;mini&#93;</code> passes 3 of")
        );
    }

    #[test]
    fn sec_09_a_template_has_no_raw_form() {
        for (template, says) in [
            ("{{{headline}}}", "unescaped"),
            ("{{&headline}}", "unescaped"),
            ("{{~{headline}~}}", "unescaped"),
            ("{{#if mark}}{{else}}{{{headline}}}{{/if}}", "unescaped"),
            ("{{#each classes}}{{#each rows}}{{{message}}}{{/each}}{{/each}}", "unescaped"),
            ("{{{{raw}}}}{{headline}}{{{{/raw}}}}", "the block `raw`"),
            ("{{> comment}}", "only values"),
            ("{{#> comment}}{{/comment}}", "only values"),
            ("{{#*inline \"x\"}}{{/inline}}", "only values"),
            ("{{lookup this \"headline\"}}", "the helper `lookup`"),
            ("{{log headline}}", "the helper `log`"),
            ("{{code (lookup this \"headline\")}}", "the test `lookup`"),
            ("{{#each (lookup this \"x\")}}{{/each}}", "the test `lookup`"),
            ("{{code headline x=1}}", "by name"),
            ("{{raw}}", "cannot be rendered"),
            ("{{no_such_value}}", "cannot be rendered"),
            ("{{fence prompts}}", "cannot be rendered"),
            ("{{#if", "cannot be used"),
            ("<!-- regild:v1 key=x -->", "marker of its own"),
            (&"{{#each classes}}".repeat(4), "cannot be used"),
            (&format!("{}{}", "{{#each classes}}".repeat(4), "{{/each}}".repeat(4)), "too deeply"),
            (&"x".repeat(65 * 1024), "larger than 64 KiB"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.contains(says), "{template}: {error}");
        }
    }

    #[test]
    fn sec_09_what_a_template_shows_is_escaped_wherever_it_shows_it() {
        let template =
            "{{headline}} [x]({{base_ref}}) <!-- {{head_ref}} -->\n{{#each prompts}}{{id}} {{this.why}}\n{{/each}}";
        let text = comment_as(&hostile(NASTY), MARKER, template).unwrap();
        let shown = outside_code(text.split_once('\n').unwrap().1);
        for sign in ["@", "![", "javascript:", "</details>", "```", "<script"] {
            assert!(!shown.contains(sign), "{sign:?} in {shown}");
        }
        assert_eq!(text.matches("-->").count(), 2, "a value ends no comment: {text}");
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_what_cannot_be_is_refused() {
        let mut report = sample();
        let prompts = report.prompts.clone();
        report.prompts.extend(prompts.iter().cycle().take(100).cloned());
        let lists = "{{#each prompts}}{{#each @root.prompts}}{{#each @root.prompts}}xxxxxxxxxxxxxxxxxxxx{{/each}}{{/each}}{{/each}}";
        assert!(comment_as(&report, MARKER, lists).unwrap().len() <= Room::COMMENT.bytes);
        let error = comment_as(&report, MARKER, &"x".repeat(61_000)).unwrap_err();
        assert!(error.message.contains("too long"), "{error}");
    }
}
