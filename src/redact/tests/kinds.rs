//! What is found and what is not, kind by kind.

use super::of;
use crate::redact::{Kind, Secrets, redact};

/// Each text holds exactly one of a kind, between the first and the last word.
#[track_caller]
fn finds(kind: Kind, texts: &[&str]) {
    for text in texts {
        for (before, after) in
            [("", ""), ("see ", " there"), ("(", ")"), ("\"", "\","), ("是", "吗"), (r"a\n", r"\nb"), ("", ".")]
        {
            let found = redact(&format!("{before}{text}{after}"), &Secrets::default());
            assert_eq!(found.text, format!("{before}{}{after}", kind.mark()), "{before}{text}{after}");
            assert_eq!(found.found, [(kind, 1)].into());
        }
    }
}

/// No text holds anything.
#[track_caller]
fn leaves(texts: &[&str]) {
    for text in texts {
        assert_eq!(of(text), **text);
    }
}

#[test]
fn email_addresses() {
    finds(
        Kind::Email,
        &[
            "bob@example.com",
            "Bob.O'Brien+tag@mail.example.co.uk",
            "müller@exämple.de",
            "иван@пример.рф",
            "a_b%c@x-y.io",
            "x@xn--e1afmkfd.xn--p1ai",
        ],
    );
    assert_eq!(of("mailto:bob@x.de?subject=a@b"), "mailto:[email]?subject=a@b");
    assert_eq!(of("a@b.de,c@d.de;<e@f.de>"), "[email],[email];<[email]>");
    assert_eq!(of("bob@x.de-sk-ant-0123456789abcdef0"), "[email]-[key]");
    leaves(&["@bob", "a@b", "npm i pkg@1.2.3", "user@localhost", "a @ b.de", "x@v1.2", "@media.screen", "ping @a.b"]);
}

#[test]
fn phone_numbers() {
    finds(
        Kind::Phone,
        &[
            "+49 30 1234567",
            "+49 (0)30 1234567",
            "+1 (415) 555-2671",
            "+14155552671",
            "+44 20 7946 0958",
            "+1.415.555.2671",
            "+4915112345678",
            "+33 6 12 34 56 78",
            "+91-98765-43210",
            "0049 30 1234567",
            "00 44 20 7946 0958",
            "(415) 555-2671",
            "415-555-2671",
            "415.555.2671",
            "1-415-555-2671",
            "1 415 555 2671",
            "030 1234567",
            "(030) 1234567",
            "030/123 45 67",
            "0151 12345678",
            "020 7946 0958",
            "01 42 68 53 00",
            "06.12.34.56.78",
            "03-1234-5678",
            "(02) 9374 4000",
            "0412 345 678",
            "044 668 18 00",
        ],
    );
    for (text, want) in [
        ("phone: 5552671", "phone: [phone]"),
        ("Tel. 015112345678.", "Tel. [phone]."),
        (r#"{"phone_number": "612345678"}"#, r#"{"phone_number": "[phone]"}"#),
        ("Telefon 1234 5678", "Telefon [phone]"),
        ("my cell is 612 345 678", "my cell is [phone]"),
        ("+49 30 1234567, +49 30 7654321", "[phone], [phone]"),
    ] {
        assert_eq!(of(text), want);
    }
    leaves(&[
        // Dates and times.
        "2026-08-22",
        "22.08.2026",
        "01.02.2026 12:30",
        "01/02/2026 10 15 20",
        "02-03-2026 10:00",
        "2026-08-22T10:00:00+01:00",
        "20260822101530",
        "1795219200",
        "1795219200123",
        "fax 2026-08-22",
        // Versions and addresses.
        "13.0.0",
        "1.2.3-beta.4",
        "v2026.08.22",
        "10.0.19045.3930",
        "192.168.100.200",
        "0.12.345",
        "2001:db8::1",
        // Orders, ids, postal codes, amounts.
        "order 42",
        "order 4155552671",
        "#113-1234567-1234567",
        "SKU 0123456789",
        "AB-415-5552671",
        "02134-1234",
        "550e8400-e29b-41d4-a716-446655440000",
        "1,234,567.89",
        "3.14159265358979",
        "415 555 2671",
        "tokens 8702 (+1920)",
        "+12345678.90",
        "2024-415-555-2671",
        "415-555-2671-001",
        "page 01 02 03",
        "0000 0000 0000",
        "+1",
        "+49 30",
        "a+4915112345678",
        "telling 1234567",
        "1-2-3",
    ]);
}

#[test]
fn payment_cards() {
    finds(
        Kind::Card,
        &[
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            "5500005555555559",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "30569309025904",
            "3056 930902 5904",
            "6011111111111117",
            "3530111333300000",
            "4222222222222",
            "6304000000000000",
            "6205500000000000004",
            "2200770212727079",
        ],
    );
    assert_eq!(of("12/27 4111 1111 1111 1111 123"), "12/27 [card] 123");
    assert_eq!(of("4111111111111111.4111111111111111"), "[card].[card]");
    leaves(&[
        // The last digit is wrong, the groups are, it begins as no card does, or it is part of something longer.
        "4111111111111112",
        "4111 1111 11 111111",
        "4111-1111 1111-1111",
        "0000000000000000",
        "9999999999999995",
        "20261231235959",
        "1795219200123456",
        "7992739871300",
        "x4111111111111111",
        "4111111111111111x",
        "0.4111111111111111",
        "41111111111111111111111",
        "550e8400-4111111111111111",
    ]);
}

#[test]
fn bank_accounts() {
    finds(
        Kind::Iban,
        &[
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "de89 3704 0044 0532 0130 00",
            "GB29 NWBK 6016 1331 9268 19",
            "NO9386011117947",
            "FR1420041010050500013M02606",
            "MT84-MALT-0110-0001-2345-MTLC-AST0-01S",
            "CH93 0076 2011 6238 5295 7",
        ],
    );
    assert_eq!(of("DE89 3704 0044 0532 0130 00 EUR"), "[iban] EUR");
    leaves(&[
        "DE88370400440532013000",
        "DE8937040044053201300",
        "DE89 370 400 440 532 013 000",
        "AB12",
        "xDE89370400440532013000",
        "GB29 NWBK-6016 1331 9268 19",
    ]);
}

#[test]
fn keys() {
    let long = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij";
    let mut texts: Vec<String> = [
        "sk-",
        "sk-ant-api03-",
        "sk-proj-",
        "sk_live_",
        "AIza",
        "ghp_",
        "github_pat_11A_",
        "xoxb-",
        "xoxp-",
        "glpat-",
        "hf_",
    ]
    .map(|prefix| format!("{prefix}{long}"))
    .to_vec();
    texts.extend(["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"].map(str::to_owned));
    texts.push("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P".to_owned());
    for text in &texts {
        finds(Kind::Key, &[text]);
    }
    for (text, want) in [
        ("Authorization: Bearer abc.def-123=", "Authorization: Bearer [key]"),
        ("authorization: bearer  0123456789", "authorization: bearer  [key]"),
        ("a-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb", "a[key]\nb"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE\\n", "[key]"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----", "[key]"),
        ("see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln.", "see [key]."),
    ] {
        assert_eq!(of(text), want);
    }
    leaves(&[
        "sk-",
        "sk-loading-indicator-spinner",
        "task-0123456789abcdefghij",
        "ghp_short",
        "AKIA is a prefix",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "-----BEGIN ",
        "eyJpZCI6MTIzfQ",
        "the bearer of news",
        "bearer responsibilities",
        "Bearer [token]",
        "xoxb-",
        "call_0_1",
        "chatcmpl-9x0AbCdEf",
    ]);
}
