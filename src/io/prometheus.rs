//! A Prometheus server over its HTTP API: one question at a time, each asked once, within limits of time and size.
//!
//! The operator names the server on the command line, and no file ever does: so it may be a private one. Certificates are checked,
//! redirects are not followed, and the token stands in one header and in nothing that is printed.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use tokio::runtime::Runtime;

use super::{console, files, model};
use crate::error::{Error, ErrorKind, Result};
use crate::redact::Secrets;

/// The largest answer that is read: a hundred thousand series.
const MAX_ANSWER: usize = 16 << 20;
/// The largest file of certificates.
const MAX_CA: u64 = 1 << 20;

/// Where a server is, and how it wants to be spoken to.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// What stands before `/api/v1/query`.
    pub url: &'a str,
    /// The variable that holds a token, or the password of `user`.
    pub token_env: Option<&'a str>,
    pub user: Option<&'a str>,
    /// Authorities that are believed beside the system's.
    pub ca_file: Option<&'a Path>,
    /// For one question.
    pub limit: Duration,
}

/// A server, not yet spoken to.
#[derive(Debug)]
pub struct Server {
    client: Client,
    runtime: Runtime,
    at: Url,
    headers: HeaderMap,
    secrets: Secrets,
    limit: Duration,
}

impl Server {
    /// Looks at what the operator said; sends nothing.
    pub fn new(access: Access<'_>) -> Result<Self> {
        let Access { url, token_env, user, ca_file, limit } = access;
        let base = address(url)?;
        let is_loopback = is_loopback(&base);
        let mut headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ]);
        let mut secrets = Secrets::default();
        if let Some(variable) = token_env {
            if base.scheme() == "http" && !is_loopback {
                return Err(Error::usage("a token goes over https only, or to 127.0.0.1 and [::1]"));
            }
            headers.insert(AUTHORIZATION, authorization(variable, user, &mut secrets)?);
        }
        let trusted = ca_file.map(|path| Ok((path.display().to_string(), files::read_bytes(path, MAX_CA)?)));
        let trusted = trusted.transpose()?;
        let client = model::plain_client(is_loopback, trusted.as_ref().map(|(path, bytes)| (&**path, &**bytes)))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::io("no HTTP client", &error))?;
        let mut at = base;
        at.set_path(&format!("{}/api/v1/query", at.path().trim_end_matches('/')));
        Ok(Self { client, runtime, at, headers, secrets, limit })
    }

    /// As people know it: `prometheus.example`, `127.0.0.1:9090`.
    pub fn host(&self) -> String {
        let host = self.at.host_str().unwrap_or_default();
        self.at.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The status and body of the answer to `query` for a time in seconds since 1970.
    pub fn ask(&self, query: &str, time: i64) -> Result<(u16, Vec<u8>)> {
        let failed = |why: String| Error::new(ErrorKind::Io, format!("{}: {why}", self.host()));
        // By POST, as a query may be longer than an address.
        let body = format!("query={}&time={time}", utf8_percent_encode(query, NON_ALPHANUMERIC));
        self.runtime.block_on(async {
            let request =
                self.client.post(self.at.clone()).timeout(self.limit).headers(self.headers.clone()).body(body);
            let mut response = request.send().await.map_err(|error| failed(model::mishap(&error)))?;
            let status = response.status().as_u16();
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| failed(model::mishap(&error)))? {
                if bytes.len() + chunk.len() > MAX_ANSWER {
                    return Err(failed(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20)));
                }
                bytes.extend_from_slice(&chunk);
            }
            if self.secrets.is_in(&String::from_utf8_lossy(&bytes)) {
                return Err(failed(format!("{status}: its answer repeats the token, and is not shown")));
            }
            Ok((status, bytes))
        })
    }
}

fn address(text: &str) -> Result<Url> {
    let refuse = |why: &str| Error::usage(format!("--url {why}"));
    let url = Url::parse(text).map_err(|_| refuse("is no address: write https://HOST[:PORT][/PATH]"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not shown: whoever sees the processes of this machine has seen enough.
        return Err(refuse("has a user or a password in it")
            .hint("name the variable that holds the password with --token-env, and the user with --user"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("has a query or a fragment; it is what stands before /api/v1/query"));
    }
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(refuse("is neither https nor http")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The header that a token is sent in, or the password of a user.
fn authorization(variable: &str, user: Option<&str>, secrets: &mut Secrets) -> Result<HeaderValue> {
    let value = std::env::var(variable).map(|value| value.trim().to_owned()).unwrap_or_default();
    if value.is_empty() {
        return Err(Error::usage(format!("the environment variable {variable} is not set")));
    }
    console::mask(&value);
    secrets.add(&value);
    let text = match user {
        Some(user) => {
            let pair = BASE64_STANDARD.encode(format!("{user}:{value}"));
            console::mask(&pair);
            secrets.add(&pair);
            format!("Basic {pair}")
        }
        None => format!("Bearer {value}"),
    };
    let header =
        HeaderValue::from_str(&text).ok().filter(|_| user.is_some() || value.bytes().all(|b| b.is_ascii_graphic()));
    let mut header = header.ok_or_else(|| Error::usage(format!("the value of {variable} is no token")))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, token_env: Option<&str>) -> Result<Server> {
        Server::new(Access { url, token_env, user: None, ca_file: None, limit: Duration::from_secs(1) })
    }

    #[test]
    fn an_address_is_plain() {
        for (url, host, path) in [
            ("http://127.0.0.1:9090", "127.0.0.1:9090", "/api/v1/query"),
            ("https://metrics.example/prometheus/", "metrics.example", "/prometheus/api/v1/query"),
            ("http://prometheus.monitoring.svc:9090", "prometheus.monitoring.svc:9090", "/api/v1/query"),
        ] {
            let server = server(url, None).unwrap();
            assert_eq!((&*server.host(), server.at.path()), (host, path));
        }
        for (url, why) in [
            ("prometheus:9090", "neither https nor http"),
            ("nonsense", "is no address"),
            ("ftp://a", "neither https nor http"),
            ("https://user:secret@a", "a user or a password"),
            ("https://token@a", "a user or a password"),
            ("https://a?x=1", "a query or a fragment"),
            ("https://a#x", "a query or a fragment"),
        ] {
            let error = server(url, None).unwrap_err();
            assert!(error.message.contains(why) && !error.message.contains("secret"), "{url}: {error}");
        }
    }

    #[test]
    fn sec_03_a_token_goes_over_https_or_stays_on_this_machine() {
        let refused = server("http://prometheus.example", Some("PATH")).unwrap_err();
        assert!(refused.message.contains("over https only"), "{refused}");
        let missing = server("https://prometheus.example", Some("REGILD_NO_SUCH_VARIABLE")).unwrap_err();
        assert!(missing.message.contains("REGILD_NO_SUCH_VARIABLE is not set"), "{missing}");
        let header = server("http://127.0.0.1:1", Some("PATH")).unwrap().headers[AUTHORIZATION].clone();
        assert!(header.is_sensitive() && header.to_str().unwrap().starts_with("Bearer "));
    }
}
