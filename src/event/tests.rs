//! Events as payloads describe them: what is read, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NOTHING: &str = "0000000000000000000000000000000000000000";

fn read(name: &str, payload: &Value) -> Result<Option<Event>> {
    let mut payload = payload.clone();
    if payload.get("repository").is_none() {
        payload["repository"] = json!({"id": 1, "full_name": "o/r", "default_branch": "main"});
    }
    Event::read(name, payload.to_string().as_bytes())
}

fn pull(head_repo: Value) -> Value {
    json!({"pull_request": {"number": 7,
        "base": {"ref": "main", "sha": A, "repo": {"id": 1}}, "head": {"ref": "x", "sha": B, "repo": head_repo}}})
}

#[test]
fn a_head_of_another_repository_or_of_none_is_untrusted() {
    for (repo, untrusted) in [(json!({"id": 1}), false), (json!({"id": 2}), true), (Value::Null, true)] {
        let event = read("pull_request", &pull(repo)).unwrap().unwrap();
        assert_eq!(event.is_untrusted(), untrusted);
        assert_eq!((event.pull_request(), event.head(), event.is_guarded()), (Some(7), Some(B), false));
    }
    let both_gone = json!({"pull_request": {"number": 7,
        "base": {"ref": "main", "sha": A, "repo": null}, "head": {"ref": "x", "sha": B, "repo": null}}});
    assert!(read("pull_request", &both_gone).unwrap().unwrap().is_untrusted());
    assert!(read("pull_request_target", &pull(json!({"id": 1}))).unwrap().unwrap().is_guarded());
    for name in ["pull_request_review", "pull_request_review_comment"] {
        assert!(read(name, &pull(json!({"id": 2}))).unwrap().unwrap().is_untrusted(), "{name}");
    }
}

#[test]
fn a_push_has_a_before_unless_the_branch_is_new() {
    let push = |before: &str, after: &str, name: &str| {
        read("push", &json!({"ref": name, "before": before, "after": after})).unwrap().map(|event| event.kind)
    };
    let kind = |before: Option<&str>, branch: Option<&str>| {
        let (before, branch) = (before.map(str::to_owned), branch.map(str::to_owned));
        Some(Kind::Push { before, after: B.into(), branch })
    };
    assert_eq!(push(A, B, "refs/heads/a/b"), kind(Some(A), Some("a/b")));
    assert_eq!(push(NOTHING, B, "refs/heads/new"), kind(None, Some("new")));
    assert_eq!(push(NOTHING, B, "refs/tags/v1"), kind(None, None));
    assert_eq!(push(A, NOTHING, "refs/heads/gone"), None);
}

#[test]
fn a_queue_names_its_pull_request() {
    for (name, number) in [
        (format!("refs/heads/gh-readonly-queue/main/pr-12-{A}"), Some(12)),
        (format!("refs/heads/gh-readonly-queue/release/1.x/pr-3-{A}"), Some(3)),
        ("refs/heads/main".into(), None),
        ("refs/heads/gh-readonly-queue/main/pr-x-1".into(), None),
    ] {
        let group = json!({"merge_group": {"base_sha": A, "head_sha": B, "head_ref": name}});
        assert_eq!(read("merge_group", &group).unwrap().unwrap().pull_request(), number, "{name}");
    }
}

#[test]
fn words_that_git_or_a_shell_could_act_on_are_refused() {
    let with = |pointer: &str, value: &str| {
        let mut payload = pull(json!({"id": 1}));
        *payload.pointer_mut(pointer).unwrap() = value.into();
        read("pull_request", &payload).unwrap_err().message
    };
    for (pointer, value, says) in [
        ("/pull_request/base/ref", "-x", "not the name of a branch"),
        ("/pull_request/base/ref", "a..b", "not the name of a branch"),
        ("/pull_request/base/ref", "a b", "not the name of a branch"),
        ("/pull_request/base/ref", "a\u{1b}", "`a\\u{1b}`"),
        ("/pull_request/head/sha", "HEAD", "not a full commit id"),
        ("/pull_request/base/sha", "abc", "not a full commit id"),
    ] {
        assert!(with(pointer, value).contains(says), "{pointer} {value}");
    }
    let odd = json!({"repository": {"id": 1, "full_name": "o/r; x"}});
    assert!(read("schedule", &odd).is_err());
    assert!(Event::read("push", b"not json").unwrap_err().message.contains("`push` cannot be read"));
    assert!(read("issue_comment", &json!({})).unwrap().unwrap().is_untrusted(), "anybody's code may be checked out");
}

proptest! {
    /// Whatever a payload holds, reading ends, and what comes out is safe to hand to git.
    #[test]
    fn any_payload_is_read_or_refused(
        name in prop::sample::select(vec!["pull_request", "push", "merge_group", "workflow_run", "schedule"]),
        base in "\\PC{0,12}|[0-9a-f]{40}|0{40}|0{64}", head in "\\PC{0,12}|[0-9a-f]{64}", text in "\\PC{0,20}",
    ) {
        let payload = json!({"ref": text, "before": base, "after": head,
            "pull_request": {"number": 1, "base": {"ref": text, "sha": base, "repo": null},
                "head": {"ref": text, "sha": head, "repo": null}},
            "merge_group": {"base_sha": base, "head_sha": head, "head_ref": text},
            "workflow_run": {"head_sha": head, "head_repository": null}});
        if let Ok(Some(event)) = read(name, &payload) {
            prop_assert!(event.head().is_none_or(is_id));
        }
        let _ = Event::read(name, text.as_bytes());
    }
}
