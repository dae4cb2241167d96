//! Any texts as the files of a project: reading and validating it, with every template checked and rendered, never panics.
//!
//! The files are parted by lines of four equals signs: a prompt, its tasks, a template to include, a tool file, settings.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 5] =
    ["prompts/a/v1.0.0.yaml", "golden/a.yaml", "prompts/part.j2", "prompts/tools.yaml", "regild.yaml"];

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    let mut files = Vec::new();
    for path in PATHS {
        let end = rest.windows(6).position(|window| window == b"\n====\n");
        let (file, after) = match end {
            Some(end) => (&rest[..end + 1], &rest[end + 6..]),
            None => (rest, &rest[rest.len()..]),
        };
        if !file.is_empty() {
            files.push((path, file));
        }
        rest = after;
    }
    common::run(&files);
});
