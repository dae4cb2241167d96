//! The demo's project, embedded: a fictional support bot at two commits. `base/` is the first, `head/` what the second
//! changes. Nothing in it was said by a model; the mock provider answers as `golden/support.yaml` scripts it.

/// A file of the project: its path and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($side:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!($side, "/", $path)))),*]
    };
}

/// The first commit: a support prompt that keeps to the knowledge base.
pub const BASE: &[File] = files!["base":
    ".gitattributes",
    "golden/support.yaml",
    "prices.yaml",
    "prompts/_shared/tone.jinja",
    "prompts/support/CHANGELOG.md",
    "prompts/support/tools.yaml",
    "prompts/support/v12.0.0.yaml",
    "regild.yaml",
];

/// The second commit: the same prompt, told to be exhaustive, and serving.
pub const HEAD: &[File] = files!["head":
    "prompts/support/CHANGELOG.md",
    "prompts/support/v13.0.0.yaml",
    "regild.yaml",
];

/// Committer times of the two commits, in seconds since 1970: fixed, so that every demo is the same.
pub const TIMES: (i64, i64) = (1_790_758_800, 1_791_190_800);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "compares the list with the directory")]
    fn below(dir: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn the_lists_are_the_directories() {
        for (side, files) in [("base", BASE), ("head", HEAD)] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo").join(side);
            let mut found = BTreeSet::new();
            below(&root, &root, &mut found);
            let listed: BTreeSet<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(found, listed, "src/demo/{side} and its list differ");
        }
    }
}
