//! What a CI runner, a terminal or a reader of XML would act on, and that a text has none of it.

/// That no line is a command to the runners of GitHub, Azure, TeamCity or GitLab, also for one that trims more than they do.
pub fn check(text: &str) {
    for line in text.split(['\n', '\r']) {
        let start = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        let lower = line.to_ascii_lowercase();
        let marks = ["##[", "##vso[", "##teamcity[", "section_start:", "section_end:"];
        assert!(!start.starts_with("::") && !marks.iter().any(|mark| lower.contains(mark)), "{line:?}");
    }
    assert!(!text.contains('\u{1b}'), "an escape sequence survives: {text:?}");
}

/// That a terminal only prints it: no control character, and none that hides or turns what stands around it.
pub fn check_printed(text: &str) {
    check(text);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{2028}', '\u{fffe}']), "{text:?}");
}

/// Whether XML 1.0 has the character.
pub fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
