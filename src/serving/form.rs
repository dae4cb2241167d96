//! What of a request is compared. Two requests that come to equal forms are the same question.
//!
//! A recording's request and a client's go through the same wire format before they come here, so that neither has anything
//! that the other could not have.

use serde_json::{Map, Value};

use crate::wire::{Message, Parts, Request, canonical_text, digest};

/// How much has to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// System, messages, tools and response format; JSON results of tools by what they say.
    Meaning,
    /// Parameters as well, and every character.
    Strict,
}

/// A request as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// The digest of everything that is compared.
    pub(super) whole: String,
    /// The digest of the parameters, compared or not.
    pub(super) parameters: String,
    pub(super) parts: Parts,
    /// The digest of each message.
    pub(super) messages: Vec<String>,
}

impl Form {
    /// The form of a request that went through a wire format.
    pub(super) fn of(mut request: Request, compare: Compare) -> Self {
        // Who is asked is matched by name, beside the form.
        request.model = String::new();
        let parameters = digest(&(&request.parameters, &request.features));
        if compare == Compare::Meaning {
            (request.parameters, request.features) = (Map::new(), Map::new());
            request.messages.iter_mut().for_each(settle);
        }
        Self {
            whole: digest(&request),
            parameters,
            parts: Parts::of(&request),
            messages: request.messages.iter().map(digest).collect(),
        }
    }

    /// The parts in which two forms differ.
    pub(super) fn differs(&self, other: &Self) -> Vec<&'static str> {
        self.parts.changed(&other.parts)
    }

    /// How many messages from the first on are the same.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.messages.iter().zip(&other.messages).take_while(|(mine, theirs)| mine == theirs).count()
    }
}

/// Writes a tool's result that is JSON in one way: languages differ in where they put spaces.
fn settle(message: &mut Message) {
    if let Message::Tool { content, .. } = message
        && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(content)
    {
        *content = canonical_text(&value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::tests::conversation;

    fn result(content: &str) -> Request {
        let mut request = conversation("openai.chat");
        let Some(Message::Tool { content: said, .. }) = request.messages.last_mut() else { panic!("no result") };
        content.clone_into(said);
        request
    }

    #[test]
    fn results_that_say_the_same_are_the_same_unless_strict() {
        for (one, other, same) in [
            ("{\"a\":1,\"b\":[2]}", "{\"b\": [2], \"a\": 1}", true),
            ("[1,2]", "[1, 2]", true),
            ("[1,2]", "[2,1]", false),
            ("a b", "a  b", false),
            ("1", "1.0", false),
        ] {
            let equal = |compare| Form::of(result(one), compare) == Form::of(result(other), compare);
            assert_eq!((equal(Compare::Meaning), equal(Compare::Strict)), (same, false), "{one} {other}");
        }
    }

    #[test]
    fn parameters_count_only_where_all_is_compared() {
        let mut other = conversation("openai.chat");
        other.parameters.insert("seed".into(), json!(7));
        other.model = "another".into();
        let differs =
            |compare| Form::of(conversation("openai.chat"), compare).differs(&Form::of(other.clone(), compare));
        assert_eq!(differs(Compare::Strict), ["parameters"]);
        assert!(differs(Compare::Meaning).is_empty());
        let (one, other) = (Form::of(conversation("openai.chat"), Compare::Meaning), Form::of(other, Compare::Meaning));
        assert_eq!(one.whole, other.whole);
        assert_ne!(one.parameters, other.parameters, "still known, to prefer the recording that has them");
    }

    #[test]
    fn it_is_known_from_where_on_messages_differ() {
        let mut other = conversation("openai.chat");
        other.messages[3] = Message::User { content: "else".into() };
        let form = |request| Form::of(request, Compare::Meaning);
        assert_eq!(form(conversation("openai.chat")).shared(&form(other)), 3);
    }
}
