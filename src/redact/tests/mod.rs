//! What holds for every text, whatever kinds it holds.

mod kinds;

use proptest::prelude::*;

use super::{Kind, Secrets, redact};

fn of(text: &str) -> String {
    redact(text, &Secrets::default()).text
}

#[test]
fn what_touches_is_told_apart() {
    for (text, want) in [
        ("bob@x.de +49 30 1234567 4111 1111 1111 1111", "[email] [phone] [card]"),
        ("4111111111111111@x.de", "[email]"),
        ("+49301234567,DE89370400440532013000", "[phone],[iban]"),
        ("[email] a@b.de [key]", "[email] [email] [key]"),
        ("sk-[key]", "sk-[key]"),
    ] {
        assert_eq!(of(text), want);
    }
    let found = redact("[email] a@b.de +49 30 1234567 c@d.de", &Secrets::default()).found;
    assert_eq!(found, [(Kind::Email, 2), (Kind::Phone, 1)].into(), "a mark that was there is no find");
}

/// Many words, each of which could be the beginning of something long: a text twice as long must not take four times as long.
#[test]
#[expect(clippy::disallowed_methods, reason = "this is about time")]
fn time_grows_with_the_text_and_not_faster() {
    let took = |text: &str| {
        let tries = (0..2).map(|_| {
            let start = std::time::Instant::now();
            assert!(!of(text).is_empty());
            start.elapsed().as_secs_f64()
        });
        tries.fold(f64::INFINITY, f64::min)
    };
    for piece in [
        "eyJ-",
        "eyJabcdefghij.",
        "sk-a-",
        "a.",
        "a@",
        "a@a.",
        "-----BEGIN PRIVATE KEY",
        "1 ",
        "4111 ",
        "+1 ",
        "DE89 ",
        "bearer ",
        " ",
        "(0",
        "tel ",
        "0 1",
        "ghp_",
        "é",
        "\\n",
        "AKIA1",
    ] {
        // A square would be 64 times as long. A busy machine may be late now and then, and not every time.
        let (short, long) = (piece.repeat(4_000 / piece.len()), piece.repeat(32_000 / piece.len()));
        let is_linear = || took(&long) < 8.0 * 3.0 * took(&short).max(0.001);
        assert!((0..9).any(|_| is_linear()), "{piece:?}: 32 kB take more than 24 times as long as 4 kB");
    }
}

/// Pieces of which finds are made, and what may stand between them.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "bob@x.de", "a", "@", "x.de", ".", "-", "_", "+", "+49 30 1234567", "415-555-2671", "0151 12345678", "(", ")", " ", "  ", "/", ",", "4111111111111111",
            "4111 1111 1111 1111", "3782 822463 10005", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "sk-ant-0123456789abcdefgh", "sk-", "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln", "Bearer ", "tel ", "phone: ", "0", "1", "42", "415", "555", "2671", "2026-08-22", "\\n", "\n", "n", "é", "是",
            "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "[email]", "[phone]", "[card]", "[key", "]", "canary-value", "\u{a0}", "xn--a",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[0-9]{1,6}",
    ];
    prop::collection::vec(piece, 0..32).prop_map(|pieces| pieces.concat())
}

fn canary() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add("canary-value");
    secrets
}

proptest! {
    #[test]
    fn what_is_redacted_stays_as_it_is(text in pieces()) {
        let once = redact(&text, &canary());
        let twice = redact(&once.text, &canary());
        prop_assert_eq!(&twice.text, &once.text);
        prop_assert!(twice.found.is_empty());
    }

    #[test]
    fn nothing_is_lost_but_what_is_found(text in pieces()) {
        let redacted = redact(&text, &canary());
        prop_assert_eq!(redacted.found.is_empty(), redacted.text == text);
        prop_assert!(!redacted.text.contains("canary-value"));
    }

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let once = redact(&text, &canary());
        prop_assert_eq!(redact(&once.text, &canary()).text, once.text);
    }

    #[test]
    fn plain_prose_stays(text in "([A-Za-zàé语 ]{0,9}[a-dé语][,.;:!?]? [0-9]{0,5} ){0,12}") {
        prop_assert_eq!(of(&text), text);
    }

    #[test]
    fn what_stands_alone_is_found_whatever_is_around(before in "[^0-9A-Za-z@+.\\[(-]{0,8}", after in "[^0-9A-Za-z@.\\]-]{0,8}") {
        for secret in ["bob@example.com", "+4915112345678", "4111111111111111", "DE89370400440532013000", "sk-ant-0123456789abcdefgh"] {
            let text = format!("{before} {secret} {after}");
            prop_assert!(!of(&text).contains(secret), "{text}");
        }
    }
}
