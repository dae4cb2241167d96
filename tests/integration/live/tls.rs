//! What stands between a call and its endpoint: certificates, proxies, addresses, limits per minute. The server speaks TLS with
//! a certificate of an authority that nobody knows.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{Answer, Server};
use super::{KEY, chat, echo, project};
use crate::common::{Repository, Run, Scratch, regild};

/// The name that the server's certificate is for, beside `localhost`.
const NAME: &str = "gateway.test";

/// An authority's certificate as PEM, and a server's setup with one that it signed.
fn authority() -> (String, Arc<ServerConfig>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let names = [NAME, "localhost", "127.0.0.1"].map(str::to_owned);
    let certificate = CertificateParams::new(names).unwrap().signed_by(&own, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(own.serialize_der()).into();
    (pem, Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()))
}

/// Answers every request with `0`, over TLS; counts those that got as far as a request.
fn serve(config: Arc<ServerConfig>) -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, served) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(0)));
    let count = Arc::clone(&served);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, count) = (Arc::clone(&config), Arc::clone(&count));
            std::thread::spawn(move || {
                let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                drop(answer(stream, &count));
            });
        }
    });
    (port, served)
}

fn answer(stream: StreamOwned<ServerConnection, TcpStream>, count: &Mutex<usize>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let length = head(&mut reader)?.1;
    reader.read_exact(&mut vec![0; length])?;
    *count.lock().unwrap() += 1;
    let body = chat("0").to_string();
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    stream.flush()
}

/// The first line of a request, and the length of its body.
fn head(reader: &mut impl std::io::BufRead) -> std::io::Result<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some(_) => {}
            None => return Ok((first, length)),
        }
    }
}

/// A proxy that tunnels everything to `to`, and remembers what it was asked for.
fn proxy(to: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, asked): (u16, Arc<Mutex<Vec<String>>>) = (listener.local_addr().unwrap().port(), Arc::default());
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut near in listener.incoming().flatten() {
            let mut reader = BufReader::new(near.try_clone().unwrap());
            seen.lock().unwrap().push(head(&mut reader).unwrap().0.trim_end().to_owned());
            write!(near, "HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
            for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                std::thread::spawn(move || {
                    std::io::copy(&mut from, &mut to).map(|_| to.shutdown(std::net::Shutdown::Write))
                });
            }
        }
    });
    (port, asked)
}

/// A project whose endpoint is `url`.
fn at(scratch: &Scratch, url: &str) -> Repository {
    let repository = project(scratch, "openai-compatible", 1, 1, "");
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    repository.write("regild.yaml", &settings.replace("http://127.0.0.1:1/v1", url));
    repository
}

/// Declares something more of the alias.
fn also(repository: &Repository, field: &str) {
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    repository.write("regild.yaml", &settings.replace("model: small-1", &format!("model: small-1, {field}")));
}

/// Records from what is committed with all that the working tree holds.
fn record(repository: &Repository, variables: &[(&str, &str)]) -> Run {
    repository.commit("settings");
    record_here(repository, variables)
}

fn record_here(repository: &Repository, variables: &[(&str, &str)]) -> Run {
    let mut command: Command = regild(&["record"]);
    command.current_dir(&repository.root).env("GATEWAY_KEY", KEY).envs(variables.iter().copied());
    Run(command.output().unwrap())
}

#[test]
fn a_private_authority_is_trusted_where_the_policy_says_so() {
    let (pem, config) = authority();
    let (port, served) = serve(config);
    let url = format!("https://localhost:{port}/v1");

    let scratch = Scratch::new();
    let repository = at(&scratch, &url);
    let begun = Instant::now();
    let run = record(&repository, &[]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().contains("certificate is not trusted here"), "{}", run.stdout());
    assert!(begun.elapsed().as_secs() < 5, "asking again would not help");
    assert_eq!(*served.lock().unwrap(), 0);

    let scratch = Scratch::new();
    let repository = at(&scratch, &url);
    also(&repository, "ca_file: certs/ours.pem");
    for (bytes, why) in [(None, "is not in the commit"), (Some("nothing"), "holds no certificate")] {
        if let Some(bytes) = bytes {
            repository.write("certs/ours.pem", bytes);
        }
        record(&repository, &[]).refuses(why);
    }
    repository.write("certs/ours.pem", &pem);
    // SEC-03: what only head has is nobody's authority.
    record_here(&repository, &[]).refuses("holds no certificate");
    repository.commit("an authority");
    repository.write("certs/ours.pem", &authority().0);
    record_here(&repository, &[]).succeeds();
    assert_eq!(*served.lock().unwrap(), 1);

    // An authority is trusted for what it signed, and another one is another one.
    std::fs::remove_dir_all(repository.root.join("golden/recordings")).unwrap();
    let run = record(&repository, &[]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert_eq!(*served.lock().unwrap(), 1);
}

#[test]
fn the_systems_certificates_are_the_ones_that_count() {
    let (pem, config) = authority();
    let (port, served) = serve(config);
    let scratch = Scratch::new();
    let repository = at(&scratch, &format!("https://localhost:{port}/v1"));
    let store = scratch.path("store.pem");
    std::fs::write(&store, pem).unwrap();
    // How a machine is told of another store than its usual one.
    record(&repository, &[("SSL_CERT_FILE", store.to_str().unwrap())]).succeeds();
    assert_eq!(*served.lock().unwrap(), 1);
}

#[test]
fn a_proxy_is_used_where_the_environment_names_one() {
    let (pem, config) = authority();
    let (port, served) = serve(config);
    let (proxied, asked) = proxy(port);
    let proxy = format!("http://127.0.0.1:{proxied}");
    let scratch = Scratch::new();
    let repository = at(&scratch, &format!("https://{NAME}/v1"));
    also(&repository, "ca_file: ours.pem");
    repository.write("ours.pem", &pem);
    record(&repository, &[("HTTPS_PROXY", proxy.as_str())]).succeeds();
    assert_eq!(*asked.lock().unwrap(), [format!("CONNECT {NAME}:443 HTTP/1.1")]);
    assert_eq!(*served.lock().unwrap(), 1, "through the tunnel");

    let scratch = Scratch::new();
    let repository = at(&scratch, &format!("https://localhost:{port}/v1"));
    also(&repository, "ca_file: ours.pem");
    repository.write("ours.pem", &pem);
    record(&repository, &[("HTTPS_PROXY", &proxy), ("NO_PROXY", "localhost")]).succeeds();
    assert_eq!((asked.lock().unwrap().len(), *served.lock().unwrap()), (1, 2), "past the proxy");
}

#[test]
fn a_proxy_never_sees_a_call_on_this_machine() {
    let server = Server::start(|_, received| Answer::json(200, &echo(received)));
    let (proxied, asked) = proxy(server.port);
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 1, "");
    let proxy = format!("http://127.0.0.1:{proxied}");
    record(&repository, &[("HTTP_PROXY", &proxy), ("http_proxy", &proxy), ("ALL_PROXY", &proxy)]).succeeds();
    assert_eq!((server.received().len(), asked.lock().unwrap().len()), (1, 0));
}

#[test]
fn sec_03_an_address_where_credentials_are_handed_out_is_refused() {
    for url in ["https://169.254.169.254/v1", "https://[fe80::1]/v1", "https://2852039166/v1"] {
        let scratch = Scratch::new();
        record(&at(&scratch, url), &[]).refuses("is an address where no model can be");
    }
}

#[test]
fn limits_per_minute_are_kept_and_waited_for() {
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let seen = Arc::clone(&times);
    let server = Server::start(move |_, received| {
        seen.lock().unwrap().push(Instant::now());
        Answer::json(200, &echo(received))
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 4, "");
    also(&repository, "max_requests_per_minute: 120");
    let said = record(&repository, &[]).succeeds();
    assert!(said.contains(" s waited"), "every wait shows: {said}");
    let times = times.lock().unwrap().clone();
    let took = times.last().unwrap().duration_since(times[0]).as_millis();
    assert!((900..4_000).contains(&took), "two at once, then one each half second: {took} ms");

    let scratch = Scratch::new();
    let repository = project(&scratch, "openai-compatible", server.port, 2, "spend: {max_seconds: 20}\n");
    also(&repository, "max_requests_per_minute: 1");
    let run = record(&repository, &[]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stdout().contains("the limits per minute would hold it up for"), "{}", run.stdout());
}
