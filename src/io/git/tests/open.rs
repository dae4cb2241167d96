use super::*;

#[test]
fn finds_the_nearest_project_root() {
    let project = Project::new();
    project.write("app/regild.yaml", "");
    project.write("app/prompts/a/b.yaml", "");
    let below = Repo::discover(&project.path().join("app/prompts/a"), CONFIG, Ownership::Checked).unwrap();
    assert_eq!(below.root_path().unwrap(), project.path().canonicalize().unwrap().join("app"));
    let top = project.open();
    assert_eq!(top.root_path().as_deref(), top.workdir());
    assert!(!top.is_bare());
}

#[test]
fn says_where_there_is_no_repository() {
    let dir = TempDir::new().unwrap();
    let error = refused(dir.path());
    assert!(error.message.contains("is not inside a git repository"), "{error}");
    assert_hint(&error, "git init");
    assert!(Repo::discover(&dir.path().join("nowhere"), CONFIG, Ownership::Checked).is_err());
}

#[test]
fn each_linked_worktree_has_its_own_private_directory() {
    let project = Project::new();
    let tip = project.commit("main", 1, &[], &[("regild.yaml", "x: 1\n")]);
    let other = TempDir::new().unwrap();
    let path = other.path().join("linked");
    git(project.path(), &["worktree", "add", "-q", path.to_str().unwrap(), "-b", "topic", &tip.to_string()]);
    for (dir, repo) in [(project.path(), project.open()), (path.as_path(), open(&path))] {
        let named = dir.join(git(dir, &["rev-parse", "--git-path", "regild"]));
        let canonical = |path: &Path| path.parent().unwrap().canonicalize().unwrap();
        assert_eq!(canonical(&repo.private_dir()), canonical(&named));
        assert_eq!(repo.private_dir().file_name(), named.file_name());
    }
    let linked = open(&path);
    let head = linked.resolve("HEAD").unwrap();
    assert_eq!(head.id, tip.to_string());
    assert_eq!(paths(&linked.snapshot(&head, &["."]).unwrap()), ["regild.yaml"]);
    assert_eq!(text(&linked.worktree(&["."]).unwrap(), "regild.yaml"), "x: 1\n");
    let trusted = Repo::discover(&path, CONFIG, Ownership::Trusted).unwrap();
    assert_eq!(trusted.workdir(), linked.workdir());
    assert_eq!(trusted.resolve("HEAD").unwrap().id, tip.to_string());
}

#[test]
fn a_bare_repository_has_trees_but_no_working_tree() {
    let project = Project::with(RepositoryInitOptions::new().bare(true));
    project.commit("main", 1, &[], &[("prompts/a.yaml", "a")]);
    for ownership in [Ownership::Checked, Ownership::Trusted] {
        let repo = Repo::discover(project.path(), CONFIG, ownership).unwrap();
        assert!(repo.is_bare() && repo.workdir().is_none() && repo.root_path().is_none());
        let main = repo.resolve("main").unwrap();
        assert_eq!(text(&repo.snapshot(&main, &["prompts"]).unwrap(), "prompts/a.yaml"), "a");
        assert_hint(&repo.worktree(&["."]).unwrap_err(), "--head REF");
    }
}

#[test]
fn reads_sha256_repositories() {
    let dir = TempDir::new().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main", "--object-format=sha256"]);
    std::fs::write(dir.path().join("a.yaml"), "a\n").unwrap();
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "first"]);
    std::fs::write(dir.path().join("b.yaml"), "b\n").unwrap();
    let repo = open(dir.path());
    let main = repo.resolve("main").unwrap();
    assert_eq!(main.id.len(), 64);
    assert_eq!(repo.merge_base(&main, &main).unwrap().id, main.id);
    let (base, head) = (repo.snapshot(&main, &["."]).unwrap(), repo.worktree(&["."]).unwrap());
    assert_eq!(base.id("a.yaml"), head.id("a.yaml"));
    assert_eq!(head.id("b.yaml").unwrap(), git(dir.path(), &["hash-object", "b.yaml"]));
    assert_eq!(text(&base, "a.yaml"), "a\n");
}

#[test]
fn refuses_reftable_with_the_way_out() {
    let dir = TempDir::new().unwrap();
    git(dir.path(), &["init", "-q", "--ref-format=reftable"]);
    assert_hint(&refused(dir.path()), "git refs migrate --ref-format=files");
}

/// Only the superuser can give a directory away; elsewhere this test has nothing to look at.
#[cfg(unix)]
#[test]
fn sec_17_asks_before_reading_what_belongs_to_another_user() {
    let project = Project::new();
    let tip = project.commit("main", 1, &[], &[("a.yaml", "a")]);
    project.write("a.yaml", "a");
    if std::os::unix::fs::chown(project.path(), Some(65_534), None).is_err() {
        return;
    }
    let error = refused(project.path());
    let path = project.path().canonicalize().unwrap();
    assert!(error.message.contains("belongs to another user"), "{error}");
    assert_eq!(error.hints[0], format!("git config --global --add safe.directory {}", path.display()));
    assert_hint(&error, "--trust-repository");

    let trusted = Repo::discover(project.path(), CONFIG, Ownership::Trusted).unwrap();
    assert_eq!(trusted.resolve("HEAD").unwrap().id, tip.to_string());
    assert_eq!(paths(&trusted.worktree(&["."]).unwrap()), ["a.yaml"]);
    assert!(confided(&path));
}

/// Opens `path` in a process whose user trusts it through `safe.directory` and has other settings that must not count.
#[cfg(unix)]
fn confided(path: &Path) -> bool {
    let home = TempDir::new().unwrap();
    let settings = format!("[safe]\n\tdirectory = {}\n[core]\n\texcludesFile = ~/ignored\n", path.display());
    std::fs::write(home.path().join(".gitconfig"), settings).unwrap();
    std::fs::write(home.path().join("ignored"), "*.yaml\n").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "io::git::tests::open::opens_what_safe_directory_names"]);
    child.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path()).env("REGILD_TEST_CONFIDED", path);
    let output = child.output().unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
}

#[cfg(unix)]
#[test]
fn opens_what_safe_directory_names() {
    let Some(path) = std::env::var_os("REGILD_TEST_CONFIDED") else { return };
    let repo = open(Path::new(&path));
    assert_eq!(paths(&repo.worktree(&["."]).unwrap()), ["a.yaml"]);
}
