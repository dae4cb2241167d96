//! For tests: reads a page with the tokenizer of a browser engine and holds it against what the template may make.
//!
//! Knows nothing of how the page is rendered: a list of elements with their attributes, and what values those may have.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::report::escape::tests::commands;
use crate::report::{Report, html};

/// Every element the page may hold, with every attribute it may have.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("html", &["lang", "data-theme"]),
    ("head", &[]),
    ("meta", &["charset", "http-equiv", "content", "name"]),
    ("title", &[]),
    ("style", &[]),
    ("script", &[]),
    ("body", &[]),
    ("header", &["class"]),
    ("nav", &["class", "aria-label"]),
    ("main", &[]),
    ("section", &["id", "class", "aria-label", "aria-labelledby"]),
    ("footer", &["id", "aria-labelledby"]),
    ("dialog", &["id", "aria-labelledby"]),
    ("div", &["class", "id", "role", "aria-label", "data-script", "hidden", "tabindex"]),
    ("h1", &["id"]),
    ("h2", &["id"]),
    ("h3", &[]),
    ("p", &["class", "aria-hidden", "hidden"]),
    ("span", &["class", "aria-hidden"]),
    ("small", &[]),
    ("a", &["class", "href"]),
    ("ul", &["class"]),
    ("ol", &[]),
    ("li", &[]),
    ("dl", &[]),
    ("dt", &[]),
    ("dd", &[]),
    ("code", &["class"]),
    ("pre", &["class"]),
    ("kbd", &[]),
    ("del", &[]),
    ("ins", &[]),
    ("table", &["class"]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &[]),
    ("th", &["class", "scope"]),
    ("td", &["class"]),
    ("details", &["class", "id", "open", "data-failing", "data-changed"]),
    ("summary", &[]),
    ("button", &["type", "class", "id", "aria-label", "aria-haspopup", "data-script", "hidden"]),
    ("input", &["type", "name", "value", "checked", "id", "placeholder", "aria-label", "autocomplete", "spellcheck"]),
    ("label", &[]),
    ("output", &["id", "aria-live"]),
    (
        "svg",
        &[
            "class",
            "viewBox",
            "viewbox",
            "preserveAspectRatio",
            "preserveaspectratio",
            "role",
            "aria-label",
            "aria-hidden",
            "focusable",
        ],
    ),
    ("rect", &["class", "x", "y", "width", "height"]),
    ("line", &["class", "x1", "y1", "x2", "y2"]),
];

/// Attributes that may hold text of the report; all others hold words of ours.
const TEXTS: &[&str] = &["aria-label"];
/// Elements without an end.
const VOID: &[&str] = &["meta", "input"];

/// What a page is made of, its texts left out.
#[derive(Debug, Default)]
struct Skeleton {
    open: RefCell<Vec<String>>,
    /// Every tag, with every attribute that holds no text of the report.
    tags: RefCell<Vec<String>>,
    scripts: Cell<usize>,
    comments: Cell<usize>,
}

impl TokenSink for Skeleton {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::ParseError(error) => panic!("SEC-23: line {line}: {error}"),
            Token::NullCharacterToken => panic!("SEC-23: line {line}: NUL"),
            Token::CommentToken(_) => self.comments.set(self.comments.get() + 1),
            Token::DoctypeToken(_) | Token::CharacterTokens(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

impl Skeleton {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if tag.kind == TagKind::EndTag {
            assert_eq!(self.open.borrow_mut().pop().as_deref(), Some(name), "SEC-23: ends what it did not begin");
            return TokenSinkResult::Continue;
        }
        let (_, allowed) =
            ELEMENTS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("SEC-23: an element <{name}>"));
        assert!(!tag.had_duplicate_attributes && !tag.self_closing, "SEC-23: <{name}>");
        let mut shown = name.to_owned();
        for attribute in &tag.attrs {
            let (key, value) = (&*attribute.name.local, &*attribute.value);
            assert!(allowed.contains(&key), "SEC-23: <{name} {key}={value:?}>");
            if !TEXTS.contains(&key) {
                let is_ours = |c: char| c.is_ascii_alphanumeric() || " -_./;:='+#,".contains(c);
                assert!(value.chars().all(is_ours), "SEC-23: <{name} {key}={value:?}>");
                assert!(key != "href" || value.starts_with('#'), "SEC-23: leads to {value:?}");
                shown.push_str(&format!(" {key}={value}"));
            }
        }
        self.tags.borrow_mut().push(shown);
        if !VOID.contains(&name) {
            self.open.borrow_mut().push(name.to_owned());
        }
        match name {
            "script" => {
                self.scripts.set(self.scripts.get() + 1);
                TokenSinkResult::RawData(ScriptData)
            }
            "style" => TokenSinkResult::RawData(Rawtext),
            "title" => TokenSinkResult::RawData(Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

/// Holds the page of `report` against what a page may be; its tags come back.
pub fn check(report: &Report) -> Vec<String> {
    let page = html::render(report).unwrap();
    assert_eq!(commands(&page), Vec::<&str>::new(), "SEC-08");
    let shown = |c: char| !c.is_control() || c == '\n';
    assert!(page.chars().all(shown) && !page.contains(['\u{202e}', '\u{200b}', '\u{feff}', '\u{2028}']), "SEC-08");
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(page.as_str()));
    let tokenizer =
        Tokenizer::new(Skeleton::default(), TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() });
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let Skeleton { open, tags, scripts, comments } = tokenizer.sink;
    assert_eq!((open.into_inner(), scripts.get(), comments.get()), (Vec::new(), 1, 0), "SEC-23");
    tags.into_inner()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::Event;
    use crate::report::escape::tests::nasty;
    use crate::report::sample::{NASTY, hostile, nothing, sample};

    /// What is tried first where text lands in a page.
    const ATTACKS: [&str; 10] = [
        "<script>document.title='pwned'</script>",
        "</script><script>document.title='pwned'</script>",
        "</style><img src=x onerror=document.title='pwned'>",
        "</title><svg onload=document.title='pwned'>",
        "\" onfocus=\"document.title='pwned'\" autofocus x=\"",
        "' onmouseover='document.title=1",
        "javascript:document.title='pwned'",
        "<!-- --><![CDATA[<b>]]><?php",
        "&lt;b&gt;&#60;i&#62;&Tab;",
        "{{verdict}}{{{headline}}}{{> script}}",
    ];

    /// A hostile report that also comes from a CI run.
    fn report(text: &str) -> Report {
        let mut report = hostile(text);
        report.workflows_changed = vec![text.to_owned(); 3];
        report.event = Some(Event {
            name: text.to_owned(),
            repository: text.to_owned(),
            pull_request: Some(12),
            head: Some(text.to_owned()),
            from_fork: true,
        });
        report
    }

    #[test]
    fn sec_23_hostile_text_makes_no_markup() {
        for plain in [sample(), nothing()] {
            check(&plain);
        }
        let plain = check(&report("x"));
        for text in ATTACKS.into_iter().chain([NASTY]) {
            assert_eq!(check(&report(text)), plain, "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "SEC-23: an element <img>")]
    fn sec_23_markup_that_is_not_the_templates_is_seen() {
        let sink = Skeleton::default();
        let input = BufferQueue::default();
        input.push_back(StrTendril::from("<p>x<img src=x></p>"));
        let _ = Tokenizer::new(sink, TokenizerOpts::default()).feed(&input);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn sec_23_no_text_makes_markup(text in nasty()) {
            // The same text with letters for signs has the same places to stand in.
            let letters: String = text.chars().map(|c| if c.is_whitespace() { c } else { 'x' }).collect();
            prop_assert_eq!(check(&report(&text)), check(&report(&letters)));
        }
    }
}
