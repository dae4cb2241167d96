use super::*;
use crate::snapshot::EntryKind;

#[test]
fn holds_what_git_would_commit() {
    let project = Project::new();
    project.write(".gitignore", "*.log\nbuild/\n");
    project.write("prompts/tracked.yaml", "old");
    project.write("prompts/deleted.yaml", "gone");
    project.write("prompts/forced.log", "forced");
    project.write("prompts/build/forced.yaml", "forced");
    project.track(&["prompts/tracked.yaml", "prompts/deleted.yaml", "prompts/forced.log", "prompts/build/forced.yaml"]);
    std::fs::remove_file(project.path().join("prompts/deleted.yaml")).unwrap();
    project.write("prompts/tracked.yaml", "new");
    project.write("prompts/untracked.yaml", "untracked");
    project.write("prompts/ignored.log", "ignored");
    project.write("prompts/build/ignored.yaml", "ignored");
    project.write("golden/build/ignored.yaml", "ignored");
    project.write("elsewhere.yaml", "not asked for");
    let repo = project.open();
    let snapshot = repo.worktree(&["prompts", "golden", "missing"]).unwrap();
    assert_eq!(
        paths(&snapshot),
        ["prompts/build/forced.yaml", "prompts/forced.log", "prompts/tracked.yaml", "prompts/untracked.yaml"]
    );
    assert_eq!(text(&snapshot, "prompts/tracked.yaml"), "new");
    let id = git(project.path(), &["hash-object", "prompts/tracked.yaml"]);
    assert_eq!(snapshot.id("prompts/tracked.yaml"), Some(id.as_str()));
    assert_eq!(repo.worktree_file("elsewhere.yaml").unwrap().unwrap(), b"not asked for");
    assert_eq!(repo.worktree_file("prompts").unwrap(), None);
}

#[test]
fn its_origin_tells_contents_apart() {
    let project = Project::new();
    project.write("a.yaml", "1");
    let repo = project.open();
    let before = repo.worktree(&["."]).unwrap().origin;
    assert_eq!((before.reference.as_str(), before.commit.as_ref(), before.time), ("worktree", None, 0));
    assert_eq!(before.tree.len(), "worktree:".len() + 40);
    project.commit("main", 77, &[], &[("a.yaml", "1")]);
    let same = repo.worktree(&["."]).unwrap().origin;
    assert_eq!((&same.tree, same.time), (&before.tree, 77));
    project.write("a.yaml", "2");
    assert_ne!(repo.worktree(&["."]).unwrap().origin.tree, before.tree);
}

#[test]
fn crlf_reads_as_lf_except_where_it_was_committed() {
    let project = Project::new();
    project.write("lf.yaml", "a\nb\n");
    project.write("crlf.yaml", "a\r\nb\r\n");
    project.write("edited.yaml", "a\r\nb\r\n");
    project.track(&["lf.yaml", "crlf.yaml", "edited.yaml"]);
    project.write("lf.yaml", "a\r\nb\r\n");
    project.write("edited.yaml", "a\r\nc\r\n");
    project.write("new.yaml", "n\r\n");
    project.write("new.bin", "\0\r\n");
    let snapshot = project.open().worktree(&["."]).unwrap();
    assert_eq!(snapshot.id("lf.yaml").unwrap(), git(project.path(), &["rev-parse", ":lf.yaml"]));
    assert_eq!(snapshot.id("crlf.yaml").unwrap(), git(project.path(), &["rev-parse", ":crlf.yaml"]));
    assert_eq!(text(&snapshot, "lf.yaml"), "a\nb\n");
    assert_eq!(text(&snapshot, "crlf.yaml"), "a\r\nb\r\n");
    assert_eq!(text(&snapshot, "edited.yaml"), "a\r\nc\r\n");
    assert_eq!(text(&snapshot, "new.yaml"), "n\n");
    assert_eq!(text(&snapshot, "new.bin"), "\0\r\n");
    git(project.path(), &["-c", "core.autocrlf=true", "add", "new.yaml", "edited.yaml"]);
    for path in ["new.yaml", "edited.yaml"] {
        assert_eq!(snapshot.id(path).unwrap(), git(project.path(), &["rev-parse", &format!(":{path}")]));
    }
}

#[cfg(unix)]
#[test]
fn sec_06_links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let project = Project::new();
    let outside = TempDir::new().unwrap();
    std::fs::write(outside.path().join("secret.yaml"), "secret").unwrap();
    project.write("prompts/a.yaml", "a");
    symlink(outside.path().join("secret.yaml"), project.path().join("prompts/link.yaml")).unwrap();
    symlink(outside.path(), project.path().join("golden")).unwrap();
    let repo = project.open();
    let snapshot = repo.worktree(&["prompts", "golden/tasks"]).unwrap();
    assert_eq!(paths(&snapshot), ["golden", "prompts/a.yaml", "prompts/link.yaml"]);
    assert_eq!(snapshot.entry("golden").unwrap().kind, EntryKind::Symlink);
    assert_eq!(snapshot.entry("prompts/link.yaml").unwrap().kind, EntryKind::Symlink);
    assert_eq!(snapshot.read("prompts/link.yaml").unwrap(), None);
    assert_eq!(repo.worktree_file("golden/secret.yaml").unwrap(), None);
    for path in ["../x", ".git/config", "/etc/passwd"] {
        assert!(repo.worktree_file(path).is_err(), "{path}");
    }
}

#[test]
fn other_repositories_inside_are_not_read() {
    let project = Project::new();
    project.write("prompts/a.yaml", "a");
    let inner = Project::new();
    inner.commit("main", 1, &[], &[("b.yaml", "b")]);
    let url = inner.url();
    let allow = ["-c", "protocol.file.allow=always"];
    git(project.path(), &[&allow[..], &["submodule", "add", "-q", "-b", "main", &url, "prompts/sub"]].concat());
    git(project.path(), &["clone", "-q", &url, "prompts/stray"]);
    let repo = project.open();
    let snapshot = repo.worktree(&["prompts"]).unwrap();
    assert_eq!(paths(&snapshot), ["prompts/a.yaml", "prompts/stray", "prompts/sub"]);
    let sub = snapshot.entry("prompts/sub").unwrap();
    assert_eq!((sub.kind, &sub.id), (EntryKind::Submodule, &git(inner.path(), &["rev-parse", "main"])));
    assert_eq!(snapshot.entry("prompts/stray").unwrap().kind, EntryKind::Submodule);
    assert_eq!(paths(&repo.worktree(&["prompts/sub/b.yaml"]).unwrap()), ["prompts/sub"]);
}

#[test]
fn a_project_below_the_top_sees_only_itself() {
    let project = Project::new();
    project.write("apps/bot/regild.yaml", "r");
    project.write("apps/bot/.gitignore", "/local.yaml\n");
    project.write("apps/bot/local.yaml", "ignored");
    project.write("apps/bot2/x.yaml", "x");
    project.track(&["apps/bot/regild.yaml", "apps/bot2/x.yaml"]);
    let repo = Repo::discover(&project.path().join("apps/bot"), CONFIG, Ownership::Checked).unwrap();
    assert_eq!(paths(&repo.worktree(&["."]).unwrap()), [".gitignore", "regild.yaml"]);
}

#[test]
fn a_sparse_checkout_deletes_nothing() {
    let project = Project::new();
    project.commit("main", 1, &[], &[("prompts/a.yaml", "a"), ("golden/t.yaml", "t"), ("top.yaml", "x")]);
    let (_dir, path) = clone(&project, &["--sparse"]);
    assert!(!path.join("golden").exists());
    let repo = open(&path);
    let snapshot = repo.worktree(&["."]).unwrap();
    assert_eq!(paths(&snapshot), ["golden/t.yaml", "prompts/a.yaml", "top.yaml"]);
    assert_eq!(text(&snapshot, "golden/t.yaml"), "t");

    git(&path, &["sparse-checkout", "reapply", "--sparse-index"]);
    assert_hint(&repo.worktree(&["."]).unwrap_err(), "git sparse-checkout reapply --no-sparse-index");
    git(&path, &["sparse-checkout", "reapply", "--no-sparse-index"]);
    assert_eq!(repo.worktree(&["."]).unwrap().origin.tree, snapshot.origin.tree);
}

#[test]
fn sec_25_a_file_over_the_limit_is_listed_and_not_read() {
    let project = Project::new();
    let file = std::fs::File::create(project.path().join("large")).unwrap();
    file.set_len((16 << 20) + 1).unwrap();
    let snapshot = project.open().worktree(&["."]).unwrap();
    assert_eq!(snapshot.id("large").unwrap(), git(project.path(), &["hash-object", "large"]));
    assert_eq!(snapshot.read("large").unwrap_err().kind, crate::error::ErrorKind::Limit);
}
