"""The expressions of GitHub's workflows, as far as the action and the templates use them.

Written after GitHub's documentation of contexts and expressions; whatever is not understood stops the test.
"""

import re

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*)|(==|!=|&&|\|\||[!().,])|(\d+))")


def text(value):
    """A value as it stands in a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fill(template, contexts):
    """Text with its `${{ }}` replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: text(evaluate(found[1], contexts)), text(template), flags=re.S)


def evaluate(source, contexts):
    parser = Parser(source, contexts)
    value = parser.either()
    if parser.at != len(parser.tokens):
        raise ValueError(f"cannot read the expression {source!r}")
    return value


class Parser:
    def __init__(self, source, contexts):
        self.contexts, self.at, self.tokens, place = contexts, 0, [], 0
        source = source.strip()
        while place < len(source):
            found = TOKEN.match(source, place)
            if not found:
                raise ValueError(f"cannot read the expression {source!r}")
            self.tokens.append(found.groups())
            place = found.end()

    def sign(self, *signs):
        """Takes the next token if it is one of the signs."""
        if self.at < len(self.tokens) and self.tokens[self.at][2] in signs:
            self.at += 1
            return self.tokens[self.at - 1][2]
        return None

    def either(self):
        value = self.both()
        while self.sign("||"):
            other = self.both()
            value = value or other
        return value

    def both(self):
        value = self.equal()
        while self.sign("&&"):
            other = self.equal()
            value = value and other
        return value

    def equal(self):
        value = self.unary()
        while sign := self.sign("==", "!="):
            same = text(value).lower() == text(self.unary()).lower()
            value = same if sign == "==" else not same
        return value

    def unary(self):
        if self.sign("!"):
            return not self.unary()
        if self.sign("("):
            value = self.either()
            if not self.sign(")"):
                raise ValueError("a parenthesis is open")
            return value
        string, name, _, number = self.tokens[self.at]
        self.at += 1
        if string is not None:
            return string[1:-1].replace("''", "'")
        if number is not None:
            return int(number)
        if name is None:
            raise ValueError("a value is missing")
        return self.call(name) if self.sign("(") else self.named(name)

    def call(self, name):
        arguments = []
        while not self.sign(")"):
            arguments.append(self.either())
            self.sign(",")
        if name == "format":
            return re.sub(r"\{(\d)\}", lambda found: text(arguments[1 + int(found[1])]), arguments[0])
        return self.contexts["status"][name]

    def named(self, name):
        value = {"true": True, "false": False, "null": None}.get(name, self.contexts.get(name))
        if name not in ("true", "false", "null") and name not in self.contexts:
            raise ValueError(f"there is no context {name!r}")
        while self.sign("."):
            key = self.tokens[self.at][1]
            self.at += 1
            value = value.get(key) if isinstance(value, dict) else None
        return value
