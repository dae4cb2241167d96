//! A server on loopback that misbehaves as it is told: what a provider, a gateway or a network can do to a call.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// What came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as it came, and as JSON where it is.
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What goes out.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A status, headers as they stand on the wire, and a body.
    Full(u16, String, String),
    /// Half of what the length promises, and the end.
    Truncated(String),
    /// A byte now and then.
    Drip(String),
    /// Nothing, for a while.
    Hang(Duration),
    /// The connection ends at once.
    Reset,
    /// A body without an end in sight, of which no reader wants all.
    Huge,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Full(status, "Content-Type: application/json\r\n".into(), body.to_string())
    }
}

type Script = dyn Fn(usize, &Received) -> Answer + Send + Sync;

/// A running server; it ends with the process of the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Serves what `script` says to the n-th request.
    pub(crate) fn start(script: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (script, seen): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&received));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                // A client that goes away is the client's affair.
                std::thread::spawn(move || drop(serve(stream, &*script, &seen)));
            }
        });
        Self { port, received }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Serves one connection, request after request.
fn serve(mut stream: TcpStream, script: &Script, seen: &Mutex<Vec<Received>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut reader)? {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match script(number, &request) {
            Answer::Full(status, headers, body) => {
                let length = body.len();
                write!(stream, "HTTP/1.1 {status} Told\r\n{headers}Content-Length: {length}\r\n\r\n{body}")?;
            }
            Answer::Truncated(body) => {
                let length = body.len();
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", &body[..length / 2])?;
                return stream.shutdown(std::net::Shutdown::Both);
            }
            Answer::Drip(body) => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
                for byte in body.bytes() {
                    stream.write_all(&[byte])?;
                    stream.flush()?;
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
            Answer::Hang(time) => {
                std::thread::sleep(time);
                return stream.shutdown(std::net::Shutdown::Both);
            }
            Answer::Reset => return stream.shutdown(std::net::Shutdown::Both),
            Answer::Huge => {
                write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                let chunk = vec![b' '; 1 << 20];
                for _ in 0..64 {
                    write!(stream, "{:x}\r\n", chunk.len())?;
                    stream.write_all(&chunk)?;
                    write!(stream, "\r\n")?;
                }
                return Ok(());
            }
        }
        stream.flush()?;
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Received { method, path, headers, text, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }))
}
