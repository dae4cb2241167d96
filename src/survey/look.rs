//! The look at each content of a project: whose file it is, and which other files it names. Every content is read once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;

use super::Place;
use crate::config;
use crate::id::Id;
use crate::prompt::is_set_aside;
use crate::recording::DIR;
use crate::snapshot::Snapshot;
use crate::yaml::{Document, Scanned, scan};

/// What one content came to.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    pub(super) owner: Owner,
    /// The files and tasks of the project that it names.
    pub(super) names: Vec<String>,
    /// It may name more, under another spelling.
    pub(super) hides: bool,
}

/// The prompt that a file is a version of, or has tasks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Prompt(Id),
    /// It could be one, or have some, but does not say which.
    Nobody,
    /// Whatever it says, it is no prompt and has no tasks.
    Part,
    /// It does not parse, or says something that is no id.
    Unclear,
}

/// Where prompts and tasks stand in a snapshot.
pub(super) struct Area<'a> {
    pub(super) snapshot: &'a Snapshot,
    golden: String,
    /// The directories of prompts, and that of tasks.
    pub(super) dirs: BTreeSet<String>,
}

impl<'a> Area<'a> {
    pub(super) fn of(place: Place<'a>) -> Self {
        let golden = config::clean(&place.config.testing.dir);
        let prompts = place.config.prompts.dir.0.iter().map(|dir| config::clean(dir));
        Self { snapshot: place.snapshot, dirs: prompts.chain([golden.clone()]).collect(), golden }
    }

    pub(super) fn is_golden(&self, path: &str) -> bool {
        inside(&self.golden, path).is_some()
    }

    /// The name of the prompt that a path below the recordings is for.
    pub(super) fn recorded<'p>(&self, path: &'p str) -> Option<&'p str> {
        inside(&self.golden, path)?.strip_prefix(DIR)?.strip_prefix('/')?.split('/').next()
    }

    /// Every file that may be a prompt, have tasks, or be part of a prompt, with the key that says whose it is. Where one
    /// directory lies in the other, a file counts as what it is for the inner one.
    pub(super) fn files(&self) -> Vec<(&'a str, &'static str)> {
        let mut files = BTreeMap::new();
        for dir in &self.dirs {
            for (path, _) in self.snapshot.below(dir) {
                // A link is looked at too: whoever puts one in a file's place is told.
                if self.recorded(path).is_none() {
                    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
                    let key = match self.is_golden(path) {
                        _ if !is_yaml => "",
                        true => "prompt",
                        false if is_set_aside(dir, path) => "",
                        false => "id",
                    };
                    files.insert(path, key);
                }
            }
        }
        files.into_iter().collect()
    }
}

/// Looks at every content once.
pub(super) fn note_all<'a>(areas: &'a [Area<'a>], words: &BTreeSet<&str>) -> BTreeMap<(&'a str, &'static str), Noted> {
    let mut contents: BTreeMap<(&str, &'static str), (&Snapshot, &str)> = BTreeMap::new();
    let mut names = Names::default();
    words.iter().for_each(|word| names.insert(word));
    for area in areas {
        for (path, key) in area.files() {
            area.dirs.iter().filter_map(|dir| inside(dir, path)).for_each(|name| names.insert(name));
            if let Some(id) = area.snapshot.id(path) {
                contents.entry((id, key)).or_insert((area.snapshot, path));
            }
        }
    }
    let noted = contents.into_par_iter().map(|(content, (snapshot, path))| {
        let bytes = snapshot.read(path).ok().flatten();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let noted = text.map(|text| note(path, &text, content.1, &names));
        (content, noted.unwrap_or(Noted { owner: Owner::Unclear, names: Vec::new(), hides: true }))
    });
    noted.collect()
}

fn note(path: &str, text: &str, key: &str, names: &Names<'_>) -> Noted {
    let id = |text: &str| Id::new(text).map_or(Owner::Unclear, Owner::Prompt);
    let owner = match scan(text, key) {
        _ if key.is_empty() => Owner::Part,
        Scanned::Text(text) => id(&text),
        Scanned::Absent => Owner::Nobody,
        Scanned::Open => match Document::parse(path, text.as_bytes()) {
            Ok(document) => match document.value().get(key) {
                Some(value) => value.as_str().map_or(Owner::Unclear, id),
                None => Owner::Nobody,
            },
            Err(_) => Owner::Unclear,
        },
    };
    let mentioned: BTreeSet<&str> = words(text).filter(|word| names.contains(word)).collect();
    // YAML and Jinja can spell a name otherwise, but not without one of these.
    let hides = text
        .as_bytes()
        .windows(2)
        .any(|two| two[0] == b'\\' && matches!(two[1], b'x' | b'u' | b'U' | b'/' | b'\n' | b'\r'));
    Noted { owner, names: mentioned.into_iter().map(str::to_owned).collect(), hides }
}

/// The words that are looked for. Most words of a text are ruled out by their length and their last letters.
#[derive(Default)]
struct Names<'a> {
    words: HashSet<&'a str>,
    ends: BTreeSet<[u8; 2]>,
}

impl<'a> Names<'a> {
    fn insert(&mut self, word: &'a str) {
        self.words.insert(word);
        self.ends.insert(end(word));
    }

    fn contains(&self, word: &str) -> bool {
        self.ends.contains(&end(word)) && self.words.contains(word)
    }
}

fn end(word: &str) -> [u8; 2] {
    match word.as_bytes() {
        [.., a, b] => [*a, *b],
        [b] => [0, *b],
        [] => [0, 0],
    }
}

/// Characters of names that can be found by looking for them.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')
}

/// The words of a text. Bytes of characters that stand in no word are no ASCII, so that every cut is between characters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let of_word = |byte: u8| is_of_word(char::from(byte));
    let words = text.as_bytes().split(move |byte| !of_word(*byte)).filter(|word| !word.is_empty());
    words.filter_map(|word| std::str::from_utf8(word).ok())
}

/// A path as seen from a directory it is in.
pub(super) fn inside<'p>(dir: &str, path: &'p str) -> Option<&'p str> {
    if dir.is_empty() { Some(path) } else { path.strip_prefix(dir)?.strip_prefix('/') }
}

/// A name as seen from above the directory that it is in.
pub(super) fn below(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
