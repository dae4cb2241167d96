//! GitHub's workflow commands: texts written so that its runner decodes exactly what was meant.
//!
//! Nothing is made harmless here. Hostile text goes through [`super::block`] or [`super::line`] first; what is meant to be a
//! command goes through here last.

/// What follows the second `::` of a command.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of one of its properties.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The start of `text` that has at most `units` UTF-16 units, as the runner counts them, in whole characters.
pub fn cut(text: &str, units: usize) -> &str {
    let mut left = units;
    let end = text.char_indices().find(|(_, c)| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    end.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
pub mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::report::escape::tests::nasty;

    /// A command as the runner takes it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Command {
        pub name: String,
        pub properties: BTreeMap<String, String>,
        pub data: String,
    }

    /// All commands that a runner obeys.
    const NAMES: [&str; 17] = [
        "set-output",
        "save-state",
        "set-env",
        "add-path",
        "add-mask",
        "add-matcher",
        "remove-matcher",
        "debug",
        "warning",
        "error",
        "notice",
        "group",
        "endgroup",
        "echo",
        "stop-commands",
        "internal-set-repo-path",
        "set-secret",
    ];

    /// The commands in what a step printed, as the runner finds them: by the form with `::` at the start of a line, and where
    /// that is none, by the old form with `##[` anywhere in it.
    pub fn found(printed: &str) -> Vec<Command> {
        printed.split(['\n', '\r']).filter_map(|line| current(line).or_else(|| old(line))).collect()
    }

    fn current(line: &str) -> Option<Command> {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, data) = rest.split_once("::")?;
        let codes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        let decode = |text: &str, skip: &[&str]| {
            let codes = codes.iter().filter(|(code, _)| !skip.contains(code));
            codes.fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign))
        };
        command(head, ',', |text| decode(text, &[]), decode(data, &["%3A", "%2C"]))
    }

    fn old(line: &str) -> Option<Command> {
        let (head, data) = line.split_once("##[")?.1.split_once(']')?;
        let codes = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")];
        let decode = |text: &str| codes.iter().fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign));
        command(head, ';', decode, decode(data))
    }

    fn command(head: &str, comma: char, decode: impl Fn(&str) -> String, data: String) -> Option<Command> {
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let name = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let pairs = properties.trim().split(comma).filter_map(|pair| pair.split_once('='));
        // An empty value is none.
        let pairs = pairs.filter(|(_, value)| !value.is_empty());
        let properties = pairs.map(|(key, value)| (key.to_lowercase(), decode(value))).collect();
        Some(Command { name: (*name).to_owned(), properties, data })
    }

    #[test]
    fn the_parsers_obey_what_the_runner_obeys() {
        let named = |line: &str| found(line).into_iter().map(|command| command.name).collect::<Vec<_>>();
        for line in ["  ::error::x", "::Error file=a,line=1::x", "said ##[error]x", "##[add-mask a=b;c=d]x"] {
            assert_eq!(named(line).len(), 1, "{line}");
        }
        for line in ["a ::error::x", "::error", "::nothing::x", "##[nothing]x", "## [error]x", "##[error x"] {
            assert_eq!(named(line).len(), 0, "{line}");
        }
    }

    proptest! {
        #[test]
        fn sec_08_the_runner_decodes_what_was_meant(text in nasty(), name in nasty()) {
            let name = name.trim().to_owned();
            let line = format!("::error title={}::{}\n", property(&name), data(&text));
            let commands = found(&line);
            prop_assert_eq!(commands.len(), 1);
            prop_assert_eq!(&commands[0].data, &text);
            prop_assert_eq!(commands[0].properties.get("title").cloned().unwrap_or_default(), name);
        }

        #[test]
        fn a_cut_text_is_a_start_in_whole_characters(text in nasty(), units in 0_usize..40) {
            let cut = cut(&text, units);
            let count = |text: &str| text.encode_utf16().count();
            prop_assert!(text.starts_with(cut) && count(cut) <= units);
            prop_assert!(cut == text || count(cut) + 2 > units);
        }
    }
}
