"""Checks that the demo's report tells the story it is there to tell."""

import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
codes = {reason["code"] for reason in report["verdict"]["reasons"] if reason["severity"] == "fail"}
missing = {"regressed", "budget", "tokens", "tool-calls", "cost"} - codes
assert report["schema_version"] == 1, report["schema_version"]
assert report["verdict"]["status"] == "fail" and report["verdict"]["exit_code"] == 1, report["verdict"]["status"]
assert not missing, f"the demo's verdict lacks {sorted(missing)}"
[prompt] = report["prompts"]
assert len(prompt["tasks"]) == 10, len(prompt["tasks"])
assert all(task["base"]["samples"] == 3 and task["head"]["samples"] == 3 for task in prompt["tasks"])
assert all(task["head"]["stand_in"] for task in prompt["tasks"]), "answers of the mock must be labelled"
ratio = prompt["metrics"]["total_tokens"]["ratio"]
assert 1.8 < ratio < 2.0, ratio
assert float(report["cost"]["delta_usd_month"]) > float(report["cost"]["limit_usd_month"]) == 500
assert report["run"] == {"replayed": 60, "model_calls": 0, "spend_usd": "0"}, report["run"]
print(f"demo: fail as it should, {len(codes)} kinds of findings, tokens × {ratio:.2f}")
