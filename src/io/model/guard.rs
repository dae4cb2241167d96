//! Which addresses a name may lead to (SEC-03): a name that is trusted is not yet an address that is.
//!
//! Clouds hand out credentials at link-local addresses to whoever asks from inside. No model is there, nor at addresses of
//! groups or of nothing. What is private is for those endpoints only that somebody vouches for. Where a proxy is in use it is the
//! proxy that looks names up, and only the proxy's own name comes by here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Name, Resolve, Resolving};

/// Addresses of clouds' own services that do not look like it: of Amazon over IPv6, of Alibaba, of Azure.
const METADATA: [IpAddr; 3] = [
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

/// Who can be at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Realm {
    Public,
    /// This machine, or those beside it.
    Private,
    /// No model, ever.
    Nobody,
}

pub(super) fn realm(address: IpAddr) -> Realm {
    if METADATA.contains(&address) {
        return Realm::Nobody;
    }
    match address {
        IpAddr::V4(v4) => realm_of_v4(v4),
        IpAddr::V6(v6) => match inner(v6) {
            Some(v4) => realm(IpAddr::V4(v4)),
            None if v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified() => Realm::Nobody,
            None if v6.is_loopback() || v6.is_unique_local() => Realm::Private,
            None => Realm::Public,
        },
    }
}

fn realm_of_v4(v4: Ipv4Addr) -> Realm {
    let [first, second, ..] = v4.octets();
    match first {
        // What is broadcast to, and what is reserved.
        0 | 240..=255 => Realm::Nobody,
        _ if v4.is_link_local() || v4.is_multicast() => Realm::Nobody,
        // Shared by a carrier's customers; of test networks.
        100 if (64..128).contains(&second) => Realm::Private,
        198 if (18..20).contains(&second) => Realm::Private,
        _ if v4.is_loopback() || v4.is_private() => Realm::Private,
        _ => Realm::Public,
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, behind NAT64, or 6to4.
fn inner(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(v4(high, low)),
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

/// A name that leads where it must not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} leads to {address}, {why}")]
pub(super) struct Astray {
    name: String,
    address: IpAddr,
    why: &'static str,
}

/// Looks names up, and lets go only of addresses that are allowed.
#[derive(Debug)]
pub(super) struct Guard {
    /// The name that must lead to a public address, if any. A proxy's may be private: the operator named it.
    pub(super) public: Option<String>,
}

impl Guard {
    /// What of `found` may be connected to. One address that must not is enough to doubt the others.
    fn checked(&self, name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Astray> {
        let must_be_public = self.public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(name));
        for address in found.iter().map(SocketAddr::ip) {
            let why = match realm(address) {
                Realm::Public => continue,
                Realm::Private if !must_be_public => continue,
                Realm::Private => "which is private, and nobody vouches for it",
                Realm::Nobody => "where no model can be",
            };
            return Err(Astray { name: name.to_owned(), address, why });
        }
        Ok(found)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Self { public: self.public.clone() };
        Box::pin(async move {
            // The port of the URL takes the place of this one.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let checked = guard.checked(name.as_str(), found)?;
            Ok(Box::new(checked.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_03_addresses_are_told_apart() {
        for (address, want) in [
            ("8.8.8.8", Realm::Public),
            ("172.32.0.1", Realm::Public),
            ("100.128.0.1", Realm::Public),
            ("2606:4700::1", Realm::Public),
            ("127.0.0.1", Realm::Private),
            ("127.9.9.9", Realm::Private),
            ("10.0.0.1", Realm::Private),
            ("172.16.0.1", Realm::Private),
            ("192.168.1.1", Realm::Private),
            ("100.64.0.1", Realm::Private),
            ("198.18.0.1", Realm::Private),
            ("::1", Realm::Private),
            ("fd12::1", Realm::Private),
            ("::ffff:10.0.0.1", Realm::Private),
            ("64:ff9b::7f00:1", Realm::Private),
            ("2002:a00:1::1", Realm::Private),
            ("169.254.169.254", Realm::Nobody),
            ("169.254.170.2", Realm::Nobody),
            ("0.0.0.0", Realm::Nobody),
            ("0.1.2.3", Realm::Nobody),
            ("224.0.0.1", Realm::Nobody),
            ("255.255.255.255", Realm::Nobody),
            ("240.0.0.1", Realm::Nobody),
            ("100.100.100.200", Realm::Nobody),
            ("168.63.129.16", Realm::Nobody),
            ("::", Realm::Nobody),
            ("fe80::1", Realm::Nobody),
            ("ff02::1", Realm::Nobody),
            ("fd00:ec2::254", Realm::Nobody),
            ("::ffff:169.254.169.254", Realm::Nobody),
            ("64:ff9b::a9fe:a9fe", Realm::Nobody),
            ("2002:a9fe:a9fe::", Realm::Nobody),
        ] {
            assert_eq!(realm(address.parse().unwrap()), want, "{address}");
        }
    }

    #[test]
    fn sec_03_one_bad_address_of_a_name_is_enough() {
        let at = |addresses: &[&str]| addresses.iter().map(|one| SocketAddr::new(one.parse().unwrap(), 0)).collect();
        let (own, built_in) = (Guard { public: None }, Guard { public: Some("api.example".into()) });
        assert_eq!(own.checked("gateway.example", at(&["10.0.0.1"])).unwrap().len(), 1);
        assert_eq!(built_in.checked("proxy.example", at(&["10.0.0.1"])).unwrap().len(), 1, "a proxy may be near");
        assert_eq!(built_in.checked("api.example", at(&["8.8.8.8"])).unwrap().len(), 1);
        for (guard, name, addresses, says) in [
            (
                &own,
                "gateway.example",
                at(&["8.8.8.8", "169.254.169.254"]),
                "gateway.example leads to 169.254.169.254, where no",
            ),
            (&built_in, "API.example", at(&["127.0.0.1"]), "API.example leads to 127.0.0.1, which is private"),
            (&built_in, "proxy.example", at(&["fe80::1"]), "proxy.example leads to fe80::1, where no"),
        ] {
            assert!(guard.checked(name, addresses).unwrap_err().to_string().starts_with(says));
        }
    }

    #[test]
    fn sec_03_names_are_really_looked_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let look = |public: Option<&str>| {
            let guard = Guard { public: public.map(str::to_owned) };
            runtime.block_on(guard.resolve("localhost".parse().unwrap())).map(Iterator::count)
        };
        assert!(look(None).unwrap() > 0);
        let refused = look(Some("localhost")).unwrap_err();
        assert!(refused.downcast_ref::<Astray>().is_some(), "{refused}");
    }
}
