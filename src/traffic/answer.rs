//! What a Prometheus server says to an instant query: a vector of numbers, or why there is none.
//!
//! The form is that of <https://prometheus.io/docs/prometheus/latest/querying/api/>. A number that cannot be one of requests is an
//! error and never left out: what is missing in a sum cannot be seen in it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Characters of a server's message that are passed on.
const MAX_SAID: usize = 300;
/// Seconds by which an answer may differ from the time that was asked for.
const NEAR: f64 = 1.0;
/// More than anybody counts; up to here a number has no part that it cannot hold.
const MOST: f64 = 9e15;

/// The labels of a series.
pub type Labels = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// By labels, each set of labels once.
    pub series: BTreeMap<Labels, f64>,
    /// What the server wants known; it changes no number.
    pub infos: Vec<String>,
}

/// Reads the answer to a query for the time `time`, in seconds since 1970. An error is a fragment of a sentence.
pub fn read(status: u16, body: &[u8], time: i64) -> Result<Answer, String> {
    if (300..400).contains(&status) {
        return Err(format!("{status}: redirects are not followed"));
    }
    let is_success = (200..300).contains(&status);
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        let said = if body.is_empty() { "nothing".to_owned() } else { shown(&String::from_utf8_lossy(body)) };
        return Err(format!("{status}: no JSON but {said}"));
    };
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    if text("status") == "error" {
        return Err(format!("{status}: {}: {}", cut(text("errorType")), cut(text("error"))));
    }
    if !is_success || text("status") != "success" {
        return Err(format!("{status}: this is no answer of Prometheus: {}", shown(&value.to_string())));
    }
    let warnings = sentences(&value["warnings"]);
    if !warnings.is_empty() {
        return Err(format!("it warns that the numbers may be wrong: {}", warnings.join("; ")));
    }
    let kind = value["data"]["resultType"].as_str().unwrap_or("nothing");
    if kind != "vector" {
        return Err(format!("the query gives {}, and a vector is needed: one number a series", article(kind)));
    }
    let result = value["data"]["result"].as_array().ok_or("the vector is no list")?;
    let mut series = BTreeMap::new();
    for one in result {
        let labels = labels(&one["metric"])?;
        let number = number(one, time).map_err(|why| format!("{}: {why}", named(&labels)))?;
        if series.insert(labels.clone(), number).is_some() {
            return Err(format!("{} stands there twice", named(&labels)));
        }
    }
    Ok(Answer { series, infos: sentences(&value["infos"]) })
}

fn labels(value: &Value) -> Result<Labels, String> {
    let entries = value.as_object().ok_or("a series has no labels")?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("a label is no text");
    Ok(entries.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect::<Result<_, &str>>()?)
}

/// The number of a series: finite, not negative, and of the time that was asked for.
fn number(series: &Value, time: i64) -> Result<f64, String> {
    if series.get("histogram").is_some() {
        return Err("it is a histogram, and a counter is needed".to_owned());
    }
    let (at, text) = match series["value"].as_array().map(Vec::as_slice) {
        Some([at, Value::String(text)]) => (at.as_f64().ok_or("its time is no number")?, text),
        _ => return Err("it has no value".to_owned()),
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds of this age")]
    let asked = time as f64;
    if (at - asked).abs() > NEAR {
        let seconds = (asked - at).abs();
        return Err(format!("it is stale: of another time than was asked for, by {seconds:.0} s"));
    }
    match text.parse::<f64>() {
        Ok(number) if (0.0..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("{} is no number of requests", cut(text))),
    }
}

/// A series in words: `{env="production"}`.
pub fn named(labels: &Labels) -> String {
    let all: Vec<String> = labels.iter().map(|(name, value)| format!("{}={:?}", cut(name), cut(value))).collect();
    format!("{{{}}}", all.join(", "))
}

fn sentences(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(cut).collect()
}

fn article(kind: &str) -> String {
    match kind {
        "nothing" => kind.to_owned(),
        kind => format!("a {}", cut(kind)),
    }
}

/// The beginning of something that should have been an answer.
fn shown(text: &str) -> String {
    let start: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    format!("{start:?}")
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TIME: i64 = 1_795_219_200;

    fn vector(result: Value) -> Value {
        json!({"status": "success", "data": {"resultType": "vector", "result": result}})
    }

    fn why(status: u16, body: &str) -> String {
        read(status, body.as_bytes(), TIME).unwrap_err()
    }

    #[test]
    fn a_vector_is_numbers_by_labels() {
        let mut body = vector(json!([
            {"metric": {"prompt_id": "a"}, "value": [1_795_219_200, "1.5e+3"]},
            {"metric": {}, "value": [1_795_219_199.5, "0"]},
        ]));
        body["infos"] = json!(["PromQL info: the name does not end in _total"]);
        let found = read(200, body.to_string().as_bytes(), TIME).unwrap();
        let numbers: Vec<(String, f64)> =
            found.series.iter().map(|(labels, number)| (named(labels), *number)).collect();
        assert_eq!(numbers, [("{}".to_owned(), 0.0), ("{prompt_id=\"a\"}".to_owned(), 1_500.0)]);
        assert_eq!(found.infos.len(), 1);
        assert!(read(200, vector(json!([])).to_string().as_bytes(), TIME).unwrap().series.is_empty());
    }

    #[test]
    fn a_bad_answer_is_said_to_be_one() {
        let error = r#"{"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end"}"#;
        for (status, body, says) in [
            (400, error, "400: bad_data: parse error: unexpected end"),
            (200, error, "200: bad_data: parse error"),
            (503, "<html>\n busy", "503: no JSON but \"<html> busy\""),
            (200, "", "200: no JSON but nothing"),
            (200, "{\"status\": \"succ", "no JSON but"),
            (302, "", "302: redirects are not followed"),
            (401, "Unauthorized", "401: no JSON but \"Unauthorized\""),
            (200, "{}", "no answer of Prometheus: \"{}\""),
            (200, "[1]", "no answer of Prometheus"),
            (404, r#"{"status": "success"}"#, "404: this is no answer"),
            (200, r#"{"status": "success"}"#, "the query gives nothing"),
            (200, r#"{"status": "success", "data": {"resultType": "matrix", "result": []}}"#, "gives a matrix"),
            (200, r#"{"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}"#, "gives a scalar"),
            (200, r#"{"status": "success", "data": {"resultType": "vector", "result": {}}}"#, "no list"),
            (
                200,
                r#"{"status": "success", "warnings": ["a store is down"], "data": {"resultType": "vector", "result": []}}"#,
                "may be wrong: a store is down",
            ),
        ] {
            assert!(why(status, body).contains(says), "{body}: {}", why(status, body));
        }
    }

    #[test]
    fn no_number_that_is_none_gets_into_a_sum() {
        for (series, says) in [
            (json!({"metric": {"p": "a"}, "value": [TIME, "NaN"]}), "{p=\"a\"}: NaN is no number of requests"),
            (json!({"metric": {}, "value": [TIME, "+Inf"]}), "+Inf is no number"),
            (json!({"metric": {}, "value": [TIME, "-1"]}), "-1 is no number"),
            (json!({"metric": {}, "value": [TIME, "1e300"]}), "1e300 is no number"),
            (json!({"metric": {}, "value": [TIME, "many"]}), "many is no number"),
            (json!({"metric": {}, "value": [TIME, 5]}), "no value"),
            (json!({"metric": {}, "value": [TIME]}), "no value"),
            (json!({"metric": {}, "value": ["x", "1"]}), "its time is no number"),
            (
                json!({"metric": {}, "value": [TIME - 86_400, "1"]}),
                "stale: of another time than was asked for, by 86400 s",
            ),
            (json!({"metric": {}, "histogram": [TIME, {}]}), "a histogram"),
            (json!({"value": [TIME, "1"]}), "no labels"),
            (json!({"metric": {"p": 1}, "value": [TIME, "1"]}), "no text"),
        ] {
            let found = why(200, &vector(json!([series])).to_string());
            assert!(found.contains(says), "{series}: {found}");
        }
        let one = json!({"metric": {"p": "a"}, "value": [TIME, "1"]});
        assert!(why(200, &vector(json!([one, one])).to_string()).contains("twice"));
    }
}
