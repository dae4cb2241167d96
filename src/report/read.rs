//! Reads a `report.json` back, strictly: another version or an unknown field is an error that says what to do.

use super::{Report, SCHEMA_VERSION};
use crate::error::{Error, ErrorKind};

/// Reads a report from JSON text.
pub fn from_json(text: &str) -> Result<Report, Error> {
    let unreadable = |why: String| {
        Error::new(ErrorKind::Usage, format!("not a regild report: {why}"))
            .hint("make one with: regild check --output json=report.json")
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(SCHEMA_VERSION) => {}
        Some(version) => {
            return Err(unreadable(format!("it has schema version {version}, this regild reads {SCHEMA_VERSION}")));
        }
        None => return Err(unreadable("it has no `schema_version`".to_owned())),
    }
    serde_path_to_error::deserialize(&value)
        .map_err(|error| unreadable(format!("{} at {}", error.inner(), error.path())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample::{NASTY, hostile, nothing, sample};
    use crate::report::{Format, Look, render};

    const LOOK: Look = Look { width: 80, colour: false };

    #[test]
    fn reads_what_was_written() {
        for report in [sample(), nothing(), hostile(NASTY)] {
            let text = render(&report, Format::Json, LOOK).unwrap();
            let again = from_json(&text).unwrap();
            assert_eq!(again, report);
            for format in [Format::Terminal, Format::Json, Format::Junit, Format::Markdown, Format::Html, Format::Costs]
            {
                assert_eq!(render(&again, format, LOOK).unwrap(), render(&report, format, LOOK).unwrap());
            }
        }
    }

    #[test]
    fn sec_12_what_is_no_number_is_no_json() {
        let mut report = sample();
        let metric = report.prompts[0].metrics.values_mut().next().unwrap();
        (metric.ratio, metric.base_p95) = (Some(f64::INFINITY), Some(f64::NAN));
        let text = render(&report, Format::Json, LOOK).unwrap();
        assert!(!text.contains("NaN") && !text.contains("inf,"), "{text}");
        let again = from_json(&text).unwrap();
        let metric = again.prompts[0].metrics.values().next().unwrap();
        assert_eq!((metric.ratio, metric.base_p95), (None, None));
        assert!(from_json(&text.replacen("null", "NaN", 1)).is_err());
        assert!(from_json(&text.replacen("null", "1e999", 1)).is_err());
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut value = serde_json::to_value(sample()).unwrap();
        change(&mut value);
        let error = from_json(&value.to_string()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
        assert_eq!(error.hints, ["make one with: regild check --output json=report.json"]);
        error.message
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let message = refusal(|report| report["schema_version"] = json!(2));
        assert_eq!(message, "not a regild report: it has schema version 2, this regild reads 1");
        let message = refusal(|report| drop(report.as_object_mut().unwrap().remove("schema_version")));
        assert_eq!(message, "not a regild report: it has no `schema_version`");
        let message = refusal(|report| report["prompts"][0]["tasks"][0]["extra"] = json!(1));
        assert!(message.starts_with("not a regild report: unknown field `extra`"), "{message}");
        assert!(message.ends_with("at prompts[0].tasks[0].extra"), "{message}");
        let message = refusal(|report| report["verdict"]["status"] = json!("maybe"));
        assert!(message.contains("unknown variant `maybe`") && message.ends_with("at verdict.status"), "{message}");
        assert!(from_json("[]").unwrap_err().message.contains("no `schema_version`"));
        assert!(from_json("{").unwrap_err().message.starts_with("not a regild report: EOF"));
    }
}
