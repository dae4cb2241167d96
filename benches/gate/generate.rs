//! Projects made from a seed: prompts, golden tasks, and recordings of what the mock provider says to them, in a git repository
//! with two commits. The same sizes give the same bytes.
//!
//! Recordings are made by the library itself, from the sides it reads, so that they replay.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;

use rayon::prelude::*;
use regild::agent::{Agent, Answered, Next};
use regild::changes::{self, Scope};
use regild::mock;
use regild::plan;
use regild::policy::Policy;
use regild::recording::{Provenance, Recording, Sample, Tree, target};
use regild::shelves::{Shelves, Trust};
use regild::side::{OnBadSettings, Side};
use regild::snapshot::{Entry, EntryKind, Origin, Snapshot};
use regild::wire::{self, Key, Parts, digest};

use crate::words::Words;

/// Shared texts that prompts include.
const SHARED: u64 = 12;
/// Tool files that some prompts share.
const TOOL_FILES: u64 = 8;

/// How large a project is.
pub struct Sizes {
    pub prompts: u32,
    /// Golden tasks of each prompt; each is recorded three times.
    pub tasks: u32,
    /// Files that are no business of regild's.
    pub others: u32,
    /// Prompts that the second commit gives a new version.
    pub edited: u32,
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.prompts, self.tasks, self.others, self.edited)
    }
}

impl FromStr for Sizes {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        let [prompts, tasks, others, edited] = numbers[..] else { panic!("four sizes, not {text}") };
        Ok(Self { prompts, tasks, others, edited })
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Makes the repository `root`.
pub fn run(root: &Path, sizes: Sizes) {
    let mut files = Files::new();
    files.insert("regild.yaml".into(), SETTINGS.into());
    for shared in 0..SHARED {
        files.insert(format!("prompts/_shared/tone-{shared}.txt"), shared_text(shared).into_bytes());
    }
    for file in 0..TOOL_FILES {
        files.insert(format!("prompts/_tools/set-{file}.yaml"), tools_file(file).into_bytes());
    }
    for prompt in 0..sizes.prompts {
        let id = format!("prompt-{prompt:04}");
        files.insert(format!("prompts/{id}/v1.0.0.yaml"), prompt_file(prompt, "1.0.0").into_bytes());
        if sizes.tasks > 0 {
            files.insert(format!("golden/{id}.yaml"), task_file(prompt, sizes.tasks).into_bytes());
        }
    }
    for other in 0..sizes.others {
        let mut words = Words::of("other", u64::from(other));
        let text = words.lines(30, "// ");
        files.insert(format!("src/area{:02}/part{:02}/file{other:05}.txt", other % 40, other % 17), text.into_bytes());
    }
    record(&mut files);
    let base = files.clone();
    for prompt in (0..sizes.edited).map(|edited| edited * (sizes.prompts / sizes.edited)) {
        let path = format!("prompts/prompt-{prompt:04}/v1.1.0.yaml");
        files.insert(path, prompt_file(prompt, "1.1.0").into_bytes());
    }
    record(&mut files);
    commit(root, &[base, files]);
}

const SETTINGS: &str = "prompts: {dir: prompts}
testing: {dir: golden, models: [stand-in], samples: 3}
models:
  stand-in: {provider: mock, parameters: {temperature: 0}}
traffic:
  prompt-0000: {requests_per_month: 120000}
";

fn shared_text(number: u64) -> String {
    Words::of("shared", number).lines(6, "- ")
}

fn tools_file(number: u64) -> String {
    let mut words = Words::of("tools", number);
    let tool = |name: &str, words: &mut Words| {
        format!(
            "- name: {name}\n  description: {}\n  input_schema:\n    type: object\n    additionalProperties: false\n    \
             required: [key]\n    properties:\n      key: {{type: string, minLength: 1}}\n      limit: {{type: integer, minimum: 1}}\n",
            words.sentence(9)
        )
    };
    ["find_entry", "read_entry"].map(|name| tool(name, &mut words)).concat()
}

/// Every third prompt has tools.
fn has_tools(prompt: u32) -> bool {
    prompt.is_multiple_of(3)
}

/// 30 to 80 lines, as people write them.
fn prompt_file(prompt: u32, version: &str) -> String {
    let mut words = Words::of(version, u64::from(prompt));
    let mut text = format!(
        "id: prompt-{prompt:04}\nversion: {version}\ndescription: \"{}\"\nauthor: \"team-{}@example.com\"\nowner: \"team-{}\"\n\
         created_at: \"2026-03-{:02}\"\ntags: [\"generated\", \"{}\"]\n\nsystem: |\n{}",
        words.sentence(8),
        prompt % 9,
        prompt % 9,
        prompt % 28 + 1,
        words.word(),
        words.lines(3, "  "),
    );
    if prompt.is_multiple_of(2) {
        text.push_str(&format!("\n  {{% include \"_shared/tone-{}.txt\" %}}\n", u64::from(prompt) % SHARED));
    }
    text.push_str("\ntemplate: |\n");
    let (above, below) = (words.below(8) + 4, words.below(8) + 3);
    text.push_str(&words.lines(above, "  "));
    text.push_str("\n  {% if tone == \"formal\" %}Answer formally.{% else %}Answer as to a friend.{% endif %}\n");
    text.push_str("  At most {{ limit }} sentences.\n\n");
    text.push_str(&words.lines(below, "  - "));
    text.push_str("\n  Question: {{ question }}\n");
    if has_tools(prompt) {
        text.push_str(&format!("\ntools: _tools/set-{}.yaml\n", u64::from(prompt) % TOOL_FILES));
    }
    text.push_str(VARIABLES);
    text.push_str("\nexamples:\n");
    for _ in 0..=words.below(3) {
        let (question, answer) = (words.sentence(9), words.sentence(12));
        text.push_str(&format!("  - input: {{question: \"{question}\", tone: formal}}\n    output: \"{answer}\"\n"));
    }
    text
}

const VARIABLES: &str = "
variables:
  - name: question
    type: string
    description: \"What the customer asks\"
    validation: {min_length: 1, max_length: 4000}

  - name: tone
    type: string
    enum: [formal, friendly]
    required: false
    default: friendly

  - name: limit
    type: integer
    required: false
    default: 4
    validation: {min: 1, max: 40}
";

fn task_file(prompt: u32, tasks: u32) -> String {
    let mut text = format!("prompt: prompt-{prompt:04}\ndefaults: {{samples: 3}}\n\ntasks:\n");
    for task in 0..tasks {
        let mut words = Words::of("task", u64::from(prompt) << 16 | u64::from(task));
        let (key, (question, name)) = (words.word(), (words.sentence(14), words.word()));
        text.push_str(&format!("  - id: case-{task:02}-{name}\n    description: {}\n", words.sentence(10)));
        text.push_str(&format!("    input: {{question: \"{question} About {key}.\", tone: formal}}\n"));
        let mut steps = String::new();
        if has_tools(prompt) {
            let found = words.sentence(12);
            text.push_str(&format!(
                "    tools:\n      find_entry:\n        - when: {{key: {key}}}\n          returns: {{number: {task}, title: \"{found}\"}}\n      \
                 read_entry:\n        - returns: {{text: \"{}\"}}\n",
                words.sentence(30)
            ));
            steps.push_str(&format!("          - tool_calls: [{{name: find_entry, args: {{key: {key}}}}}]\n"));
            steps
                .push_str(&format!("          - tool_calls: [{{name: read_entry, args: {{key: {key}, limit: 3}}}}]\n"));
            text.push_str("    max_tool_calls: 4\n");
        }
        let mut answer = words.lines(7, "              ");
        answer.push_str(&format!("              That is all about {key}.\n"));
        steps.push_str(&format!("          - text: |-\n{answer}"));
        text.push_str(&format!(
            "    expect_stop_reason: finish\n    max_tokens: 9000\n    assertions:\n      \
             - {{type: contains_keywords, keywords: [{key}, about]}}\n      - {{type: max_word_count, value: 400}}\n      \
             - {{type: forbidden_phrases, phrases: [\"as an AI\", \"I cannot\"]}}\n      \
             - {{type: matches, pattern: '(?m)^That is all about [a-z]+\\.$'}}\n    \
             mock:\n      - noise: 0.1\n        steps:\n{steps}\n"
        ));
    }
    text
}

/// Adds the recordings that the files still lack, as the mock provider answers.
fn record(files: &mut Files) {
    let side = Side::read(snapshot(files), "regild.yaml", OnBadSettings::Stop).unwrap();
    assert!(side.diagnostics.is_empty(), "{:#?}", side.diagnostics);
    let empty = Side::read(Snapshot::empty(), "regild.yaml", OnBadSettings::Stop).unwrap();
    let policy = Policy::first_adoption(&side);
    let changes = changes::between(&empty, &side, &policy, Scope::All);
    let (cells, gaps) = plan::cells(&changes, &empty, &side, &policy, &[]);
    assert!(gaps.iter().all(|gap| matches!(gap, plan::Gap::Untested { .. })), "{gaps:?}");
    let shelves = Shelves::new(&empty, &side, &policy);
    let lacking = cells.par_iter().filter(|cell| {
        let address = cell.address(Tree::Head).unwrap();
        shelves.head.object(&address).is_none()
    });
    let made: Vec<(String, Vec<u8>)> = lacking
        .map(|cell| {
            let (address, cell_side) = (cell.address(Tree::Head).unwrap(), cell.head.as_ref().unwrap());
            let ask = shelves.ask(cell, Tree::Head, Trust::Head).unwrap().unwrap();
            let samples = (0..cell_side.samples).map(|number| {
                let mut agent = Agent::new(&ask.setup);
                loop {
                    let request = agent.request();
                    let (key, parts) = (Key::of(request), Parts::of(request));
                    let (body, latency_ms) = mock::answer(&cell_side.task.script, request, &key, agent.steps(), number);
                    let reply = wire::decode(request, &body).unwrap();
                    match agent.next(Answered { key, parts, body, reply, latency_ms }) {
                        Next::Ask => {}
                        Next::Done(run) => break Sample::of(number, &ask.prompt_id, &run),
                        Next::Unjudged(reason) => panic!("{address}: {reason}"),
                    }
                }
            });
            let provenance = Provenance {
                recorded_at: "2026-03-01T00:00:00Z".into(),
                by: "regild benchmark".into(),
                stand_in: true,
                edited: false,
            };
            let target = target(&cell_side.alias, &address.alias);
            let recording = Recording::new(&address, target, samples.collect(), provenance);
            (shelves.head.path(&address), recording.to_bytes())
        })
        .collect();
    files.extend(made);
}

fn snapshot(files: &Files) -> Snapshot {
    let (mut entries, mut blobs) = (BTreeMap::new(), BTreeMap::new());
    for (path, bytes) in files {
        let id = digest(&(path, bytes.len()));
        entries.insert(path.clone(), Entry { id: id.clone(), kind: EntryKind::File });
        blobs.insert(id, bytes.clone());
    }
    let origin = Origin { reference: "generated".into(), commit: None, tree: "generated".into(), time: 0 };
    Snapshot::new(origin, entries, Arc::new(blobs))
}

/// Writes the states as commits of `main`, one after the other, and checks out the last.
fn commit(root: &Path, states: &[Files]) {
    std::fs::create_dir_all(root).unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "gc.auto=0"]).args(arguments).current_dir(root);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    };
    assert!(git(&["init", "--quiet", "--initial-branch", "main", "."]).status().unwrap().success());
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stream = std::io::BufWriter::new(import.stdin.take().unwrap());
    let none = Files::new();
    for (number, files) in states.iter().enumerate() {
        let time = 1_772_000_000 + number;
        let who = format!("Benchmark <benchmark@example.com> {time} +0000");
        write!(stream, "commit refs/heads/main\ncommitter {who}\ndata 1\n{number}\n").unwrap();
        let before = number.checked_sub(1).map_or(&none, |before| &states[before]);
        for (path, bytes) in files.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)) {
            write!(stream, "M 100644 inline {path}\ndata {}\n", bytes.len()).unwrap();
            stream.write_all(bytes).unwrap();
            stream.write_all(b"\n").unwrap();
        }
    }
    drop(stream.into_inner().unwrap());
    assert!(import.wait().unwrap().success());
    assert!(git(&["reset", "--quiet", "--hard", "main"]).status().unwrap().success());
}
