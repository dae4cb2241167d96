//! What else may come in: too much, too little, for somebody else, no HTTP at all, and many at once.

use serde_json::json;

use super::harness::{Got, Mock};
use super::{openai_question, scripted};
use crate::common::Scratch;

#[test]
fn nothing_that_comes_in_ends_it() {
    let scratch = Scratch::new();
    let mock = Mock::start(&scratch, &scripted(&scratch), &[]);
    let large = vec![b' '; 9 << 20];
    let head = |length: usize| {
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let told = Got::of(&mock.raw(&[head(large.len()).as_bytes(), &large].concat()));
    assert_eq!((told.status, &told.json()["error"]["type"]), (413, &json!("request_too_large")));
    let chunked =
        "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(Got::of(&mock.raw(&[chunked.as_bytes(), &chunk].concat())).status, 413);
    for (bytes, status) in [
        ("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(), Some(403)),
        (
            "GET http://evil.example/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".to_owned(),
            Some(403),
        ),
        ("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), Some(403)),
        ("BREW /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(), Some(405)),
        (format!("{}{{", head(1)), Some(400)),
        (format!("{}{}", head(200_000), "[".repeat(200_000)), Some(400)),
        (format!("{}{{\"model\": ", head(500)), None),
        ("\0\0\0\u{7f}garbage\r\n\r\n".to_owned(), None),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20)), None),
        (String::new(), None),
    ] {
        let answer = mock.raw(bytes.as_bytes());
        if let Some(status) = status {
            assert_eq!(Got::of(&answer).status, status, "{}", &bytes[..bytes.len().min(80)]);
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(mock.post("/v1/chat/completions", &openai_question("Hello")).status, 200);
                }
            });
        }
    });
    let (code, _, log) = mock.end("-TERM");
    assert_eq!((code, log.contains("a fault of regild")), (Some(0), false));
    assert_eq!(log.matches("200 POST").count(), 400);
}
