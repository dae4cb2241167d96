//! What later steps of a workflow learn of a report: outputs by name, and how the runner reads them from a file.
//!
//! People put outputs into scripts, so no text of a user, a model or a fork is in them: words of ours, validated ids, numbers,
//! and the paths that the operator gave. Pure; the files are `io::runner`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::{Format, PromptStatus, Report, numbers, words};
use crate::error::{Error, ErrorKind};
use crate::id::Id;

/// The name and the value of each output. `files` are the reports that were read or written, with their paths; of two in one
/// format the last counts.
pub fn outputs(report: &Report, files: &[(Format, String)]) -> Vec<(&'static str, String)> {
    let cost = &report.cost;
    let delta = numbers::decimal(cost.delta_usd_month.as_deref());
    let mut outputs = vec![
        ("verdict", words::verdict(report.verdict.status).1.to_owned()),
        ("exit-code", report.verdict.exit_code.to_string()),
        ("changed-prompts", changed(report)),
        ("cost-delta-usd", delta.map(|usd| usd.to_string()).unwrap_or_default()),
        ("cost-unknown", (delta.is_none() || !cost.unknown.is_empty()).to_string()),
    ];
    let paths: BTreeMap<&str, &String> =
        files.iter().filter_map(|(format, path)| Some((path_of(*format)?, path))).collect();
    outputs.extend(paths.into_iter().map(|(name, path)| (name, path.clone())));
    outputs
}

/// The ids of the prompts that differ, as a JSON list, sorted.
fn changed(report: &Report) -> String {
    let differs = |status| match status {
        PromptStatus::Added | PromptStatus::Modified | PromptStatus::Removed | PromptStatus::IdChanged => true,
        PromptStatus::Unchanged => false,
    };
    let prompts = report.prompts.iter().filter(|prompt| differs(prompt.status));
    let ids: BTreeSet<Id> = prompts.filter_map(|prompt| Id::new(&prompt.id).ok()).collect();
    serde_json::to_string(&ids).expect("a list of strings")
}

/// The output that names a format's file.
fn path_of(format: Format) -> Option<&'static str> {
    match format {
        Format::Json => Some("report-path"),
        Format::Junit => Some("junit-path"),
        Format::Markdown => Some("markdown-path"),
        Format::Html => Some("html-path"),
        Format::Sarif => Some("sarif-path"),
        Format::Costs => Some("costs-path"),
        Format::Terminal | Format::Annotations => None,
    }
}

/// The lines that set outputs, each value between two lines that are `delimiter`. Nobody can guess it, so no value can end
/// itself early and set another output; one that holds it nevertheless is refused.
pub fn encode(outputs: &[(&str, String)], delimiter: &str) -> Result<String, Error> {
    let mut text = String::new();
    for (name, value) in outputs {
        if value.contains(delimiter) {
            return Err(Error::new(ErrorKind::Io, format!("the output `{name}` holds its own delimiter")));
        }
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::escape::tests::nasty;
    use crate::report::sample::{NASTY, hostile, nothing, sample};

    const DELIMITER: &str = "regild_0123456789abcdef0123456789abcdef";

    /// Reads the file as the runner does.
    fn read(text: &str) -> BTreeMap<String, String> {
        let mut lines = text.lines();
        let mut read = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").expect("a value between delimiters");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            read.insert(name.to_owned(), value.join("\n"));
        }
        read
    }

    fn of(report: &Report) -> BTreeMap<String, String> {
        let files = [(Format::Json, "/runner/report.json".to_owned()), (Format::Terminal, "/dev/null".to_owned())];
        read(&encode(&outputs(report, &files), DELIMITER).unwrap())
    }

    fn pairs(read: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
        read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn later_steps_learn_the_verdict_the_prompts_and_the_cost() {
        assert_eq!(
            pairs(&of(&sample())),
            [
                ("changed-prompts", r#"["refund-letter","support","triage"]"#),
                ("cost-delta-usd", "693.00"),
                ("cost-unknown", "true"),
                ("exit-code", "1"),
                ("report-path", "/runner/report.json"),
                ("verdict", "fail"),
            ]
        );
        let nothing = of(&nothing());
        assert_eq!(
            (&*nothing["changed-prompts"], &*nothing["cost-unknown"], &*nothing["verdict"]),
            ("[]", "false", "pass")
        );
        let mut report = sample();
        report.prompts[1].status = PromptStatus::Unchanged;
        report.cost.delta_usd_month = None;
        let read = of(&report);
        assert_eq!((&*read["changed-prompts"], &*read["cost-delta-usd"]), (r#"["refund-letter","triage"]"#, ""));
    }

    #[test]
    fn sec_22_no_foreign_text_is_in_an_output() {
        let mut read = of(&hostile(NASTY));
        assert_eq!(read.remove("exit-code").unwrap(), "1");
        assert_eq!(read.remove("report-path").unwrap(), "/runner/report.json");
        assert_eq!(
            pairs(&read),
            [("changed-prompts", "[]"), ("cost-delta-usd", ""), ("cost-unknown", "true"), ("verdict", "fail")]
        );
    }

    #[test]
    fn a_value_with_the_delimiter_is_refused() {
        let outputs = [("a", format!("x\n{DELIMITER}\nverdict=pass"))];
        assert!(encode(&outputs, DELIMITER).unwrap_err().message.contains("`a`"));
    }

    proptest! {
        #[test]
        fn sec_08_no_value_sets_another_output(text in nasty()) {
            // The runner takes any line break for one.
            let text = text.replace(['\r', '\n'], "\n");
            let read = read(&encode(&[("a", text.clone()), ("b", "x".to_owned())], DELIMITER).unwrap());
            prop_assert_eq!(read.len(), 2);
            prop_assert_eq!(&read["b"], "x");
            prop_assert_eq!(&read["a"], &text);
        }
    }
}
