//! One try of a call over HTTP: sent, read within limits, and told apart: a reply, a setback, or the end.
//!
//! No error shows a header or an address with a query.

use std::error::Error as _;
use std::time::Instant;

use hyper::body::Bytes;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::endpoint::Endpoint;
use super::guard::Astray;
use super::patience::{Asked, Setback};
use super::{Live, Raw};
use crate::wire::{self, Call, Reply, Request, Trouble};

/// The largest reply that is read.
const MAX_REPLY: usize = 16 << 20;

/// Characters of a provider's message that are passed on.
const MAX_SAID: usize = 300;

/// What a try came to.
#[derive(Debug)]
pub(super) enum Tried {
    Reply(Raw, Reply),
    /// Another try may help.
    Setback(Setback, Asked, String),
    /// None will.
    Over(String),
}

/// Sends a call once.
pub(super) async fn attempt(live: &Live, asked_for: &Request, call: &Call, body: &Bytes) -> Tried {
    let Live { endpoint, client, limit, .. } = live;
    let Some(headers) = headers(endpoint, call) else {
        return Tried::Over("the key cannot stand in a header".to_owned());
    };
    let start = Instant::now();
    let request = client.post(endpoint.at(&call.path)).timeout(*limit).headers(headers).body(body.clone());
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return broken(&error),
    };
    let (status, asked) = (response.status().as_u16(), asked(response.headers()));
    let bytes = match read(response).await {
        Ok(bytes) => bytes,
        Err(tried) => return tried,
    };
    let latency_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    judge(status, &bytes, asked_for, asked, latency_ms)
}

/// The headers of a call: the API's, the alias's own, and the key last, which nothing takes the place of.
fn headers(endpoint: &Endpoint, call: &Call) -> Option<HeaderMap> {
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)]);
    for (name, value) in &call.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.extend(endpoint.headers.clone());
    if let Some(key) = &endpoint.key {
        let (name, value) = key.header()?;
        headers.insert(name, value);
    }
    Some(headers)
}

/// What a complete answer means.
fn judge(status: u16, bytes: &[u8], request: &Request, mut asked: Asked, latency_ms: u64) -> Tried {
    let is_success = (200..300).contains(&status);
    let body: Value = match serde_json::from_slice(bytes) {
        Ok(body) => body,
        Err(_) if is_success => {
            return Tried::Setback(Setback::Passing, asked, format!("no JSON but {}", shown(bytes)));
        }
        Err(_) => Value::Null,
    };
    // A reply that can be read is never thrown away; some outcomes of the model come with the status of an error.
    // What a deployed API says with one is none, whatever stands where its answer would.
    let unread = match wire::decode(request, &body) {
        Ok(_) if !is_success && request.api == wire::HTTP => "no answer".to_owned(),
        Ok(reply) => return Tried::Reply(Raw { body, latency_ms }, reply),
        Err(error) => error.0,
    };
    let said = match (wire::error_message(&body), body.is_null()) {
        (Some(message), _) => format!("{status}: {}", message.chars().take(MAX_SAID).collect::<String>()),
        (None, true) if !bytes.is_empty() => format!("{status}: {}", shown(bytes)),
        (None, _) => format!("{status}: {unread}"),
    };
    asked.delay = retry_delay(&body);
    match wire::trouble(status, &body) {
        Trouble::Quota => Tried::Over(format!("the account has nothing left: {said}")),
        Trouble::Crowded => Tried::Setback(Setback::Crowd, asked, said),
        Trouble::Passing => Tried::Setback(Setback::Passing, asked, said),
        // An error, or nonsense, that calls itself a success.
        Trouble::Lasting if is_success => Tried::Setback(Setback::Passing, asked, said),
        Trouble::Lasting if asked.should_retry == Some(true) => Tried::Setback(Setback::Passing, asked, said),
        Trouble::Lasting if (300..400).contains(&status) => {
            Tried::Over(format!("{status}: redirects are not followed"))
        }
        Trouble::Lasting => Tried::Over(said),
    }
}

/// Reads a body, up to the limit.
async fn read(mut response: Response) -> Result<Vec<u8>, Tried> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_REPLY => {
                return Err(Tried::Over(format!("the reply is larger than {} MiB", MAX_REPLY >> 20)));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(broken(&error)),
        }
    }
}

/// What went wrong on the way. It may not the next time, unless it is about who is there.
fn broken(error: &reqwest::Error) -> Tried {
    match stranger(error) {
        Some(said) => Tried::Over(said),
        None => Tried::Setback(Setback::Passing, Asked::default(), mishap(error)),
    }
}

/// What went wrong on the way, as a fragment of a sentence.
pub fn mishap(error: &reqwest::Error) -> String {
    match error {
        error if let Some(said) = stranger(error) => said,
        error if error.is_timeout() => "timed out".to_owned(),
        error if error.is_connect() => format!("cannot connect: {}", innermost(error)),
        error => format!("the connection broke: {}", innermost(error)),
    }
}

/// Why whoever is there is not who should be.
fn stranger(error: &reqwest::Error) -> Option<String> {
    if let Some(astray) = cause::<Astray>(error) {
        return Some(format!("not connected: {astray}"));
    }
    match cause(error) {
        Some(rustls::Error::InvalidCertificate(why)) => {
            Some(format!("not connected: the server's certificate is not trusted here: {why}"))
        }
        _ => None,
    }
}

/// The error of type `T` below another. An `io::Error` hides the one that it is made of.
pub(super) fn cause<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(hidden) => Some(hidden),
            None => error.source(),
        };
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// The beginning of something that should have been JSON.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let start: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    format!("{start:?}")
}

fn asked(headers: &HeaderMap) -> Asked {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    Asked {
        milliseconds: text("retry-after-ms"),
        after: text("retry-after"),
        should_retry: text("x-should-retry").and_then(|word| word.parse().ok()),
        delay: None,
    }
}

/// Gemini says in the body when to come back.
fn retry_delay(body: &Value) -> Option<String> {
    let details = body.pointer("/error/details")?.as_array()?;
    details.iter().find_map(|detail| detail.get("retryDelay")?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let request = crate::wire::tests::conversation("openai.chat");
        let of = |status: u16, body: &str, asked: Asked| match judge(status, body.as_bytes(), &request, asked, 1) {
            Tried::Reply(..) => "reply".to_owned(),
            Tried::Setback(setback, asked, said) => format!("{setback:?} {:?} {said}", asked.delay),
            Tried::Over(said) => format!("over {said}"),
        };
        let plain = |status, body| of(status, body, Asked::default());
        let reply = r#"{"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}"#;
        for (found, want) in [
            (plain(200, reply), "reply"),
            (plain(400, r#"{"error": {"code": "context_length_exceeded"}}"#), "reply"),
            (plain(500, reply), "reply"),
            (plain(200, "<html>\n busy"), "Passing None no JSON but \"<html> busy\""),
            (plain(200, r#"{"choices": ["#), "Passing None no JSON but \"{\\\"choices\\\": [\""),
            (plain(200, r#"{"error": {"message": "later"}}"#), "Passing None 200: later"),
            (plain(502, "<html>"), "Passing None 502: \"<html>\""),
            (plain(429, "{}"), "Crowd None 429: the reply has no choices"),
            (
                plain(429, r#"{"error": {"code": "insufficient_quota", "message": "pay"}}"#),
                "over the account has nothing left: 429: pay",
            ),
            (
                plain(429, r#"{"error": {"message": "m", "details": [{"retryDelay": "3s"}]}}"#),
                "Crowd Some(\"3s\") 429: m",
            ),
            (plain(401, r#"{"error": {"message": "bad key"}}"#), "over 401: bad key"),
            (plain(302, ""), "over 302: redirects are not followed"),
            (
                of(404, "", Asked { should_retry: Some(true), ..Asked::default() }),
                "Passing None 404: the reply has no choices",
            ),
        ] {
            assert_eq!(found, want);
        }
    }

    #[test]
    fn what_a_deployed_api_says_with_an_error_is_no_answer() {
        let mut request = crate::wire::tests::conversation(wire::HTTP);
        let api: wire::HttpApi = serde_json::from_str(r#"{"path": "/run", "output": "/message"}"#).unwrap();
        request.features = api.features("p", "1.0.0", serde_json::Map::new());
        let of = |status| judge(status, br#"{"message": "m"}"#, &request, Asked::default(), 1);
        assert!(matches!(of(200), Tried::Reply(..)));
        assert!(matches!(of(500), Tried::Setback(Setback::Passing, _, said) if said == "500: m"));
        assert!(matches!(of(429), Tried::Setback(Setback::Crowd, _, _)));
        assert!(matches!(of(400), Tried::Over(said) if said == "400: m"));
    }
}
