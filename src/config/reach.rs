//! What an alias may say about how its model is reached: which fields belong to which provider, and headers that are headers.
//!
//! It looks at one alias by itself. Who may say such things is [`crate::policy`]'s to decide, and where calls go, the transport's.

use super::{Alias, Provider};
use crate::yaml::{Problem, Step};

/// Headers that say how a message travels, or what it is; the transport writes them.
const TRANSPORT: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// Headers that carry secrets, which have no place in a file.
const SECRET: [&str; 6] = ["api-key", "authorization", "cookie", "proxy-authorization", "x-api-key", "x-goog-api-key"];

/// Everything that cannot be meant; places are relative to the alias.
pub(super) fn misfits(alias: &Alias) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut tell = |path: &[&str], message: String| {
        // An index of a list is written as one; a document takes it for a key where there is no list.
        let step = |step: &&str| step.parse().map_or_else(|_| Step::from(*step), Step::Index);
        found.push(Problem::new(path.iter().map(step).collect(), message));
    };
    let provider = alias.provider;
    if alias.api.is_some() && !matches!(provider, Provider::Openai | Provider::OpenaiCompatible) {
        tell(&["api"], "`api` is for `openai` and `openai-compatible` only".to_owned());
    }
    match (provider, &alias.http) {
        (Provider::Http, None) => {
            tell(
                &[],
                "the provider `http` needs `http:`, which says what is sent and where the answer stands".to_owned(),
            );
        }
        (Provider::Http, Some(_)) if alias.base_url.is_none() => {
            tell(&[], "the provider `http` needs a `base_url`".to_owned());
        }
        (Provider::Http, Some(http)) => {
            for (at, message) in http.misfits() {
                let path: Vec<&str> = std::iter::once("http").chain(at.iter().map(String::as_str)).collect();
                let name = at.last().map_or("http", String::as_str);
                let message = if message.starts_with("is ") { format!("`{name}` {message}") } else { message };
                tell(&path, message);
            }
        }
        (_, Some(_)) => tell(&["http"], "`http` is for the provider `http` only".to_owned()),
        (_, None) => {}
    }
    for (name, value) in &alias.headers {
        if let Some(why) = not_extra(name, value) {
            tell(&["headers", name], why);
        }
    }
    if let Some(name) = &alias.key_header {
        if !is_name(name) {
            tell(&["key_header"], format!("{name:?} is no name of a header"));
        } else if TRANSPORT.contains(&name.to_ascii_lowercase().as_str()) {
            tell(&["key_header"], format!("`{name}` is the transport's own"));
        } else if alias.headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            tell(&["key_header"], format!("`{name}` stands in `headers` too"));
        }
    }
    if alias.ca_file.as_deref().is_some_and(|path| !is_inside(path)) {
        tell(&["ca_file"], "`ca_file` is a path below the project's root".to_owned());
    }
    found
}

/// Why a header cannot be sent beside ours.
fn not_extra(name: &str, value: &str) -> Option<String> {
    let folded = name.to_ascii_lowercase();
    if !is_name(name) {
        Some(format!("{name:?} is no name of a header"))
    } else if TRANSPORT.contains(&folded.as_str()) {
        Some(format!("`{name}` is the transport's own"))
    } else if SECRET.contains(&folded.as_str()) {
        Some(format!(
            "`{name}` carries a secret: name its variable with `api_key_env`, and the header with `key_header`"
        ))
    } else if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        Some(format!("the value of `{name}` holds a character that a header cannot"))
    } else {
        None
    }
}

/// A token of RFC 9110.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a path stays below where it begins, on every system.
fn is_inside(path: &str) -> bool {
    let steps = || path.split(['/', '\\']);
    !path.is_empty() && !path.contains([':', '\0']) && steps().all(|step| !matches!(step, "" | ".."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(alias: serde_json::Value) -> Vec<String> {
        let alias: Alias = serde_json::from_value(alias).unwrap();
        misfits(&alias).into_iter().map(|problem| format!("{:?} {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn headers_are_headers_and_carry_no_secret() {
        for (name, value, why) in [
            ("x-team", "a b\t~", None),
            ("anthropic-beta", "x-1", None),
            ("X-Team:", "a", Some("no name")),
            ("", "a", Some("no name")),
            ("x team", "a", Some("no name")),
            ("x-tëam", "a", Some("no name")),
            ("x-a", "b\r\nx-evil: 1", Some("holds a character")),
            ("x-a", "\u{7f}", Some("holds a character")),
            ("x-a", "é", Some("holds a character")),
            ("Content-Length", "3", Some("transport's own")),
            ("HOST", "a", Some("transport's own")),
            ("Authorization", "Bearer x", Some("carries a secret")),
            ("X-Api-Key", "x", Some("carries a secret")),
            ("Cookie", "x", Some("carries a secret")),
        ] {
            let found = told(json!({"provider": "openai", "headers": {name: value}}));
            match why {
                None => assert!(found.is_empty(), "{name:?}: {found:?}"),
                Some(why) => assert!(found.len() == 1 && found[0].contains(why), "{name:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn fields_are_for_those_who_have_them() {
        let deployed = json!({"path": "/a", "output": "/b"});
        for (alias, why) in [
            (json!({"provider": "openai-compatible", "api": "responses", "key_header": "api-key"}), None),
            (json!({"provider": "http", "base_url": "https://a.example", "http": deployed}), None),
            (json!({"provider": "openai", "ca_file": "certs/ours.pem"}), None),
            (json!({"provider": "ollama", "api": "chat"}), Some("`api` is for")),
            (json!({"provider": "http", "base_url": "https://a.example"}), Some("needs `http:`")),
            (json!({"provider": "http", "http": deployed}), Some("needs a `base_url`")),
            (json!({"provider": "openai", "http": deployed}), Some("for the provider `http` only")),
            (json!({"provider": "openai", "key_header": "host"}), Some("transport's own")),
            (json!({"provider": "openai", "key_header": "x y"}), Some("no name")),
            (json!({"provider": "openai", "key_header": "x-k", "headers": {"X-K": "a"}}), Some("in `headers` too")),
            (json!({"provider": "openai", "ca_file": "/etc/ssl/x.pem"}), Some("below the project's root")),
            (json!({"provider": "openai", "ca_file": "a/../../x.pem"}), Some("below the project's root")),
            (json!({"provider": "openai", "ca_file": "C:\\x.pem"}), Some("below the project's root")),
        ] {
            let found = told(alias.clone());
            match why {
                None => assert!(found.is_empty(), "{alias}: {found:?}"),
                Some(why) => assert!(found.len() == 1 && found[0].contains(why), "{alias}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        for (text, line, column, says) in [
            ("models:\n  m: {provider: anthropic, api: responses}\n", 2, 33, "`api` is for `openai`"),
            ("models:\n  m: {provider: openai, api: chats}\n", 2, 30, "unknown value \"chats\""),
            ("models:\n  m: {provider: http, base_url: \"https://a\"}\n", 2, 3, "needs `http:`"),
            ("models:\n  m: {provider: http, http: {path: /a, output: /b}}\n", 2, 3, "needs a `base_url`"),
            (
                "models:\n  m:\n    provider: http\n    base_url: https://a\n    http:\n      path: /a\n      output: b\n",
                7,
                15,
                "`output` is no JSON pointer",
            ),
            (
                "models:\n  m:\n    provider: http\n    base_url: https://a\n    http:\n      path: /a\n      output: /b\n      \
                 body:\n        x: [$input, $inptu]\n",
                9,
                21,
                "`$inptu` stands for nothing",
            ),
            ("models:\n  m: {provider: openai, headers: {Host: a}}\n", 2, 41, "`Host` is the transport's own"),
        ] {
            let shown = crate::config::parse(crate::config::FILE, text.as_bytes()).unwrap_err().problems.remove(0);
            assert!(shown.message.contains(says), "{text}: {}", shown.message);
            assert_eq!((shown.line, shown.column), (line, column), "{text}: {shown:?}");
        }
    }
}
