//! What an answer that is no reply means: whether asking again can help. The rows are those of the notes, provider semantics C4.
//!
//! How long to wait, and how often to ask, is the transport's.

use serde_json::Value;

/// What is to be done about a status that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It may be over in a moment.
    Passing,
    /// Too many requests at once.
    Crowded,
    /// The account has nothing left to spend, now or today.
    Quota,
    /// Asking again would bring the same.
    Lasting,
}

/// Reads a status and, where it is JSON, the body that came with it.
pub fn trouble(status: u16, body: &Value) -> Trouble {
    let word = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let words = [word("/error/code"), word("/error/type")];
    let is_spent = words.iter().any(|word| *word == "insufficient_quota" || word.starts_with("billing"))
        || spent_for_today(body)
        || message(body).is_some_and(|message| message.contains("credit balance is too low"));
    match status {
        _ if is_spent => Trouble::Quota,
        402 => Trouble::Quota,
        429 => Trouble::Crowded,
        408 | 409 | 500 | 502 | 503 | 504 | 529 => Trouble::Passing,
        _ => Trouble::Lasting,
    }
}

/// Gemini tells a daily quota from a crowd by the id of what was exceeded.
fn spent_for_today(body: &Value) -> bool {
    let details = body.pointer("/error/details").and_then(Value::as_array).into_iter().flatten();
    let exceeded = details.filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    exceeded.filter_map(|one| one.get("quotaId")?.as_str()).any(|id| id.contains("PerDay"))
}

/// What an error body says in words: `{error: {message}}`, `{error: "…"}` or `{message}`.
pub fn message(body: &Value) -> Option<String> {
    let said = ["/error/message", "/error", "/message", "/detail"];
    said.iter().find_map(|path| body.pointer(path)?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_told_apart() {
        for (status, body, want) in [
            (500, json!({}), Trouble::Passing),
            (529, json!({"type": "error", "error": {"type": "overloaded_error"}}), Trouble::Passing),
            (409, json!(null), Trouble::Passing),
            (429, json!({"error": {"code": "rate_limit_exceeded"}}), Trouble::Crowded),
            (429, json!({"error": {"code": "insufficient_quota"}}), Trouble::Quota),
            (429, json!({"error": {"type": "billing_hard_limit"}}), Trouble::Quota),
            (400, json!({"error": {"message": "Your credit balance is too low to access the API"}}), Trouble::Quota),
            (402, json!({}), Trouble::Quota),
            (401, json!({"error": {"code": "invalid_api_key"}}), Trouble::Lasting),
            (404, json!("<html>"), Trouble::Lasting),
            (
                429,
                json!({"error": {"details": [{"violations": [{"quotaId": "RequestsPerDayPerProject"}]}]}}),
                Trouble::Quota,
            ),
            (429, json!({"error": {"details": [{"retryDelay": "34.4s"}]}}), Trouble::Crowded),
        ] {
            assert_eq!(trouble(status, &body), want, "{status} {body}");
        }
    }

    #[test]
    fn messages_are_found_in_every_shape() {
        for body in [json!({"error": {"message": "m"}}), json!({"error": "m"}), json!({"message": "m"})] {
            assert_eq!(message(&body).as_deref(), Some("m"));
        }
        assert_eq!(message(&json!({"error": {}})), None);
    }
}
