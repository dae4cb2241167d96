//! Whether the model that answered is the one that was asked for.
//!
//! Providers answer to a model's name with the name of its release. Anything else is another model, and its answers are not
//! evidence for this one.

/// Whether `served` is `asked`, a dated release of it, or one of `others`, in which `*` stands for anything.
pub fn is_served_as(served: &str, asked: &str, others: &[String]) -> bool {
    let (name, wanted) = (plain(served), plain(asked));
    if name == wanted || others.iter().any(|other| fits(&other.to_ascii_lowercase(), &name)) {
        return true;
    }
    let family = wanted.strip_suffix("-latest").unwrap_or(&wanted);
    let Some(rest) = name.strip_prefix(family) else { return false };
    let release = rest.trim_start_matches(['-', '@', ':']);
    let is_release = |text: &str| {
        text == "latest"
            || (text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '-'))
    };
    release.len() < rest.len() && is_release(release)
}

/// Whether a gateway only repeats the name that it was asked by, or says none: then nobody knows what answered.
pub fn is_unverified(served: Option<&str>, asked: &str) -> bool {
    served.is_none_or(|served| served == asked)
}

/// A name without case and without the path that some providers put before it.
fn plain(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => plain(pattern) == name,
        Some((start, rest)) => {
            let Some(left) = name.strip_prefix(start) else { return false };
            rest.is_empty() || left.char_indices().any(|(at, _)| fits_from(rest, &left[at..])) || fits_from(rest, "")
        }
    }
}

fn fits_from(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { fits(pattern, name) } else { pattern == name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_the_model_and_others_are_not() {
        for (served, asked, others, want) in [
            ("gpt-4o-mini", "gpt-4o-mini", vec![], true),
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini", vec![], true),
            ("gpt-4o-mini", "gpt-4o", vec![], false),
            ("gpt-4o", "gpt-4o-mini", vec![], false),
            ("claude-3-5-haiku-20241022", "claude-3-5-haiku-latest", vec![], true),
            ("claude-3-5-sonnet-20241022", "claude-3-5-haiku-latest", vec![], false),
            ("models/gemini-2.0-flash-001", "gemini-2.0-flash", vec![], true),
            ("llama3:latest", "llama3", vec![], true),
            ("llama3:70b", "llama3", vec![], false),
            ("GPT-4o", "openai/gpt-4o", vec![], true),
            ("claude-3-5-haiku-20241022", "fast", vec!["claude-3-5-*"], true),
            ("claude-3-5-haiku-20241022", "fast", vec!["*-haiku-*"], true),
            ("claude-3-5-haiku-20241022", "fast", vec!["gpt-*", "*sonnet*"], false),
            ("x", "fast", vec!["x"], true),
            ("gpt-4o-mini-search", "gpt-4o-mini", vec![], false),
        ] {
            let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
            assert_eq!(is_served_as(served, asked, &others), want, "{served} for {asked}, or {others:?}");
        }
    }
}
