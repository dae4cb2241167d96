//! Keys by their shape: the prefixes that providers give theirs, JSON Web Tokens, private keys in PEM, bearer tokens.
//!
//! A prefix is followed by at least as much as real keys have of it, so that a sentence about keys stays as it is.

use super::is_edge;

/// What keys are made of.
#[derive(Clone, Copy)]
enum Of {
    /// Capital letters and digits.
    Capitals,
    /// Letters and digits.
    Letters,
    /// Letters, digits, `-` and `_`.
    Url,
    /// Base64's digits.
    Base64,
}

/// How keys begin, what follows, and how much of that there is at least. The more special of two prefixes stands first.
const SHAPES: &[(&str, Of, usize)] = &[
    ("sk-ant-", Of::Url, 16),      // Anthropic
    ("sk-proj-", Of::Url, 16),     // OpenAI
    ("sk-svcacct-", Of::Url, 16),  // OpenAI
    ("sk-admin-", Of::Url, 16),    // OpenAI
    ("sk_live_", Of::Letters, 16), // Stripe
    ("sk_test_", Of::Letters, 16), // Stripe
    ("rk_live_", Of::Letters, 16), // Stripe
    ("AKIA", Of::Capitals, 16),    // AWS
    ("ASIA", Of::Capitals, 16),    // AWS
    ("ABSK", Of::Base64, 40),      // AWS Bedrock
    ("AIza", Of::Url, 30),         // Google
    ("ya29.", Of::Url, 20),        // Google
    ("ghp_", Of::Letters, 20),     // GitHub
    ("gho_", Of::Letters, 20),     // GitHub
    ("ghu_", Of::Letters, 20),     // GitHub
    ("ghs_", Of::Letters, 20),     // GitHub
    ("ghr_", Of::Letters, 20),     // GitHub
    ("github_pat_", Of::Url, 20),  // GitHub
    ("glpat-", Of::Url, 16),       // GitLab
    ("xoxb-", Of::Url, 10),        // Slack
    ("xoxp-", Of::Url, 10),        // Slack
    ("xoxa-", Of::Url, 10),        // Slack
    ("xoxr-", Of::Url, 10),        // Slack
    ("xoxs-", Of::Url, 10),        // Slack
    ("hf_", Of::Letters, 30),      // Hugging Face
    ("gsk_", Of::Letters, 40),     // Groq
    ("pplx-", Of::Letters, 40),    // Perplexity
    ("npm_", Of::Letters, 36),     // npm
    ("pypi-", Of::Url, 50),        // PyPI
];

/// OpenAI's older keys, and everybody's who took after them; CSS classes and slugs begin so too, but hold no digit.
const PLAIN: (&str, Of, usize) = ("sk-", Of::Url, 16);
/// Where the digit must be found.
const DIGIT_WITHIN: usize = 64;
/// The shortest header of a JSON Web Token, and the shortest rest of one.
const TOKEN: (usize, usize) = (10, 16);
/// A header that is longer is taken for one whatever follows.
const LONG_HEADER: usize = 2_048;
/// The shortest bearer token.
const BEARER: usize = 8;
/// The longest first line of a private key.
const MAX_TITLE: usize = 64;

/// The length of the key that `ahead` begins with.
pub(super) fn length(before: &str, ahead: &str) -> Option<usize> {
    // A private key begins wherever it begins: its dashes stand in no word.
    if ahead.starts_with('-') {
        return private_key(ahead);
    }
    if !ahead.starts_with(|c: char| c.is_ascii_alphanumeric()) || !is_edge(before, ahead) {
        return None;
    }
    [prefixed(ahead), plain(ahead), web_token(ahead), bearer(before, ahead)].into_iter().flatten().max()
}

impl Of {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

/// How many bytes at the start of `text` are such.
fn run(text: &str, is_such: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is_such(*byte)).count()
}

fn shaped(ahead: &str, (prefix, of, least): (&str, Of, usize)) -> Option<usize> {
    let rest = run(ahead.strip_prefix(prefix)?, |byte| of.holds(byte));
    (rest >= least).then_some(prefix.len() + rest)
}

fn prefixed(ahead: &str) -> Option<usize> {
    SHAPES.iter().find_map(|shape| shaped(ahead, *shape))
}

fn plain(ahead: &str) -> Option<usize> {
    let start = ahead.as_bytes().iter().take(DIGIT_WITHIN).take_while(|byte| PLAIN.1.holds(**byte));
    let has_digit = ahead.starts_with(PLAIN.0) && start.into_iter().any(u8::is_ascii_digit);
    has_digit.then(|| shaped(ahead, PLAIN)).flatten()
}

/// A header that is JSON in base64, a dot, and more.
fn web_token(ahead: &str) -> Option<usize> {
    if !ahead.starts_with("eyJ") {
        return None;
    }
    let header = run(&ahead[..ahead.floor_char_boundary(LONG_HEADER)], |byte| Of::Url.holds(byte));
    let rest = &ahead[header..];
    let rest = &rest[..run(rest, |byte| Of::Url.holds(byte) || byte == b'.')];
    // A sentence may end behind it.
    let rest = rest.trim_end_matches('.');
    let is_token = header >= LONG_HEADER || (rest.starts_with('.') && rest.len() > TOKEN.1);
    (header >= TOKEN.0 && is_token).then_some(header + rest.len())
}

/// What follows the word that HTTP puts before a token.
fn bearer(before: &str, ahead: &str) -> Option<usize> {
    let word = before.trim_end_matches(' ');
    let at = word.len().checked_sub("bearer".len())?;
    let is_bearer = word.len() < before.len() && word.get(at..)?.eq_ignore_ascii_case("bearer");
    if !is_bearer {
        return None;
    }
    let token = run(ahead, |byte| Of::Url.holds(byte) || Of::Base64.holds(byte) || matches!(byte, b'.' | b'~'));
    let has_digit = ahead[..token].bytes().take(DIGIT_WITHIN).any(|byte| byte.is_ascii_digit());
    (token >= BEARER && has_digit).then_some(token)
}

/// From its first line to its last; to the end of the text where that was cut off.
fn private_key(ahead: &str) -> Option<usize> {
    const DASHES: &str = "-----";
    let title = ahead.strip_prefix("-----BEGIN ")?;
    let title = &title[..title.floor_char_boundary(MAX_TITLE)];
    let title = &title[..title.find(DASHES)?];
    if !title.contains("PRIVATE KEY") {
        return None;
    }
    let end = ahead.find("-----END ").and_then(|at| {
        let last = at + DASHES.len();
        Some(last + ahead[last..].find(DASHES)? + DASHES.len())
    });
    Some(end.unwrap_or(ahead.len()))
}
