"""One reader a format, each on a parser that others wrote. A reader fails where hostile text became more than text.

Each takes what was printed and the report it was made from, and gives the document's shape: what must not depend on the text.
"""

import json
import re
from pathlib import Path

import cmarkgfm
import html5lib
import jsonschema
import junitparser
from cmarkgfm.cmark import Options
from lxml import etree
from markdown_it import MarkdownIt

import runner

HERE = Path(__file__).resolve().parent
SARIF = json.loads((HERE / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
SCHEMAS = {name: etree.XMLSchema(etree.parse(HERE / f"{name}.xsd")) for name in ("jenkins", "surefire")}
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\U000e0000-\U000e0fff]")


def quiet(text):
    """Nothing for a build server to obey, and nothing that hides."""
    assert not runner.commands(text), runner.commands(text)
    for mark in ("##[", "##vso[", "##teamcity[", "section_start:", "section_end:"):
        assert mark not in text.lower(), mark
    found = HIDDEN.search(text)
    assert not found, f"{found.group()!r} in {text[max(0, found.start() - 80):found.start() + 20]!r}"


def strict_json(text):
    def no_constant(word):
        raise AssertionError(f"{word} is not JSON")

    def no_twins(pairs):
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"a key stands twice: {keys}"
        return dict(pairs)

    return json.loads(text, parse_constant=no_constant, object_pairs_hook=no_twins)


def said(value):
    """Every text of a document, sorted. A field that holds an empty one may be left out of it."""
    if isinstance(value, dict):
        value = {key: one for key, one in value.items() if one != ""}
        return sorted([text for key, one in value.items() for text in [key, *said(one)]])
    if isinstance(value, list):
        return sorted([text for one in value for text in said(one)])
    return [value] if isinstance(value, str) and value else []


def terminal(text, _report, coloured=False):
    if coloured:
        text = re.sub("\x1b\\[[0-9;]*m", "", text)
    quiet(text)


def report_json(text, report):
    quiet(text)
    again = strict_json(text)
    for key in report:
        assert said(again.get(key, "")) == said(report[key]), f"{key}: what was read is not what was written"


def costs(text, report):
    quiet(text)
    again = strict_json(text)
    assert [one["id"] for one in again["changed_prompts"]] == [one["id"] for one in report["prompts"] if one["status"] != "unchanged"][: len(again["changed_prompts"])]
    return sorted(again)


def annotations(text, _report):
    lines = text.splitlines()
    assert text.endswith("\n") and len(runner.commands(text)) == len(lines), "a line that is no command"
    counts = {}
    for command in runner.commands(text):
        assert command.name in ("error", "warning", "notice"), command
        assert set(command.properties) <= {"file", "line", "col", "title"}, command
        assert re.fullmatch(r"[A-Za-z0-9 _.:/\[\]-]+", command.properties["title"]), command
        assert len(command.data.encode("utf-16-le")) // 2 <= 4096, "the runner would cut it"
        quiet(command.data)
        counts[command.name] = counts.get(command.name, 0) + 1
    assert max(counts.values()) <= 10, counts


TAGS = {"details", "summary", "code", "sub", "br", "wbr"}
# What Markdown itself makes of our own marks.
MADE = {"DOCUMENT_FRAGMENT", "h3", "h4", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "pre", "hr"}
# What GitHub acts on in text: mentions, references, commits, addresses, emoji.
ACTIVE = re.compile(r"@\w|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b|\w+://|\bwww\.\w|:\w+:|\w@\w")


def markdown(text, _report, markers=1):
    """As GitHub reads it, by its own parser; then by another one, which must agree."""
    quiet(text)
    html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    comments = [node.text for node in tree.iter() if not isinstance(node.tag, str)]
    assert len(comments) == markers and all(one.startswith(" regild:v1 key=default head=") for one in comments), comments
    assert not markers or text.startswith("<!-- regild:v1 "), "the marker is not the first thing"

    def walk(node, in_code):
        if not isinstance(node.tag, str):
            return
        assert node.tag in TAGS | MADE, f"<{node.tag}> in {html}"
        allowed = {"th": {"align"}, "td": {"align"}, "pre": {"lang"}}.get(node.tag, set())
        assert set(node.attrib) <= allowed, f"<{node.tag} {node.attrib}>"
        assert node.attrib.get("lang", "text") == "text", node.attrib
        in_code = in_code or node.tag == "code"
        pieces = [node.text] + [child.tail for child in node]
        for piece in pieces if not in_code else []:
            found = ACTIVE.search(piece or "")
            assert not found, f"{found.group()!r} in {piece!r}"
        for child in node:
            walk(child, in_code)

    walk(tree, False)
    # Formulas are looked for in the source, before anything else: a dollar there is one of code or an entity.
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert "$" not in outside, outside[outside.find("$") - 80:][:160]
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(text):
        inner = [token, *(token.children or [])]
        for one in inner:
            assert one.type not in ("link_open", "image", "blockquote_open", "bullet_list_open", "ordered_list_open", "code_block", "lheading_open", "em_open", "s_open"), f"{one.type}: {token.content!r}"
            if one.type in ("html_inline", "html_block"):
                for tag in re.findall(r"<[^>]*>?", one.content):
                    assert tag.startswith("<!-- regild:v1 ") or re.fullmatch(r"</?([a-z]+)>", tag) and tag.strip("</>") in TAGS, tag


# What our JUnit has beyond those readers' rules, for the many that use it: where a case stands, why it was skipped, counts.
PLACE = {("testcase", "file"), ("testcase", "line")}
BEYOND = {"jenkins": PLACE | {("testsuites", "skipped")}, "surefire": PLACE | {("skipped", "type")}}


def junit(text, _report):
    quiet(text)
    assert "<!" not in text and not re.search(r"\[\[(attachment|property)\|", text, re.IGNORECASE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    root = etree.fromstring(text.encode("utf-8"), parser)
    suites = root.findall("testsuite")
    for name, schema in SCHEMAS.items():
        plain = etree.fromstring(text.encode("utf-8"), parser)
        for node in plain.iter():
            for attribute in {attribute for attribute in node.attrib if (node.tag, attribute) in BEYOND[name]}:
                del node.attrib[attribute]
        for document in [plain] if name == "jenkins" else plain.findall("testsuite"):
            assert schema.validate(etree.fromstring(etree.tostring(document))), f"{name}: {schema.error_log}"
    again = junitparser.JUnitXml.fromstring(text.encode("utf-8"))
    shape = []
    for suite, read in zip(suites, again):
        cases = list(read)
        assert len(cases) == int(suite.get("tests")) == read.tests
        assert len({case.name for case in cases}) == len(cases), "two cases of one name"
        shape.append((read.tests, read.failures, read.errors, read.skipped))
    assert [sum(one[n] for one in shape) for n in range(3)] == [int(root.get(key)) for key in ("tests", "failures", "errors")]
    return shape


def sarif(text, report):
    quiet(text)
    log = strict_json(text)
    jsonschema.Draft7Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)
    [run] = log["runs"]
    assert len(run["results"]) == len(report["diagnostics"])
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        message = result["message"]["text"]
        assert not re.search(r"\]\(", message), f"a link: {message!r}"
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})*", place["artifactLocation"]["uri"]), place
        assert not place["artifactLocation"]["uri"].startswith("//"), place
        assert place["region"]["startLine"] >= 1
    return [sorted(result) for result in run["results"]]


def html(text, _report):
    """One page that needs nothing else: no script, style or address but its own (SEC-23)."""
    quiet(text)
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    policy = [node.get("content") for node in tree.iter("meta") if (node.get("http-equiv") or "").lower() == "content-security-policy"]
    assert len(policy) == 1 and "default-src 'none'" in policy[0] and "unsafe" not in policy[0], policy
    active = []
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        assert node.tag not in {"iframe", "object", "embed", "base", "form", "img", "link", "frame", "applet", "video", "audio"}, node.tag
        for name, value in node.attrib.items():
            assert not str(name).lower().startswith("on"), (node.tag, name)
            assert name not in ("src", "srcdoc", "srcset", "action", "formaction", "ping", "background"), (node.tag, name)
            assert name not in ("href", "xlink:href") or value.startswith("#"), (node.tag, value)
        if node.tag == "script" and (node.get("type") or "").endswith("json"):
            strict_json(node.text or "null")
        elif node.tag in ("script", "style"):
            active.append((node.tag, node.text))
    return active


def outputs(text, path):
    read = runner.outputs(text)
    assert read.pop("report-path") == path
    assert set(read) == {"verdict", "exit-code", "changed-prompts", "cost-delta-usd", "cost-unknown"}, read
    for name, value in read.items():
        assert re.fullmatch(r'[A-Za-z0-9_.,"\[\]-]*', value), f"{name}: {value!r}"


READERS = {
    "terminal": terminal,
    "json": report_json,
    "junit": junit,
    "markdown": markdown,
    "annotations": annotations,
    "sarif": sarif,
    "html": html,
    "costs": costs,
}
