"""A repository on the hub, with the pull requests that the templates have to judge.

Its files are those of `regild init`; its answers are the `mock` provider's, a stand-in that says what the tasks script.
"""

import os
import shutil
import subprocess
from pathlib import Path

NAME = "octo/prompts"
# Asked for at length, the stand-in goes on and forgets the guest's name, which base's golden task wants to hear.
LONG = "- {when: {prompt_contains: exhaustive}, steps: [{text: \"" + "So very welcome. " * 30 + "\", output_tokens: 300}]}\n      "


class Scene:
    def __init__(self, scratch, hub, regild, workflow="simple"):
        self.hub, self.regild = hub, regild
        self.work = Path(scratch) / "author"
        self.bare = hub.directory / "git" / NAME
        self.bare.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", ".", at=self.bare)
        self.work.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main", ".")
        self.git("remote", "add", "origin", str(self.bare))
        self.write("README.md", "Prompts.\n")
        self.commit("Begin")
        self.run("init", "--workflow", workflow)
        golden = self.work / "golden/greeting.yaml"
        golden.write_text(golden.read_text().replace("- steps: [{text: \"Hello", LONG + "- steps: [{text: \"Hello"))
        self.main = self.commit("Gate prompts")
        self.push("main")

    def git(self, *arguments, at=None):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.com"}
        ended = subprocess.run(["git", *arguments], cwd=at or self.work, env=environment, stdout=subprocess.PIPE, check=True)
        return ended.stdout.decode().strip()

    def run(self, *arguments, codes=(0,)):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        ended = subprocess.run(
            [self.regild, *arguments], cwd=self.work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert ended.returncode in codes, ended.stdout.decode()

    def write(self, path, text):
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, branch):
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")

    def version(self, template, record):
        """A next version of the prompt, with or without its recordings."""
        text = (self.work / "prompts/greeting/v1.0.0.yaml").read_text()
        text = text.replace("version: 1.0.0", "version: 1.1.0").replace("Write one short, friendly sentence", template)
        self.write("prompts/greeting/v1.1.0.yaml", text)
        if record:
            self.run("record")

    def pull(self, number, change, fork=False):
        """Opens a pull request with what `change` does to the files; returns its event."""
        branch = f"change-{number}"
        self.git("switch", "--quiet", "--create", branch, "main")
        change(self)
        head = self.commit("Change")
        if not fork:
            self.push(branch)
        merge = self.merged(head)
        self.git("push", "--quiet", "--force", "origin", f"{head}:refs/pull/{number}/head", f"{merge}:refs/pull/{number}/merge")
        self.git("switch", "--quiet", "main")
        here = {"id": 1, "full_name": NAME}
        there = {"id": 2, "full_name": "mallory/prompts"} if fork else here
        pull = {
            "number": number,
            "state": "open",
            "user": {"login": "ada"},
            "commits": 1,
            "base": {"ref": "main", "sha": self.main, "repo": here},
            "head": {"ref": branch, "sha": head, "repo": there},
        }
        self.hub.pulls[number] = pull
        return {"number": number, "pull_request": pull, "repository": {"id": 1, "full_name": NAME, "default_branch": "main"}}

    def merged(self, head):
        """The commit that would merge `head` into main."""
        tree = self.git("rev-parse", f"{head}^{{tree}}")
        return self.git("commit-tree", "-p", self.main, "-p", head, "-m", "Merge", tree)

    def queue(self, number, squash=False):
        """The event of a merge queue that wants to merge a pull request, or to put it on main as one commit."""
        head = self.hub.pulls[number]["head"]["sha"]
        if squash:
            head = self.git("commit-tree", "-p", self.main, "-m", "Squashed", self.git("rev-parse", f"{head}^{{tree}}"))
        else:
            head = self.merged(head)
        ref = f"refs/heads/gh-readonly-queue/main/pr-{number}-{self.main}"
        self.git("push", "--quiet", "--force", "origin", f"{head}:{ref}")
        group = {"base_sha": self.main, "base_ref": "refs/heads/main", "head_sha": head, "head_ref": ref}
        return {"merge_group": group, "repository": {"id": 1, "full_name": NAME, "default_branch": "main"}}

    def has(self, ref, path):
        return bool(self.git("ls-tree", "-r", "--name-only", ref, "--", path, at=self.bare))

    def workflow(self, name):
        return self.work / ".github/workflows" / name

    def clear(self):
        shutil.rmtree(self.work)


def github(hub, name, event, **more):
    """The context `github` of a run."""
    return {
        "event_name": name,
        "event": event,
        "repository": NAME,
        "server_url": hub.url,
        "api_url": f"{hub.url}/api",
        "graphql_url": f"{hub.url}/api/graphql",
        "action_repository": "",
        "clone": str(hub.directory / "git" / NAME),
        "ref": "refs/heads/main",
        "sha": "",
        **more,
    }
