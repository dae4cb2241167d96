//! Characters of a text that a reviewer cannot see, or that change how the text around them looks.
//!
//! Every text that a pull request brings is searched here: documents, templates, whatever is shown or sent. Nothing here knows
//! of files or diagnostics; the caller says where the text stands and how much a find weighs.

/// "1 sample", "3 samples": for lines that programs may read too. Reports have their own in `report::numbers`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What is wrong with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concealment {
    /// A control character, which can drive a terminal; or a byte order mark inside a text.
    Control,
    /// It reorders what is seen around it, or is seen by models only.
    Hidden,
}

/// The longest tag sequence of a flag: a country and a subdivision, as in `gbsct`.
const MAX_FLAG: usize = 6;

/// The characters of `text` that hide something, by byte offset. A byte order mark that begins the text is not among them:
/// whoever reads a file says more of it. Marks of direction and joiners belong to the scripts that need them.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, Concealment)> + '_ {
    let mut before = None;
    let mut flag_ends = 0;
    text.char_indices().filter_map(move |(at, c)| {
        let previous = before.replace(c);
        if c == '\u{1F3F4}' {
            flag_ends = at + c.len_utf8() + flag(&text[at + c.len_utf8()..]);
        }
        let concealment = match c {
            '\t' | '\n' | '\r' => return None,
            '\u{FEFF}' => (at > 0).then_some(Concealment::Control),
            _ if c.is_control() => Some(Concealment::Control),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Concealment::Hidden),
            '\u{E0000}'..='\u{E007F}' => (at >= flag_ends).then_some(Concealment::Hidden),
            // One selects a variant of the character before it; a row of them carries bytes that nobody sees.
            _ if is_variation_selector(c) => previous.is_some_and(is_variation_selector).then_some(Concealment::Hidden),
            _ => None,
        };
        Some((at, concealment?))
    })
}

/// The bytes of the tag sequence that makes a black flag the flag of a region; 0 where `text` does not begin with a whole one.
fn flag(text: &str) -> usize {
    let is_letter = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let letters = text.chars().take(MAX_FLAG + 1).take_while(is_letter).count();
    let ends = text.chars().nth(letters) == Some('\u{E007F}');
    if ends && (1..=MAX_FLAG).contains(&letters) { (letters + 1) * '\u{E007F}'.len_utf8() } else { 0 }
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_found_and_what_scripts_need_is_not() {
        use Concealment::{Control, Hidden};
        for (text, want) in [
            ("plain\ttext\r\nwith lines\n", vec![]),
            ("a\0b", vec![(1, Control)]),
            ("\u{1b}[31mred\u{7f}", vec![(0, Control), (8, Control)]),
            ("é\u{85}\u{9b}", vec![(2, Control), (4, Control)]),
            ("\u{feff}a\u{feff}", vec![(4, Control)]),
            ("a\u{202e}b\u{2069}", vec![(1, Hidden), (5, Hidden)]),
            ("x\u{e0041}\u{e0001}", vec![(1, Hidden), (5, Hidden)]),
            // Right-to-left marks, Persian and emoji joiners, an emoji's and an ideograph's variant.
            ("\u{200f}\u{200e}\u{61c}می\u{200c}خواهم 👩\u{200d}💻 ❤\u{fe0f} 葛\u{e0100}", vec![]),
            ("❤\u{fe0f}\u{fe01}\u{e0100}", vec![(6, Hidden), (9, Hidden)]),
            // Scotland; a flag that goes on for too long; one that never ends.
            ("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}!", vec![]),
            ("🏴\u{e0067}\u{e0062}", vec![(4, Hidden), (8, Hidden)]),
            ("🏴\u{e007f}", vec![(4, Hidden)]),
            ("🏴\u{e0061}\u{e007f}\u{e0061}", vec![(12, Hidden)]),
            ("🏴\u{e0041}\u{e007f}", vec![(4, Hidden), (8, Hidden)]),
        ] {
            assert_eq!(hidden(text).collect::<Vec<_>>(), want, "{text:?}");
        }
        let long = format!("🏴{}\u{e007f}", "\u{e0061}".repeat(MAX_FLAG + 1));
        assert_eq!(hidden(&long).count(), MAX_FLAG + 2);
    }

    proptest! {
        #[test]
        fn every_find_is_a_character_of_the_text(text in any::<String>()) {
            for (at, concealment) in hidden(&text) {
                let c = text[at..].chars().next().unwrap();
                prop_assert_eq!(concealment == Concealment::Control, c.is_control() || c == '\u{feff}');
            }
        }
    }
}
