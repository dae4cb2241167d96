//! The order of versions: a new one lower than the newest, and which one a new version follows.

use semver::Version;

use super::{Breach, place};
use crate::diagnostic::Code;
use crate::prompt::{Entry, Prompt};
use crate::side::Side;

/// A new version below the newest release. A mend of an older line is meant: it is the newest of a MAJOR or of a
/// MAJOR.MINOR that base already has.
pub(super) fn check(prompt: &Prompt, before: &Entry, head: &Side) -> Option<Breach> {
    let newest = newest(before.versions.keys())?;
    if !is_out_of_order(&prompt.version, newest, before.versions.keys()) {
        return None;
    }
    let message = format!("the new version {} is lower than the newest one, {newest}", prompt.version);
    let at = place(head, prompt, &["version".into()]);
    let line = newest_of(before.versions.keys(), &|version| version.major == prompt.version.major);
    let help = match line.filter(|line| *line != newest) {
        Some(line) => format!("give it a number above {newest}; one that mends an older line is above {line}"),
        None => format!("give it a number above {newest}"),
    };
    Some(Breach::new(prompt, Code::VersionLower, at, message).help(help))
}

/// A pre-release counts only where there is nothing else, as for what serves.
fn newest<'a>(versions: impl Iterator<Item = &'a Version> + Clone) -> Option<&'a Version> {
    versions.clone().filter(|version| version.pre.is_empty()).max().or_else(|| versions.max())
}

fn is_out_of_order<'a>(new: &Version, newest: &Version, versions: impl Iterator<Item = &'a Version> + Clone) -> bool {
    let leads = |line: &dyn Fn(&Version) -> bool| {
        newest_of(versions.clone(), line).is_some_and(|newest_of_line| new > newest_of_line)
    };
    let major = |other: &Version| other.major == new.major;
    let minor = |other: &Version| major(other) && other.minor == new.minor;
    new < newest && !leads(&minor) && !leads(&major)
}

fn newest_of<'a>(versions: impl Iterator<Item = &'a Version>, line: &dyn Fn(&Version) -> bool) -> Option<&'a Version> {
    versions.filter(|version| line(version)).max()
}

/// The version whose callers `new` must not break: the highest below it of the same major number, or of the same minor
/// number where the major one is 0.
pub(super) fn predecessor<'a>(new: &Version, versions: impl Iterator<Item = &'a Version>) -> Option<&'a Version> {
    versions.filter(|other| *other < new && is_compatible(other, new)).max()
}

/// Whether semver promises that callers of one version can call the other.
fn is_compatible(one: &Version, other: &Version) -> bool {
    one.major == other.major && (one.major > 0 || one.minor == other.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Vec<Version> {
        texts.iter().map(|text| Version::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_lower_version_is_a_mistake_unless_it_mends_an_older_line() {
        for (have, new, want) in [
            (&["1.0.0"][..], "1.0.1", false),
            (&["1.0.0", "2.0.0"], "1.0.1", false),
            (&["1.0.0", "2.0.0"], "1.1.0", false),
            (&["1.2.0", "1.2.5", "2.0.0"], "1.2.6", false),
            (&["1.1.0", "1.2.0", "2.0.0"], "1.1.1", false),
            (&["1.2.0", "1.2.5", "2.0.0"], "1.2.3", true),
            (&["1.2.0", "1.3.0"], "1.1.0", true),
            (&["13.0.0"], "1.4.0", true),
            (&["1.0.0", "3.0.0"], "2.0.0", true),
            (&["1.2.0"], "1.2.0-rc.1", true),
            (&["1.8.0", "2.0.0-rc.1"], "1.9.0", false),
            (&["1.8.0", "2.0.0-rc.1"], "1.7.0", true),
            (&["2.0.0-rc.1"], "1.0.0", true),
        ] {
            let have = all(have);
            let new = Version::parse(new).unwrap();
            let newest = newest(have.iter()).unwrap();
            assert_eq!(is_out_of_order(&new, newest, have.iter()), want, "{new} after {have:?}");
        }
    }

    #[test]
    fn a_version_follows_the_highest_below_it_that_semver_ties_it_to() {
        for (have, new, want) in [
            (&["1.0.0", "1.2.0", "1.4.0"][..], "1.3.0", Some("1.2.0")),
            (&["1.0.0"], "2.0.0", None),
            (&["0.1.0", "0.2.0"], "0.3.0", None),
            (&["0.1.0", "0.2.0"], "0.2.1", Some("0.2.0")),
            (&["2.0.0"], "1.0.0", None),
        ] {
            let have = all(have);
            let found = predecessor(&Version::parse(new).unwrap(), have.iter()).map(ToString::to_string);
            assert_eq!(found.as_deref(), want, "{new} after {have:?}");
        }
    }
}
