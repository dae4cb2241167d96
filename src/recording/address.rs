//! Where a recording stands: `<golden>/recordings/<prompt>/<version>/<task>/<alias>.json`.

use std::fmt;

use semver::Version;

use super::DIR;
use crate::id::Id;

/// The four names of a recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub prompt: Id,
    pub version: Version,
    pub task: Id,
    pub alias: Id,
}

impl Address {
    /// The path below the project root.
    pub fn path(&self, golden: &str) -> String {
        let below = format!("{DIR}/{}/{}/{}/{}.json", self.prompt, self.version, self.task, self.alias);
        if golden.is_empty() { below } else { format!("{golden}/{below}") }
    }

    /// Reads the names out of a path; `None` where it is no recording's.
    pub fn of(golden: &str, path: &str) -> Option<Self> {
        let inside = if golden.is_empty() { path } else { path.strip_prefix(golden)?.strip_prefix('/')? };
        let mut parts = inside.strip_prefix(DIR)?.strip_prefix('/')?.split('/');
        let (prompt, version, task, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            prompt: Id::new(prompt).ok()?,
            version: Version::parse(version).ok()?,
            task: Id::new(task).ok()?,
            alias: Id::new(file.strip_suffix(".json")?).ok()?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} [{}]", self.prompt, self.version, self.task, self.alias)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_path_is_its_address() {
        let path = "golden/recordings/support/1.2.0/kb_lookup/gpt-4.1.json";
        assert_eq!(Address::of("golden", path).unwrap().path("golden"), path);
        for other in ["golden/recordings/support/1.2.0/x.json", "golden/x.yaml", "golden/recordings/a/b/c/d.json"] {
            assert_eq!(Address::of("golden", other), None, "{other}");
        }
    }
}
