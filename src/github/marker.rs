//! The first line of our comments: by whom, for which key, about which commit, from which run (SEC-10).
//!
//! It is matched from the first byte on and in full, so that no quoting, no prefix of a key and nothing further down in a comment
//! passes for it.

use std::fmt;
use std::str::FromStr;

use crate::event::is_id;

/// Which of several comments of one pull request is meant: one for each project of a repository, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        // Two hyphens end a comment in HTML.
        if (1..=40).contains(&text.len()) && is_plain && !text.contains("--") {
            Ok(Self(text.to_owned()))
        } else {
            Err("1 to 40 of a-z, 0-9 and single hyphens".to_owned())
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one of our comments, or of our check runs, says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    pub key: Key,
    /// Full id of the commit that was judged.
    pub head: String,
    /// The workflow run that wrote it; 0 where none did.
    pub run: u64,
}

impl Marker {
    /// As the first line of a comment, without the line break.
    pub fn line(&self) -> String {
        format!("<!-- {} -->", self.text())
    }

    /// As the name by which a check run is found again.
    pub fn text(&self) -> String {
        let Self { key, head, run } = self;
        format!("regild:v1 key={key} head={head} run={run}")
    }

    /// The marker that a comment begins with.
    pub fn of_comment(body: &str) -> Option<Self> {
        let line = body.split('\n').next()?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        Self::read(line.strip_prefix("<!-- ")?.strip_suffix(" -->")?)
    }

    /// Reads what [`Marker::text`] wrote, and nothing else.
    pub fn read(text: &str) -> Option<Self> {
        let (key, rest) = text.strip_prefix("regild:v1 key=")?.split_once(" head=")?;
        let (head, run) = rest.split_once(" run=")?;
        let marker = Self { key: key.parse().ok()?, head: head.to_owned(), run: run.parse().ok()? };
        // Whatever is written in another way is not ours.
        (is_id(head) && marker.text() == text).then_some(marker)
    }

    /// Whether this is about the same commit as `other`, and later.
    pub fn is_after(&self, other: &Self) -> bool {
        self.head == other.head && self.run > other.run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";

    fn marker(run: u64) -> Marker {
        Marker { key: "prod".parse().unwrap(), head: HEAD.into(), run }
    }

    #[test]
    fn sec_10_a_marker_is_the_whole_first_line_or_none() {
        let line = marker(12).line();
        assert_eq!(line, format!("<!-- regild:v1 key=prod head={HEAD} run=12 -->"));
        for good in [line.clone(), format!("{line}\nbody"), format!("{line}\r\nbody")] {
            assert_eq!(Marker::of_comment(&good), Some(marker(12)), "{good:?}");
        }
        for bad in [
            format!(" {line}"),
            format!("\u{feff}{line}"),
            format!("\n{line}"),
            format!("> {line}"),
            format!("{line} more"),
            line.replace("-->", "--->"),
            line.replace("prod", "Prod"),
            line.replace("prod", "prod--x"),
            line.replace("v1", "v10"),
            line.replace("run=12", "run=012"),
            line.replace("run=12", "run=+12"),
            line.replace("run=12", "run=-1"),
            line.replace("run=12", "run=12 run=13"),
            line.replace(HEAD, "worktree"),
            line.replace(HEAD, &HEAD[1..]),
            line.replace(" run=12", ""),
            String::new(),
        ] {
            assert_eq!(Marker::of_comment(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn sec_10_a_key_is_no_part_of_another() {
        let of = |key: &str| marker(1).line().replace("prod", key);
        for other in ["non-prod", "prod-2", "pro"] {
            assert_ne!(Marker::of_comment(&of(other)).unwrap().key, marker(1).key);
        }
        for bad in ["", "a b", "a--b", "A", "ä", "a_b", "-->", &"a".repeat(41)] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_later_run_is_later_only_about_the_same_commit() {
        let other = Marker { head: HEAD.replace('5', "6"), ..marker(9) };
        assert!(marker(2).is_after(&marker(1)) && !marker(1).is_after(&marker(1)) && !other.is_after(&marker(1)));
    }
}
