//! What `regild init` writes, embedded: settings, a prompt, its golden tasks and a workflow, each with comments that say what
//! it is for. Nothing in it was said by a model; the mock provider answers as the golden tasks script it.

use clap::ValueEnum as _;

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
    ".github/workflows/regild.yml",
];

/// Every file of a new project, by path, in the order in which they are best read.
pub fn files() -> Vec<(String, String)> {
    let version = env!("CARGO_PKG_VERSION");
    let own = FILES.iter().map(|(path, text)| ((*path).to_owned(), text.replace("{version}", version)));
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
        let files = files();
        let listed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let side = Side::read(snapshot(&listed), crate::config::FILE, OnBadSettings::Stop).unwrap();
        assert_eq!(validate(&side), []);
        assert_eq!(side.prompts.ids().count(), 1);
    }

    #[test]
    fn every_document_names_a_schema_that_is_written_too() {
        let files = files();
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
}
