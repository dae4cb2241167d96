use super::*;

/// A line of commits `c1` to `c6`, with `topic` branching off `c5`.
fn line() -> Project {
    let project = Project::new();
    let mut tip = None;
    let mut fifth = None;
    for at in 1..=6 {
        let text = at.to_string();
        let parents = tip.into_iter().collect::<Vec<_>>();
        tip = Some(project.commit("main", at, &parents, &[("a", &text)]));
        if at == 5 {
            fifth = tip;
        }
    }
    project.commit("topic", 7, &[fifth.unwrap()], &[("a", "topic")]);
    project
}

#[test]
fn a_parent_beyond_the_boundary_asks_for_more_history() {
    let project = line();
    let (_dir, path) = clone(&project, &["--depth", "1"]);
    let repo = open(&path);
    let head = repo.resolve("HEAD").unwrap();
    assert_eq!(repo.read_file(&head, "a").unwrap().unwrap(), b"6");
    assert_eq!(repo.merge_base(&head, &head).unwrap().id, head.id);
    let error = repo.resolve("HEAD~1").unwrap_err();
    assert_hint(&error, "fetch-depth: 0");
    assert_hint(&error, "git fetch --unshallow");
    assert_hint(&repo.resolve("topic").unwrap_err(), "git fetch origin topic:refs/remotes/origin/topic");

    git(&path, &["fetch", "-q", "origin", "topic:refs/remotes/origin/topic"]);
    assert_eq!(repo.resolve("origin/topic").unwrap().id, repo.resolve("FETCH_HEAD").unwrap().id);
}

#[test]
fn a_shallow_clone_that_reaches_the_merge_base_will_do() {
    let project = line();
    let base = project.git.revparse_single("main~1").unwrap().id().to_string();
    for (depth, is_deep_enough) in [("1", false), ("2", true), ("4", true)] {
        let (_dir, path) = clone(&project, &["--depth", depth, "--no-single-branch"]);
        let repo = open(&path);
        let (main, topic) = (repo.resolve("origin/main").unwrap(), repo.resolve("origin/topic").unwrap());
        match repo.merge_base(&main, &topic) {
            Ok(found) => assert!(is_deep_enough && found.id == base, "depth {depth}"),
            Err(error) => {
                assert!(!is_deep_enough, "depth {depth}: {error}");
                assert_hint(&error, "fetch-depth: 0");
            }
        }
    }
}

/// `topic` took main's `c` in long ago, but the way there is cut off, while a detour still reaches the older `a`. Git then
/// calls `a` the merge base and reports no doubt.
fn detour() -> Project {
    let project = Project::new();
    let a = project.commit("main", 1, &[], &[("f", "a")]);
    let b = project.commit("main", 2, &[a], &[("f", "b")]);
    let c = project.commit("main", 3, &[b], &[("f", "c")]);
    let side = project.commit("side", 4, &[a], &[("f", "side")]);
    project.commit("main", 5, &[c, side], &[("f", "d")]);
    let took = project.commit("topic", 6, &[c], &[("f", "took")]);
    let next = project.commit("topic", 7, &[took], &[("f", "next")]);
    let next = project.commit("topic", 8, &[next], &[("f", "next")]);
    let old = project.commit("old", 9, &[a], &[("f", "old")]);
    project.commit("topic", 10, &[next, old], &[("f", "tip")]);
    project
}

#[test]
fn a_merge_base_that_a_shallow_clone_makes_up_is_refused() {
    let project = detour();
    let whole = project.open();
    let (main, topic) = (whole.resolve("main").unwrap(), whole.resolve("topic").unwrap());
    let right = whole.merge_base(&main, &topic).unwrap().id;

    let (_dir, path) = clone(&project, &["--depth", "3", "--no-single-branch"]);
    let made_up = git(&path, &["merge-base", "origin/main", "origin/topic"]);
    assert_ne!(made_up, right, "this history no longer shows the trap");
    let repo = open(&path);
    let error = repo.merge_base(&main, &topic).unwrap_err();
    assert_hint(&error, "fetch-depth: 0");

    git(&path, &["fetch", "-q", "--unshallow"]);
    assert_eq!(open(&path).merge_base(&main, &topic).unwrap().id, right);
}

#[test]
fn no_way_of_opening_a_shallow_clone_makes_a_merge_base_up() {
    let project = detour();
    let whole = project.open();
    let (main, topic) = (whole.resolve("main").unwrap(), whole.resolve("topic").unwrap());
    let (dir, path) = clone(&project, &["--depth", "3", "--no-single-branch"]);
    let linked = dir.path().join("linked");
    git(&path, &["worktree", "add", "-q", linked.to_str().unwrap(), "origin/topic"]);
    for (path, ownership) in [(&linked, Ownership::Checked), (&linked, Ownership::Trusted), (&path, Ownership::Trusted)]
    {
        let repo = Repo::discover(path, CONFIG, ownership).unwrap();
        assert_hint(&repo.merge_base(&main, &topic).unwrap_err(), "fetch-depth: 0");
    }
}

#[test]
fn a_partial_clone_says_how_to_fill_it() {
    let project = line();
    git(project.path(), &["config", "uploadpack.allowFilter", "true"]);
    let (_dir, path) = clone(&project, &["--filter=blob:none", "--no-checkout"]);
    let repo = open(&path);
    let head = repo.resolve("HEAD").unwrap();
    let error = repo.snapshot(&head, &["."]).unwrap().read("a").unwrap_err();
    assert!(error.message.starts_with("a: object "), "{error}");
    assert_hint(&error, "git fetch --refetch --no-filter");

    git(&path, &["fetch", "-q", "--refetch", "--no-filter"]);
    assert_eq!(repo.read_file(&head, "a").unwrap().unwrap(), b"6", "the hint works, even while open");
}
