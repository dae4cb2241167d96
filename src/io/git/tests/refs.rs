use super::*;
use crate::error::ErrorKind;

#[test]
fn resolves_branches_tags_ids_and_expressions() {
    let project = Project::new();
    let first = project.commit("main", 10, &[], &[("a", "1")]);
    let second = project.commit("main", 20, &[first], &[("a", "2")]);
    let target = project.git.find_object(first, None).unwrap();
    let who = Signature::new("test", "test@example.org", &Time::new(99, 0)).unwrap();
    project.git.tag("v1", &target, &who, "annotated", false).unwrap();
    project.git.tag_lightweight("light", &target, false).unwrap();
    let repo = project.open();
    let (first, second) = (first.to_string(), second.to_string());
    for (reference, id) in [
        ("main", &second),
        ("refs/heads/main", &second),
        ("HEAD", &second),
        ("v1", &first),
        ("light", &first),
        ("HEAD~1", &first),
        ("main^", &first),
        (&first, &first),
        (&second[..12], &second),
    ] {
        let commit = repo.resolve(reference).unwrap();
        assert_eq!((&commit.id, commit.reference.as_str()), (id, reference));
    }
    let commit = repo.resolve("v1").unwrap();
    assert_eq!(commit.time, 10, "the committer's time, not the tagger's");
    assert_eq!(commit.tree, git(project.path(), &["rev-parse", "v1^{tree}"]));
}

#[test]
fn an_unknown_ref_comes_with_what_may_be_meant() {
    let project = Project::new();
    project.commit("main", 1, &[], &[]);
    project.commit("release/v2", 1, &[], &[]);
    let repo = project.open();
    let error = repo.resolve("relaese/v2").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Git);
    assert_eq!(error.message, "unknown ref `relaese/v2`");
    assert_eq!(error.hints, ["Did you mean `release/v2`?"]);

    project.git.remote("origin", "https://example.org/x.git").unwrap();
    let fetch = "git fetch origin feature/x:refs/remotes/origin/feature/x";
    assert_hint(&repo.resolve("origin/feature/x").unwrap_err(), fetch);
    assert_hint(&repo.resolve("feature/x").unwrap_err(), fetch);
    for reference in ["origin/x;id", "origin/-x", "HEAD~7", "0123456789abcdef"] {
        let error = repo.resolve(reference).unwrap_err();
        assert!(error.hints.iter().all(|hint| !hint.contains("git fetch")), "SEC-22: {error:?}");
    }
}

#[test]
fn sec_17_refuses_what_is_no_name_of_a_commit() {
    let project = Project::new();
    project.commit("main", 1, &[], &[("a", "1")]);
    let repo = project.open();
    for reference in ["", "-v", "--upload-pack=x", "a\nb", "main..x", "main:a", ":/at", "main^{/at}", "main^{tree}"] {
        assert_eq!(repo.resolve(reference).unwrap_err().kind, ErrorKind::Git, "{reference:?}");
    }
}

#[test]
fn sec_17_a_tag_cannot_stand_in_for_a_branch() {
    let project = Project::new();
    let first = project.commit("main", 1, &[], &[("a", "1")]);
    project.commit("main", 2, &[first], &[("a", "2")]);
    project.git.tag_lightweight("main", &project.git.find_object(first, None).unwrap(), false).unwrap();
    let repo = project.open();
    for reference in ["main", "main~1", "main@{0}"] {
        let error = repo.resolve(reference).unwrap_err();
        assert_eq!(error.hints, ["Write one of: refs/heads/main, refs/tags/main"]);
    }
    assert_eq!(repo.resolve("refs/tags/main").unwrap().id, first.to_string());
}

#[test]
fn an_empty_repository_says_so() {
    let repo = Project::new().open();
    for error in
        [repo.resolve("HEAD").unwrap_err(), repo.resolve("main").unwrap_err(), repo.default_branch().unwrap_err()]
    {
        assert_eq!(error.message, "the repository has no commit yet");
        assert_hint(&error, "--base none");
    }
}

#[test]
fn finds_the_default_branch() {
    let project = Project::new();
    let tip = project.commit("topic", 1, &[], &[]);
    let repo = project.open();
    assert_hint(&repo.default_branch().unwrap_err(), "git remote set-head origin --auto");
    let point = |name: &str| drop(project.git.reference(name, tip, true, "test").unwrap());
    for (reference, expected) in [
        ("refs/heads/master", "master"),
        ("refs/remotes/origin/master", "origin/master"),
        ("refs/heads/main", "main"),
        ("refs/remotes/origin/main", "origin/main"),
    ] {
        point(reference);
        assert_eq!(repo.default_branch().unwrap(), expected);
    }
    let head = |to: &str| drop(project.git.reference_symbolic("refs/remotes/origin/HEAD", to, true, "test").unwrap());
    head("refs/remotes/origin/gone");
    assert_eq!(repo.default_branch().unwrap(), "origin/main");
    point("refs/remotes/origin/trunk");
    head("refs/remotes/origin/trunk");
    assert_eq!(repo.default_branch().unwrap(), "origin/trunk");
}

#[test]
fn finds_the_merge_base() {
    let project = Project::new();
    let root = project.commit("main", 1, &[], &[]);
    let main = project.commit("main", 2, &[root], &[("a", "")]);
    project.commit("topic", 3, &[root], &[("b", "")]);
    let repo = project.open();
    let (one, two) = (repo.resolve("main").unwrap(), repo.resolve("topic").unwrap());
    assert_eq!(repo.merge_base(&one, &two).unwrap().id, root.to_string());
    assert_eq!(repo.merge_base(&one, &one).unwrap().id, main.to_string());

    project.commit("island", 4, &[], &[("c", "")]);
    let error = repo.merge_base(&one, &repo.resolve("island").unwrap()).unwrap_err();
    assert_eq!(error.message, "`main` and `island` have no common history");
    assert_hint(&error, "--base-exact");
}

#[test]
fn several_merge_bases_are_refused() {
    let project = Project::new();
    let root = project.commit("main", 1, &[], &[]);
    let a = project.commit("a", 2, &[root], &[("a", "")]);
    let b = project.commit("b", 3, &[root], &[("b", "")]);
    project.commit("a", 4, &[a, b], &[("a", ""), ("b", "")]);
    project.commit("b", 5, &[b, a], &[("a", ""), ("b", "")]);
    let repo = project.open();
    let error = repo.merge_base(&repo.resolve("a").unwrap(), &repo.resolve("b").unwrap()).unwrap_err();
    assert!(error.message.contains("2 merge bases"), "{error}");
    assert_hint(&error, "--base-exact ");
}
