//! The section `traffic:` as text, and its place in a settings file: every other byte of the file stays as it is.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Place;
use crate::config::{CacheLife, CacheTerms, Cases, Config, EnvironmentTraffic, Fallback, Traffic, Volume};
use crate::id::Id;
use crate::yaml::Document;

/// Words that YAML readers take for something else than a text.
const NO_TEXT: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// The whole section, with a remark behind the numbers that have one.
pub fn section(traffic: &BTreeMap<Id, Traffic>, remarks: &BTreeMap<Place, Vec<String>>) -> String {
    let mut text = "traffic:\n".to_owned();
    for (id, one) in traffic {
        text.push_str(&format!("  {}:{}\n", name(id), if *one == Traffic::default() { " {}" } else { "" }));
        let comment = |environment: Option<&Id>| {
            let remarks = remarks.get(&(id.clone(), environment.cloned())).map(Vec::as_slice).unwrap_or_default();
            if remarks.is_empty() { String::new() } else { format!("  # {}", remarks.join("; ")) }
        };
        fields(one, &comment).iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

/// The lines of one prompt; what is as it would be without a line has none.
fn fields(traffic: &Traffic, comment: &dyn Fn(Option<&Id>) -> String) -> Vec<String> {
    let Traffic { requests_per_month, environments, as_of, source, cases, cache, retry_rate, fallback, batch_share } =
        traffic;
    let mut lines = Vec::new();
    if let Some(requests) = requests_per_month {
        lines.push(format!("requests_per_month: {}{}", volume(*requests), comment(None)));
    }
    if !environments.is_empty() {
        lines.push("environments:".to_owned());
    }
    for (id, EnvironmentTraffic { requests_per_month, as_of, source }) in environments {
        lines.push(format!("  {}:", name(id)));
        lines.push(format!("    requests_per_month: {}{}", volume(*requests_per_month), comment(Some(id))));
        lines.extend(as_of.map(|as_of| format!("    as_of: \"{as_of}\"")));
        lines.extend(source.as_ref().map(|source| format!("    source: {}", quoted(source))));
    }
    lines.extend(as_of.map(|as_of| format!("as_of: \"{as_of}\"")));
    lines.extend(source.as_ref().map(|source| format!("source: {}", quoted(source))));
    match cases {
        Cases::Sample => {}
        Cases::Exhaustive => lines.push("cases: exhaustive".to_owned()),
    }
    if let Some(CacheTerms { hit_rate, ttl }) = cache {
        let ttl = match ttl {
            CacheLife::FiveMinutes => "5m",
            CacheLife::Hour => "1h",
        };
        lines.push(format!("cache: {{hit_rate: {}, ttl: {ttl}}}", decimal(hit_rate.0)));
    }
    if !retry_rate.0.is_zero() {
        lines.push(format!("retry_rate: {}", decimal(retry_rate.0)));
    }
    if !fallback.is_empty() {
        lines.push("fallback:".to_owned());
    }
    for Fallback { model, share, primary_billed } in fallback {
        let (model, share) = (quoted(model), decimal(share.0));
        lines.push(format!("  - {{model: {model}, share: {share}, primary_billed: {primary_billed}}}"));
    }
    if !batch_share.0.is_zero() {
        lines.push(format!("batch_share: {}", decimal(batch_share.0)));
    }
    lines
}

fn volume(volume: Volume) -> String {
    let Volume { low, expected, high } = volume;
    if low == high { expected.to_string() } else { format!("{{low: {low}, expected: {expected}, high: {high}}}") }
}

/// In quotes, so that no reader makes a binary fraction of it.
fn decimal(value: Decimal) -> String {
    format!("\"{}\"", value.normalize())
}

/// An id, in quotes where YAML would take it for a number or a word of its own.
fn name(id: &Id) -> String {
    let text = id.as_str();
    let is_text = text.starts_with(|c: char| c.is_ascii_alphabetic()) && !NO_TEXT.contains(&&*id.folded());
    if is_text { text.to_owned() } else { format!("\"{text}\"") }
}

/// A text in double quotes. JSON's escapes are YAML's; what cannot be seen is written so that it can.
fn quoted(text: &str) -> String {
    let unseen: Vec<usize> = crate::text::hidden(text).map(|(at, _)| at).collect();
    let escaped = text.char_indices().map(|(at, c)| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\t' | '\n' | '\r' => format!("\\u{:04X}", u32::from(c)),
        // Line ends of YAML 1.1, and what begins a file.
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' => format!("\\u{:04X}", u32::from(c)),
        c if c.is_control() || unseen.contains(&at) => format!("\\U{:08X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// The text of a settings file with `section` in the place of its own section, or at its end. An error is a sentence: where the
/// result would not read as the same settings with that traffic, nothing is made.
pub fn put(path: &str, text: &str, section: &str, traffic: &BTreeMap<Id, Traffic>) -> Result<String, String> {
    let unread = |_| format!("{path} cannot be read as it stands");
    let document = Document::parse(path, text.as_bytes()).map_err(|error| unread(*error))?;
    let before =
        crate::config::parse(path, text.as_bytes()).map_err(|_| format!("{path} cannot be used as it stands"))?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let keys = document.value().as_object().into_iter().flat_map(|entries| entries.keys());
    let mut starts: Vec<usize> =
        keys.map(|key| document.key_place(&[key.as_str().into()]).line as usize).map(|line| line.max(1) - 1).collect();
    starts.sort_unstable();
    let own = document.key(&["traffic".into()]).map(|place| place.line as usize - 1);
    let (start, end) = match own {
        Some(start) => {
            let next = starts.iter().copied().find(|line| *line > start).unwrap_or(lines.len());
            (start, end_of(&lines[..next], start))
        }
        None => (lines.len(), lines.len()),
    };
    let (above, below) = (lines[..start].concat(), lines[end..].concat());
    let gap = if above.is_empty() || above.ends_with('\n') { "" } else { "\n" };
    let section = format!("{gap}{section}");
    let section = if text.contains("\r\n") { section.replace('\n', "\r\n") } else { section };
    let made = format!("{above}{section}{below}");
    let wanted = Config { traffic: traffic.clone(), ..before.config };
    match crate::config::parse(path, made.as_bytes()) {
        Ok(after) if after.config == wanted => Ok(made),
        _ => Err(format!("the section cannot be put into {path} as it is written; print it and paste it")),
    }
}

/// Where a section ends that begins at `start`: comments and blank lines above the next key are that key's.
fn end_of(lines: &[&str], start: usize) -> usize {
    let is_own = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    lines.iter().rposition(is_own).map_or(start, |last| last.max(start)) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FILE, parse};

    fn traffic(text: &str) -> BTreeMap<Id, Traffic> {
        parse(FILE, text.as_bytes()).unwrap().config.traffic
    }

    const ALL: &str = "traffic:\n  \"1e3\": {requests_per_month: 5}\n  \"no\": {}\n  support:\n    environments:\n      \
        production: {requests_per_month: {low: 1, expected: 2, high: 3}, as_of: \"2026-11-01\", source: \"a \\\"b\\\" \\\\ \\u202e\"}\n      \
        \"007\": {requests_per_month: 0}\n    as_of: \"2026-10-01\"\n    source: here\n    cases: exhaustive\n    \
        cache: {hit_rate: 0.6, ttl: 1h}\n    retry_rate: 0.02\n    batch_share: \"0.123456789012345678\"\n    \
        fallback: [{model: openai/x, share: 0.01, primary_billed: true}, {model: y, share: 1e-7}]\n";

    #[test]
    fn a_section_reads_as_what_it_was_made_of() {
        let all = traffic(ALL);
        let text = section(&all, &BTreeMap::new());
        assert_eq!(traffic(&text), all, "{text}");
        assert_eq!(section(&traffic(&text), &BTreeMap::new()), text);
        let place = (Id::new("support").unwrap(), Some(Id::new("production").unwrap()));
        let with = section(&all, &BTreeMap::from([(place, vec!["a".to_owned(), "b".to_owned()])]));
        assert!(with.contains("requests_per_month: {low: 1, expected: 2, high: 3}  # a; b\n"), "{with}");
        assert_eq!(traffic(&with), all);
    }

    #[test]
    fn a_section_takes_the_place_of_the_one_before_and_of_nothing_else() {
        let new = traffic("traffic: {support: {requests_per_month: 7}}\n");
        let made = |text: &str| put(FILE, text, &section(&new, &BTreeMap::new()), &new);
        let section = "traffic:\n  support:\n    requests_per_month: 7\n";
        for (before, after) in [
            ("", section.to_owned()),
            ("models: {}", format!("models: {{}}\n{section}")),
            ("# top\nmodels: {}\n", format!("# top\nmodels: {{}}\n{section}")),
            (
                "models: {}\n\n# ours\ntraffic: # old\n  a: {requests_per_month: 1}\n  # gone\n\n# gate's\ngate: {}\n",
                format!("models: {{}}\n\n# ours\n{section}\n# gate's\ngate: {{}}\n"),
            ),
            ("traffic:\n  a: {requests_per_month: 1}", section.to_owned()),
            ("traffic: {}\ngate: {}\n", format!("{section}gate: {{}}\n")),
            ("traffic: {}\r\ngate: {}\r\n", format!("{section}gate: {{}}\n").replace('\n', "\r\n")),
        ] {
            assert_eq!(made(before).unwrap(), after, "{before:?}");
        }
    }

    #[test]
    fn what_would_read_as_something_else_is_not_made() {
        let new = traffic("traffic: {support: {requests_per_month: 7}}\n");
        for text in [
            "{gate: {regression: warn}, traffic: {}}\n",
            "gate: {regression: warn}\n...\n",
            "gate: {\n",
            "gaet: {}\n",
            "traffic: {}\ntraffic: {}\n",
        ] {
            assert!(put(FILE, text, &section(&new, &BTreeMap::new()), &new).is_err(), "{text:?}");
        }
    }
}
