//! The closed list of what can be wrong in a user's file: a stable name, a usual severity, and what it means.
//!
//! The names are a promise: `gate.severity` is written in them, and reports, editors and scripts look for them. The text of
//! each stands here once and is what `regild explain CODE` prints.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// Declares every code: its explanation, its name, and how much it weighs where the policy does not say otherwise.
macro_rules! codes {
    ($($(#[doc = $line:literal])+ $code:ident = $name:literal, $severity:ident;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $(#[serde(rename = $name)] #[schemars(description = "")] $code,)*
        }

        impl Code {
            /// Every code, in the order in which a file is read and judged.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Stable, kebab-case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            /// How much it weighs where the policy does not say otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }

            /// What it means, and how it is mended: a sentence, then a paragraph.
            pub fn explanation(self) -> (&'static str, String) {
                let lines: &[&str] = match self { $(Self::$code => &[$($line),+],)* };
                (lines[0].trim(), lines[1..].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
            }
        }
    };
}

codes! {
    /// A file cannot be read.
    /// Git does not hold its content, as in a partial clone, or the working tree does not let it be read.
    Unreadable = "unreadable", Error;

    /// A symbolic link or a submodule stands where regild reads a file.
    /// What it points at can change without a commit, or lie outside the repository. Put a regular file in its place.
    NotAFile = "not-a-file", Error;

    /// A document is larger than regild reads.
    /// One document may have 1 MiB. Split it, or move long inputs into fixtures.
    TooLarge = "too-large", Error;

    /// A document or template is not UTF-8.
    /// Save it as UTF-8; the byte where it stops being that is named.
    NotUtf8 = "not-utf-8", Error;

    /// A file begins with a byte order mark.
    /// Editors hide it, and some YAML readers take it for part of the first key. Save the file as UTF-8 without it.
    ByteOrderMark = "byte-order-mark", Error;

    /// A file holds a control character.
    /// Such characters cannot be seen in a review and can drive a terminal. Remove it, or write it as an escape in quotes.
    ControlCharacter = "control-character", Error;

    /// A file holds a character that changes how the text around it looks, or that nobody can see.
    /// Bidirectional controls reorder what a reviewer sees, and tag characters hide whole sentences from everybody but a
    /// model. If it is meant, write it as an escape in quotes.
    HiddenCharacter = "hidden-character", Warning;

    /// The text is not YAML.
    /// The place is where the reader gave up; the mistake is there or shortly before.
    Yaml = "yaml", Error;

    /// A key stands twice in one mapping.
    /// Readers differ in which of the two counts, so neither does. Keep one.
    DuplicateKey = "duplicate-key", Error;

    /// A file holds several YAML documents.
    /// Only one document is read. Make a file of each.
    SeveralDocuments = "several-documents", Error;

    /// A line is indented with a tab.
    /// YAML knows spaces only.
    TabIndent = "tab-indent", Error;

    /// A number is written so that readers take it for different values.
    /// `0042` is 42 to one reader and 34 to another, and integers beyond 64 bits lose digits. Write it in quotes if it is a
    /// name or a code, or write the plain number.
    AmbiguousNumber = "ambiguous-number", Error;

    /// A key that this kind of document does not have.
    /// Nothing is ignored silently: a key with a typo would otherwise be a setting that does nothing.
    UnknownField = "unknown-field", Error;

    /// A key that must be there is not.
    /// The message names it, and the place is the mapping that lacks it.
    MissingField = "missing-field", Error;

    /// A value has another type than the key takes.
    /// A version such as 1.10 is a number to YAML and loses its zero: write it in quotes.
    WrongType = "wrong-type", Error;

    /// A value is none of those that the key takes.
    /// The help names them.
    UnknownValue = "unknown-value", Error;

    /// A value does not fit its key.
    /// It has the right type, but is out of range or not of the form that the message describes.
    Invalid = "invalid", Error;

    /// A version is not semantic.
    /// Versions are MAJOR.MINOR.PATCH, as in 1.2.0, so that older and newer mean the same to everybody.
    NotSemver = "not-semver", Error;

    /// A prompt has no text to send, or two.
    /// Give it `template` (one user message) or `messages`.
    NoTemplate = "no-template", Error;

    /// A variable is declared wrongly.
    /// Its name, pattern, enum or default does not fit, or it is declared twice.
    BadVariable = "bad-variable", Error;

    /// An example's input does not fit the variables.
    /// Examples are given to the template and checked like any other input.
    BadExample = "bad-example", Error;

    /// A tool is declared wrongly.
    /// A tool has `name`, `description` and `input_schema`, a JSON Schema; its name stands once.
    BadTool = "bad-tool", Error;

    /// An output schema is not a JSON Schema.
    /// It is draft 2020-12, without references to other files or hosts.
    BadSchema = "bad-schema", Error;

    /// A file that a prompt refers to cannot be used.
    /// Tools and schemas are regular files below the prompts directory, in the same commit.
    File = "file", Error;

    /// An include cannot be used.
    /// Included templates are regular files below the prompts directory, in the same commit, named in quotes.
    Include = "include", Error;

    /// Templates include each other in a circle.
    /// Rendering would never end. Break the circle that the message shows.
    IncludeCycle = "include-cycle", Error;

    /// A template is not Jinja2.
    /// The place is inside the template's text, where the parser gave up.
    Template = "template", Error;

    /// A template uses a variable that nobody declares.
    /// It would fail when it is rendered. Declare it under `variables:`, or mend its name.
    UndeclaredVariable = "undeclared-variable", Error;

    /// A variable is declared and no template uses it.
    /// Whoever fills it in believes that it matters. Use it or remove it.
    UnusedVariable = "unused-variable", Warning;

    /// A prompt does not render for a task's or an example's input.
    /// The input fits the variables, and the template still fails or breaks a limit.
    Render = "render", Error;

    /// A quick look at a file and its parser disagree.
    /// `check` finds out whose file it is without parsing it, and would pass over this one. That is a fault of regild's:
    /// please report the file, and use `check --all` until it is mended.
    Misread = "misread", Error;

    /// Two ids or aliases differ in case only.
    /// They are file names too, and not every file system tells case apart.
    IdCase = "id-case", Error;

    /// Two files declare one version of a prompt.
    /// Remove one, or give it a version of its own.
    DuplicateVersion = "duplicate-version", Error;

    /// A pointer names a version that does not exist.
    /// `prompts.active` and `prompts.rollback` must point at versions that are there.
    PointerMissing = "pointer-missing", Error;

    /// A version was deleted while a pointer names it.
    /// Base had it, head has not, and `active` or `rollback` still names it: in head's settings or, where head left the
    /// pointer as it was, in the policy's. Move the pointer first; whoever follows it would find nothing.
    DeletedWhilePointedAt = "deleted-while-pointed-at", Error;

    /// A file's name says another version than the file.
    /// People look for versions by file name. Rename the file or mend `version:`. In a name, `v` with one to three numbers
    /// is a version (`v2`, `support-v1.2.0`), and so are three numbers without it, or two that are the whole name. `v1.2`
    /// fits every 1.2.x; a name without a version fits everything.
    FileNameVersion = "file-name-version", Error;

    /// A prompt stands in a folder with another name than its id.
    /// Prompts stand in `<prompts.dir>/<id>/`, directly in the prompts directory, or deeper with some folder on the way that
    /// bears the id. Nothing depends on it but the people who look for it.
    IdFolder = "id-folder", Warning;

    /// A version changed what it sends without a new number.
    /// The prompt's own file was edited. Whoever pinned the version now gets another prompt. Give the change a version of its
    /// own.
    VersionEditedInPlace = "version-edited-in-place", Warning;

    /// An included text, a tool file or a schema file changed under a version that stayed the same.
    /// What refers to it now sends something else. It is said of the version that serves, of those yet to serve and of those
    /// that `rollback` names. Give the changed text a file of its own, and the prompt a version that uses it.
    IncludeEditedInPlace = "include-edited-in-place", Warning;

    /// A new version is lower than the newest one.
    /// A mend of an older line is meant: a version above all others of a MAJOR or MAJOR.MINOR that base already has. Any
    /// other lower number is a mistake.
    VersionLower = "version-lower", Warning;

    /// A version takes other inputs than the one before, without a new major number.
    /// A version is compared with the highest one below it of the same MAJOR (of the same MINOR before 1.0.0), or with itself
    /// on base. Removing a variable, requiring it, changing its type or narrowing its enum or limits breaks callers. Raise
    /// MAJOR, or keep taking what was taken.
    BreakingVariables = "breaking-variables", Warning;

    /// The change log does not mention a new version.
    /// Where a prompt's folder, or the prompts directory, has a CHANGELOG.md, every new version has a heading in it that
    /// holds the version and, in that of the prompts directory, the prompt's id.
    ChangelogMissing = "changelog-missing", Warning;

    /// The active and the rollback pointer of a prompt name the same version.
    /// There would be nothing to go back to. Point `rollback` at the version that served before.
    ActiveIsRollback = "active-is-rollback", Warning;

    /// A fixture cannot be used.
    /// `$file` names a regular file below the golden directory, in the same commit.
    Fixture = "fixture", Error;

    /// A tool's stub is declared wrongly.
    /// A stub is a list of rules, or a mapping with `rules`.
    BadStub = "bad-stub", Error;

    /// An assertion is declared wrongly.
    /// docs/assertions.md lists the types with their fields and an example of each.
    BadAssertion = "bad-assertion", Error;

    /// `samples` is out of range.
    /// A task runs 1 to 1000 times.
    BadSamples = "bad-samples", Error;

    /// A rule of the mock provider is declared wrongly.
    /// It needs `steps`, and `noise` between 0 and 1.
    BadMock = "bad-mock", Error;

    /// Two tasks of a prompt have one id.
    /// Recordings and reports could not tell them apart.
    DuplicateTask = "duplicate-task", Error;

    /// A task asserts nothing.
    /// It would pass whatever the model answers. Add `assertions:`, or a shorthand such as `max_tokens: 9000`.
    NoAssertion = "no-assertion", Error;

    /// A task's input does not fit the prompt's variables.
    /// The message says which variable, and why.
    BadInput = "bad-input", Error;

    /// A task's input does not fit a version that is yet to serve.
    /// Once that version serves, the task cannot run. Change the task together with the pointer.
    TaskMisfit = "task-misfit", Warning;

    /// A task stubs a tool that the prompt does not declare.
    /// The model cannot call it.
    StubWithoutTool = "stub-without-tool", Warning;

    /// A task has no stub for a tool of its prompt.
    /// If the model calls it, the run cannot be judged.
    ToolWithoutStub = "tool-without-stub", Warning;

    /// Tasks are for a prompt that does not exist.
    /// `prompt:` is the id inside a prompt file, not its path.
    UnknownPrompt = "unknown-prompt", Error;

    /// An overlay of `testing.golden_tasks` names no task, or several.
    /// It adds expectations to one task. Write `<prompt>/<task>` where several prompts have one of that name.
    Overlay = "overlay", Error;

    /// A task has no model to run on.
    /// Declare `testing.models` in regild.yaml, or `models` in the prompt or the task.
    NoModel = "no-model", Error;

    /// A task runs on an alias that regild.yaml does not declare.
    /// Aliases are declared under `models:`.
    UnknownAlias = "unknown-alias", Error;

    /// A price is declared wrongly.
    /// A model has `input` and `output`, or says `free: true`; a price of 0 must be meant.
    BadPrice = "bad-price", Error;
}

impl Code {
    /// The code of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Whether it keeps a prompt, a task or an expectation from being read or run at all. Such a diagnostic can be turned
    /// down, never off, and what it leaves out is never judged as passing.
    pub fn leaves_out(self) -> bool {
        let of_what_is_read = matches!(
            self,
            Self::PointerMissing
                | Self::DeletedWhilePointedAt
                | Self::FileNameVersion
                | Self::UnknownPrompt
                | Self::BadPrice
                | Self::Render
        );
        self.severity() == Severity::Error && !of_what_is_read
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_kebab_case_unique_and_what_serde_writes() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            let name = code.as_str();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert_eq!(serde_json::to_value(code).unwrap(), name);
            assert_eq!(Code::of_name(name), Some(*code));
        }
    }

    #[test]
    fn every_code_says_what_it_means_and_how_it_is_mended() {
        for code in Code::ALL {
            let (meaning, remedy) = code.explanation();
            assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{code}: a sentence, then a paragraph");
        }
    }
}
