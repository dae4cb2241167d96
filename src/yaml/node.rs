//! The tree of a YAML document: every value with its place, from which values and places are looked up.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::Step;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) at: Location,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(Value),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its place, and its value. A key may stand twice: the later one counts, and [`super::trap`] tells.
pub(super) type Entry = (Spanned<String>, Node);

impl Node {
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Seq(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|(key, node)| (key.value.clone(), node.to_value())).collect())
            }
        }
    }

    /// The deepest node along `path`, and the place of the key it stands under.
    pub(super) fn find(&self, path: &[Step]) -> (&Self, Option<Location>) {
        let (mut node, mut key) = (self, None);
        for step in path {
            let next = match (&node.kind, step) {
                (Kind::Map(entries), Step::Key(name)) => entry(entries, name),
                // A validator cannot tell the key `0` from the first item.
                (Kind::Map(entries), Step::Index(index)) => entry(entries, &index.to_string()),
                (Kind::Seq(items), Step::Index(index)) => items.get(*index).map(|node| (node, None)),
                _ => None,
            };
            let Some(found) = next else { break };
            (node, key) = found;
        }
        (node, key)
    }
}

/// The value that a key has, and the key's place. The last of several counts.
fn entry<'n>(entries: &'n [Entry], name: &str) -> Option<(&'n Node, Option<Location>)> {
    entries.iter().rev().find(|(key, _)| key.value == name).map(|(key, node)| (node, Some(key.referenced)))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Unplaced(kind), referenced: at, defined: _ } = Spanned::deserialize(deserializer)?;
        Ok(Self { kind, at })
    }
}

struct Unplaced(Kind);

impl<'de> Deserialize<'de> for Unplaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode).map(Self)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        serde_json::Number::from_f64(value)
            .map(|number| Kind::Scalar(Value::Number(number)))
            .ok_or_else(|| E::custom("infinite and not-a-number values are not allowed"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Kind::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Kind::Map(entries))
    }
}
