//! A client's Messages request, read into the neutral one.
//!
//! Blocks that no recording can hold, such as images, are refused rather than passed over. What a model thought is passed
//! over: the neutral messages never hold it.

use serde_json::{Map, Value};

use crate::wire::anthropic::API;
use crate::wire::serve::{Calls, Incoming, in_order, list_field, object, text_field, tool_name};
use crate::wire::{Arguments, DecodeError, Message, Request, ToolCall, ToolSpec};

/// The fields that have places of their own in the neutral request, or say how to answer and never what.
const KNOWN: [&str; 5] = ["model", "messages", "tools", "system", "stream"];

pub(in crate::wire::serve) fn read(body: &Map<String, Value>) -> Result<Incoming, DecodeError> {
    let said = list_field(body, "messages")?;
    if said.is_empty() {
        return Err(DecodeError("`messages` must not be empty".into()));
    }
    let (mut messages, mut calls) = (Vec::new(), Calls::default());
    for message in said {
        read_message(object(message, "a message")?, &mut calls, &mut messages)?;
    }
    in_order(&mut messages);
    let mut parameters: Map<String, Value> = body.clone();
    parameters.retain(|name, _| !KNOWN.contains(&name.as_str()));
    let request = Request {
        api: API.to_owned(),
        model: text_field(body, "model")?,
        system: system(body)?,
        messages,
        tools: list_field(body, "tools")?.iter().map(tool).collect::<Result<Vec<_>, _>>()?,
        response_format: response_format(&mut parameters)?,
        parameters,
        features: Map::new(),
    };
    Ok(Incoming { request, stream: body.get("stream") == Some(&Value::Bool(true)), stream_usage: true })
}

/// Takes one message; results of tools become messages of their own.
fn read_message(message: &Map<String, Value>, calls: &mut Calls, into: &mut Vec<Message>) -> Result<(), DecodeError> {
    let role = text_field(message, "role")?;
    let blocks = match message.get("content") {
        Some(Value::String(text)) => {
            let content = text.clone();
            into.push(match role.as_str() {
                "user" => Message::User { content },
                "assistant" => Message::Assistant { content, tool_calls: Vec::new() },
                other => return Err(DecodeError(format!("a message of the role `{other}`"))),
            });
            return Ok(());
        }
        _ => list_field(message, "content")?,
    };
    match role.as_str() {
        "user" => user(blocks, calls, into),
        "assistant" => {
            into.push(assistant(blocks, calls)?);
            Ok(())
        }
        other => Err(DecodeError(format!("a message of the role `{other}`"))),
    }
}

fn user(blocks: &[Value], calls: &Calls, into: &mut Vec<Message>) -> Result<(), DecodeError> {
    let mut text: Option<String> = None;
    for block in blocks {
        let block = object(block, "a block")?;
        match text_field(block, "type")?.as_str() {
            "text" => text.get_or_insert_default().push_str(&text_field(block, "text")?),
            "tool_result" => {
                let content = match block.get("content") {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(_) => list_field(block, "content")?.iter().map(text_block).collect::<Result<_, _>>()?,
                };
                let is_error = block.get("is_error") == Some(&Value::Bool(true));
                into.push(calls.result(&text_field(block, "tool_use_id")?, content, is_error)?);
            }
            other => return Err(unheld(other)),
        }
    }
    // Results stand first, as the API has it.
    into.extend(text.map(|content| Message::User { content }));
    Ok(())
}

fn assistant(blocks: &[Value], calls: &mut Calls) -> Result<Message, DecodeError> {
    let (mut content, mut made) = (String::new(), Vec::new());
    for block in blocks {
        let block = object(block, "a block")?;
        match text_field(block, "type")?.as_str() {
            "text" => content.push_str(&text_field(block, "text")?),
            "thinking" | "redacted_thinking" => {}
            "tool_use" => {
                let arguments = match block.get("input") {
                    Some(input @ Value::Object(_)) => Arguments::Json(input.clone()),
                    other => Arguments::Malformed(other.unwrap_or(&Value::Null).to_string()),
                };
                let call = ToolCall { id: format!("call_{}", made.len()), name: text_field(block, "name")?, arguments };
                made.push((text_field(block, "id")?, call));
            }
            other => return Err(unheld(other)),
        }
    }
    calls.turn(&made);
    Ok(Message::Assistant { content, tool_calls: made.into_iter().map(|(_, call)| call).collect() })
}

fn text_block(block: &Value) -> Result<String, DecodeError> {
    let block = object(block, "a block")?;
    match text_field(block, "type")?.as_str() {
        "text" => text_field(block, "text"),
        other => Err(unheld(other)),
    }
}

fn unheld(kind: &str) -> DecodeError {
    DecodeError(format!("a block of the type `{kind}`: recordings hold text and tool calls"))
}

/// A text, or blocks of it, which are joined as requests join them.
fn system(body: &Map<String, Value>) -> Result<Option<String>, DecodeError> {
    match body.get("system") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => {
            let blocks = list_field(body, "system")?.iter().map(text_block).collect::<Result<Vec<_>, _>>()?;
            Ok((!blocks.is_empty()).then(|| blocks.join("\n\n")))
        }
    }
}

fn tool(tool: &Value) -> Result<ToolSpec, DecodeError> {
    let tool = object(tool, "a tool")?;
    let input_schema = tool.get("input_schema").cloned();
    Ok(ToolSpec {
        name: tool_name(tool)?,
        description: tool.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        input_schema: input_schema
            .ok_or_else(|| DecodeError("a tool without `input_schema`: recordings hold functions".into()))?,
    })
}

/// Takes the schema that the answer must follow out of the parameters; what else `output_config` says stays there.
fn response_format(parameters: &mut Map<String, Value>) -> Result<Option<Value>, DecodeError> {
    let Some(Value::Object(config)) = parameters.get_mut("output_config") else { return Ok(None) };
    let Some(format) = config.shift_remove("format") else { return Ok(None) };
    if config.is_empty() {
        parameters.shift_remove("output_config");
    }
    match format.get("schema") {
        _ if format.is_null() => Ok(None),
        Some(schema) => Ok(Some(schema.clone())),
        None => Err(DecodeError("an `output_config.format` without `schema`".into())),
    }
}
