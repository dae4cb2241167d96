//! All golden tasks of one side, by prompt, with overlays applied and checked against the prompts they are for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::Source;
use crate::assertion::Assertion;
use crate::config::{self, Config, Overlay};
use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean};
use crate::golden::file::TaskFile;
use crate::golden::{Fixtures, Origin, Places, Task, resolve, shorthands};
use crate::id::Id;
use crate::prompt::{Prompt, Prompts, bind};
use crate::snapshot::{EntryKind, Snapshot};
use crate::yaml::{Document, Reading};

/// The golden tasks of one side.
#[derive(Debug, Default)]
pub struct Suite {
    /// Tasks below the golden directory, in order of file and place.
    golden: BTreeMap<Id, Vec<Arc<Task>>>,
    /// Tasks of prompt versions to which an overlay added something.
    overlaid: BTreeMap<(Id, semver::Version, Id), Arc<Task>>,
    /// Files without any flaw, by path, as they were before overlays.
    clean: BTreeMap<String, CleanFile>,
}

/// A task file in which everything is right.
#[derive(Debug)]
struct CleanFile {
    object: String,
    tasks: Vec<Arc<Task>>,
}

/// Whether a path below the golden directory holds tasks.
pub fn is_task_file(dir: &str, path: &str) -> bool {
    let Some(inside) = (if dir.is_empty() { Some(path) } else { path.strip_prefix(&format!("{dir}/")) }) else {
        return false;
    };
    (path.ends_with(".yaml") || path.ends_with(".yml"))
        && !inside.starts_with("recordings/")
        && !inside.starts_with("fixtures/")
}

impl Suite {
    /// The tasks of a version: those below the golden directory, then those of its own file.
    pub fn tasks(&self, prompt: &Prompt) -> Vec<Arc<Task>> {
        let own = prompt.tests.iter().map(|task| {
            let key = (prompt.id.clone(), prompt.version.clone(), task.id.clone());
            Arc::clone(self.overlaid.get(&key).unwrap_or(task))
        });
        self.golden.get(&prompt.id).into_iter().flatten().cloned().chain(own).collect()
    }

    /// The tasks below the golden directory, of prompts that may not exist.
    pub fn golden(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.golden.values().flatten()
    }

    /// The tasks of one prompt below the golden directory.
    pub fn golden_of(&self, prompt: &Id) -> &[Arc<Task>] {
        self.golden.get(prompt).map_or(&[], Vec::as_slice)
    }

    /// Whether a prompt has tasks below the golden directory; those of its file then weigh nothing in cost.
    pub fn has_golden(&self, prompt: &Id) -> bool {
        self.golden.contains_key(prompt)
    }

    /// Reads every task of a snapshot and checks it against the prompts. Where `known`, read under the same directory, has
    /// the very same file, its tasks are taken over.
    pub fn read(source: Source<'_>, prompts: &Prompts, known: Option<&Self>) -> (Self, Vec<Diagnostic>) {
        let Source { snapshot, config, settings, .. } = source;
        let dir = config::clean(&config.testing.dir);
        let paths: Vec<&str> = snapshot
            .below(&dir)
            .filter(|(path, _)| is_task_file(&dir, path))
            .filter(|(path, _)| !matches!(*path, config::FILE | config::PRICES) && source.is_wanted(path))
            .map(|(path, _)| path)
            .collect();
        let files: Vec<_> = paths
            .into_par_iter()
            .map(|path| {
                if let Some(tasks) = known.and_then(|known| known.same(snapshot, path, prompts)) {
                    return (path, tasks.to_vec(), Vec::new());
                }
                let (tasks, found) = read_file(snapshot, &dir, path, prompts);
                (path, tasks.into_iter().map(Arc::new).collect(), found)
            })
            .collect();
        let mut suite = Self::default();
        let mut diagnostics = Vec::new();
        let mut tasks = Vec::new();
        for (path, found, problems) in files {
            tasks.extend_from_slice(&found);
            if problems.is_empty() {
                let object = snapshot.id(path).unwrap_or_default().to_owned();
                suite.clean.insert(path.to_owned(), CleanFile { object, tasks: found });
            }
            diagnostics.extend(problems);
        }
        let mut places = Places::new(snapshot);
        apply_overlays(config, settings, &mut tasks, prompts, &mut suite, &mut diagnostics);
        let mut declared: HashMap<(Id, String), String> = HashMap::new();
        for task in tasks {
            let earlier = suite.golden.entry(task.prompt.clone()).or_default();
            let name = (task.prompt.clone(), task.id.folded());
            if let Some(file) = declared.get(&name) {
                let message = format!("the task `{}` of `{}` is declared in `{file}` too", task.id, task.prompt);
                diagnostics.push(Diagnostic::new(Code::DuplicateTask, places.task(&task), message));
                continue;
            }
            if let Some(entry) = prompts.get(&task.prompt)
                && let Some((version, _)) = entry.versions.iter().find(|(_, v)| v.tests.iter().any(|t| t.id == task.id))
            {
                let message = format!("version {version} of `{}` has a test `{}` too", task.prompt, task.id);
                diagnostics.push(Diagnostic::new(Code::DuplicateTask, places.task(&task), message));
                continue;
            }
            declared.insert(name, task.origin.file.clone());
            earlier.push(task);
        }
        suite.golden.retain(|_, tasks| !tasks.is_empty());
        suite.check(snapshot, prompts, &mut diagnostics);
        (suite, diagnostics)
    }

    /// The tasks of the file at `path`, if it and every fixture it uses are the same in `snapshot`, and its prompt is there.
    fn same(&self, snapshot: &Snapshot, path: &str, prompts: &Prompts) -> Option<&[Arc<Task>]> {
        let CleanFile { object, tasks } = self.clean.get(path)?;
        let is = |path: &str, id: &String| {
            snapshot.entry(path).is_some_and(|entry| entry.kind == EntryKind::File && entry.id == *id)
        };
        let same = |task: &Arc<Task>| {
            prompts.get(&task.prompt).is_some() && task.fixtures.iter().all(|(path, id)| is(path, id))
        };
        (is(path, object) && !tasks.is_empty() && tasks.iter().all(same)).then_some(tasks)
    }

    /// Checks every task against the versions it runs on.
    fn check(&self, snapshot: &Snapshot, prompts: &Prompts, diagnostics: &mut Vec<Diagnostic>) {
        let mut places = Places::new(snapshot);
        for (_, entry) in prompts.iter() {
            for prompt in entry.versions.values() {
                for task in self.tasks(prompt) {
                    if task.assertions.is_empty() {
                        let message = format!("the task `{}` asserts nothing", task.id);
                        diagnostics.push(
                            Diagnostic::new(Code::NoAssertion, places.task(&task), message)
                                .help("add `assertions:`, or a shorthand such as `max_tokens: 9000`"),
                        );
                    }
                    // Golden tasks are for the version that serves; older ones may take other inputs.
                    if task.origin.of_version || entry.served == prompt.version {
                        diagnostics.extend(misfits(&task, prompt, &mut places));
                    }
                }
            }
        }
        crate::diagnostic::sort(diagnostics);
    }
}

/// What of a task's input and stubs does not fit a prompt.
fn misfits(task: &Task, prompt: &Prompt, places: &mut Places<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for misfit in bind(&prompt.variables, &task.input).err().unwrap_or_default() {
        let message = format!("task `{}`: {}", task.id, misfit.message);
        let mut diagnostic = Diagnostic::new(Code::BadInput, places.input(task, &misfit.name), message);
        diagnostic.help = misfit.help;
        found.push(diagnostic);
    }
    for tool in task.stubs.keys().filter(|tool| !prompt.tools.iter().any(|declared| declared.name == **tool)) {
        let message =
            format!("task `{}` stubs `{tool}`, which {} {} does not declare", task.id, prompt.id, prompt.version);
        let mut diagnostic = Diagnostic::new(Code::StubWithoutTool, places.stub(task, tool.as_str()), message);
        diagnostic.help = did_you_mean(tool.as_str(), prompt.tools.iter().map(|tool| tool.name.as_str()))
            .map(|near| format!("did you mean `{near}`?"));
        found.push(diagnostic);
    }
    for tool in prompt.tools.iter().filter(|tool| !task.stubs.contains_key(&tool.name)) {
        let message =
            format!("task `{}` has no stub for the tool `{}`; calling it leaves the run unjudged", task.id, tool.name);
        found.push(Diagnostic::new(Code::ToolWithoutStub, places.task(task), message));
    }
    found
}

fn read_file(snapshot: &Snapshot, dir: &str, path: &str, prompts: &Prompts) -> (Vec<Task>, Vec<Diagnostic>) {
    let mut document = match Document::open(snapshot, path) {
        Some(Ok(document)) => document,
        Some(Err(diagnostic)) => return (Vec::new(), vec![*diagnostic]),
        None => return (Vec::new(), Vec::new()),
    };
    let Reading { value, problems: mut diagnostics } = document.read::<TaskFile>();
    diagnostics.extend(document.misread("prompt"));
    let Some(file) = value else { return (Vec::new(), diagnostics) };
    if prompts.get(&file.prompt).is_none() && !prompts.is_broken(&file.prompt) && !prompts.is_passed_over(&file.prompt)
    {
        let near = did_you_mean(file.prompt.as_str(), prompts.ids().map(Id::as_str));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownPrompt,
            document.place(&["prompt".into()]),
            format!("no prompt has the id `{}`", file.prompt),
        );
        diagnostic.help = near.map(|near| format!("did you mean `{near}`?"));
        diagnostics.push(diagnostic);
    }
    let fixtures = GoldenDir { snapshot, dir };
    let mut tasks = Vec::new();
    for (index, mut declared) in file.tasks.into_iter().enumerate() {
        declared.samples = declared.samples.or(file.defaults.samples);
        declared.critical = declared.critical.or(Some(file.defaults.critical));
        declared.family = declared.family.or_else(|| file.defaults.family.clone());
        if declared.models.is_none() && !file.defaults.models.is_empty() {
            declared.models = Some(file.defaults.models.clone());
        }
        let at = ["tasks".into(), index.into()];
        match resolve(declared, &file.prompt, &document, &at, Origin::golden(path), &fixtures) {
            Ok(task) => tasks.push(task),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    (tasks, diagnostics)
}

/// Adds every overlay of the settings to the one task it names.
fn apply_overlays(
    config: &Config,
    settings: Option<&Document>,
    tasks: &mut [Arc<Task>],
    prompts: &Prompts,
    suite: &mut Suite,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (index, overlay) in config.testing.golden_tasks.iter().enumerate() {
        let path = ["testing".into(), "golden_tasks".into(), index.into()];
        let place = || settings.map_or_else(|| Place::file(config::FILE), |document| document.place(&path));
        let added = match added_assertions(overlay) {
            Ok(added) => added,
            Err(problem) => {
                let problem = problem.under(&path);
                diagnostics.push(settings.map_or_else(
                    || Diagnostic::new(Code::BadAssertion, place(), problem.message.clone()),
                    |document| document.diagnose(Code::BadAssertion, &problem),
                ));
                continue;
            }
        };
        let names = |prompt: &Id, task: &Id| match overlay.id.split_once('/') {
            Some((prompt_name, task_name)) => prompt.as_str() == prompt_name && task.as_str() == task_name,
            None => task.as_str() == overlay.id,
        };
        let golden: Vec<usize> =
            tasks.iter().enumerate().filter(|(_, task)| names(&task.prompt, &task.id)).map(|(at, _)| at).collect();
        let versions: Vec<&Arc<Prompt>> = prompts
            .iter()
            .flat_map(|(_, entry)| entry.versions.values())
            .filter(|prompt| prompt.tests.iter().any(|task| names(&prompt.id, &task.id)))
            .collect();
        let mut owners: Vec<&Id> = versions.iter().map(|prompt| &prompt.id).collect();
        owners.dedup();
        match (golden.as_slice(), owners.as_slice()) {
            ([one], []) => {
                tasks[*one] = Arc::new(Task::clone(&tasks[*one]).adding(added));
            }
            ([], [_]) => {
                for prompt in versions {
                    for task in prompt.tests.iter().filter(|task| names(&prompt.id, &task.id)) {
                        let copy = Task::clone(task).adding(added.clone());
                        let key = (prompt.id.clone(), prompt.version.clone(), task.id.clone());
                        suite.overlaid.insert(key, Arc::new(copy));
                    }
                }
            }
            // Its prompt was not read; whoever reads it finds the task, or that it is missing.
            ([], []) if is_passed_over(overlay, prompts) => {}
            ([], []) => {
                let near = did_you_mean(&overlay.id, tasks.iter().map(|task| task.id.as_str()));
                let mut diagnostic =
                    Diagnostic::new(Code::Overlay, place(), format!("no task has the id `{}`", overlay.id));
                diagnostic.help = near.map(|near| format!("did you mean `{near}`?"));
                diagnostics.push(diagnostic);
            }
            _ => {
                let message = format!("several tasks have the id `{}`; write <prompt>/{}", overlay.id, overlay.id);
                diagnostics.push(Diagnostic::new(Code::Overlay, place(), message));
            }
        }
    }
}

fn is_passed_over(overlay: &Overlay, prompts: &Prompts) -> bool {
    let prompt = overlay.id.split_once('/').and_then(|(prompt, _)| Id::new(prompt).ok());
    prompt.is_some_and(|prompt| prompts.is_passed_over(&prompt))
}

fn added_assertions(overlay: &Overlay) -> Result<Vec<Assertion>, crate::yaml::Problem> {
    let mut added =
        shorthands(overlay.expect_stop_reason, overlay.max_tool_calls, overlay.max_tokens, overlay.max_steps);
    for (index, declared) in overlay.assertions.iter().enumerate() {
        let assertion = Assertion::parse(declared).map_err(|p| p.under(&["assertions".into(), index.into()]))?;
        added.push(assertion);
    }
    Ok(added)
}

struct GoldenDir<'a> {
    snapshot: &'a Snapshot,
    dir: &'a str,
}

impl Fixtures for GoldenDir<'_> {
    fn read(&self, path: &str) -> Result<(String, String, String), String> {
        if path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(format!("{path:?} must be a path below `{}/`, without `..`", self.dir));
        }
        let full = if self.dir.is_empty() { path.to_owned() } else { format!("{}/{path}", self.dir) };
        match self.snapshot.entry(&full).map(|entry| entry.kind) {
            Some(EntryKind::Symlink) => return Err(format!("`{full}` is a symbolic link; regild reads files only")),
            Some(EntryKind::Submodule) => return Err(format!("`{full}` is a submodule; regild reads files only")),
            Some(EntryKind::File) | None => {}
        }
        let bytes = self.snapshot.read(&full).map_err(|error| error.message)?;
        let bytes = bytes.ok_or_else(|| format!("there is no file `{full}`"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("`{full}` is not UTF-8"))?;
        let object = self.snapshot.id(&full).unwrap_or_default().to_owned();
        Ok((full, object, text))
    }
}
