//! The small values of documents: what one accepts its schema accepts, what is shown is read back, and nothing is rounded.

use proptest::prelude::*;
use regild::config::{Amount, Date, Pointer, Volume, loose_version};
use regild::id::Id;
use regild::json_schema;
use regild::recording::Address;
use rust_decimal::Decimal;
use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{cases, scalar, text};

/// Reads `value` as a `T`, which must not take what its own schema refuses.
fn read<T: DeserializeOwned + JsonSchema>(value: &Value) -> Option<T> {
    let read = serde_json::from_value(value.clone()).ok()?;
    let schema = json_schema::compile(&schema_for!(T).to_value()).unwrap();
    schema.is_valid(value).then_some(read)
}

/// A decimal without the zeros that mean nothing.
fn plain(number: &str) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    format!("{}{}{part}", if whole.is_empty() { "0" } else { whole }, if part.is_empty() { "" } else { "." })
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn an_id_is_what_its_schema_says(name in prop_oneof!["[A-Za-z0-9][A-Za-z0-9_.-]{0,70}", "[a-z/. ]{0,5}", text()]) {
        let schema = json_schema::compile(&schema_for!(Id).to_value()).unwrap();
        let id = Id::new(&name);
        prop_assert_eq!(id.is_ok(), schema.is_valid(&json!(name)), "{:?}", name);
        if let Ok(id) = id {
            prop_assert_eq!(id.to_string(), name.as_str());
            prop_assert_eq!(Id::new(&id.folded()).map(|folded| folded.folded()), Ok(id.folded()));
        }
    }

    #[test]
    fn a_pointer_is_read_as_it_is_shown(
        written in prop_oneof!["[a-z]{1,2}:v?[0-9]{1,2}(\\.[0-9]{1,2}){0,3}([-+][a-z0-9.]{0,3}){0,2}", "[a-z:v.0-9]{0,9}", text()]
    ) {
        if let Ok(pointer) = written.parse::<Pointer>() {
            prop_assert_eq!(pointer.to_string().parse(), Ok(pointer.clone()));
            prop_assert_eq!(read::<Pointer>(&json!(written)), Some(pointer), "the schema refuses {:?}", written);
        }
    }

    #[test]
    fn a_whole_version_is_read_as_it_is(major: u64, minor: u64, patch: u64, end in "(-[a-z][a-z0-9]{0,3})?(\\+[a-z0-9]{1,3})?") {
        let version = format!("{major}.{minor}.{patch}{end}");
        prop_assert_eq!(loose_version(&version), semver::Version::parse(&version).ok());
        prop_assert_eq!(loose_version(&format!("v{version}")), semver::Version::parse(&version).ok());
    }

    #[test]
    fn a_path_is_its_address(parts in proptest::array::uniform3("[a-z0-9][a-zA-Z0-9_.-]{0,9}"), minor: u64, golden in "([a-z]{1,3}(/[a-z]{1,3})?)?") {
        let [prompt, task, alias] = parts.map(|part| Id::new(&part).unwrap());
        let address = Address { prompt, version: semver::Version::new(1, minor, 0), task, alias };
        prop_assert_eq!(Address::of(&golden, &address.path(&golden)), Some(address));
    }

    #[test]
    fn any_path_is_an_address_or_none(path in prop_oneof![text(), "recordings/[a-z./]{0,20}\\.json"]) {
        if let Some(address) = Address::of("", &path) {
            prop_assert_eq!(address.path(""), path);
        }
    }

    #[test]
    fn an_amount_is_exact_or_refused(number in "[0-9]{1,32}(\\.[0-9]{1,32})?") {
        if let Some(amount) = read::<Amount>(&json!(number)) {
            prop_assert_eq!(plain(&amount.0.to_string()), plain(&number));
            let shown = serde_json::to_value(amount).unwrap();
            prop_assert_eq!(read::<Amount>(&shown), Some(amount));
        } else {
            prop_assert!(number.len() > 28, "{} is refused", number);
        }
    }

    #[test]
    fn an_amount_may_be_a_number(cents in 0..1_000_000_000_000_u64, scale in 0..12_u32) {
        let amount = Decimal::from_i128_with_scale(i128::from(cents), scale);
        let number: Value = serde_json::from_str(&amount.normalize().to_string()).unwrap();
        prop_assert_eq!(read::<Amount>(&number), Some(Amount(amount)));
    }

    #[test]
    fn only_amounts_are_amounts(value in scalar()) {
        let is_number = value.as_f64().is_some_and(|number| number >= 0.0);
        if let Some(amount) = read::<Amount>(&value) {
            prop_assert!(is_number || value.is_string());
            prop_assert!(!amount.0.is_sign_negative());
        }
    }

    #[test]
    fn only_days_are_days(year in 0..10_000_i32, month in 0..14_u32, day in 0..33_u32, other in "[0-9+ -]{4,11}") {
        let written = format!("{year:04}-{month:02}-{day:02}");
        let real = chrono::NaiveDate::from_ymd_opt(year, month, day);
        prop_assert_eq!(read::<Date>(&json!(written)), real.map(Date));
        if let Some(date) = real {
            prop_assert_eq!(serde_json::to_value(Date(date)).unwrap(), json!(written));
        }
        if let Some(date) = read::<Date>(&json!(other)) {
            prop_assert_eq!(date.to_string(), other);
        }
    }

    #[test]
    fn a_volume_is_a_number_or_rises(low: u64, expected: u64, high: u64) {
        let rises = low <= expected && expected <= high;
        let range = json!({"low": low, "expected": expected, "high": high});
        let volume = read::<Volume>(&range);
        prop_assert_eq!(volume, rises.then_some(Volume { low, expected, high }));
        for volume in [volume, read(&json!(expected))].into_iter().flatten() {
            prop_assert_eq!(read::<Volume>(&serde_json::to_value(volume).unwrap()), Some(volume));
        }
    }
}
