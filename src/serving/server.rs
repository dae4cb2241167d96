//! One request of a client to one answer: routes, refusals, whose turn it is, and how all of it is said.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::form::{Compare, Form};
use super::index::{Answer, Index, Miss};
use super::{Answered, Asked, Body, Collected, MAX_BODY};
use crate::wire::serve::{Fault, Format, Outgoing, Written};

const ROUTES: &str = "POST /v1/chat/completions, POST /v1/messages, GET /v1/models and GET /health are served";

/// Bytes of a message beyond which it is cut.
const MAX_SAID: usize = 2_000;

/// Where a request goes.
enum Route {
    Ask(Format),
    Models,
    Health,
}

/// The recordings, ready to answer.
#[derive(Debug)]
pub struct Server {
    index: Index,
    tasks: usize,
    compare: Compare,
    /// How often each request was answered, by the first of its answers.
    turns: Mutex<BTreeMap<usize, usize>>,
}

/// Why a request is not answered.
struct Refusal {
    status: u16,
    fault: Fault,
    message: String,
}

impl Server {
    pub fn new(collected: Collected, compare: Compare) -> Self {
        let Collected { index, tasks, left_out: _ } = collected;
        Self { index, tasks, compare, turns: Mutex::default() }
    }

    /// Answers a request, or says why not. Never fails.
    pub fn answer(&self, asked: &Asked) -> Answered {
        let format = if asked.path.contains("/messages") { Format::AnthropicMessages } else { Format::OpenaiChat };
        let answered = self.route(asked).and_then(|route| match route {
            Route::Ask(format) => self.ask(format, &asked.body),
            Route::Models => Ok(plain(&self.models(), "the models")),
            Route::Health => {
                let health = json!({"status": "ok", "answers": self.index.answers().len(), "tasks": self.tasks});
                Ok(plain(&health, "in good health"))
            }
        });
        let mut answered = answered.unwrap_or_else(|Refusal { status, fault, message }| {
            let body = format.error(fault, &message);
            Answered { status, ..plain(&body, &format!("not answered: {message}")) }
        });
        answered.said = format!("{} {} {}  {}", answered.status, asked.method, asked.path, answered.said);
        answered
    }

    fn route(&self, asked: &Asked) -> Result<Route, Refusal> {
        if !asked.host.as_deref().is_some_and(is_loopback) {
            // A page of a foreign site whose name was made to mean this machine (DNS rebinding).
            let message = "only requests to 127.0.0.1, localhost or [::1] are answered";
            return Err(Refusal::new(403, Fault::Forbidden, message));
        }
        let path = asked.path.strip_prefix("/v1").unwrap_or(&asked.path);
        let (method, route) = match path.trim_end_matches('/') {
            "/chat/completions" => ("POST", Route::Ask(Format::OpenaiChat)),
            "/messages" => ("POST", Route::Ask(Format::AnthropicMessages)),
            "/models" => ("GET", Route::Models),
            "/health" => ("GET", Route::Health),
            _ => return Err(Refusal::new(404, Fault::NotServed, format!("nothing is served here: {ROUTES}"))),
        };
        if asked.method != method {
            return Err(Refusal::new(405, Fault::NotServed, format!("only {method} is served here: {ROUTES}")));
        }
        Ok(route)
    }

    fn ask(&self, format: Format, body: &Body) -> Result<Answered, Refusal> {
        let malformed = |why: String| Refusal::new(400, Fault::Malformed, why);
        let bytes = match body {
            Body::Whole(bytes) => bytes,
            Body::TooLarge => {
                let message = format!("the request is larger than {} MiB", MAX_BODY >> 20);
                return Err(Refusal::new(413, Fault::TooLarge, message));
            }
            Body::Broken => return Err(malformed("the request broke off".to_owned())),
        };
        let body: Value = serde_json::from_slice(bytes).map_err(|error| malformed(format!("no JSON: {error}")))?;
        let incoming = format.read(&body).map_err(|error| malformed(error.to_string()))?;
        let model = incoming.request.model.clone();
        let form = Form::of(incoming.request, self.compare);
        let found = self.index.find(format, &form, &model).map_err(|miss| Refusal::of(&miss, &model))?;
        let answer = &self.index.answers()[self.turn(&found)];
        let id = answer.id();
        let model = answer.reply.served_model.as_deref().unwrap_or(&answer.model);
        match format.write(&Outgoing { reply: &answer.reply, model, id: &id }) {
            Written::Reply(reply) if incoming.stream => {
                let events = format.events(&reply, incoming.stream_usage);
                Ok(from(answer, 200, "text/event-stream", events))
            }
            Written::Reply(reply) => Ok(from(answer, 200, "application/json", reply.to_string())),
            Written::Error(status, error) => Ok(from(answer, status, "application/json", error.to_string())),
            Written::NoWord => {
                let (label, stop) = (answer.label(), &answer.reply.raw_stop);
                let message = format!("{label} ended with `{stop}`, for which this API has no word");
                Err(Refusal::new(422, Fault::NoWord, message))
            }
        }
    }

    /// The one of several answers whose turn it is.
    fn turn(&self, found: &[usize]) -> usize {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry(found[0]).or_default();
        *turn += 1;
        found[(*turn - 1) % found.len()]
    }

    /// The models in one list that the clients of either API can read.
    fn models(&self) -> Value {
        let names = self.index.models();
        let model = |name: &&str| {
            json!({
                "id": name, "object": "model", "type": "model", "display_name": name, "owned_by": "regild",
                "created": 0, "created_at": "1970-01-01T00:00:00Z",
            })
        };
        json!({
            "object": "list", "data": names.iter().map(model).collect::<Vec<_>>(),
            "has_more": false, "first_id": names.first(), "last_id": names.last(),
        })
    }
}

impl Refusal {
    fn new(status: u16, fault: Fault, message: impl Into<String>) -> Self {
        let message: String = message.into();
        // It may quote the request, which may be long.
        let message =
            if message.len() > MAX_SAID { message.chars().take(MAX_SAID).chain(['…']).collect() } else { message };
        Self { status, fault, message }
    }

    fn of(miss: &Miss, model: &str) -> Self {
        match miss {
            Miss::UnknownModel { hint } => {
                let message = format!("`{model}` is neither the alias nor the model of a recording: {hint}");
                Self::new(404, Fault::UnknownModel, message)
            }
            Miss::Differs { nearest, parts, messages, mend } => {
                let part = |part: &&str| match messages {
                    Some(detail) if *part == "messages" => format!("{part} ({detail})"),
                    _ => (*part).to_owned(),
                };
                let parts = parts.iter().map(part).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "no recording answers this request: it differs from the nearest, {nearest}, in {parts}. Make the prompt \
                     or a golden task ask this, then record it: {mend}"
                );
                Self::new(404, Fault::NotRecorded, message)
            }
        }
    }
}

/// An answer that no recording is behind.
fn plain(body: &Value, said: &str) -> Answered {
    let headers = vec![("content-type", "application/json".to_owned())];
    Answered { status: 200, headers, body: body.to_string(), said: said.to_owned() }
}

/// An answer with the recording it is from.
fn from(answer: &Answer, status: u16, kind: &str, body: String) -> Answered {
    let label = answer.label();
    let mut headers = vec![("content-type", kind.to_owned()), ("x-regild-recording", label.clone())];
    if answer.stand_in {
        headers.push(("x-regild-stand-in", "mock".to_owned()));
    }
    Answered { status, headers, body, said: format!("{label} step {}", answer.step + 1) }
}

/// Whether a `Host` names this machine, with a port or without.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name.to_ascii_lowercase().as_str(), "127.0.0.1" | "localhost" | "[::1]")
}
