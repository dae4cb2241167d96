//! A small server on loopback: sockets in, answers out, until somebody ends it. What is answered is the caller's to say.
//!
//! Nothing from outside this machine reaches it, and nothing that a client does ends it: every wait has an end, every size a
//! limit, and what breaks a connection breaks only that one.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, Either};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::console;
use crate::error::{Error, Result};
use crate::report::escape;
use crate::serving::{Answered, Asked, Body, MAX_BODY};

/// Connections at once; more wait.
const MAX_CONNECTIONS: usize = 512;
/// How long a client may take for the head of a request, and again for its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a body that is too large is read and dropped, so that the client gets to hear so.
const MAX_DRAINED: usize = 64 << 20;

type Answering = dyn Fn(&Asked) -> Answered + Send + Sync;

/// Serves at `port` of 127.0.0.1, or any that is free where it is 0, until the process is told to end. `ready` learns the port
/// once requests are taken.
pub fn serve(
    port: u16,
    ready: impl FnOnce(u16) -> Result<()>,
    answer: impl Fn(&Asked) -> Answered + Send + Sync + 'static,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::io("cannot start the server", &error))?;
    runtime.block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| Error::io(format!("cannot listen on {address}"), &error))?;
        let bound = listener.local_addr().map_err(|error| Error::io("the server has no address", &error))?;
        let end = end().map_err(|error| Error::io("cannot wait for the signal to end", &error))?;
        ready(bound.port())?;
        future::select(pin!(accept(listener, Arc::new(answer))), pin!(end)).await;
        Ok(())
    })
}

/// Takes connections for ever.
async fn accept(listener: TcpListener, answer: Arc<Answering>) -> Infallible {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    connection(stream, answer).await;
                    drop(place);
                });
            }
            // Mostly too many open files: some will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Answers one connection, request after request.
async fn connection(stream: TcpStream, answer: Arc<Answering>) {
    // An answer is small and whole; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(respond(request, &*answer).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that has said all may still listen.
        .half_close(true)
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or speaks no HTTP, is the client's affair.
    let _ = served.await;
}

async fn respond(request: Request<Incoming>, answer: &Answering) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    // A request to a whole address names its host there.
    let authority = head.uri.authority().map(|authority| authority.as_str().to_owned());
    let header = head.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let asked = Asked {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        host: authority.or(header),
        body: tokio::time::timeout(PATIENCE, read(body)).await.unwrap_or(Body::Broken),
    };
    let Answered { status, headers, body, said } = answer(&asked);
    console::note(&format!("{}\n", escape::line(&said)));
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Reads a body, up to the limit.
async fn read(mut body: Incoming) -> Body {
    let (mut bytes, mut seen) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Body::Broken };
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
        }
        if seen > MAX_DRAINED {
            break;
        }
    }
    if seen > MAX_BODY { Body::TooLarge } else { Body::Whole(bytes) }
}

/// Comes when the process is told to end: by the terminal's Ctrl-C, or as service managers do.
#[cfg(unix)]
fn end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        match future::select(pin!(interrupt.recv()), pin!(terminate.recv())).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    })
}

#[cfg(not(unix))]
fn end() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
