//! `tool_calls`: which tools the run calls, how often, in which order and with what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::bounds::Bounds;
use super::json_schema::Schema;
use super::text::{counted, cut, quote};
use super::{Check, Declared, Observed, Seen};
use crate::id::Id;
use crate::matcher::Pattern;
use crate::outcome::Reason;
use crate::stop::Stop;
use crate::wire::{Arguments, ToolCall};
use crate::yaml::{Problem, read_value};

/// The tool calls meet every condition that is given here; at least one is. What counts is what the model asks for,
/// also where a budget kept a call from running.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCalls {
    /// How many calls there are in all.
    total: Option<Bounds>,
    /// How many calls there are of a tool.
    #[serde(default)]
    per_tool: BTreeMap<Id, Bounds>,
    /// In which order the tools are called.
    order: Option<Order>,
    /// The tool of the first call.
    first: Option<Id>,
    /// The tool of the last call.
    last: Option<Id>,
    /// The only tools that may be called; `*` stands for any text.
    #[serde(default)]
    allow: Vec<String>,
    /// Tools that must not be called; `*` stands for any text.
    #[serde(default)]
    forbid: Vec<String>,
    /// What calls of a tool are given.
    #[serde(default)]
    args: Vec<Args>,
    /// No tool is called twice with the same arguments.
    #[serde(default)]
    no_duplicates: bool,
    /// How many calls may give an error.
    errors: Option<Errors>,
}

/// An order of calls.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Whether other calls may stand between them; `in_order` where it is left out.
    #[serde(default)]
    mode: Mode,
    /// The tools, in their order.
    #[schemars(length(min = 1))]
    steps: Vec<Id>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// Other calls may stand before, between and after.
    #[default]
    InOrder,
    /// These calls and no other.
    Exact,
}

/// What calls of one tool are given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The tool.
    tool: Id,
    /// Which of its calls; `any` where it is left out.
    #[serde(default)]
    call: Which,
    /// What the arguments contain: every key given here with this value, at any depth; lists as a whole. In place of a
    /// value, `{$eq, $ne, $in, $regex, $gt, $gte, $lt, $lte, $exists, $any}`, as in a stub's `when`.
    #[serde(rename = "match")]
    #[schemars(with = "Option<Map<String, Value>>")]
    contain: Option<Pattern>,
    /// JSON Schema that the arguments follow; instead of `match`.
    schema: Option<Schema>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "expected `any`, `all`, or the number of a call, counted from 0")]
enum Which {
    /// At least one call of the tool.
    #[default]
    Any,
    /// Every call of the tool, of which there must be one.
    All,
    /// The call with this number, counted from 0.
    #[serde(untagged)]
    Nth(usize),
}

/// A number of errors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Errors {
    /// The most that are right.
    max: u64,
}

/// One condition, held against some calls.
struct Condition {
    expected: String,
    /// What breaks it, if anything does.
    broken: Option<String>,
    /// Whether further calls could have made up for that.
    mendable: bool,
}

impl Check for ToolCalls {
    fn expected(&self) -> String {
        let conditions = self.conditions(&[], 0).into_iter().map(|condition| condition.expected);
        conditions.collect::<Vec<_>>().join("; ")
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let calls: Vec<&ToolCall> = run.tool_calls().collect();
        let results = run.exchanges.iter().flat_map(|exchange| &exchange.results);
        let errors = results.filter(|result| result.is_error).count() as u64;
        // Where the provider failed, more calls were to come: only what they could not have mended is certain.
        let cut_off = run.stop == Stop::Error;
        let conditions =
            self.conditions(&calls, errors).into_iter().filter(|condition| !(cut_off && condition.mendable));
        let broken: Vec<String> = conditions.filter_map(|condition| condition.broken).collect();
        match broken.as_slice() {
            [] if cut_off => Err(Reason::StoppedEarly { stop: run.stop }),
            [] => Ok(Observed::new(true, names(&calls))),
            _ => Ok(Observed::new(false, broken.join("; "))),
        }
    }
}

impl Declared for ToolCalls {
    const EXAMPLE: &'static str =
        "{type: tool_calls, total: {max: 6}, forbid: [refund_*], args: [{tool: get_order, match: {id: 42}}]}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        let refuse =
            |path: &[&str], message| Err(Problem::new(path.iter().map(|key| (*key).into()).collect(), message));
        for (tool, bounds) in parsed.counts() {
            let path = tool.map_or(vec!["total"], |tool| vec!["per_tool", tool.as_str()]);
            if let Some(flaw) = bounds.flaw() {
                return refuse(&path, flaw);
            }
        }
        for (i, Args { contain, schema, .. }) in parsed.args.iter().enumerate() {
            if contain.is_some() == schema.is_some() {
                return Err(Problem::new(vec!["args".into(), i.into()], "give either `match` or `schema`"));
            }
            if contain.as_ref().is_some_and(Pattern::is_empty) {
                let path = vec!["args".into(), i.into(), "match".into()];
                return Err(Problem::new(path, "`match` needs at least one argument"));
            }
        }
        if parsed.order.as_ref().is_some_and(|order| order.steps.is_empty()) {
            return refuse(&["order", "steps"], "`steps` needs at least one tool");
        }
        if parsed.allow.iter().any(|pattern| pattern.trim_matches('*').is_empty()) {
            return refuse(&["allow"], "a pattern that is empty or allows every tool");
        }
        if parsed.forbid.iter().any(String::is_empty) {
            return refuse(&["forbid"], "an empty pattern forbids no tool");
        }
        if parsed.conditions(&[], 0).is_empty() {
            return refuse(&[], "give at least one condition, such as total: {max: 6}");
        }
        Ok(parsed)
    }
}

impl ToolCalls {
    fn counts(&self) -> impl Iterator<Item = (Option<&Id>, &Bounds)> {
        let per_tool = self.per_tool.iter().map(|(tool, bounds)| (Some(tool), bounds));
        self.total.iter().map(|bounds| (None, bounds)).chain(per_tool)
    }

    /// Every declared condition, held against `calls`, of which some gave `errors`.
    fn conditions(&self, calls: &[&ToolCall], errors: u64) -> Vec<Condition> {
        let mut conditions = Vec::new();
        let mut add = |mendable, expected: String, broken: Option<String>| {
            conditions.push(Condition { expected, broken, mendable });
        };
        for (tool, Bounds { min, max }) in self.counts() {
            let count = calls.iter().filter(|call| tool.is_none_or(|tool| call.name == tool.as_str())).count() as u64;
            let broken = |is: bool| is.then(|| times(count, tool));
            if *min > 0 {
                add(true, format!("at least {}", times(*min, tool)), broken(count < *min));
            }
            if let Some(max) = max {
                add(false, format!("at most {}", times(*max, tool)), broken(count > *max));
            }
        }
        if let Some(Order { mode, steps }) = &self.order {
            let steps: Vec<&str> = steps.iter().map(Id::as_str).collect();
            let mut called = calls.iter().map(|call| call.name.as_str());
            let (kept, how) = match mode {
                Mode::InOrder => (steps.iter().all(|step| called.any(|name| name == *step)), "in this order"),
                Mode::Exact => (called.eq(steps.iter().copied()), "and no other call"),
            };
            add(true, format!("{} {how}", steps.join(", ")), (!kept).then(|| names(calls)));
        }
        for (tool, call, place) in [(&self.first, calls.first(), "first"), (&self.last, calls.last(), "last")] {
            let Some(tool) = tool else { continue };
            let name = call.map_or("no call", |call| &call.name);
            add(true, format!("{tool} {place}"), (name != tool.as_str()).then(|| format!("{name} {place}")));
        }
        for (patterns, breaking, word) in [(&self.allow, false, "only"), (&self.forbid, true, "no")] {
            if !patterns.is_empty() {
                let breaks = |call: &&&ToolCall| patterns.iter().any(|pattern| glob(pattern, &call.name)) == breaking;
                let those: Vec<&ToolCall> = calls.iter().filter(breaks).copied().collect();
                add(false, format!("{word} {}", patterns.join(", ")), (!those.is_empty()).then(|| names(&those)));
            }
        }
        for args in &self.args {
            add(true, args.expected(), args.broken(calls));
        }
        if self.no_duplicates {
            let same = |a: &ToolCall, b: &ToolCall| a.name == b.name && a.arguments == b.arguments;
            let twice = calls.iter().enumerate().find(|(i, call)| calls[..*i].iter().any(|other| same(other, call)));
            add(false, "no call twice".into(), twice.map(|(_, call)| format!("{} twice", show(call))));
        }
        if let Some(Errors { max }) = self.errors {
            add(
                false,
                format!("at most {}", counted(max, "failed call")),
                (errors > max).then(|| counted(errors, "failed call")),
            );
        }
        conditions
    }
}

impl Args {
    fn expected(&self) -> String {
        let which = match self.call {
            Which::Nth(n) => format!("call {n}"),
            Which::Any => "a call".into(),
            Which::All => "every call".into(),
        };
        match &self.contain {
            Some(contain) => format!("{which} of {} with {}", self.tool, cut(&contain.to_string(), 80)),
            None => format!("{which} of {} that follows the schema", self.tool),
        }
    }

    fn broken(&self, calls: &[&ToolCall]) -> Option<String> {
        let calls: Vec<&ToolCall> = calls.iter().copied().filter(|call| call.name == self.tool.as_str()).collect();
        let fits = |call: &&ToolCall| self.fit(&call.arguments);
        let (holds, culprit) = match self.call {
            Which::Any => (calls.iter().any(fits), calls.last()),
            Which::All => (!calls.is_empty() && calls.iter().all(fits), calls.iter().find(|call| !fits(call))),
            Which::Nth(n) => (calls.get(n).is_some_and(fits), calls.get(n)),
        };
        let too_few = || times(calls.len() as u64, Some(&self.tool));
        (!holds).then(|| culprit.map_or_else(too_few, |call| show(call)))
    }

    fn fit(&self, arguments: &Arguments) -> bool {
        let Arguments::Json(arguments) = arguments else { return false };
        self.contain.as_ref().is_none_or(|contain| contain.matches(arguments))
            && self.schema.as_ref().is_none_or(|schema| schema.check(arguments).is_ok())
    }
}

/// Whether `pattern` fits the whole of `name`; every `*` takes as little as it can, which never loses a fit.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut left) = name.strip_prefix(start).and_then(|name| name.strip_suffix(end)) else { return false };
    middle.split('*').all(|part| left.split_once(part).map(|(_, after)| left = after).is_some())
}

fn times(count: u64, tool: Option<&Id>) -> String {
    let calls = counted(count, "call");
    tool.map_or_else(|| calls.clone(), |tool| format!("{calls} of {tool}"))
}

fn names(calls: &[&ToolCall]) -> String {
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    if names.is_empty() { "no calls".into() } else { names.join(", ") }
}

fn show(call: &ToolCall) -> String {
    match &call.arguments {
        Arguments::Json(arguments) => format!("{} {}", call.name, cut(&arguments.to_string(), 80)),
        Arguments::Malformed(text) => format!("{} {}", call.name, quote(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assertion::tests::{answer, assertion, refused, run, unpriced};

    /// Conditions, and what they find in the calls get, get, put.
    #[test]
    fn judges_every_condition() {
        let calls = [("get", json!({"id": 1})), ("get", json!({"id": 1})), ("put", json!({}))];
        let mut seen = run(Stop::Finish, &[("", &calls[..1], None), ("", &calls[1..], None), ("done", &[], None)]);
        seen.exchanges[1].results[0].is_error = true;
        for (mut declared, broken) in [
            (json!({"total": {"min": 3, "max": 3}}), None),
            (json!({"total": {"max": 2}}), Some("3 calls")),
            (json!({"per_tool": {"get": {"max": 2}, "put": {"min": 1}}}), None),
            (json!({"per_tool": {"get": {"max": 1}, "put": {"min": 2}}}), Some("2 calls of get; 1 call of put")),
            (json!({"order": {"steps": ["get", "put"]}}), None),
            (json!({"order": {"steps": ["put", "get"]}}), Some("get, get, put")),
            (json!({"order": {"mode": "exact", "steps": ["get", "put"]}}), Some("get, get, put")),
            (json!({"order": {"mode": "exact", "steps": ["get", "get", "put"]}}), None),
            (json!({"first": "get", "last": "put", "forbid": ["refund_*"]}), None),
            (json!({"first": "put", "last": "get"}), Some("get first; put last")),
            (json!({"allow": ["get", "p*"]}), None),
            (json!({"allow": ["g*"]}), Some("put")),
            (json!({"forbid": ["*u*"]}), Some("put")),
            (json!({"args": [{"tool": "get", "call": "all", "match": {"id": 1.0}}]}), None),
            (json!({"args": [{"tool": "get", "call": 1, "schema": {"required": ["id"]}}]}), None),
            (json!({"args": [{"tool": "get", "call": 2, "match": {"id": 1}}]}), Some("2 calls of get")),
            (json!({"args": [{"tool": "nix", "call": "all", "match": {"id": 1}}]}), Some("0 calls of nix")),
            (json!({"args": [{"tool": "put", "schema": {"required": ["id"]}}]}), Some("put {}")),
            (json!({"no_duplicates": true}), Some(r#"get {"id":1} twice"#)),
            (json!({"errors": {"max": 1}}), None),
            (json!({"errors": {"max": 0}}), Some("1 failed call")),
        ] {
            declared["type"] = json!("tool_calls");
            let found = assertion(declared.clone()).observe(&unpriced(&seen)).unwrap();
            let want = (broken.is_none(), broken.unwrap_or("get, get, put"));
            assert_eq!((found.holds, &*found.actual), want, "{declared}");
        }
    }

    #[test]
    fn a_failing_provider_leaves_only_what_is_certain() {
        let declared = assertion(json!({"type": "tool_calls", "last": "put", "forbid": ["refund_*"]}));
        assert_eq!(declared.expected(), "put last; no refund_*");
        let holds = |stop, tool| {
            declared.observe(&unpriced(&run(stop, &[("", &[(tool, json!({}))], None)]))).map(|seen| seen.holds)
        };
        assert_eq!(holds(Stop::MaxSteps, "put"), Ok(true));
        assert_eq!(holds(Stop::Error, "put"), Err(Reason::StoppedEarly { stop: Stop::Error }));
        assert_eq!(holds(Stop::Error, "refund_all"), Ok(false));
        assert_eq!(declared.observe(&unpriced(&answer("none"))).unwrap().actual, "no call last");
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for fits in ["*", "get_order", "get_*", "*order", "g*_*r", "*t_o*e*", "get_order*", "**"] {
            assert!(glob(fits, "get_order"), "{fits}");
        }
        for other in ["", "get", "order", "get_order_*", "*x*", "get_o*order", "*r*r*r"] {
            assert!(!glob(other, "get_order"), "{other}");
        }
    }

    #[test]
    fn refuses_what_says_nothing() {
        let args = |mut args: Value| {
            args["tool"] = json!("get");
            json!({ "args": [args] })
        };
        for (mut declared, path, says) in [
            (json!({}), "", "at least one condition"),
            (json!({"no_duplicates": false}), "", "at least one condition"),
            (json!({"total": {"min": 3, "max": 2}}), "total", "larger"),
            (json!({"per_tool": {"get": {}}}), "per_tool/get", "give `min`"),
            (json!({"order": {"steps": []}}), "order/steps", "at least one"),
            (json!({"allow": ["*"]}), "allow", "allows every tool"),
            (json!({"forbid": [""]}), "forbid", "forbids no tool"),
            (json!({"first": "get*"}), "first", "is not an id"),
            (args(json!({})), "args/0", "either `match` or `schema`"),
            (args(json!({"match": {"a": 1}, "schema": {"minProperties": 1}})), "args/0", "either `match` or `schema`"),
            (args(json!({"match": {}})), "args/0/match", "at least one"),
            (args(json!({"schema": {"type": "x"}})), "args/0/schema", "bad schema"),
            (args(json!({"match": {"a": 1}, "call": "each"})), "args/0/call", "expected `any`, `all`"),
        ] {
            declared["type"] = json!("tool_calls");
            refused(declared, path, says);
        }
    }
}
