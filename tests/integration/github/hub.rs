//! GitHub on loopback, as far as comments, check runs and reviews go: it remembers what was written, pages its lists, and does
//! whatever else a test wants of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::live::server::{Answer, Received, Server};

/// The token of these tests, which must stand nowhere but in a header.
pub(crate) const TOKEN: &str = "ghs_canary0123456789";
pub(crate) const REPOSITORY: &str = "o/r";

/// What a test wants to happen instead of, or before, the usual answer.
type Hook = dyn FnMut(&Received, &mut State) -> Option<Answer> + Send;

#[derive(Default)]
pub(crate) struct State {
    /// The pull request's tip.
    pub(crate) head: String,
    pub(crate) comments: Vec<Value>,
    /// Ids of comments that this token wrote, and of those that somebody hid.
    pub(crate) ours: Vec<u64>,
    pub(crate) hidden: Vec<u64>,
    pub(crate) runs: Vec<Value>,
    /// Whether the pull request comes from another repository.
    pub(crate) from_fork: bool,
    /// What lists of pull requests hold.
    pub(crate) pulls: Vec<Value>,
    pub(crate) reviews: Vec<Value>,
    pub(crate) commits: Vec<Value>,
    /// How many commits the pull request says it has, where that is not how many are listed.
    pub(crate) commit_count: Option<usize>,
    pub(crate) permissions: BTreeMap<String, String>,
    next: u64,
}

impl State {
    /// A comment as somebody else would have written it.
    pub(crate) fn plant(&mut self, body: &str, is_ours: bool) -> u64 {
        self.next += 1;
        let id = self.next;
        let url = format!("https://github.com/o/r/pull/7#issuecomment-{id}");
        self.comments.push(
            json!({"id": id, "node_id": format!("IC_{id}"), "body": body, "html_url": url, "user": {"login": "x"}}),
        );
        if is_ours {
            self.ours.push(id);
        }
        id
    }

    pub(crate) fn body(&self, id: u64) -> String {
        let comment = self.comments.iter().find(|comment| comment["id"] == id).unwrap();
        comment["body"].as_str().unwrap().to_owned()
    }

    fn pull(&self) -> Value {
        let head = if self.from_fork { "eve/r" } else { REPOSITORY };
        let base = json!({"sha": "b".repeat(40), "repo": {"id": 1, "full_name": REPOSITORY}});
        json!({"number": 7, "state": "open", "user": {"login": "ada", "type": "User"}, "base": base,
            "head": {"sha": self.head, "repo": {"id": 2, "full_name": head}}, "commits": self.commit_count.unwrap_or(self.commits.len())})
    }
}

pub(crate) struct Hub {
    server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Hub {
    /// A repository `o/r` with the pull request 7, whose tip is `head`.
    pub(crate) fn start(head: &str) -> Self {
        Self::with(head, |_, _| None)
    }

    pub(crate) fn with(head: &str, hook: impl FnMut(&Received, &mut State) -> Option<Answer> + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State { head: head.to_owned(), ..State::default() }));
        let (shared, hook): (_, Mutex<Box<Hook>>) = (Arc::clone(&state), Mutex::new(Box::new(hook)));
        let server = Server::start(move |_, received| {
            let mut state = shared.lock().unwrap();
            if received.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
                return Answer::json(401, &json!({"message": "Bad credentials"}));
            }
            (hook.lock().unwrap())(received, &mut state).unwrap_or_else(|| answer(received, &mut state))
        });
        Self { server, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port
    }

    /// What was asked, as `METHOD path`, without what says which page.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.server.received().iter().map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    /// The requests that wrote something.
    pub(crate) fn writes(&self) -> Vec<Received> {
        let writes = |one: &Received| one.method != "GET" && !one.path.ends_with("/graphql");
        self.server.received().into_iter().filter(writes).collect()
    }
}

/// The usual answer.
pub(crate) fn answer(received: &Received, state: &mut State) -> Answer {
    let path = received.path.strip_prefix("/api/v3").unwrap_or(&received.path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if path == "/graphql" || path == "/api/graphql" {
        return nodes(received, state);
    }
    let path = path.strip_prefix("/repos/o/r/").unwrap_or("?");
    let id = |path: &str| path.rsplit('/').next().and_then(|id| id.parse::<u64>().ok()).unwrap_or(0);
    match (received.method.as_str(), path) {
        ("GET", "pulls/7") => Answer::json(200, &state.pull()),
        ("GET", "pulls/7/reviews") => page(&state.reviews, query),
        ("GET", "pulls/7/commits") => page(&state.commits, query),
        ("GET", "pulls") => page(&state.pulls, query),
        ("GET", path) if path.starts_with("commits/") && path.ends_with("/pulls") => page(&state.pulls, query),
        ("GET", path) if path.starts_with("commits/") && path.ends_with("/check-runs") => {
            Answer::json(200, &json!({"total_count": state.runs.len(), "check_runs": state.runs}))
        }
        ("GET", path) if path.starts_with("collaborators/") => {
            let login = path.split('/').nth(1).unwrap();
            match state.permissions.get(login) {
                Some(permission) => Answer::json(200, &json!({"permission": permission, "role_name": permission})),
                None => Answer::json(404, &json!({"message": "Not Found"})),
            }
        }
        ("GET", "issues/7/comments") => page(&state.comments, query),
        ("POST", "issues/7/comments") => {
            let id = state.plant(received.body["body"].as_str().unwrap(), true);
            Answer::json(201, state.comments.iter().find(|comment| comment["id"] == id).unwrap())
        }
        ("PATCH", path) if path.starts_with("issues/comments/") => {
            let id = id(path);
            match state.comments.iter_mut().find(|comment| comment["id"] == id) {
                Some(comment) => {
                    comment["body"] = received.body["body"].clone();
                    Answer::json(200, comment)
                }
                None => Answer::json(404, &json!({"message": "Not Found"})),
            }
        }
        ("POST", "check-runs") => {
            let mut run = received.body.clone();
            run["id"] = json!(state.runs.len() + 1);
            run["output"]["annotations_count"] = json!(notes(&received.body));
            state.runs.push(run.clone());
            Answer::json(201, &run)
        }
        ("PATCH", path) if path.starts_with("check-runs/") => {
            let id = id(path);
            let run = state.runs.iter_mut().find(|run| run["id"] == id).unwrap();
            let said = run["output"]["annotations_count"].as_u64().unwrap_or(0);
            for (key, value) in received.body.as_object().unwrap() {
                run[key] = value.clone();
            }
            run["output"]["annotations_count"] = json!(said + notes(&received.body));
            Answer::json(200, run)
        }
        _ => Answer::json(404, &json!({"message": "Not Found"})),
    }
}

fn notes(body: &Value) -> u64 {
    body["output"]["annotations"].as_array().map_or(0, Vec::len) as u64
}

/// One page of a list, with a link to the next where there is one.
fn page(all: &[Value], query: &str) -> Answer {
    let number = |name: &str, usual: usize| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        value.and_then(|value| value.parse().ok()).unwrap_or(usual)
    };
    let (size, page) = (number("per_page", 30), number("page", 1));
    let some: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
    let link = if page * size < all.len() { "Link: <http://x/next>; rel=\"next\"\r\n" } else { "" };
    Answer::Full(200, format!("Content-Type: application/json\r\n{link}"), serde_json::to_string(&some).unwrap())
}

/// What GraphQL says of comments.
fn nodes(received: &Received, state: &State) -> Answer {
    let ids = received.body["variables"]["ids"].as_array().cloned().unwrap_or_default();
    if ids.len() > 100 {
        return Answer::json(200, &json!({"errors": [{"type": "ARGUMENT_LIMIT", "message": "too many ids"}]}));
    }
    let node = |id: &Value| {
        let number: u64 = id.as_str().unwrap().trim_start_matches("IC_").parse().unwrap();
        json!({"id": id, "viewerDidAuthor": state.ours.contains(&number), "isMinimized": state.hidden.contains(&number)})
    };
    Answer::json(200, &json!({"data": {"nodes": ids.iter().map(node).collect::<Vec<_>>()}}))
}
