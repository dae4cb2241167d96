//! The small values of settings files, each checked where it is read: lists of one, pointers, amounts, volumes, dates.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::id::Id;

/// A value or a list of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany::default())
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = seq.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany(many))
            }
        }
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A pointer to a version: `<id>:v<version>`, missing parts of the version being 0, or `<id>:latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    pub prompt: Id,
    /// `None` is `latest`.
    pub version: Option<semver::Version>,
}

impl FromStr for Pointer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = || format!("{text:?} is not a pointer: write <id>:v<version>, as in support:v13");
        let (id, version) = text.split_once(':').ok_or_else(shape)?;
        let prompt = Id::new(id)?;
        let version = match version {
            "latest" => None,
            version => Some(loose_version(version).ok_or_else(shape)?),
        };
        Ok(Self { prompt, version })
    }
}

/// A version whose missing parts are 0 and which may begin with `v`: `v13` is 13.0.0.
pub fn loose_version(text: &str) -> Option<semver::Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let core = text.find(['-', '+']).unwrap_or(text.len());
    let zeros = match text[..core].matches('.').count() {
        0 => ".0.0",
        1 => ".0",
        _ => "",
    };
    semver::Version::parse(&format!("{}{zeros}{}", &text[..core], &text[core..])).ok()
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}:v{version}", self.prompt),
            None => write!(f, "{}:latest", self.prompt),
        }
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Pointer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pointer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A version of a prompt, such as support:v13 or support:latest.",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}:(latest|v?[0-9]+(\\.[0-9]+){0,2}([-+].*)?)$",
            "patternErrorMessage": "is not a pointer: write <id>:v<version>, as in support:v13"
        })
    }
}

/// An amount of money or another exact decimal, written as a number or as text, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::String(text) => text,
            other => return Err(D::Error::custom(format!("{other} is not an amount: write a number, as in 0.15"))),
        };
        let amount = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        match amount {
            Ok(amount) if !amount.is_sign_negative() => Ok(Self(amount)),
            _ => Err(D::Error::custom(format!(
                "{text:?} is not an amount: write a number that is not negative, as in 0.15"
            ))),
        }
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An exact decimal, as a number or in quotes.",
            "anyOf": [{ "type": "number", "minimum": 0 }, {
                "type": "string",
                "pattern": "^[0-9]+(\\.[0-9]+)?$",
                "patternErrorMessage": "is not an amount: write a number that is not negative, as in 0.15"
            }]
        })
    }
}

impl Default for Amount {
    /// Nothing.
    fn default() -> Self {
        Self(Decimal::ZERO)
    }
}

/// An exact share, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub Decimal);

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Amount(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Amount::deserialize(deserializer)? {
            Amount(share) if share <= Decimal::ONE => Ok(Self(share)),
            Amount(share) => Err(D::Error::custom(format!("a share is between 0 and 1, not {share}"))),
        }
    }
}

impl JsonSchema for Share {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An exact share from 0 to 1, as a number or in quotes.",
            "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, {
                "type": "string",
                "pattern": "^(0(\\.[0-9]+)?|1(\\.0+)?)$",
                "patternErrorMessage": "is not a share: write a number from 0 to 1, as in 0.6"
            }]
        })
    }
}

/// Requests per month: one number, or a range with what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    pub low: u64,
    pub expected: u64,
    pub high: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    low: u64,
    expected: u64,
    high: u64,
}

impl Serialize for Volume {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { low, expected, high } = *self;
        if low == expected && expected == high {
            return serializer.serialize_u64(expected);
        }
        Range { low, expected, high }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrRange;
        impl<'de> Visitor<'de> for NumberOrRange {
            type Value = Volume;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of requests, or {low, expected, high}")
            }

            fn visit_u64<E>(self, expected: u64) -> Result<Volume, E> {
                Ok(Volume { low: expected, expected, high: expected })
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Volume, E> {
                u64::try_from(number)
                    .map_err(|_| E::custom("a number of requests is not negative"))
                    .and_then(|number| self.visit_u64(number))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Volume, A::Error> {
                let Range { low, expected, high } =
                    Range::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                if low > expected || expected > high {
                    return Err(A::Error::custom("the volumes must rise: low, expected, high"));
                }
                Ok(Volume { low, expected, high })
            }
        }
        deserializer.deserialize_any(NumberOrRange)
    }
}

impl JsonSchema for Volume {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Volume".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let count = serde_json::json!({ "type": "integer", "minimum": 0 });
        json_schema!({
            "description": "Requests per month: a number, or a range.",
            "anyOf": [count, {
                "type": "object",
                "properties": { "low": count, "expected": count, "high": count },
                "required": ["low", "expected", "high"],
                "additionalProperties": false
            }]
        })
    }
}

/// A number of samples: 1 to 1000.
pub(super) fn samples<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        samples @ 1..=1000 => Ok(samples),
        other => Err(D::Error::custom(format!("`samples` must be 1 to 1000, not {other}"))),
    }
}

/// A share between 0 and 1, or none.
pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        Some(share) if !(0.0..=1.0).contains(&share) => {
            Err(D::Error::custom(format!("a share is between 0 and 1, not {share}")))
        }
        share => Ok(share),
    }
}

/// A probability.
pub(super) fn chance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.0, 1.0, "a probability is between 0 and 1, as in 0.05")
}

/// A confidence that some evidence can reach.
pub(super) fn confidence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 0.5, 0.9999, "a confidence is between 0.5 and 0.9999, as in 0.99")
}

/// A ratio of head to base that something must exceed.
pub(super) fn floor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    within(deserializer, 1.0, 10.0, RATIO)
}

/// The same, or none.
pub(super) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        Some(ratio) if !(1.0..=10.0).contains(&ratio) => Err(D::Error::custom(format!("{RATIO}, not {ratio}"))),
        ratio => Ok(ratio),
    }
}

const RATIO: &str = "a ratio of head to base is between 1 and 10, as in 1.25 for +25 %";

fn within<'de, D: Deserializer<'de>>(deserializer: D, least: f64, most: f64, rule: &str) -> Result<f64, D::Error> {
    match f64::deserialize(deserializer)? {
        number if (least..=most).contains(&number) => Ok(number),
        number => Err(D::Error::custom(format!("{rule}, not {number}"))),
    }
}

/// A day, written YYYY-MM-DD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub chrono::NaiveDate);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        chrono::NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .map(Self)
            .map_err(|_| D::Error::custom(format!("{text:?} is not a day: write YYYY-MM-DD")))
    }
}

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "patternErrorMessage": "is not a day: write YYYY-MM-DD"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fill_up_with_zeros() {
        for (text, version) in [("v13", "13.0.0"), ("1.2", "1.2.0"), ("v1.2.3", "1.2.3"), ("2-rc.1", "2.0.0-rc.1")] {
            assert_eq!(loose_version(text).unwrap().to_string(), version);
        }
        for bad in ["", "v", "1.2.3.4", "x", "01", "1..2"] {
            assert_eq!(loose_version(bad), None, "{bad}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        for (json, shown) in [("0.1", "0.1"), ("\"0.30\"", "0.3"), ("1e-7", "0.0000001"), ("5", "5")] {
            let amount: Amount = serde_json::from_str(json).unwrap();
            assert_eq!(amount.0.normalize().to_string(), shown);
        }
        for bad in ["-1", "\"-0.5\"", "\"ten\"", "null", "[]"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }
}
