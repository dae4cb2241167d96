"""What can be read off the workflows and templates themselves: pins, permissions, keys; and what zizmor, shellcheck and GitHub's
own schemas say of them.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

TEMPLATES = "src/init/files/.github/workflows"


def check(root):
    files = [*sorted((root / ".github/workflows").glob("*.yml")), *sorted((root / TEMPLATES).glob("*.yml"))]
    pinned = {}
    for file in files:
        text = file.read_text()
        for action, commit, version in re.findall(r"uses: ([^@\s]+)@(\S+)(?: # (\S+))?", text):
            if action.startswith("{home}"):
                assert commit == "v{version}", f"{file}: {action}@{commit}"
                continue
            assert re.fullmatch("[0-9a-f]{40}", commit) and re.fullmatch(r"v\d+\.\d+\.\d+", version), f"{file}: {action}"
            assert pinned.setdefault(action, (commit, version)) == (commit, version), f"{file}: {action} differs elsewhere"
        document = yaml.safe_load(re.sub(r"\{(home|version)\}", "x", text))
        assert document["permissions"] == {}, f"{file}: rights are given to jobs alone"
        for name, job in document["jobs"].items():
            for step in job["steps"]:
                lint(f"{file}: {name}", step)
    keys = [file.name for file in files if "secrets." in file.read_text()]
    assert keys == ["record.yml"], f"{keys} have keys"
    record = yaml.safe_load((root / TEMPLATES / "record.yml").read_text().replace("{home}", "x").replace("{version}", "x"))
    places = [(name, step["name"]) for name, job in record["jobs"].items() for step in job["steps"] if "secrets." in str(step)]
    assert places == [("record", "Record")] and record["jobs"]["record"]["environment"] == "prompt-record", places
    hardened = yaml.safe_load((root / TEMPLATES / "hardened.yml").read_text().replace("{home}", "x").replace("{version}", "x"))
    assert hardened["jobs"]["prompts"]["permissions"] == {"contents": "read", "pull-requests": "read"}
    assert hardened["jobs"]["comment"]["permissions"] == {"pull-requests": "write"}
    assert "checkout" not in str([step.get("uses") for job in hardened["jobs"].values() for step in job["steps"]])


def read_by_others(root, regild):
    """The templates are read as `regild init` writes them."""
    with tempfile.TemporaryDirectory() as scratch:
        written = []
        for kind in ("simple", "hardened"):
            project = Path(scratch) / kind
            subprocess.run(["git", "init", "--quiet", project], check=True)
            subprocess.run([regild, "-C", project, "init", "--workflow", kind], check=True, stdout=subprocess.DEVNULL)
            written += sorted((project / ".github/workflows").glob("*.yml"))
        assert len(written) == 3, written
        actions = [root / "action.yml", root / "setup/action.yml"]
        workflows = [*written, *sorted((root / ".github/workflows").glob("*.yml"))]
        dependabot = root / ".github/dependabot.yml"
        run("zizmor", "--quiet", "--offline", "--no-progress", "--persona=pedantic", *actions, *workflows, dependabot)
        for schema, files in (("actions", actions), ("workflows", workflows)):
            run("check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *files)
        run("check-jsonschema", "--builtin-schema", "vendor.dependabot", dependabot)
        run("shellcheck", "--external-sources", "--source-path", root, *sorted((root / "dist").glob("*.sh")))


def run(program, *arguments):
    assert shutil.which(program), f"{program} is not here: pip install --requirement .ci/action/requirements.txt"
    ended = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ended.returncode == 0, ended.stdout.decode()


def lint(where, step):
    script = step.get("run", "")
    assert "${{" not in script, f"{where}: an expression in a script"
    ended = subprocess.run(["shellcheck", "--shell=bash", "-"], input=script.encode(), stdout=subprocess.PIPE)
    assert ended.returncode == 0, f"{where}\n{ended.stdout.decode()}"
