//! Hostile text made safe in XML, for JUnit: only characters that XML 1.0 takes, nothing that a reader acts on.
//!
//! The XML writer itself turns `<`, `&`, `]]>` and quotes into entities; that is not repeated here.

use super::{Breaks, disarm, strip_ansi, visible};

/// One line for an XML attribute or element. The XML writer turns `<`, `&`, `]]>` and quotes into entities.
pub fn line(text: &str) -> String {
    disarm(&no_attachments(&visible(&strip_ansi(text), Breaks::Shown)))
}

/// Several lines for the text of an XML element.
pub fn block(text: &str) -> String {
    disarm(&no_attachments(&visible(&strip_ansi(text), Breaks::Kept)))
}

/// Breaks up the marks by which JUnit readers attach files and set properties from the text of a test.
fn no_attachments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        let is_mark = text[at..].strip_prefix("[[").is_some_and(|rest| {
            ["ATTACHMENT|", "PROPERTY|"]
                .iter()
                .any(|mark| rest.get(..mark.len()).is_some_and(|word| word.eq_ignore_ascii_case(mark)))
        });
        if is_mark {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::escape::tests::{commands, nasty};

    proptest! {
        #[test]
        fn sec_11_xml_takes_every_character(text in nasty()) {
            let allowed = |c| matches!(c, '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
            let safe = block(&text);
            prop_assert!(safe.chars().all(allowed), "{:?}", safe);
            prop_assert_eq!(commands(&safe), Vec::<&str>::new());
            let one = line(&text);
            prop_assert_eq!(commands(&one), Vec::<&str>::new());
            prop_assert!(!one.contains(char::is_control));
            prop_assert!(!safe.to_uppercase().contains("[[ATTACHMENT|"));
        }
    }
}
