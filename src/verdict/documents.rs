//! How a diagnostic weighs: its usual severity, or the level that the policy gives its code.
//!
//! The verdict, `regild validate` and every report ask here, so that nothing fails in one place and warns in another.

use std::collections::BTreeMap;

use super::of_level;
use crate::config::Level;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::report::Severity;

/// The levels that a policy gives to codes.
pub type Levels = BTreeMap<Code, Level>;

/// How a diagnostic weighs; `None` where it is off. What base has too, in the same bytes, is no fault of head's.
pub fn weigh(code: Code, usual: diagnostic::Severity, new: bool, levels: &Levels) -> Option<Severity> {
    let level = match (levels.get(&code), usual) {
        (Some(Level::Off), _) if code.leaves_out() => Level::Warn,
        (Some(level), _) => *level,
        (None, diagnostic::Severity::Error) => Level::Fail,
        (None, diagnostic::Severity::Warning) => Level::Warn,
    };
    let severity = of_level(level)?;
    Some(if new { severity } else { Severity::Warn })
}

/// Whether an error with this code, brought by head, fails.
pub fn fails(code: Code, levels: &Levels) -> bool {
    weigh(code, diagnostic::Severity::Error, true, levels) == Some(Severity::Fail)
}

/// A diagnostic as it is shown and counted: an error where it fails or awaits acceptance. `None` where it is off.
pub fn shown(diagnostic: Diagnostic, new: bool, levels: &Levels) -> Option<Diagnostic> {
    let severity = match weigh(diagnostic.code, diagnostic.severity, new, levels)? {
        Severity::Fail | Severity::Accept | Severity::Inconclusive => diagnostic::Severity::Error,
        Severity::Warn => diagnostic::Severity::Warning,
    };
    Some(Diagnostic { severity, ..diagnostic })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_for_all_but_what_would_go_unseen() {
        use crate::diagnostic::Severity::{Error, Warning};
        for (code, usual, level, new, want) in [
            (Code::Yaml, Error, None, true, Some(Severity::Fail)),
            (Code::Yaml, Error, None, false, Some(Severity::Warn)),
            (Code::Yaml, Error, Some(Level::Fail), false, Some(Severity::Warn)),
            (Code::Yaml, Error, Some(Level::Warn), true, Some(Severity::Warn)),
            (Code::Yaml, Error, Some(Level::Off), true, Some(Severity::Warn)),
            (Code::FileNameVersion, Error, Some(Level::Off), true, None),
            (Code::FileNameVersion, Error, Some(Level::Accept), true, Some(Severity::Accept)),
            (Code::IdFolder, Warning, None, true, Some(Severity::Warn)),
            (Code::IdFolder, Warning, Some(Level::Fail), true, Some(Severity::Fail)),
            (Code::IdFolder, Warning, Some(Level::Off), true, None),
            (Code::IdFolder, Warning, Some(Level::Off), false, None),
        ] {
            let levels: Levels = level.map(|level| (code, level)).into_iter().collect();
            assert_eq!(weigh(code, usual, new, &levels), want, "{code} {level:?} {new}");
        }
    }
}
