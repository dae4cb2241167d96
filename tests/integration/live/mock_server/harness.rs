//! A running mock server and what comes back from it, byte by byte: no client's kindness stands between.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::common::{Repository, Scratch, regild};

/// A running `regild mock-server`.
pub(super) struct Mock {
    child: Child,
    pub(super) port: u16,
    out: BufReader<ChildStdout>,
    log: std::path::PathBuf,
}

impl Mock {
    pub(super) fn start(scratch: &Scratch, repository: &Repository, args: &[&str]) -> Self {
        let log = scratch.path("mock-server.log");
        let mut command = regild(&["mock-server"]);
        command.args(args).current_dir(&repository.root);
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("listening on http://127.0.0.1:");
        let port = port.unwrap_or_else(|| panic!("{line:?} {}", std::fs::read_to_string(&log).unwrap()));
        Self { port: port.parse().unwrap(), child, out, log }
    }

    /// Sends bytes as they are; all that comes back until the server closes.
    pub(super) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = Vec::new();
        // The server may have heard enough before all is sent.
        if stream.write_all(bytes).is_ok() {
            drop(stream.shutdown(std::net::Shutdown::Write));
        }
        drop(stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Got {
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", self.port);
        Got::of(&self.raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()))
    }

    pub(super) fn get(&self, path: &str) -> Got {
        Got::of(&self.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()))
    }

    /// Ends it with a signal; its exit code, what else it printed, and its log.
    pub(super) fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let code = self.child.wait().unwrap().code();
        let mut printed = String::new();
        self.out.read_to_string(&mut printed).unwrap();
        (code, printed, std::fs::read_to_string(&self.log).unwrap())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Got {
    pub(super) fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}
