//! A file name that says another version than the file does.
//!
//! What counts as a version in a name, without its `.yaml`, is decided here and nowhere else. At the name's start, or after
//! one of `-`, `_`, `.`, `@` or a space:
//!
//! - `v` and one to three numbers: `v2`, `v1.2`, `support-v1.2.0`;
//! - three numbers without `v`: `1.2.0`, `support-1.2.0`;
//! - two numbers without `v` only where they are the whole name: `1.2`. In `gpt-4.1-extract` they are somebody else's.
//!
//! Numbers are as semver writes them, so neither `v01` nor the date `2026.11.05` is a version, and four numbers are none. A
//! name that gives fewer parts speaks for all versions that begin with them. What follows three numbers after `-` is a
//! pre-release where the file's version has one, or where it begins like one (`rc.1`); otherwise it is words (`v1.2.0-short`).
//! Where a name holds several versions, it is enough that one fits.

use semver::Version;

use super::{Breach, place};
use crate::diagnostic::Code;
use crate::prompt::Prompt;
use crate::side::Side;

/// How names of pre-releases begin.
const PRE_RELEASES: [&str; 8] = ["alpha", "beta", "canary", "dev", "next", "pre", "preview", "rc"];

pub(super) fn check(prompt: &Prompt, side: &Side) -> Option<Breach> {
    let name = prompt.path.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name);
    let named = versions(stem);
    let first = named.first()?;
    if named.iter().any(|named| named.fits(&prompt.version)) {
        return None;
    }
    let message = format!("the file name says {first}, `version` says {}", prompt.version);
    let at = place(side, prompt, &["version".into()]);
    Some(Breach::new(prompt, Code::FileNameVersion, at, message).help("rename the file, or mend `version:`"))
}

/// A version as a file name says it.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    /// One to three.
    numbers: Vec<u64>,
    /// What follows three numbers and a `-`.
    suffix: &'a str,
}

impl Named<'_> {
    fn fits(&self, version: &Version) -> bool {
        let numbers = [version.major, version.minor, version.patch];
        if !numbers.starts_with(&self.numbers) {
            return false;
        }
        if self.numbers.len() < numbers.len() {
            return true;
        }
        let pre = version.pre.as_str();
        if pre.is_empty() {
            return !self.is_pre_release();
        }
        // Further words may follow the pre-release too.
        self.suffix.strip_prefix(pre).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    }

    fn is_pre_release(&self) -> bool {
        let word = self.suffix.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        PRE_RELEASES.contains(&word.to_ascii_lowercase().as_str())
    }
}

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        f.write_str(&numbers.join("."))?;
        if self.is_pre_release() { write!(f, "-{}", self.suffix) } else { Ok(()) }
    }
}

/// Every version that a name says, in its order.
fn versions(stem: &str) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < stem.len() {
        let rest = &stem[from..];
        match version(rest, from == 0) {
            Some((named, length)) => {
                found.push(named);
                from += length;
            }
            None => from += skip(rest),
        }
    }
    found
}

/// The bytes up to where the next version may begin: numbers that are no version are none in part either.
fn skip(text: &str) -> usize {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let run = if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let run = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        text.len() - digits.len() + run
    } else {
        0
    };
    text[run..].find(is_border).map_or(text.len(), |at| run + at + 1)
}

/// The version that `text` begins with, and how many bytes it and the border after it take.
fn version(text: &str, at_start: bool) -> Option<(Named<'_>, usize)> {
    let digits = text.strip_prefix(['v', 'V']);
    let mut numbers = Vec::new();
    let mut rest = digits.unwrap_or(text);
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = &rest[..end];
        if number.is_empty() || (number.len() > 1 && number.starts_with('0')) {
            return None;
        }
        numbers.push(number.parse().ok()?);
        rest = &rest[end..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => break,
        }
    }
    let is_version = match (digits.is_some(), numbers.len()) {
        (true, 1..=3) | (false, 3) => true,
        (false, 2) => at_start && rest.is_empty(),
        _ => false,
    };
    let ends = rest.is_empty() || rest.starts_with(|c: char| is_border(c) || c == '+');
    if !is_version || !ends {
        return None;
    }
    let suffix = if numbers.len() == 3 { rest.strip_prefix('-').unwrap_or_default() } else { "" };
    let length = text.len() - rest.len() + rest.chars().next().map_or(0, char::len_utf8);
    Some((Named { numbers, suffix }, length))
}

fn is_border(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '@' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_names_are_found() {
        for (stem, want) in [
            ("v1.2.0", vec!["1.2.0"]),
            ("V1.2.0", vec!["1.2.0"]),
            ("1.2.0", vec!["1.2.0"]),
            ("1.2", vec!["1.2"]),
            ("support-1.2.0", vec!["1.2.0"]),
            ("support@1.2.0", vec!["1.2.0"]),
            ("support v2", vec!["2"]),
            ("v1.2", vec!["1.2"]),
            ("support_v2", vec!["2"]),
            ("support.v2.prompt", vec!["2"]),
            ("v1.2.x", vec!["1.2"]),
            ("v1.2.0-rc.1", vec!["1.2.0-rc.1"]),
            ("v1.2.0-short", vec!["1.2.0"]),
            ("v1.2.0+build.7", vec!["1.2.0"]),
            ("v2-concise", vec!["2"]),
            ("v1-to-v2", vec!["1", "2"]),
            ("é-v2", vec!["2"]),
            // No versions.
            ("support", vec![]),
            ("2", vec![]),
            ("top-10", vec![]),
            ("triage2", vec![]),
            ("gpt-4.1-extract", vec![]),
            ("gpt-4.1", vec![]),
            ("v1.2.0.1", vec![]),
            ("1.2.0.1", vec![]),
            ("v01", vec![]),
            ("2026.11.05", vec![]),
            ("v2beta", vec![]),
            ("vision", vec![]),
            ("v", vec![]),
            ("v99999999999999999999", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<String> = versions(stem).iter().map(ToString::to_string).collect();
            assert_eq!(found, want, "{stem}");
        }
    }

    #[test]
    fn a_name_fits_or_does_not() {
        for (stem, version, want) in [
            ("v1.2.0", "1.2.0", true),
            ("v1.2.0", "1.2.1", false),
            ("v1.2", "1.2.7", true),
            ("v1.2", "1.3.0", false),
            ("support_v2", "2.1.0", true),
            ("support_v2", "12.0.0", false),
            ("v1.2.0", "1.2.0-rc.1", false),
            ("v1.2.0-rc.1", "1.2.0-rc.1", true),
            ("v1.2.0-rc.1", "1.2.0-rc.10", false),
            ("v1.2.0-rc.10", "1.2.0-rc.1", false),
            ("v1.2.0-rc.1-short", "1.2.0-rc.1", true),
            ("v1.2.0-rc.1", "1.2.0", false),
            ("v1.2.0-RC1", "1.2.0", false),
            ("v1.2.0-short", "1.2.0", true),
            ("v1.2.0", "1.2.0+build.7", true),
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(versions(stem)[0].fits(&version), want, "{stem} {version}");
        }
    }
}
