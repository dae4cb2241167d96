"""What GitHub's runner reads in what a step prints and writes: commands and outputs, by the rules of its own parsers."""

import re
from dataclasses import dataclass

NAMES = {
    "set-output", "save-state", "set-env", "add-path", "add-mask", "add-matcher", "remove-matcher", "debug", "warning",
    "error", "notice", "group", "endgroup", "echo", "stop-commands", "internal-set-repo-path", "set-secret",
}
DATA = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]
PROPERTY = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
OLD = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")]


@dataclass
class Command:
    name: str
    properties: dict
    data: str


def decode(text, codes):
    for code, sign in codes:
        text = text.replace(code, sign)
    return text


def command(head, comma, codes, data):
    name, _, properties = head.partition(" ")
    if name.lower() not in NAMES:
        return None
    pairs = [pair.split("=", 1) for pair in properties.strip().split(comma) if "=" in pair]
    return Command(name.lower(), {key.lower(): decode(value, codes) for key, value in pairs if value}, data)


def of_line(line):
    """The form with `::` where the line begins with it, else the old form with `##[`, which may stand anywhere."""
    trimmed = line.lstrip()
    if trimmed.startswith("::") and "::" in trimmed[2:]:
        head, _, data = trimmed[2:].partition("::")
        found = command(head, ",", PROPERTY, decode(data, DATA))
        if found:
            return found
    if "##[" in line:
        head, closed, data = line.partition("##[")[2].partition("]")
        return command(head, ";", OLD, decode(data, OLD)) if closed else None
    return None


def commands(printed):
    return [found for found in map(of_line, re.split("[\r\n]", printed)) if found]


def outputs(text):
    """A file of outputs: `name=value`, or `name<<delimiter`, lines, and the delimiter again."""
    lines, read = iter(text.splitlines()), {}
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter, value = line[:heredoc], line[heredoc + 2:], []
            for line in lines:
                if line == delimiter:
                    break
                value.append(line)
            else:
                raise AssertionError(f"the output {name} never ends")
            assert len(delimiter) >= 32, "a delimiter that can be guessed"
            read[name] = "\n".join(value)
        else:
            assert equals > 0, f"no output: {line!r}"
            read[line[:equals]] = line[equals + 1:]
    return read
