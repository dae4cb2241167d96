//! The HTTP client of an endpoint: whose certificates it believes, which addresses it connects to, which proxy it uses.
//!
//! Certificates are always checked, against the system's and those of `ca_file`. Redirects are not followed, so that a key never
//! leaves its host (SEC-03). Nothing is tried again here: that is for `patience` to say.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::endpoint::Endpoint;
use super::guard::Guard;
use crate::error::{Error, ErrorKind, Result};

const CONNECT: Duration = Duration::from_secs(10);

/// What a `ca_file` of the policy holds, by its path.
pub type CaFiles = BTreeMap<String, Vec<u8>>;

/// A pooled client.
pub(super) fn client(endpoint: &Endpoint, ca_files: &CaFiles) -> Result<Client> {
    let own = endpoint.ca_file.as_deref().map(|path| certificates(path, ca_files)).transpose()?.unwrap_or_default();
    build(|| builder(endpoint), own)
}

/// A client for a server that is no model; `is_loopback` where it is on this machine. `trusted` is the name of a PEM file, and the
/// authorities in it that are believed beside the system's.
pub fn plain(is_loopback: bool, trusted: Option<(&str, &[u8])>) -> Result<Client> {
    let own = trusted.map(|(path, bytes)| authorities(path, bytes)).transpose()?.unwrap_or_default();
    build(|| careful(is_loopback), own)
}

/// Certificates are those of the system, and `own`.
fn build(builder: impl Fn() -> ClientBuilder, own: Vec<CertificateDer<'static>>) -> Result<Client> {
    // Another part of the process may have chosen one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let failed = |error: reqwest::Error| Error::new(ErrorKind::Io, format!("no HTTP client: {}", error.without_url()));
    let merged =
        own.iter().map(|one| Certificate::from_der(one)).collect::<reqwest::Result<Vec<_>>>().map_err(failed)?;
    builder()
        .tls_certs_merge(merged)
        .build()
        .or_else(|_| {
            // A machine without certificates of its own, such as a bare container.
            let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            roots.add_parsable_certificates(own);
            let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            builder().tls_backend_preconfigured(tls).build()
        })
        .map_err(failed)
}

fn builder(endpoint: &Endpoint) -> ClientBuilder {
    let guard = Guard { public: endpoint.must_be_public.then(|| endpoint.name().to_owned()) };
    careful(endpoint.is_loopback()).dns_resolver(guard)
}

fn careful(is_loopback: bool) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("regild/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .retry(reqwest::retry::never());
    // What is on this machine needs no proxy, and over plain http a proxy would see the key.
    if is_loopback { builder.no_proxy() } else { builder }
}

/// The certificates of a PEM file of the policy's.
fn certificates(path: &str, ca_files: &CaFiles) -> Result<Vec<CertificateDer<'static>>> {
    let missing = || Error::usage(format!("the `ca_file` {path:?} is not in the commit that the policy is read from"));
    authorities(path, ca_files.get(path).ok_or_else(missing)?)
}

fn authorities(path: &str, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let refuse = |why: String| Error::usage(format!("the `ca_file` {path:?} {why}"));
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let found = found.map_err(|error| refuse(format!("is not PEM: {error}")))?;
    let mut roots = rustls::RootCertStore::empty();
    for one in &found {
        roots.add(one.clone()).map_err(|error| refuse(format!("holds what is no certificate: {error}")))?;
    }
    if found.is_empty() { Err(refuse("holds no certificate".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::Id;
    use crate::io::model::Vouched;
    use crate::io::model::guard::Astray;

    #[test]
    fn sec_03_a_client_connects_to_no_address_that_its_guard_refuses() {
        let alias = json!({"provider": "openai-compatible", "base_url": "https://localhost:1/v1"});
        let vouched = Vouched { by_policy: true, hosts: &[] };
        let alias = serde_json::from_value(alias).unwrap();
        let mut endpoint = Endpoint::of(&Id::new("a").unwrap(), &alias, vouched, |_| None).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut astray = |must_be_public| {
            endpoint.must_be_public = must_be_public;
            let send = client(&endpoint, &CaFiles::new()).unwrap().post(endpoint.at("/x")).send();
            let error = runtime.block_on(send).unwrap_err();
            super::super::http::cause::<Astray>(&error).is_some()
        };
        assert!(astray(true), "as if it were a provider's own name");
        assert!(!astray(false), "nobody listens there, but it was tried");
    }
}
