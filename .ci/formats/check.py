"""Feeds hostile text through the built binary in every format, and reads it back with parsers that others wrote.

Usage: check.py BINARY. The texts stand in tests/hostile/corpus.json, which the unit tests use too. Each goes into every text
field of a report; what comes out must be a valid document of its format in which the text is text and nothing else.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import readers

ROOT = Path(__file__).resolve().parents[2]
BINARY = str(Path(sys.argv[1]).resolve())
SAMPLE = json.loads((ROOT / "src/report/sample.json").read_text(encoding="utf-8"))
# Words of closed lists, which can hold nothing else.
CLOSED = {"status", "mode", "severity", "outcome"}


def poison(value, text):
    """The same value with `text` for every string, as the unit tests do it."""
    if isinstance(value, dict):
        return {key: one if key in CLOSED else poison(one, text) for key, one in value.items()}
    if isinstance(value, list):
        return [poison(one, text) for one in value]
    return text if isinstance(value, str) else value


def hostile(text):
    report = poison(SAMPLE, text)
    report["root"] = text
    report["prompts"][1]["metrics"][text] = report["prompts"][1]["metrics"]["total_tokens"]
    for diagnostic in report["diagnostics"]:
        diagnostic["code"] = "yaml"
    return report


def run(*args, **variables):
    """What the binary prints on a build server; it must succeed and say nothing else."""
    env = {"PATH": os.environ["PATH"], "CI": "true", "GITHUB_ACTIONS": "true", "COLUMNS": "80", **variables}
    done = subprocess.run([BINARY, *args], capture_output=True, env=env, check=False)
    assert done.returncode == 0 and not done.stderr, (args, done.returncode, done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "strict")


def formats():
    """The formats that the binary knows, by its own word."""
    said = subprocess.run([BINARY, "report", "--from", "x", "--format", "?"], capture_output=True, check=False).stderr.decode()
    return said.split("possible values: ", 1)[1].split("]", 1)[0].split(", ")


def read_all(report, folder, known, like):
    """Reads every format of a report; `like` is how the same report without any trick looked. Gives how this one looks."""
    path = folder / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    out = {name: run("report", "--from", str(path), "--format", name) for name in known}
    shapes = {}
    for name, text in out.items():
        shapes[name] = readers.READERS[name](text, report)
        expected = like.get(name, shapes[name]) if like else shapes[name]
        assert shapes[name] == expected, f"{name}: {shapes[name]} instead of {expected}"
    coloured = run("report", "--from", str(path), "--format", "terminal", "--color", "always")
    readers.terminal(coloured, report, coloured=True)
    outputs, summary = folder / "output", folder / "summary"
    for file in (outputs, summary):
        file.unlink(missing_ok=True)
    said = run("report", "--from", str(path), "--github", GITHUB_OUTPUT=str(outputs), GITHUB_STEP_SUMMARY=str(summary))
    assert said == out["annotations"]
    readers.outputs(outputs.read_text(encoding="utf-8"), str(path))
    readers.markdown(summary.read_text(encoding="utf-8"), report, markers=0)
    return shapes


def main():
    corpus = json.loads((ROOT / "tests/hostile/corpus.json").read_text(encoding="utf-8"))
    known = formats()
    unread = set(known) - set(readers.READERS)
    assert not unread, f"no reader for {sorted(unread)}: add one to readers.py"
    strange = set(readers.READERS) - set(known)
    assert not strange, f"this binary does not know {sorted(strange)}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        read_all(SAMPLE, folder, known, None)
        like = {name: shape for name, shape in read_all(hostile("harmless"), folder, known, None).items()}
        for index, text in enumerate(corpus):
            try:
                read_all(hostile(text), folder, known, like)
            except Exception:
                print(f"formats: text {index} of tests/hostile/corpus.json: {text[:200]!r}", file=sys.stderr)
                raise
    print(f"formats: {len(corpus)} hostile texts through {', '.join(known)}, outputs and summary: all read back, nothing acted")


main()
