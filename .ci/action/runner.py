"""Runs the jobs of a workflow as GitHub's runner would: real YAML, real bash, real git.

Steps that only GitHub can do (checkout, artifacts) are done here as their actions do them; every other action must be ours.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import yaml

from expression import evaluate, fill, text

# What the runner starts each step's script with: where a workflow names no shell, and where it names bash.
PLAIN, BASH = ["bash", "-e"], ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]


class Runner:
    """One run of a workflow. `github` is the context of that name, `action` the directory that our action stands in."""

    def __init__(self, scratch, action, github, secrets=None, inputs=None, programs=None):
        self.scratch = Path(tempfile.mkdtemp(dir=scratch, prefix="run-"))
        self.root, self.github, self.secrets, self.inputs = action, github, secrets or {}, inputs or {}
        # A directory of programs before those of this machine.
        self.programs, self.artifacts, self.log, self.summary = programs, {}, "", ""
        # The runner masks secrets, and whatever is asked for.
        self.masks = [github["token"], *self.secrets.values()]
        self.event_path = self.scratch / "event.json"
        self.event_path.write_text(json.dumps(github["event"]))

    def workflow(self, path):
        """Runs every job in its order; returns result and outputs of each by name."""
        document = yaml.safe_load(Path(path).read_text())
        done = {}
        for name, job in document["jobs"].items():
            wanted = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            needs = {need: done[need] for need in wanted}
            failed = any(need["result"] != "success" for need in needs.values())
            contexts = {"github": self.github, "needs": needs, "inputs": self.inputs, "status": status(failed)}
            if not holds(job.get("if"), contexts):
                done[name] = {"result": "skipped", "outputs": {}}
                continue
            done[name] = self.job(job, needs)
        return done

    def job(self, job, needs):
        workspace = Path(tempfile.mkdtemp(dir=self.scratch, prefix="work-"))
        temp = Path(tempfile.mkdtemp(dir=self.scratch, prefix="temp-"))
        # As the runner offers it to expressions: the workflow may use no more secrets than it names.
        contexts = {
            "github": self.github | {"workspace": str(workspace)},
            "needs": needs,
            "inputs": self.inputs,
            "secrets": self.secrets,
            "runner": {"os": "Linux", "temp": str(temp)},
        }
        steps, failed, code = self.steps(job["steps"], contexts, workspace, temp)
        contexts |= {"steps": steps, "status": status(failed)}
        outputs = {name: fill(value, contexts) for name, value in job.get("outputs", {}).items()}
        return {"result": "failure" if failed else "success", "outputs": outputs, "code": code, "steps": steps}

    def steps(self, steps, contexts, workspace, temp, action=None):
        """Runs steps in order; the exit code is that of the first one that failed."""
        done, failed, code = {}, False, 0
        for step in steps:
            here = contexts | {"steps": done, "status": status(failed)}
            if not holds(step.get("if"), here):
                continue
            if "run" in step:
                ended, outputs = self.script(step, here, workspace, temp, action)
            else:
                ended, outputs = self.uses(step, here, workspace, temp)
            done[step.get("id", uuid.uuid4().hex)] = {"outputs": outputs, "outcome": "failure" if ended else "success"}
            if ended and not failed:
                failed, code = True, ended
        return done, failed, code

    def script(self, step, contexts, workspace, temp, action):
        if "${{" in step["run"]:
            raise ValueError("an expression in a script: text of others would become code")
        script = temp / f"{uuid.uuid4().hex}.sh"
        script.write_text(step["run"])
        files = {name: temp / uuid.uuid4().hex for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.touch()
        github = self.github
        environment = {
            "PATH": os.pathsep.join(filter(None, [self.programs, os.environ["PATH"]])),
            "HOME": str(temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github["api_url"],
            "GITHUB_EVENT_NAME": github["event_name"],
            "GITHUB_EVENT_PATH": str(self.event_path),
            "GITHUB_GRAPHQL_URL": github["graphql_url"],
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ID": "1000",
            "GITHUB_SERVER_URL": github["server_url"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_ARCH": "X64",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(temp),
        }
        environment |= {name: str(path) for name, path in files.items()}
        if action:
            environment["GITHUB_ACTION_PATH"] = str(action)
        environment |= {name: fill(value, contexts) for name, value in step.get("env", {}).items()}
        shell = BASH if step.get("shell") == "bash" else PLAIN
        ended = subprocess.run(
            [*shell, str(script)], cwd=workspace, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120
        )
        self.listen(ended.stdout.decode(errors="replace"))
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return ended.returncode, outputs_of(files["GITHUB_OUTPUT"].read_text())

    def listen(self, printed):
        """Keeps what was printed, without the masked values, as the runner's log does."""
        for mask in re.findall(r"^::add-mask::(.*)$", printed, flags=re.M):
            self.masks.append(mask)
        printed = re.sub(r"^::add-mask::.*\n", "", printed, flags=re.M)
        for mask in self.masks:
            printed = printed.replace(mask, "***")
        self.log += printed

    def uses(self, step, contexts, workspace, temp):
        name = step["uses"].split("@")[0]
        given = {key: fill(value, contexts) for key, value in step.get("with", {}).items()}
        if name == "actions/checkout":
            self.checkout(workspace, given)
        elif name == "actions/upload-artifact":
            kept = Path(tempfile.mkdtemp(dir=self.scratch, prefix="artifact-"))
            for path in filter(None, given["path"].splitlines()):
                shutil.copy(workspace / path, kept)
            self.artifacts[given["name"]] = kept
        elif name == "actions/download-artifact":
            shutil.copytree(self.artifacts[given["name"]], workspace / given.get("path", "."), dirs_exist_ok=True)
        elif name in ("OWNER/regild", "OWNER/regild/setup"):
            return self.action(self.root / name.removeprefix("OWNER/regild").strip("/"), given, contexts, workspace, temp)
        else:
            raise ValueError(f"nobody here can do {name}")
        return 0, {}

    def action(self, path, given, contexts, workspace, temp):
        """Runs a composite action of this repository; returns its exit code and its outputs."""
        document = yaml.safe_load((path / "action.yml").read_text())
        unknown = set(given) - set(document["inputs"])
        if unknown:
            raise ValueError(f"{path} has no input {unknown}")
        github = contexts["github"] | {"action_repository": "OWNER/regild"}
        defaults = {name: fill(value["default"], {"github": github}) for name, value in document["inputs"].items()}
        inputs = defaults | given
        inner = {"github": github, "inputs": inputs, "runner": contexts["runner"]}
        steps, failed, code = self.steps(document["runs"]["steps"], inner, workspace, temp, path)
        inner |= {"steps": steps, "status": status(failed)}
        outputs = {name: fill(value["value"], inner) for name, value in document["outputs"].items()}
        return code, outputs

    def checkout(self, workspace, given):
        """What actions/checkout does with `fetch-depth: 0` and `persist-credentials: false`."""
        assert given == {"fetch-depth": "0", "persist-credentials": "false"}, given
        ref, target = self.github["ref"], f"{self.github['clone']}"
        local = ref.replace("refs/", "refs/remotes/", 1) if ref.startswith("refs/pull/") else "refs/remotes/origin/head"
        commands = (
            ["init", "--quiet", "."],
            ["remote", "add", "origin", target],
            ["fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", f"+{self.github['sha']}:{local}"],
            ["checkout", "--quiet", "--force", local],
        )
        for command in commands:
            subprocess.run(["git", *command], cwd=workspace, check=True)


def status(failed):
    return {"success": not failed, "failure": failed, "always": True, "cancelled": False}


def holds(condition, contexts):
    """Whether a step or job runs. Without a word about the status, it runs only after success."""
    if condition is None:
        return contexts["status"]["success"]
    source = text(condition).strip()
    source = source[3:-2] if source.startswith("${{") else source
    value = bool(evaluate(source, contexts))
    asks = re.search(r"\b(success|failure|always|cancelled)\(", source)
    return value if asks else value and contexts["status"]["success"]


def outputs_of(file):
    """Reads GITHUB_OUTPUT as the runner does: `name=value`, or lines between two delimiters."""
    outputs, lines = {}, iter(file.splitlines())
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line.split("<<", 1)
            value = []
            for following in lines:
                if following == delimiter:
                    break
                value.append(following)
            else:
                raise ValueError(f"the output {name} never ends")
            outputs[name] = "\n".join(value)
        elif line:
            name, value = line.split("=", 1)
            outputs[name] = value
    return outputs
