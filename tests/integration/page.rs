//! The HTML report through the binary: what a real run puts into it, and that it can be made again from `report.json`.

use serde_json::Value;

use crate::common::{Scratch, regild};

#[test]
fn the_page_shows_how_answers_came_about() {
    let scratch = Scratch::new();
    let run = |args: &[&str]| regild(args).current_dir(scratch.path("")).output().unwrap();
    let done = run(&["demo", "demo", "--output", "json=report.json", "--output", "html=page.html"]);
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(scratch.path("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let tasks = report["prompts"].as_array().unwrap().iter().flat_map(|prompt| prompt["tasks"].as_array().unwrap());
    let answers = tasks.flat_map(|task| ["base", "head"].map(|side| task["answers"][side].clone()));
    let answers: Vec<Value> = answers.flat_map(|side| side.as_array().unwrap().clone()).collect();
    assert!(!answers.is_empty());
    for answer in answers {
        let steps = answer["steps"].as_array().unwrap_or_else(|| panic!("no steps in {answer}"));
        let calls: Vec<&Value> = steps.iter().flat_map(|step| step["calls"].as_array().into_iter().flatten()).collect();
        let names: Vec<&str> = calls.iter().map(|call| call["name"].as_str().unwrap()).collect();
        let tools = answer["tools"].as_array().cloned().unwrap_or_default();
        assert_eq!(names, tools.iter().map(|tool| tool.as_str().unwrap()).collect::<Vec<_>>());
        assert!(steps.iter().all(|step| step["tokens"].is_u64()), "{answer}");
        assert!(steps.last().unwrap()["text"].is_null(), "the last step says the answer, which is not repeated");
    }
    let page = std::fs::read_to_string(scratch.path("page.html")).unwrap();
    assert!(
        page.starts_with("<!doctype html>\n") && page.contains("<details class=\"path\">") && page.contains("<ins>")
    );
    let again = run(&["report", "--from", "report.json", "--format", "html"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), page, "a page is a function of its report");
}

#[test]
fn a_report_from_before_there_were_steps_still_makes_a_page() {
    let scratch = Scratch::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sample.json");
    let mut report: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut dropped = 0;
    for task in report["prompts"][1]["tasks"].as_array_mut().unwrap() {
        for side in ["base", "head"] {
            for answer in task["answers"][side].as_array_mut().unwrap() {
                let fields = answer.as_object_mut().unwrap();
                fields.remove("more_steps");
                dropped += usize::from(fields.remove("steps").is_some());
            }
        }
    }
    assert_eq!(dropped, 2);
    std::fs::write(scratch.path("report.json"), report.to_string()).unwrap();
    let run = regild(&["report", "--from", "report.json", "--format", "html"])
        .current_dir(scratch.path(""))
        .output()
        .unwrap();
    let page = String::from_utf8(run.stdout).unwrap();
    assert!(page.contains("tools called: get_order, track") && !page.contains("<details class=\"path\">"), "{page}");
}
