//! Any bytes as any of the file formats: the reader never panics, every place lies in the text, and what is read without an
//! error is there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regild::cost::PriceFile;
use regild::diagnostic::Diagnostic;
use regild::golden::file::TaskFile;
use regild::prompt::file::{PromptFile, ToolFile};
use regild::yaml::{Document, Format};

fn read<T: Format>(bytes: &[u8]) {
    let mut document = match Document::parse("f.yaml", bytes) {
        Ok(document) => document,
        Err(diagnostic) => return check(&diagnostic),
    };
    let reading = document.read::<T>();
    reading.problems.iter().for_each(check);
    assert!(reading.value.is_some() || reading.problems.iter().any(Diagnostic::is_error), "lost without a word");
}

fn check(diagnostic: &Diagnostic) {
    if !diagnostic.excerpt.is_empty() {
        let columns = diagnostic.excerpt.chars().count() + 1;
        assert!((1..=columns).contains(&(diagnostic.column as usize)), "{diagnostic:?}");
    }
    let _ = diagnostic.render();
}

fuzz_target!(|data: &[u8]| {
    let Some((format, bytes)) = data.split_first() else { return };
    match format % 4 {
        0 => read::<PromptFile>(bytes),
        1 => read::<TaskFile>(bytes),
        2 => read::<ToolFile>(bytes),
        _ => read::<PriceFile>(bytes),
    }
});
