//! The files that a prompt's templates include, import or extend, and every way in which such a reference can be wrong (SEC-06).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Loader;
use super::templates::{own_path, place_in};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::prompt::Use;
use crate::prompt::file::PromptFile;
use crate::prompt::template::{MAX_INCLUDE_DEPTH, references};
use crate::text::{Concealment, hidden};

/// Bytes of all included templates of one prompt (SEC-06).
const MAX_INCLUDED: usize = 1 << 20;

/// What each template refers to, by name, with the text that it has and where in it the reference stands.
#[derive(Default)]
struct References {
    texts: BTreeMap<String, String>,
    named: BTreeMap<String, BTreeMap<String, Range<usize>>>,
}

impl Loader<'_> {
    /// The text of everything included, transitively. Where something is wrong with it, diagnostics say so.
    pub(super) fn includes(&mut self, file: &PromptFile) -> BTreeMap<String, String> {
        let own = Self::own_templates(file);
        let mut all = References::default();
        let mut next: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
        all.texts.extend(own.iter().map(|(name, source)| (name.clone(), (*source).to_owned())));
        let mut total = 0;
        while let Some(template) = next.pop() {
            let named = match references(&template, &all.texts[&template]) {
                Ok(named) => named,
                Err(error) => {
                    self.template_error(&error, &all.texts[&template], None);
                    continue;
                }
            };
            for (name, at) in &named {
                if all.texts.contains_key(name) && own_path(name).is_none() {
                    continue;
                }
                let place = self.template_place(&template, &all.texts[&template], at);
                let Some(text) = self.include(name, place.clone()) else { continue };
                total += text.len();
                if total > MAX_INCLUDED {
                    let message = format!("the includes have more than {MAX_INCLUDED} bytes");
                    self.diagnostics.push(Diagnostic::new(Code::Include, place, message));
                    return BTreeMap::new();
                }
                all.texts.insert(name.clone(), text);
                next.push(name.clone());
            }
            all.named.insert(template, named);
        }
        self.follow(&all, own.iter().map(|(name, _)| name.as_str()));
        let is_own = |name: &String| own.iter().any(|(own, _)| own == name);
        all.texts.into_iter().filter(|(name, _)| !is_own(name)).collect()
    }

    /// Reads one included template.
    fn include(&mut self, name: &str, place: Place) -> Option<String> {
        if own_path(name).is_some() {
            let message = format!("`{name}` is what the prompt's own text is called; give the file another name");
            self.diagnostics.push(Diagnostic::new(Code::Include, place, message));
            return None;
        }
        let bytes = match self.read(name, Use::Include) {
            Ok(bytes) => bytes,
            Err(refusal) => {
                let code = refusal.code.unwrap_or(Code::Include);
                let mut diagnostic = Diagnostic::new(code, place, refusal.message);
                diagnostic.help = refusal.help;
                self.diagnostics.push(diagnostic);
                return None;
            }
        };
        let path = self.below_dir(name);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let (valid, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
                let before = String::from_utf8_lossy(&bytes[..valid]);
                let place = Place { excerpt: String::new(), ..place_in(&path, &before, &(valid..valid)) };
                let message = format!("the file is not UTF-8 (byte {valid})");
                self.diagnostics.push(Diagnostic::new(Code::NotUtf8, place, message));
                return None;
            }
        };
        self.conceals(&path, &text);
        Some(text)
    }

    /// Tells of characters that a reviewer of an included file cannot see.
    fn conceals(&mut self, path: &str, text: &str) {
        if text.starts_with('\u{feff}') {
            let place = place_in(path, text, &(0..'\u{feff}'.len_utf8()));
            let message = "the file begins with a byte order mark, which would be sent to the model";
            self.diagnostics.push(Diagnostic::new(Code::ByteOrderMark, place, message));
        }
        for (at, concealment) in hidden(text) {
            let c = text[at..].chars().next().unwrap_or_default();
            let place = place_in(path, text, &(at..at + c.len_utf8()));
            let (code, what) = match concealment {
                Concealment::Control => (Code::ControlCharacter, "the control character"),
                Concealment::Hidden => (Code::HiddenCharacter, "the hidden character"),
            };
            self.diagnostics.push(Diagnostic::new(code, place, format!("{what} U+{:04X} stands here", u32::from(c))));
        }
    }

    /// Finds circles of references and chains that are too long.
    fn follow<'n>(&mut self, all: &'n References, entries: impl Iterator<Item = &'n str>) {
        let mut followed = Followed::default();
        for entry in entries {
            self.descend(all, entry, &mut Vec::new(), &mut followed);
        }
    }

    fn descend<'n>(
        &mut self,
        all: &'n References,
        name: &'n str,
        chain: &mut Vec<&'n str>,
        followed: &mut Followed<'n>,
    ) {
        if followed.from.get(name).is_some_and(|earlier| *earlier > chain.len()) {
            return;
        }
        chain.push(name);
        followed.from.insert(name, chain.len());
        for (next, at) in all.named.get(name).into_iter().flatten() {
            let circle = chain.iter().position(|earlier| earlier == next);
            let (code, message) = if let Some(start) = circle {
                let names = chain[start..].iter().copied().chain([next.as_str()]).map(|name| format!("`{name}`"));
                let shown = names.collect::<Vec<_>>().join(" → ");
                (Code::IncludeCycle, format!("includes go round in a circle: {shown}"))
            } else if chain.len() > MAX_INCLUDE_DEPTH {
                (Code::Include, format!("includes are nested deeper than {MAX_INCLUDE_DEPTH}"))
            } else {
                self.descend(all, next, chain, followed);
                continue;
            };
            if followed.told.insert((name, next)) {
                let place = self.template_place(name, &all.texts[name], at);
                self.diagnostics.push(Diagnostic::new(code, place, message));
            }
        }
        chain.pop();
    }
}

/// How references were followed so far.
#[derive(Default)]
struct Followed<'n> {
    /// The longest chain by which each template was reached. Only a longer one can show more.
    from: BTreeMap<&'n str, usize>,
    /// References that something was said of.
    told: BTreeSet<(&'n str, &'n str)>,
}
