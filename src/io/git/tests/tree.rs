use std::thread;

use super::*;
use crate::error::ErrorKind;
use crate::snapshot::EntryKind;

#[test]
fn reads_only_what_is_asked_for() {
    let project = Project::new();
    let files = [("regild.yaml", "r"), ("prompts/a/b.yaml", "b"), ("prompts.yaml", "p"), ("src/main.rs", "m")];
    project.commit("main", 42, &[], &files);
    let repo = project.open();
    let main = repo.resolve("main").unwrap();
    let snapshot = repo.snapshot(&main, &["regild.yaml", "./prompts/", "missing", "regild.yaml/x"]).unwrap();
    assert_eq!(paths(&snapshot), ["prompts/a/b.yaml", "regild.yaml"]);
    assert_eq!(text(&snapshot, "prompts/a/b.yaml"), "b");
    assert_eq!(snapshot.id("regild.yaml").unwrap(), git(project.path(), &["rev-parse", "main:regild.yaml"]));
    assert_eq!((snapshot.origin.reference.as_str(), snapshot.origin.time), ("main", 42));
    assert_eq!(snapshot.origin.commit.as_ref(), Some(&main.id));
    assert_eq!(snapshot.origin.tree, main.tree);
    assert_eq!(repo.read_file(&main, "src/main.rs").unwrap().unwrap(), b"m");
    assert_eq!(repo.read_file(&main, "prompts").unwrap(), None);
}

#[test]
fn paths_are_relative_to_the_project_root() {
    let project = Project::new();
    let before = project.commit("main", 1, &[], &[("other/x", "x"), ("prompts/top.yaml", "t")]);
    project.commit("main", 2, &[before], &[("apps/bot/regild.yaml", "r"), ("apps/bot/prompts/a.yaml", "a")]);
    project.write("apps/bot/regild.yaml", "r");
    let repo = Repo::discover(&project.path().join("apps/bot"), CONFIG, Ownership::Checked).unwrap();
    let main = repo.resolve("main").unwrap();
    assert_eq!(paths(&repo.snapshot(&main, &["prompts"]).unwrap()), ["prompts/a.yaml"]);
    let before = repo.resolve("main~1").unwrap();
    assert_eq!(paths(&repo.snapshot(&before, &["prompts", "."]).unwrap()), Vec::<&str>::new());
}

#[test]
fn sec_06_links_and_submodules_are_listed_and_not_followed() {
    let project = Project::new();
    let secret = project.git.blob(b"/etc/passwd").unwrap();
    let mut update = TreeUpdateBuilder::new();
    update.upsert("prompts/link.yaml", secret, FileMode::Link);
    update.upsert("prompts/sub", secret, FileMode::Commit);
    update.upsert("prompts/run.sh", secret, FileMode::BlobExecutable);
    update.upsert("golden", secret, FileMode::Link);
    let tree = update.create_updated(&project.git, &project.empty_tree()).unwrap();
    project.commit_tree("main", 1, &[], tree);
    let repo = project.open();
    let main = repo.resolve("main").unwrap();
    let snapshot = repo.snapshot(&main, &["prompts", "golden/tasks"]).unwrap();
    let kinds = snapshot.below("").map(|(path, entry)| (path, entry.kind)).collect::<Vec<_>>();
    assert_eq!(
        kinds,
        [
            ("golden", EntryKind::Symlink),
            ("prompts/link.yaml", EntryKind::Symlink),
            ("prompts/run.sh", EntryKind::File),
            ("prompts/sub", EntryKind::Submodule)
        ]
    );
    assert_eq!(snapshot.read("prompts/link.yaml").unwrap(), None);
    assert!(repo.snapshot(&main, &["prompts/../.git"]).is_err());
}

#[test]
fn sec_25_a_file_over_the_limit_is_refused_by_its_header() {
    let project = Project::new();
    let large = "x".repeat((16 << 20) + 1);
    project.commit("main", 1, &[], &[("fits", &large[1..]), ("large", &large)]);
    let repo = project.open();
    let snapshot = repo.snapshot(&repo.resolve("main").unwrap(), &["."]).unwrap();
    assert_eq!(snapshot.read("fits").unwrap().unwrap().len(), 16 << 20);
    let error = snapshot.read("large").unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Limit, "large: a file of 16.0 MiB is over the limit of 16 MiB")
    );
}

/// Ten directories, each of which holds one directory of ten, and so on: a few objects that unfold without end.
#[test]
fn sec_25_a_tree_that_unfolds_without_end_is_cut_short() {
    let project = Project::new();
    let mut tree = project.empty_tree().id();
    for _ in 0..20 {
        let mut builder = project.git.treebuilder(None).unwrap();
        for name in 0..10 {
            builder.insert(name.to_string(), tree, 0o040_000).unwrap();
        }
        tree = builder.write().unwrap();
    }
    project.commit_tree("main", 1, &[], tree);
    let repo = project.open();
    let error = repo.snapshot(&repo.resolve("main").unwrap(), &["."]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[test]
fn sec_06_names_that_git_would_not_write_are_refused() {
    let project = Project::new();
    let blob = project.git.blob(b"x").unwrap();
    for name in ["..", ".git", "a/b", "\u{ff}"] {
        let name: Vec<u8> = if name.is_ascii() { name.into() } else { vec![0xff] };
        let raw = [b"100644 ", name.as_slice(), b"\0", blob.as_bytes()].concat();
        let tree = project.git.odb().unwrap().write(git2::ObjectType::Tree, &raw).unwrap();
        project.commit_tree("main", 1, &[], tree);
        let repo = project.open();
        let error = repo.snapshot(&repo.resolve("main").unwrap(), &["."]).unwrap_err();
        assert!(error.message.contains("cannot be used"), "{error}");
    }
}

#[test]
fn many_threads_read_at_once() {
    let project = Project::new();
    let texts = (0..200).map(|i| (format!("p/{i}"), format!("text {i}"))).collect::<Vec<_>>();
    let files = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>();
    project.commit("main", 1, &[], &files);
    let repo = project.open();
    let snapshot = repo.snapshot(&repo.resolve("main").unwrap(), &["p"]).unwrap();
    drop(repo);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| texts.iter().for_each(|(path, expected)| assert_eq!(&text(&snapshot, path), expected)));
        }
    });
}

#[test]
fn reads_objects_that_another_repository_lends() {
    let project = Project::new();
    project.commit("main", 1, &[], &[("a", "lent")]);
    let dir = TempDir::new().unwrap();
    git(dir.path(), &["clone", "-q", "--shared", project.path().to_str().unwrap(), "clone"]);
    let repo = open(&dir.path().join("clone"));
    assert_eq!(repo.read_file(&repo.resolve("main").unwrap(), "a").unwrap().unwrap(), b"lent");
}
