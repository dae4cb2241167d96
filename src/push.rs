//! What git is about to push, as it tells its pre-push hook: one line a ref.
//!
//! Pure. Which commits to compare for each is found in git by `commands::hook`.

use crate::error::{Error, Result};
use crate::event::{is_id, is_nothing};

/// One ref that is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// What it is called at the remote, in full.
    pub to: String,
    /// Full id of what is pushed: a commit, or a tag of one.
    pub id: String,
    /// Full id of what stands there now; `None` where nothing does.
    pub replaces: Option<String>,
}

/// Reads what git writes to the hook: `<local ref> <local id> <remote ref> <remote id>`, a line each. Refs that are deleted
/// are left out: there is nothing to judge.
pub fn read(text: &str) -> Result<Vec<Push>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.filter_map(|line| push(line).transpose()).collect()
}

fn push(line: &str) -> Result<Option<Push>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, id, to, remote] = words[..] else { return Err(odd(line)) };
    // Repositories of either hash write as many zeros as their ids have digits.
    if !is_id(id) || !is_id(remote) || id.len() != remote.len() {
        return Err(odd(line));
    }
    if is_nothing(id) {
        return Ok(None);
    }
    let replaces = (!is_nothing(remote)).then(|| remote.to_owned());
    Ok(Some(Push { to: to.to_owned(), id: id.to_owned(), replaces }))
}

fn odd(line: &str) -> Error {
    let shown: String = line.chars().take(200).collect();
    Error::usage(format!("`{}` is not what git tells a pre-push hook", shown.escape_debug()))
        .hint("git calls this as a hook; `regild hook install` sets that up")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn every_line_is_read_but_those_of_deletions() {
        let zero = "0".repeat(40);
        let (long, long_zero) = ("c".repeat(64), "0".repeat(64));
        let text = format!(
            "refs/heads/a {A} refs/heads/a {B}\n(delete) {zero} refs/heads/b {B}\nHEAD~1 {A} refs/heads/c {zero}\n\n\
             refs/tags/t {long} refs/tags/t {long_zero}\n(delete) {long_zero} refs/heads/d {long}\n"
        );
        let push = |to: &str, id: &str, replaces: Option<&str>| Push {
            to: to.to_owned(),
            id: id.to_owned(),
            replaces: replaces.map(str::to_owned),
        };
        let want = [push("refs/heads/a", A, Some(B)), push("refs/heads/c", A, None), push("refs/tags/t", &long, None)];
        assert_eq!(read(&text).unwrap(), want);
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn anything_else_is_refused() {
        for line in
            ["x", "a b c d", &format!("a {A} b"), &format!("a {A} b {B} c"), &format!("a {A} b {}", "0".repeat(64))]
        {
            assert!(read(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_input_is_read_or_refused(text in "(\\PC{0,8} ([0-9a-f]{40}|0{40}|0{64}) refs/\\PC{0,4} [0-9a-f]{40}\n?){0,3}") {
            if let Ok(pushes) = read(&text) {
                prop_assert!(pushes.iter().all(|push| is_id(&push.id) && !is_nothing(&push.id)));
            }
        }
    }
}
