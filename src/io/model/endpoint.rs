//! Where an alias is reached and with which key: built in, from the policy, or vouched for by the operator, never from head alone
//! (SEC-03). A key goes to the host it is for, and stands in nothing that can be printed.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::guard::{Realm, realm};
use crate::config::{Alias, Provider};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::console;
use crate::redact::Secrets;

/// A provider's own address, and the variable that its key is usually in.
fn built_in(provider: Provider) -> Option<(&'static str, Option<&'static str>)> {
    match provider {
        Provider::Openai => Some(("https://api.openai.com/v1", Some("OPENAI_API_KEY"))),
        Provider::Anthropic => Some(("https://api.anthropic.com/v1", Some("ANTHROPIC_API_KEY"))),
        Provider::Gemini => Some(("https://generativelanguage.googleapis.com/v1beta", Some("GEMINI_API_KEY"))),
        Provider::Ollama => Some(("http://127.0.0.1:11434", None)),
        Provider::OpenaiCompatible | Provider::Http | Provider::Mock => None,
    }
}

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub base: Url,
    pub key: Option<Key>,
    /// What goes with every call, beside the API's own headers and the key.
    pub(super) headers: HeaderMap,
    /// Certificates that are trusted here beside the system's.
    pub(super) ca_file: Option<String>,
    /// Nobody but this program says where it is, so that its name must not lead to somebody's own network.
    pub(super) must_be_public: bool,
}

/// A secret. Its value leaves it only as a header.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The variable it came from.
    pub variable: String,
    value: String,
    header: HeaderName,
    prefix: &'static str,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.variable)
    }
}

impl Key {
    /// The header that carries it.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let mut value = HeaderValue::from_str(&format!("{}{}", self.prefix, self.value)).ok()?;
        value.set_sensitive(true);
        Some((self.header.clone(), value))
    }

    /// Whether `bytes` hold the key, as it is or as it would stand in JSON, in a URL or in base64.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let mut forms = Secrets::default();
        forms.add(&self.value);
        let text = String::from_utf8_lossy(bytes);
        text.contains(&self.value) || forms.is_in(&text)
    }

    /// Tells GitHub's runner to blacken the key wherever it may still turn up.
    pub fn mask(&self) {
        console::mask(&self.value);
    }
}

/// Who says where an alias is reached.
#[derive(Debug, Clone, Copy)]
pub struct Vouched<'a> {
    /// The policy declares the alias, so that its address and its key's variable are the policy's.
    pub by_policy: bool,
    /// Hosts that the operator named.
    pub hosts: &'a [String],
}

impl Endpoint {
    /// Resolves an alias. `read` reads the environment.
    pub fn of(id: &Id, alias: &Alias, vouched: Vouched<'_>, read: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let usual = built_in(alias.provider);
        let declared = alias.base_url.as_deref();
        let Some(address) = declared.or(usual.map(|(address, _)| address)) else {
            let message =
                format!("the alias `{id}` needs a `base_url`: `{}` has none of its own", alias.provider.as_str());
            return Err(Error::usage(message));
        };
        let base = address_of(id, address)?;
        let host = base.host_str().unwrap_or_default().to_owned();
        let named = vouched.hosts.contains(&host);
        let is_built_in = declared.is_none()
            && alias.api_key_env.is_none()
            && alias.key_header.is_none()
            && alias.headers.is_empty()
            && alias.ca_file.is_none();
        if !is_built_in && !vouched.by_policy && !named {
            let message =
                format!("the alias `{id}` is not in the policy, which decides where `{host}` is and who gets a key");
            return Err(Error::usage(message).hint(
                "Merge the alias first. If the address is yours, the operator can vouch for its host with --trust-endpoint HOST",
            ));
        }
        let key = variable_of(alias).map(|variable| key_of(alias, variable, read(variable))).transpose()?;
        let must_be_public = declared.is_none() && !named && !is_loopback(&base);
        Ok(Self { base, key, headers: headers_of(id, alias)?, ca_file: alias.ca_file.clone(), must_be_public })
    }

    /// The name or address of its host, without a port.
    pub(super) fn name(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Whether it is on this machine, by its address.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// What follows the base, with the base's own path kept.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// As people know it: `api.openai.com`, `127.0.0.1:4000`.
    pub fn host(&self) -> String {
        let host = self.name();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// The variable that an alias's key is in. A usual key is for the usual host only.
fn variable_of(alias: &Alias) -> Option<&str> {
    let usual = built_in(alias.provider).filter(|_| alias.base_url.is_none());
    alias.api_key_env.as_deref().or(usual.and_then(|(_, variable)| variable))
}

/// The keys that the environment holds for some aliases, for those who must not show them.
pub fn secrets<'a>(aliases: impl Iterator<Item = &'a Alias>) -> Secrets {
    let mut secrets = Secrets::default();
    for variable in aliases.filter_map(variable_of) {
        secrets.add(std::env::var(variable).unwrap_or_default().trim());
    }
    secrets
}

/// The variables of keys that the environment holds: of some aliases, and those that keys are usually in.
pub fn keys_at_hand<'a>(aliases: impl Iterator<Item = &'a Alias>) -> Vec<String> {
    let usual = [Provider::Openai, Provider::Anthropic, Provider::Gemini].into_iter().filter_map(built_in);
    let names = aliases.filter_map(variable_of).chain(usual.filter_map(|(_, variable)| variable));
    let is_set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    names.filter(is_set).map(str::to_owned).collect()
}

fn address_of(id: &Id, address: &str) -> Result<Url> {
    let refuse = |why: &str| Error::usage(format!("the `base_url` of `{id}` {why}: {address:?}"));
    let url = Url::parse(address).map_err(|_| refuse("is no URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not shown: it may hold a password.
        return Err(Error::usage(format!("the `base_url` of `{id}` has a user or a password in it"))
            .hint("name the variable that holds the key with `api_key_env`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("has a query or a fragment"));
    }
    let host = url.host_str().ok_or_else(|| refuse("names no host"))?;
    if literal(host).is_some_and(|address| realm(address) == Realm::Nobody) {
        return Err(refuse("is an address where no model can be"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(refuse("is not encrypted; http is for 127.0.0.1 and [::1] only")),
        _ => Err(refuse("is neither https nor http")),
    }
}

/// The address that a host is written as, if it is no name.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().and_then(literal).is_some_and(|address| address.is_loopback())
}

fn headers_of(id: &Id, alias: &Alias) -> Result<HeaderMap> {
    let header = |(name, value): (&String, &String)| {
        let refused = || Error::usage(format!("the alias `{id}` has a header that cannot be sent: {name:?}"));
        let name = HeaderName::try_from(name.as_str()).map_err(|_| refused())?;
        Ok((name, HeaderValue::from_str(value).map_err(|_| refused())?))
    };
    alias.headers.iter().map(header).collect()
}

fn key_of(alias: &Alias, variable: &str, value: Option<String>) -> Result<Key> {
    let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let Some(value) = value else {
        return Err(Error::usage(format!("the environment variable {variable} is not set"))
            .hint(format!("put the key for `{}` in it", alias.provider.as_str())));
    };
    let named = alias.key_header.as_deref().and_then(|name| HeaderName::try_from(name).ok());
    let (header, prefix) = match alias.provider {
        _ if let Some(name) = named => (name, ""),
        Provider::Anthropic => (HeaderName::from_static("x-api-key"), ""),
        Provider::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
        Provider::Openai | Provider::OpenaiCompatible | Provider::Ollama | Provider::Http | Provider::Mock => {
            (reqwest::header::AUTHORIZATION, "Bearer ")
        }
    };
    if !value.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Error::usage(format!(
            "the value of {variable} is no key: it holds a space or a control character"
        )));
    }
    Ok(Key { variable: variable.to_owned(), value, header, prefix })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn endpoint(alias: serde_json::Value, vouched: Vouched<'_>) -> std::result::Result<Endpoint, String> {
        let alias: Alias = serde_json::from_value(alias).unwrap();
        let environment = |name: &str| matches!(name, "OPENAI_API_KEY" | "MINE").then(|| format!("sk-{name}"));
        Endpoint::of(&Id::new("a").unwrap(), &alias, vouched, environment).map_err(|error| error.message)
    }

    const POLICY: Vouched<'static> = Vouched { by_policy: true, hosts: &[] };
    const NOBODY: Vouched<'static> = Vouched { by_policy: false, hosts: &[] };

    #[test]
    fn addresses_are_checked() {
        let of = |url: &str| {
            let alias = json!({"provider": "openai-compatible", "base_url": url});
            endpoint(alias, POLICY).map(|endpoint| endpoint.at("/x").to_string())
        };
        assert_eq!(of("https://gateway.example/v1/"), Ok("https://gateway.example/v1/x".to_owned()));
        assert_eq!(of("http://127.0.0.1:4000"), Ok("http://127.0.0.1:4000/x".to_owned()));
        assert_eq!(of("http://[::1]:4000/a"), Ok("http://[::1]:4000/a/x".to_owned()));
        for (url, why) in [
            ("http://gateway.example/v1", "not encrypted"),
            ("http://127.0.0.1.example/v1", "not encrypted"),
            ("https://user:secret@gateway.example", "a user or a password"),
            ("https://gateway.example/?key=1", "a query"),
            ("file:///etc/passwd", "no host"),
            ("gateway", "no URL"),
            ("ftp://gateway.example", "neither"),
            // SEC-03: however it is written, it is where clouds hand out credentials.
            ("https://169.254.169.254/v1", "no model can be"),
            ("https://2852039166/v1", "no model can be"),
            ("https://0xa9fea9fe/v1", "no model can be"),
            ("https://[::ffff:169.254.169.254]/v1", "no model can be"),
            ("https://[fe80::1]/v1", "no model can be"),
            ("http://0.0.0.0:4000", "no model can be"),
        ] {
            let refused = of(url).unwrap_err();
            assert!(refused.contains(why) && !refused.contains("secret"), "{url}: {refused}");
        }
    }

    #[test]
    fn sec_03_head_alone_names_no_address_and_no_key() {
        let own = json!({"provider": "openai", "base_url": "https://evil.example"});
        assert!(endpoint(own.clone(), NOBODY).unwrap_err().contains("not in the policy"));
        assert!(endpoint(json!({"provider": "openai", "api_key_env": "MINE"}), NOBODY).is_err());
        for extra in [json!({"key_header": "x-key"}), json!({"headers": {"x-a": "b"}}), json!({"ca_file": "evil.pem"})]
        {
            let mut alias = json!({"provider": "openai"});
            alias.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            assert!(endpoint(alias.clone(), NOBODY).unwrap_err().contains("not in the policy"), "{alias}");
        }
        let hosts = ["evil.example".to_owned()];
        let trusted = endpoint(own, Vouched { by_policy: false, hosts: &hosts }).unwrap();
        assert_eq!(trusted.key, None, "the usual key is for the usual host");
        assert!(!trusted.must_be_public, "the operator knows where it is");
        assert!(!endpoint(json!({"provider": "ollama"}), NOBODY).unwrap().must_be_public);
        let usual = endpoint(json!({"provider": "openai"}), NOBODY).unwrap();
        assert!(usual.must_be_public);
        assert_eq!(
            (usual.host(), usual.key.unwrap().variable),
            ("api.openai.com".to_owned(), "OPENAI_API_KEY".to_owned())
        );
    }

    #[test]
    fn a_key_is_a_header_and_nothing_else() {
        let alias = json!({"provider": "anthropic", "base_url": "https://gateway.example", "api_key_env": "MINE"});
        let key = endpoint(alias, POLICY).unwrap().key.unwrap();
        let (name, value) = key.header().unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap(), value.is_sensitive()), ("x-api-key", "sk-MINE", true));
        assert_eq!(format!("{key:?}"), "Key(MINE)");
        let azure = json!({"provider": "openai", "base_url": "https://a.example", "api_key_env": "MINE", "key_header": "Api-Key"});
        let (name, value) = endpoint(azure, POLICY).unwrap().key.unwrap().header().unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap(), value.is_sensitive()), ("api-key", "sk-MINE", true));
        assert!(key.is_in(b"...sk-MINE...") && !key.is_in(b"sk-"));
        let missing = endpoint(json!({"provider": "anthropic"}), POLICY).unwrap_err();
        assert!(missing.contains("ANTHROPIC_API_KEY is not set"), "{missing}");
    }
}
