//! Everything wrong with one side: what reading it found, and what only rendering it for every input finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::cost::Prices;
use crate::diagnostic::{self, Code, Diagnostic, shown_line};
use crate::discipline;
use crate::golden::{Places, Task};
use crate::id::Id;
use crate::policy::Policy;
use crate::prompt::{Entry, Misfit, Prompt, bind};
use crate::side::Side;
use crate::snapshot::Snapshot;

/// All diagnostics of a side, sorted by place, each with the line it points at and its usual severity.
pub fn validate(side: &Side) -> Vec<Diagnostic> {
    let mut diagnostics = side.diagnostics.clone();
    diagnostics.extend(Prices::read(&side.snapshot).err().into_iter().flatten());
    diagnostics.extend(renderings(side));
    diagnostics.extend(discipline::of_side(side, side.prompts.ids()).into_iter().map(|breach| breach.diagnostic));
    add_excerpts(&mut diagnostics, &side.snapshot);
    diagnostic::sort(&mut diagnostics);
    diagnostics
}

/// The diagnostics that head brings: they stand in a file that differs from base's, or base does not have them, or they are
/// about the change itself. A change can break a file that it does not touch, by what that file refers to.
pub fn changed(base: &Side, head: &Side, policy: &Policy) -> Vec<Diagnostic> {
    let before = validate(base);
    let differs = |file: &str| base.snapshot.id(file) != head.snapshot.id(file);
    let ids: BTreeSet<&Id> = base.prompts.ids().chain(head.prompts.ids()).collect();
    let breaches = discipline::of_change(base, head, policy, ids);
    let mut found = validate(head);
    found.retain(|diagnostic| differs(&diagnostic.file) || !before.contains(diagnostic));
    found.retain(|diagnostic| !discipline::replaced(&breaches, diagnostic));
    found.extend(breaches.into_iter().map(|breach| breach.diagnostic));
    diagnostic::sort(&mut found);
    found
}

/// What goes wrong when every version is rendered for each of its tasks and examples.
fn renderings(side: &Side) -> Vec<Diagnostic> {
    let versions: Vec<(&Entry, &Prompt)> = side
        .prompts
        .iter()
        .flat_map(|(_, entry)| entry.versions.values().map(move |prompt| (entry, &**prompt)))
        .collect();
    let failures: Vec<Failure<'_>> = versions
        .into_par_iter()
        .flat_map_iter(|(entry, prompt)| {
            let of_tasks = side.suite.tasks(prompt).into_iter().filter_map(move |task| of_task(entry, prompt, task));
            of_tasks.chain(of_examples(prompt))
        })
        .collect();
    let mut places = Places::new(&side.snapshot);
    failures
        .into_iter()
        .map(|Failure { input, code, message }| {
            let place = match input {
                Input::Task(task) => places.task(&task),
                Input::Example(prompt, index) => places.example(&prompt.path, index),
            };
            Diagnostic::new(code, place, message)
        })
        .collect()
}

/// An input that a version does not render for.
struct Failure<'a> {
    input: Input<'a>,
    code: Code,
    message: String,
}

enum Input<'a> {
    Task(Arc<Task>),
    /// The example with this number, counted from 0.
    Example(&'a Prompt, usize),
}

fn of_task<'a>(entry: &Entry, prompt: &'a Prompt, task: Arc<Task>) -> Option<Failure<'a>> {
    let name = format!("{} {}", prompt.id, prompt.version);
    let (code, message) = match bind(&prompt.variables, &task.input) {
        Ok(bound) => {
            let error = prompt.render(&bound).err()?;
            (Code::Render, format!("{name} does not render for the task `{}`: {error}", task.id))
        }
        // Golden tasks are for the version that serves: what does not fit that one was found when it was read, and older
        // ones may take other inputs. One that is yet to serve will be judged by them.
        Err(_) if task.origin.of_version || prompt.version <= entry.served => return None,
        Err(misfits) => {
            let why = all(&misfits);
            (Code::TaskMisfit, format!("the task `{}` does not fit {name}, which is yet to serve: {why}", task.id))
        }
    };
    Some(Failure { input: Input::Task(task), code, message })
}

/// Examples that do not fit the variables keep a prompt from being read, so all that can fail is the rendering.
fn of_examples(prompt: &Prompt) -> impl Iterator<Item = Failure<'_>> {
    prompt.examples.iter().enumerate().filter_map(|(index, example)| {
        let bound = bind(&prompt.variables, &example.input).ok()?;
        let error = prompt.render(&bound).err()?;
        let message = format!("{} {} does not render for example {}: {error}", prompt.id, prompt.version, index + 1);
        Some(Failure { input: Input::Example(prompt, index), code: Code::Render, message })
    })
}

fn all(misfits: &[Misfit]) -> String {
    misfits.iter().map(|misfit| misfit.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// Shows the line, where a diagnostic knows only its number, and underlines all that stands on it.
fn add_excerpts(diagnostics: &mut [Diagnostic], snapshot: &Snapshot) {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for diagnostic in diagnostics.iter_mut().filter(|found| found.line > 0 && found.excerpt.is_empty()) {
        let lines = texts.entry(diagnostic.file.clone()).or_insert_with(|| {
            let bytes = snapshot.read(&diagnostic.file).ok().flatten().unwrap_or_default();
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        });
        let Some(line) = lines.get(diagnostic.line as usize - 1) else { continue };
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(0);
        diagnostic.column = count(line) - count(line.trim_start()) + 1;
        diagnostic.width = count(line.trim()).max(1);
        diagnostic.excerpt = shown_line(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::OnBadSettings;
    use crate::snapshot::tests::snapshot;

    fn side(files: &[(&str, &str)]) -> Side {
        Side::read(snapshot(files), crate::config::FILE, OnBadSettings::Stop).unwrap()
    }

    fn places(found: &[Diagnostic]) -> Vec<(&str, &str, u32, u32)> {
        found.iter().map(|one| (one.code.as_str(), one.file.as_str(), one.line, one.column)).collect()
    }

    const PROMPT: &str = "id: a\nversion: 1.0.0\ntemplate: \"{{ x / n }}{% include 'part' %}\"\nvariables:\n  \
        - {name: x, type: number}\n  - {name: n, type: number}\nexamples:\n  - {input: {x: 1, n: 2}, output: y}\n  \
        - {input: {x: 1, n: 0}, output: y}\n";
    const TASKS: &str = "prompt: a\ntasks:\n  - id: fine\n    max_steps: 1\n    input: {x: 1, n: 1}\n  - id: zero\n    \
        max_steps: 1\n    input: {x: 1, n: 0}\n";

    #[test]
    fn a_failing_rendering_is_shown_where_its_input_stands() {
        let side = side(&[("prompts/a.yaml", PROMPT), ("prompts/part", ""), ("golden/a.yaml", TASKS)]);
        let found = validate(&side);
        assert_eq!(
            places(&found),
            [("render", "golden/a.yaml", 6, 9), ("render", "prompts/a.yaml", 9, 5)],
            "{found:#?}"
        );
        assert_eq!(found[0].excerpt, "  - id: zero");
        assert!(found[0].message.starts_with("a 1.0.0 does not render for the task `zero`: "), "{found:?}");
    }

    #[test]
    fn tasks_bind_only_versions_that_serve_or_will() {
        let version = |version: &str, variable: &str| {
            format!(
                "id: a\nversion: {version}\ntemplate: \"{{{{ {variable} }}}}\"\nvariables: [{{name: {variable}, type: string}}]\n"
            )
        };
        let (old, served, next) = (version("1.0.0", "p"), version("2.0.0", "q"), version("3.0.0", "r"));
        let side = side(&[
            ("regild.yaml", "prompts: {active: \"a:v2\"}\n"),
            ("prompts/1.yaml", &old),
            ("prompts/2.yaml", &served),
            ("prompts/3.yaml", &next),
            ("golden/a.yaml", "prompt: a\ntasks: [{id: t, input: {q: x}, max_steps: 1}]\n"),
        ]);
        let found = validate(&side);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(!found[0].is_error() && found[0].message.contains("does not fit a 3.0.0"), "{found:#?}");
    }

    #[test]
    fn prices_are_validated_too() {
        let side = side(&[("prices.yaml", "as_of: 2026-11-01\nsource: y\nmodels: {a/b: {input: 0, output: 1}}\n")]);
        assert_eq!(places(&validate(&side)), [("bad-price", "prices.yaml", 3, 10)]);
    }

    #[test]
    fn a_change_answers_for_what_it_breaks_elsewhere() {
        let base = side(&[("prompts/a.yaml", PROMPT), ("prompts/part", ""), ("prompts/old.yaml", "id: b\n")]);
        let head = side(&[("prompts/a.yaml", PROMPT), ("prompts/old.yaml", "id: b\n")]);
        let policy = Policy::first_adoption(&head);
        let found = changed(&base, &head, &policy);
        assert!(!found.is_empty() && found.iter().all(|one| one.file == "prompts/a.yaml"), "{found:#?}");
        assert!(found.iter().any(|one| one.message.contains("there is no `prompts/part`")), "{found:#?}");
        assert_eq!(changed(&base, &base, &policy), []);
    }
}
