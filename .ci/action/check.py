"""Runs the action and the templates of `regild init` as GitHub's runner would, against a GitHub on loopback.

    check.py REGILD    the binary that is packed, downloaded, verified, unpacked and run
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

import pins
from hub import BASIC, TOKEN, Hub
from runner import Runner
from scene import Scene, github

ROOT = Path(__file__).resolve().parents[2]
SHORT, FRIENDLY, EXHAUSTIVE = "Write one short sentence", "Write one short, kind sentence", "Be exhaustive: write a sentence"
# Each would do something, were it ever more than text: as code, as a quoted word, as an output, as a command, as an option.
HOSTILE = [
    "$(touch PWNED)`touch PWNED`${{ github.token }}* \"; touch PWNED; '; touch PWNED; | touch PWNED #",
    "x\nverdict=pass\nexit-code=0\n::set-output name=verdict::pass",
    "%0A::add-mask::fail",
    "--exit-zero",
]


class World:
    """A hub with a repository, a release of the binary, and the action that carries its checksum."""

    def __init__(self, scratch, regild, workflow="simple"):
        self.scratch = Path(scratch)
        self.hub = Hub(self.scratch / "hub")
        self.scene = Scene(self.scratch, self.hub, regild, workflow)
        self.action = self.scratch / "action"
        for part in ("action.yml", "setup", "dist", "Cargo.toml", "LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            self.action.mkdir(exist_ok=True)
            copy(ROOT / part, self.action / part)
        releases = self.hub.directory / "releases"
        self.release("pack", "x86_64-unknown-linux-musl", str(Path(regild).parent), str(releases))
        (self.archive,) = releases.iterdir()
        self.checksums = self.action / "dist/checksums.txt"
        self.promise(hashlib.sha256(self.archive.read_bytes()).hexdigest())

    def release(self, *arguments):
        script = self.action / "dist/release.sh"
        return subprocess.run(["bash", script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def promise(self, checksum):
        self.checksums.write_text(f"# by archive\n{checksum}  {self.archive.name}\n")

    def runner(self, name, event, **more):
        context = {key: more.pop(key) for key in ("ref", "sha") if key in more}
        return Runner(self.scratch, self.action, github(self.hub, name, event, token=TOKEN, **context), **more)

    def of_pull(self, event, **more):
        number = event["number"]
        merge = self.scene.git("rev-parse", f"refs/pull/{number}/merge", at=self.scene.bare)
        return self.runner("pull_request", event, ref=f"refs/pull/{number}/merge", sha=merge, **more)

    def act(self, event, given, **more):
        """Checks the pull request out and runs the action; returns the runner and its job."""
        runner = self.of_pull(event, **more)
        checkout = {"uses": "actions/checkout@v6", "with": {"fetch-depth": "0", "persist-credentials": "false"}}
        action = {"uses": "OWNER/regild@v0", "id": "it", "with": {"comment": "never", "approvals": "false"} | given}
        return runner, runner.job({"steps": [checkout, action]}, {})


def outputs(job):
    return job["steps"]["it"]["outputs"]


def shorter(scene):
    scene.version(SHORT, record=True)


def longer(scene):
    scene.version(EXHAUSTIVE, record=True)


def same(found, wanted, runner=None):
    assert found == wanted, f"{found!r} is not {wanted!r}" + (f"\n{runner.log}" if runner else "")


def none_of(runner, *secrets):
    """No file that a run left holds one of these, and its log does not."""
    for secret in secrets:
        assert secret not in runner.log
        found = subprocess.run(["grep", "-rlF", "--", secret, str(runner.scratch)], stdout=subprocess.PIPE).stdout
        assert not found, found


def a_release_is_verified_and_its_verdict_handed_on(world):
    event = world.scene.pull(7, longer)
    runner, job = world.act(event, {"junit": "out/junit.xml", "sarif": "x.sarif", "html": "x.html", "args": "--answers\nall\n"})
    same(job["code"], 1, runner)
    got = outputs(job)
    same((got["verdict"], got["exit-code"], got["changed-prompts"]), ("fail", "1", '["greeting"]'), runner)
    for name, start in (("report-path", "{"), ("junit-path", "<?xml"), ("sarif-path", "{"), ("html-path", "<!")):
        assert Path(got[name]).read_text().lstrip().startswith(start), (name, got)
    assert re.search(r"^::error file=golden/greeting.yaml,line=\d+", runner.log, flags=re.M), runner.log
    assert "checksum: " in runner.log and "greeting" in runner.summary, runner.log
    assert "attestation: not looked at" in runner.log or shutil.which("gh"), runner.log
    # The release is public: the token goes nowhere near it.
    fetched = [request for request in world.hub.requests if "/releases/" in request[1]]
    same([authorization for _, _, authorization in fetched], [""])
    runner, job = world.act(world.scene.pull(8, shorter), {"summary": "false"})
    same((job["code"], outputs(job)["verdict"], runner.summary), (0, "pass", ""), runner)
    runner, job = world.act(world.scene.pull(9, shorter, fork=True), {})
    same((job["code"], outputs(job)["verdict"]), (3, "inconclusive"), runner)


def what_fails_the_step_is_the_operators_choice(world):
    world.scene.pull(7, longer), world.scene.pull(8, shorter), world.scene.pull(9, shorter, fork=True)
    wanted = {"inconclusive": [1, 0, 3], "fail": [1, 0, 0], "never": [0, 0, 0], "sometimes": [2, 2, 2]}
    for fail_on, codes in wanted.items():
        for number, code, verdict in zip((7, 8, 9), codes, ("fail", "pass", "inconclusive")):
            pull = {"number": number, "pull_request": world.hub.pulls[number]}
            runner, job = world.act(pull | repository(world), {"fail-on": fail_on})
            same((job["code"], outputs(job)["verdict"]), (code, verdict), runner)


def repository(world):
    return {"repository": {"id": 1, "full_name": "octo/prompts", "default_branch": "main"}}


def where_nothing_was_judged_it_always_fails(world):
    event = world.scene.pull(7, shorter)
    for given in ({"working-directory": "nowhere"}, {"args": "--no-such-flag"}, {"base": "none-such"}):
        runner, job = world.act(event, given | {"fail-on": "never"})
        same((job["code"], outputs(job)["verdict"], outputs(job)["exit-code"]), (2, "error", "2"), runner)
        same((outputs(job)["report-path"], outputs(job)["changed-prompts"]), ("", "[]"), runner)


def a_wrong_archive_is_never_unpacked(world):
    event = world.scene.pull(7, shorter)
    good = world.checksums.read_text()

    def refused(says, **given):
        runner, job = world.act(event, given)
        same((job["code"], outputs(job)["verdict"]), (2, "error"), runner)
        assert says in runner.log, runner.log
        left = [path for path in runner.scratch.rglob("*regild*") if path.is_file() and path.suffix not in (".yml", ".yaml")]
        assert not left, left

    world.promise("0" * 64)
    refused("has to be 0000")
    world.promise("")
    refused("has no checksum of")
    world.checksums.write_text(good)
    good_archive = world.archive.read_bytes()
    world.archive.write_bytes(good_archive[:-1] + bytes([good_archive[-1] ^ 1]))
    refused("the checksum of")
    world.archive.unlink()
    refused("cannot download")
    world.archive.write_bytes(good_archive)
    for version in ("latest", "v0.1.0", "0.1", "0.1.0 ", "0.1.0/../x", "$(touch PWNED)"):
        refused("an exact version", version=version)
    refused("has no checksum of", version="9.9.9")
    same(world.act(event, {})[1]["code"], 0)


def a_binary_that_is_here_is_taken_and_nothing_is_downloaded(world):
    event = world.scene.pull(7, longer)
    place = world.scratch / "it's here" / "regild"
    place.parent.mkdir()
    shutil.copy(world.scene.regild, place)
    runner, job = world.act(event, {"path-to-binary": str(place)})
    same(job["code"], 1, runner)
    assert not [request for request in world.hub.requests if "/releases/" in request[1]]
    place.chmod(0o644)
    for path in (str(place), "no/such/regild", str(place.parent)):
        runner, job = world.act(event, {"path-to-binary": path})
        same(job["code"], 2, runner)
        assert "names no program" in runner.log, runner.log


def hostile_inputs_are_text(world):
    event = world.scene.pull(7, longer)
    names = yaml.safe_load((world.action / "action.yml").read_text())["inputs"]

    def judged(name, text):
        runner, job = world.act(event, {"path-to-binary": world.scene.regild, name: text})
        # The pull request fails. No input makes it pass, and none gets to run anything.
        assert outputs(job)["verdict"] in ("fail", "error"), f"{name} {text!r}\n{runner.log}"
        assert job["code"] in (1, 2), f"{name} {text!r}: {job['code']}\n{runner.log}"
        assert not re.search(r"^::(set-output|add-mask)", runner.log, flags=re.M), runner.log

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(judged, name, text) for name in names for text in HOSTILE]:
            done.result()
    assert not list(world.scratch.rglob("PWNED")) and not (ROOT / "PWNED").exists()


def the_command_line_tool_of_github_is_asked_who_built_it(world):
    event = world.scene.pull(7, shorter)
    programs = world.scratch / "programs"
    programs.mkdir()
    gh = programs / "gh"
    for code, says in ((0, "attestation: built by a workflow of OWNER/regild"), (1, "attestation: could not be verified")):
        gh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{programs}/asked"\nexit {code}\n')
        gh.chmod(0o755)
        runner, job = world.act(event, {}, programs=str(programs))
        same(job["code"], 0, runner)
        assert says in runner.log, runner.log
        same((programs / "asked").read_text().split()[2:], [world.archive.name, "--repo", "OWNER/regild"])


def the_simple_template_judges_pull_requests_and_the_queue(world):
    template = world.scene.workflow("regild.yml")
    for number, change, code in ((7, longer, 1), (8, shorter, 0)):
        event = world.scene.pull(number, change)
        runner = world.of_pull(event)
        job = runner.workflow(template)["prompts"]
        same(job["code"], code, runner)
        none_of(runner, TOKEN)
        queued = world.scene.queue(number)
        runner = world.runner("merge_group", queued, ref=queued["merge_group"]["head_ref"], sha=queued["merge_group"]["head_sha"])
        same(runner.workflow(template)["prompts"]["code"], code, runner)


def the_hardened_template_judges_objects(world):
    template = world.scene.workflow("regild.yml")

    def judged(name, event):
        runner = world.runner(name, event, sha=world.scene.main)
        jobs = runner.workflow(template)
        none_of(runner, TOKEN, BASIC.removeprefix("Basic "))
        return runner, jobs

    pulls = ((7, longer, False, 1), (8, shorter, False, 0), (9, shorter, True, 3), (10, longer, True, 3))
    for number, change, fork, code in pulls:
        event = world.scene.pull(number, change, fork)
        before = len(world.hub.comments)
        runner, jobs = judged("pull_request_target", event)
        same(jobs["prompts"]["code"], code, runner)
        same(jobs["comment"]["result"], "success", runner)
        commented = world.hub.comments[before:]
        assert len(commented) == 1 and event["pull_request"]["head"]["sha"] in commented[0], f"{commented}\n{runner.log}"
        same(sorted(path.name for path in runner.artifacts["regild-report"].iterdir()), ["report.json"])
        # Not one file of the pull request was ever written to disk.
        assert not list(runner.scratch.rglob("v1.1.0.yaml")) and not list(runner.scratch.rglob("greeting.yaml"))
        if not fork:
            queued = world.scene.queue(number)
            runner, jobs = judged("merge_group", queued)
            same((jobs["prompts"]["code"], jobs["comment"]["result"]), (code, "skipped"), runner)


def a_yes_of_somebody_else_for_this_head_is_a_yes(world):
    template = world.scene.workflow("regild.yml")
    event = world.scene.pull(7, shorter, fork=True)
    head = event["pull_request"]["head"]["sha"]

    def code(*reviews):
        world.hub.reviews[7] = [
            {"id": number, "user": {"login": login}, "state": state, "commit_id": commit, "submitted_at": "2026-01-01T00:00:00Z"}
            for number, (login, state, commit) in enumerate(reviews)
        ]
        runner = world.runner("pull_request_target", event, sha=world.scene.main)
        return runner.workflow(template)["prompts"]["code"], runner

    for reviews, wanted in (
        ([], 3),
        ([("ada", "APPROVED", head)], 3),
        ([("grace", "APPROVED", world.scene.main)], 3),
        ([("grace", "COMMENTED", head)], 3),
        ([("grace", "APPROVED", head)], 0),
    ):
        found, runner = code(*reviews)
        same(found, wanted, runner)
        # The queue judges another commit, which need not stand on the approved one; a yes is kept, and so is its lack.
        for squash in (False, True):
            queued = world.scene.queue(7, squash)
            runner = world.runner("merge_group", queued, sha=world.scene.main)
            same(runner.workflow(template)["prompts"]["code"], wanted, runner)
            none_of(runner, TOKEN, BASIC.removeprefix("Basic "))
    # Reviews that cannot be read are no reason to trust more: nobody says any longer that this came from here.
    queued = world.scene.queue(7)
    world.hub.pulls.pop(7)
    runner = world.runner("merge_group", queued, sha=world.scene.main)
    same(runner.workflow(template)["prompts"]["code"], 3, runner)
    assert "the reviews could not be read" in runner.log, runner.log


def the_hardened_template_refuses_a_head_that_moved_on(world):
    template = world.scene.workflow("regild.yml")
    event = world.scene.pull(7, shorter)
    world.scene.git("switch", "--quiet", "change-7")
    world.scene.write("README.md", "Prompts, and more.\n")
    moved = world.scene.commit("Go on")
    merge = world.scene.merged(moved)
    world.scene.git("push", "--quiet", "--force", "origin", f"{merge}:refs/pull/7/merge")
    runner = world.runner("pull_request_target", event, sha=world.scene.main)
    jobs = runner.workflow(template)
    same((jobs["prompts"]["code"], jobs["comment"]["result"]), (2, "skipped"), runner)
    assert "The pull request has moved on" in runner.log, runner.log


def a_head_that_is_checked_out_is_refused(world):
    """What people write who take a template apart."""
    event = world.scene.pull(7, shorter)
    runner, job = world.act(event, {})
    same(job["code"], 0, runner)
    runner = world.of_pull(event)
    runner.github["event_name"] = "pull_request_target"
    checkout = {"uses": "actions/checkout@v6", "with": {"fetch-depth": "0", "persist-credentials": "false"}}
    job = runner.job({"steps": [checkout, {"uses": "OWNER/regild@v0", "id": "it", "with": {"comment": "never"}}]}, {})
    same((job["code"], outputs(job)["verdict"]), (2, "error"), runner)
    assert "HEAD is the pull request's own" in runner.log, runner.log


def the_record_template_pushes_to_a_branch_and_hands_a_fork_its_patch(world):
    judge, template = world.scene.workflow("regild.yml"), world.scene.workflow("regild-record.yml")
    recordings = "golden/recordings/greeting/1.1.0"

    def silent(scene):
        scene.version(FRIENDLY, record=False)
        # Nothing of this may come out of the job that records.
        scene.write(".gitattributes", "golden/recordings/** diff=evil filter=evil\n")

    def recorded(event, **inputs):
        given = {"pull-request": str(event["number"]), "head": event["pull_request"]["head"]["sha"]} | inputs
        runner = world.runner("workflow_dispatch", repository(world), inputs=given, secrets={"OPENAI_API_KEY": "sk-canary-0123"})
        jobs = runner.workflow(template)
        none_of(runner, TOKEN, BASIC.removeprefix("Basic "), "sk-canary-0123")
        return runner, jobs

    event = world.scene.pull(7, silent)
    runner = world.runner("pull_request_target", event, sha=world.scene.main)
    same(runner.workflow(judge)["prompts"]["code"], 3, runner)
    runner, jobs = recorded(event)
    same((jobs["record"]["code"], jobs["push"]["code"]), (0, 0), runner)
    head = event["pull_request"]["head"]["sha"]
    changed = world.scene.git("diff", "--name-only", head, "change-7", at=world.scene.bare).splitlines()
    assert changed and all(path.startswith(recordings) for path in changed), changed
    same(world.scene.git("rev-parse", "change-7^", at=world.scene.bare), head)
    # Now that the branch has moved on, a run for the commit before it pushes nothing, least of all by force.
    pushed = world.scene.git("rev-parse", "change-7", at=world.scene.bare)
    runner, jobs = recorded(event)
    same(jobs["push"]["result"], "failure", runner)
    same(world.scene.git("rev-parse", "change-7", at=world.scene.bare), pushed)
    # And the pull request with its recordings passes.
    world.scene.git("fetch", "--quiet", "origin", "change-7")
    world.scene.git("push", "--quiet", "--force", "origin", f"{world.scene.merged(pushed)}:refs/pull/7/merge")
    event["pull_request"]["head"]["sha"] = pushed
    runner = world.runner("pull_request_target", event, sha=world.scene.main)
    same(runner.workflow(judge)["prompts"]["code"], 0, runner)

    event = world.scene.pull(8, silent, fork=True)
    runner, jobs = recorded(event)
    same((jobs["record"]["code"], jobs["push"]["result"]), (0, "skipped"), runner)
    patch = (runner.artifacts["regild-recordings"] / "recordings.patch").read_text()
    assert set(re.findall(r"^\+\+\+ b/(.*)/[^/\n]*/[^/\n]*$", patch, flags=re.M)) == {recordings}, patch

    for inputs in ({"head": "0" * 40}, {"head": "main"}, {"pull-request": "7; touch PWNED"}, {"pull-request": "99"}):
        runner, jobs = recorded(event, **inputs)
        same((jobs["record"]["result"], jobs["push"]["result"]), ("failure", "skipped"), runner)
        assert "OPENAI" not in runner.log
    assert not list(world.scratch.rglob("PWNED"))


def a_key_goes_to_the_policys_host_alone(world):
    """A gateway with a key, as a team would set it up, and a fork that would rather have the key sent elsewhere."""
    scene, other = world.scene, Hub(world.scratch / "elsewhere")
    settings = scene.work / "regild.yaml"
    alias = "{provider: openai-compatible, base_url: \"%s/v1\", api_key_env: GATEWAY_KEY, model: gpt-4o-mini"
    alias += ", price_as: openai/gpt-4o-mini}"
    text = settings.read_text().replace("models: [stand-in]", "models: [fast]")
    text = text.replace("  stand-in: {provider: mock}", f"  fast: {alias % world.hub.url}")
    settings.write_text(text)
    template = scene.workflow("regild-record.yml")
    template.write_text(template.read_text().replace("OPENAI_API_KEY", "GATEWAY_KEY"))
    scene.main = scene.commit("Ask a gateway")
    scene.push("main")

    def greedy(scene):
        scene.version(FRIENDLY, record=False)
        settings.write_text(text.replace(world.hub.url, other.url))

    event = scene.pull(7, greedy, fork=True)
    inputs = {"pull-request": "7", "head": event["pull_request"]["head"]["sha"]}
    runner = world.runner("workflow_dispatch", repository(world), inputs=inputs, secrets={"GATEWAY_KEY": "sk-canary-0123456789"})
    jobs = runner.workflow(template)
    same((jobs["record"]["code"], jobs["push"]["result"]), (0, "skipped"), runner)
    patch = (runner.artifacts["regild-recordings"] / "recordings.patch").read_text()
    assert "Bonjour Ada!" in patch and "fast.json" in patch, patch
    asked = {authorization for _, path, authorization in world.hub.requests if path.startswith("/v1/")}
    same(asked, {"Bearer sk-canary-0123456789"}, runner)
    same(other.requests, [], runner)
    none_of(runner, "sk-canary-0123456789", TOKEN)
    other.close()


def a_release_is_what_its_checksums_say(world):
    version = yaml.safe_load((world.action / "action.yml").read_text())["inputs"]["version"]["default"]
    same(world.release("agree", f"v{version}").returncode, 0)
    same(world.release("agree", "v9.9.9").returncode, 1)
    archives = str(world.archive.parent)
    same(world.release("verify", archives).returncode, 0)
    extra = world.archive.with_name(f"regild-{version}-x86_64-apple-darwin.tar.gz")
    extra.write_bytes(b"x")
    same(world.release("verify", archives).returncode, 1)
    extra.unlink()
    world.promise("0" * 64)
    same(world.release("verify", archives).returncode, 1)
    # The tagged commit is the built one, but for the checksums.
    git = lambda *arguments: world.scene.git(*arguments, at=world.action)
    git("init", "--quiet", ".")
    git("add", "--all"), git("commit", "--quiet", "-m", "Built")
    world.promise("1" * 64)
    git("commit", "--quiet", "--all", "-m", "Checksums")
    same(world.release("same", "HEAD~1", "HEAD").returncode, 0)
    (world.action / "README.md").write_text("Other.\n")
    git("commit", "--quiet", "--all", "-m", "More")
    same(world.release("same", "HEAD~2", "HEAD").returncode, 1)
    setup = world.action / "setup/action.yml"
    setup.write_text(setup.read_text().replace(f"default: {version}", "default: 9.9.9"))
    same(world.release("agree").returncode, 1)


HARDENED = (
    the_hardened_template_judges_objects,
    a_yes_of_somebody_else_for_this_head_is_a_yes,
    the_hardened_template_refuses_a_head_that_moved_on,
    the_record_template_pushes_to_a_branch_and_hands_a_fork_its_patch,
    a_key_goes_to_the_policys_host_alone,
)
PLAIN = (
    a_release_is_verified_and_its_verdict_handed_on,
    what_fails_the_step_is_the_operators_choice,
    where_nothing_was_judged_it_always_fails,
    a_wrong_archive_is_never_unpacked,
    a_binary_that_is_here_is_taken_and_nothing_is_downloaded,
    hostile_inputs_are_text,
    the_command_line_tool_of_github_is_asked_who_built_it,
    the_simple_template_judges_pull_requests_and_the_queue,
    a_head_that_is_checked_out_is_refused,
    a_release_is_what_its_checksums_say,
)


def main():
    regild = str(Path(sys.argv[1]).resolve())
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    pins.check(ROOT)
    pins.read_by_others(ROOT, regild)
    for scenario in PLAIN + HARDENED:
        if wanted not in scenario.__name__:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            world = World(scratch, regild, "hardened" if scenario in HARDENED else "simple")
            scenario(world)
            world.hub.close()
        print(f"ok  {scenario.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
