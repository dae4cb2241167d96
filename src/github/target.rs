//! Which pull request a report is about. What an event says goes before what a report says, and where the two differ nothing is
//! written: a report may come from a job that ran somebody else's code (notes/github.md C4).

use super::api::Pull;
use crate::error::{Error, Result};
use crate::event::{self, Kind};
use crate::report;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub repository: Option<String>,
    pub pull_request: Option<u64>,
}

/// A repository, and how to find the pull request in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `owner/name`.
    pub repository: String,
    pub pull: Where,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    Number(u64),
    /// The open one with this head.
    OfCommit(String),
    /// The open one of this branch with this head.
    OfBranch {
        owner: String,
        branch: String,
        head: String,
    },
    /// An entry of a merge queue: judged, and nobody reads comments there. The number is that of its pull request.
    Queue(Option<u64>),
    /// Nothing says which.
    Unknown,
}

/// Finds out where to look.
pub fn find(named: &Named, report: Option<&report::Event>, now: Option<&event::Event>) -> Result<Target> {
    agree(named, report, now)?;
    let repository = named.repository.clone();
    let repository = repository.or_else(|| now.map(|now| now.repository.clone()));
    let repository = repository.or_else(|| report.map(|report| report.repository.clone())).ok_or_else(|| {
        Error::usage("which repository the report is about is not known").hint("Name it: --repo OWNER/NAME")
    })?;
    if !event::is_repository(&repository) {
        return Err(Error::usage("the repository is no OWNER/NAME"));
    }
    let pull = match named.pull_request {
        Some(number) => Where::Number(number),
        None => now.and_then(of_event).or_else(|| report.map(of_report)).unwrap_or(Where::Unknown),
    };
    Ok(Target { repository, pull })
}

/// What the event of this very run says. `None` where it says nothing, as when somebody started the run by hand.
fn of_event(now: &event::Event) -> Option<Where> {
    match &now.kind {
        Kind::PullRequest { pull, .. } => Some(Where::Number(pull.number)),
        Kind::MergeGroup { pull, .. } => Some(Where::Queue(*pull)),
        Kind::Push { after, .. } => Some(Where::OfCommit(after.clone())),
        Kind::WorkflowRun { head, branch: Some(branch), .. } => {
            let event::Branch { owner, name } = branch.clone();
            Some(Where::OfBranch { owner, branch: name, head: head.clone() })
        }
        Kind::WorkflowRun { head, branch: None, .. } => Some(Where::OfCommit(head.clone())),
        Kind::Wish | Kind::Other => None,
    }
}

/// What the report says of the run that made it.
fn of_report(event: &report::Event) -> Where {
    match (event.name.as_str(), event.pull_request, &event.head) {
        ("merge_group", number, _) => Where::Queue(number),
        (_, Some(number), _) => Where::Number(number),
        (_, None, Some(head)) if event::is_id(head) => Where::OfCommit(head.clone()),
        (_, None, _) => Where::Unknown,
    }
}

/// Refuses a report that another repository, pull request or commit has to do with than this run.
fn agree(named: &Named, report: Option<&report::Event>, now: Option<&event::Event>) -> Result<()> {
    let (Some(report), Some(now)) = (report, now) else { return Ok(()) };
    let odd = |what: &str| {
        Err(Error::usage(format!("the report is about another {what} than this run"))
            .hint("Name what it is about, if that is meant: --repo OWNER/NAME --pull-request N"))
    };
    if named.repository.is_none() && !report.repository.eq_ignore_ascii_case(&now.repository) {
        return odd("repository");
    }
    if matches!(now.kind, Kind::WorkflowRun { from_fork: true, .. }) && report.name != now.name {
        return Err(Error::usage("the report was made by a fork's own run, which is no evidence")
            .hint("Judge the pull request in this workflow and comment from its report (docs/github.md)"));
    }
    if named.pull_request.is_some() {
        return Ok(());
    }
    match (report.pull_request, now.pull_request()) {
        (Some(theirs), Some(ours)) if theirs != ours => return odd("pull request"),
        _ => {}
    }
    if matches!(now.kind, Kind::Wish) {
        return Ok(());
    }
    match (report.head.as_deref(), now.head()) {
        (Some(theirs), Some(ours)) if theirs != ours => odd("commit"),
        _ => Ok(()),
    }
}

/// The one open pull request of `repository` with this head; `None` where there is none.
pub fn only(pulls: Vec<Pull>, repository: &str, head: &str) -> Result<Option<u64>> {
    let is_meant = |pull: &&Pull| {
        let base = pull.base.repo.as_ref().map(|repo| repo.full_name.as_str());
        pull.state == "open" && pull.head.sha == head && base.is_some_and(|base| base.eq_ignore_ascii_case(repository))
    };
    let found: Vec<u64> = pulls.iter().filter(is_meant).map(|pull| pull.number).collect();
    match found[..] {
        [] => Ok(None),
        [number] => Ok(Some(number)),
        _ => {
            let numbers: Vec<String> = found.iter().map(u64::to_string).collect();
            Err(Error::usage(format!("several open pull requests have this head: {}", numbers.join(", ")))
                .hint("Name the one that is meant: --pull-request N"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn event(name: &str, payload: &serde_json::Value) -> event::Event {
        let mut payload = payload.clone();
        payload["repository"] = json!({"id": 1, "full_name": "o/r"});
        event::Event::read(name, payload.to_string().as_bytes()).unwrap().unwrap()
    }

    fn of_pull(number: u64, head: &str) -> event::Event {
        let end = |sha: &str| json!({"ref": "x", "sha": sha, "repo": {"id": 1}});
        event("pull_request", &json!({"pull_request": {"number": number, "base": end(A), "head": end(head)}}))
    }

    fn of_run(owner: &serde_json::Value) -> event::Event {
        event(
            "workflow_run",
            &json!({"workflow_run":
            {"head_sha": B, "head_branch": "topic", "head_repository": {"id": 2, "owner": owner}}}),
        )
    }

    fn reported(name: &str, pull_request: Option<u64>, head: &str) -> report::Event {
        let (name, head) = (name.to_owned(), Some(head.to_owned()));
        report::Event { name, repository: "o/r".into(), pull_request, head, from_fork: false }
    }

    fn place(report: Option<&report::Event>, now: Option<&event::Event>) -> Where {
        find(&Named::default(), report, now).unwrap().pull
    }

    #[test]
    fn an_event_goes_before_a_report_and_flags_before_both() {
        let (report, now) = (reported("pull_request", Some(7), B), of_pull(7, B));
        assert_eq!(place(Some(&report), Some(&now)), Where::Number(7));
        assert_eq!(place(Some(&report), None), Where::Number(7));
        assert_eq!(place(Some(&reported("merge_group", Some(7), B)), None), Where::Queue(Some(7)));
        assert_eq!(place(Some(&reported("push", None, B)), None), Where::OfCommit(B.into()));
        let branch = Where::OfBranch { owner: "eve".into(), branch: "topic".into(), head: B.into() };
        let here = reported("workflow_run", None, B);
        assert_eq!(place(Some(&here), Some(&of_run(&json!({"login": "eve"})))), branch);
        assert_eq!(place(Some(&here), Some(&of_run(&json!(null)))), Where::OfCommit(B.into()));
        let named = Named { repository: Some("a/b".into()), pull_request: Some(9) };
        let found = find(&named, Some(&report), Some(&now)).unwrap();
        assert_eq!((found.repository.as_str(), found.pull), ("a/b", Where::Number(9)));
        assert!(find(&Named::default(), None, None).unwrap_err().message.contains("not known"));
    }

    #[test]
    fn a_report_about_something_else_is_not_believed() {
        let refused = |report: report::Event, now: event::Event| {
            find(&Named::default(), Some(&report), Some(&now)).unwrap_err().message
        };
        let mut elsewhere = reported("pull_request", Some(7), B);
        elsewhere.repository = "evil/r".into();
        assert!(refused(elsewhere, of_pull(7, B)).contains("another repository"));
        assert!(refused(reported("pull_request", Some(8), B), of_pull(7, B)).contains("another pull request"));
        assert!(refused(reported("pull_request", Some(7), A), of_pull(7, B)).contains("another commit"));
        assert!(refused(reported("workflow_run", None, A), of_run(&json!(null))).contains("another commit"));
        assert!(refused(reported("pull_request", Some(7), B), of_run(&json!(null))).contains("no evidence"));
    }

    #[test]
    fn exactly_one_open_pull_request_with_this_head_is_meant() {
        let pull = |number: u64, state: &str, sha: &str, base: &str| -> Pull {
            serde_json::from_value(json!({"number": number, "state": state, "head": {"sha": sha, "repo": null},
                "base": {"sha": A, "repo": {"full_name": base}}}))
            .unwrap()
        };
        let others = [pull(1, "closed", B, "o/r"), pull(2, "open", A, "o/r"), pull(3, "open", B, "fork/r")];
        let with = |more: &[Pull]| only([&others, more].concat(), "O/r", B);
        assert_eq!(with(&[]).unwrap(), None);
        assert_eq!(with(&[pull(4, "open", B, "o/R")]).unwrap(), Some(4));
        let error = with(&[pull(4, "open", B, "o/r"), pull(5, "open", B, "o/r")]).unwrap_err();
        assert!(error.message.ends_with("4, 5"), "{error}");
    }
}
