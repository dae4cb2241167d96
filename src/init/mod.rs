//! What `regild init` writes, embedded: settings, a prompt, its golden tasks and a workflow, each with comments that say what
//! it is for. Nothing in it was said by a model; the mock provider answers as the golden tasks script it.

use clap::ValueEnum;

use crate::schema::Name;

/// Where the schemas of the file formats stand, for editors.
const SCHEMAS: &str = ".regild";

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("files/", $path)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "regild.yaml",
    "prompts/greeting/v1.0.0.yaml",
    "golden/greeting.yaml",
    ".gitattributes",
    ".github/CODEOWNERS",
];

const SIMPLE: &str = include_str!("files/.github/workflows/simple.yml");
const HARDENED: &str = include_str!("files/.github/workflows/hardened.yml");
const RECORD: &str = include_str!("files/.github/workflows/record.yml");

/// The repository whose releases and action the workflows use, where the build was told: nobody else can know it.
const HOME: Option<&str> = option_env!("REGILD_HOME");
/// What stands in its place otherwise. It names nobody, so that nobody's code is run by accident.
pub const UNKNOWN_HOME: &str = "OWNER/regild";

/// Which workflows a project begins with (docs/github.md says how to choose).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Workflow {
    /// Judges pull requests by their own copy of the workflow: among people who trust each other.
    #[default]
    Simple,
    /// Judges pull requests of strangers, who cannot edit the workflow; and records answers where the keys are.
    Hardened,
}

impl Workflow {
    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Simple => &[(".github/workflows/regild.yml", SIMPLE)],
            Self::Hardened => {
                &[(".github/workflows/regild.yml", HARDENED), (".github/workflows/regild-record.yml", RECORD)]
            }
        }
    }
}

/// Every file of a new project, by path, in the order in which they are best read.
pub fn files(workflow: Workflow) -> Vec<(String, String)> {
    let filled = |text: &str| {
        text.replace("{version}", env!("CARGO_PKG_VERSION")).replace("{home}", HOME.unwrap_or(UNKNOWN_HOME))
    };
    let own = FILES.iter().chain(workflow.files()).map(|(path, text)| ((*path).to_owned(), filled(text)));
    // Answers and reports are written by regild alone: nobody edits them.
    let edited = |name: &&Name| !matches!(name, Name::Recording | Name::Report);
    let schemas = Name::value_variants().iter().filter(edited);
    own.chain(schemas.map(|name| (format!("{SCHEMAS}/{}.schema.json", name.as_str()), name.text()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::{OnBadSettings, Side};
    use crate::snapshot::tests::snapshot;
    use crate::validate::validate;

    #[test]
    fn a_new_project_has_no_flaw() {
        let files = files(Workflow::Hardened);
        let listed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let side = Side::read(snapshot(&listed), crate::config::FILE, OnBadSettings::Stop).unwrap();
        assert_eq!(validate(&side), []);
        assert_eq!(side.prompts.ids().count(), 1);
    }

    #[test]
    fn every_document_names_a_schema_that_is_written_too() {
        let files = files(Workflow::Hardened);
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".yaml")) {
            let line = text.lines().next().unwrap();
            let schema =
                line.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{path}: {line}"));
            let up = schema.matches("../").count();
            assert_eq!(up, path.matches('/').count(), "{path}");
            let target = schema.trim_start_matches("../");
            assert!(files.iter().any(|(path, _)| path == target), "{path} names {target}");
        }
    }
    #[test]
    fn workflows_name_this_version_and_leave_nothing_to_fill_in() {
        for workflow in Workflow::value_variants() {
            for (path, text) in files(*workflow).iter().filter(|(path, _)| path.ends_with(".yml")) {
                assert!(text.contains(concat!("@v", env!("CARGO_PKG_VERSION"))), "{path}");
                assert!(!text.contains("{version}") && !text.contains("{home}"), "{path}");
            }
        }
    }
}
