//! Where GitHub is, as its runner says it: github.com, or a company's own server. The token goes to this one address.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port.
    pub origin: String,
    /// What stands before every route: `/api/v3` on a server of one's own.
    pub rest: String,
    /// The path of GraphQL.
    pub graphql: String,
    /// What links begin with.
    pub server: String,
    pub is_loopback: bool,
}

impl Address {
    /// `read` reads the environment.
    pub fn of(read: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let read = |name: &'static str, usual: &str| checked(name, &read(name).unwrap_or_else(|| usual.to_owned()));
        let api = read("GITHUB_API_URL", "https://api.github.com")?;
        let rest = path(&api);
        let usual = match rest.strip_suffix("/v3") {
            Some(start) => format!("{start}/graphql"),
            None => format!("{rest}/graphql"),
        };
        let origin = api.origin().ascii_serialization();
        let graphql = read("GITHUB_GRAPHQL_URL", &format!("{origin}{usual}"))?;
        if graphql.origin() != api.origin() {
            return Err(Error::usage(
                "GITHUB_GRAPHQL_URL is on another server than GITHUB_API_URL, and the token is for one",
            ));
        }
        let server = read("GITHUB_SERVER_URL", "https://github.com")?;
        Ok(Self {
            origin,
            rest,
            graphql: path(&graphql),
            server: format!("{}{}", server.origin().ascii_serialization(), path(&server)),
            is_loopback: is_loopback(&api),
        })
    }
}

fn path(url: &Url) -> String {
    url.path().trim_end_matches('/').to_owned()
}

fn checked(name: &str, text: &str) -> Result<Url> {
    let refuse = |why: &str| Error::usage(format!("{name} {why}"));
    let url = Url::parse(text).map_err(|_| refuse("is no address"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must be a plain address: scheme, host and path"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(refuse("must begin with https://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Address> {
        Address::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_server_of_ones_own_has_its_interface_below_a_path() {
        let github = of(&[]).unwrap();
        assert_eq!((&*github.origin, &*github.rest, &*github.graphql), ("https://api.github.com", "", "/graphql"));
        assert_eq!(github.server, "https://github.com");
        let own =
            of(&[("GITHUB_API_URL", "https://ghe.example/api/v3/"), ("GITHUB_SERVER_URL", "https://ghe.example/")]);
        let own = own.unwrap();
        assert_eq!((&*own.origin, &*own.rest, &*own.graphql), ("https://ghe.example", "/api/v3", "/api/graphql"));
        assert_eq!((&*own.server, own.is_loopback), ("https://ghe.example", false));
        let tenant = of(&[("GITHUB_API_URL", "https://api.acme.ghe.com")]).unwrap();
        assert_eq!(tenant.graphql, "/graphql");
        assert!(of(&[("GITHUB_API_URL", "http://127.0.0.1:80/x")]).unwrap().is_loopback);
    }

    #[test]
    fn sec_19_the_token_goes_to_one_server_over_https() {
        for (name, value) in [
            ("GITHUB_API_URL", "http://api.github.com"),
            ("GITHUB_API_URL", "http://localhost.example"),
            ("GITHUB_API_URL", "https://user:secret@api.github.com"),
            ("GITHUB_API_URL", "https://api.github.com?x=1"),
            ("GITHUB_API_URL", "ftp://api.github.com"),
            ("GITHUB_API_URL", "nonsense"),
            ("GITHUB_GRAPHQL_URL", "https://evil.example/graphql"),
            ("GITHUB_SERVER_URL", "javascript:alert(1)"),
        ] {
            let error = of(&[(name, value)]).unwrap_err();
            assert!(error.message.starts_with(name) && !error.message.contains("secret"), "{value}: {error}");
        }
    }
}
