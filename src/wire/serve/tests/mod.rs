//! Both formats: what goes out comes back, whatever it is.

mod replies;
mod requests;

use serde_json::json;

use super::*;
use crate::wire::{Arguments, ReplyStop, Usage};

/// A reply with a text and two calls.
fn reply(stop: ReplyStop) -> Reply {
    let call = |at: usize, name: &str, arguments| ToolCall { id: format!("call_{at}"), name: name.into(), arguments };
    Reply {
        text: "let me look".into(),
        tool_calls: vec![
            call(0, "find", Arguments::Json(json!({"q": "a"}))),
            call(1, "find", Arguments::Malformed("{oops".into())),
        ],
        stop,
        raw_stop: "raw".into(),
        usage: Usage {
            input_uncached: Some(30),
            cache_read: Some(60),
            cache_write: Some(10),
            cache_write_1h: None,
            output: Some(25),
            reasoning: Some(20),
        },
        served_model: None,
    }
}

fn text(text: &str, stop: ReplyStop) -> Reply {
    Reply { text: text.into(), tool_calls: Vec::new(), usage: Usage::default(), ..reply(stop) }
}

fn written(format: Format, reply: &Reply) -> Value {
    match format.write(&Outgoing { reply, model: "m-1", id: "abc_0" }) {
        Written::Reply(value) => value,
        other => panic!("{other:?}"),
    }
}
