"""The expressions of ``--where``: text to a small tree.

    either   = both { "or" both }
    both     = one { "and" one }
    one      = "not" one | "(" either ")" | test
    test     = name                                   known, and neither no nor 0
             | name ( = | != | < | <= | > | >= | ~ | !~ ) value
             | name [ "not" ] "in" "(" value { "," value } ")"
    name     = word | "attributes." word
    word, value = letters, digits and signs without a space, or anything in '...' or "..."

Nothing here knows a database: names are looked up by :mod:`prodsim_cli.queries.ranking.conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from prodsim_cli.errors import UsageProblem

MOST_CHARACTERS = 100_000
MOST_DEPTH = 10
"""Parentheses inside each other: SQLite's own parser holds 100 open marks, and a level takes up to
5 of them beside the 20 of a comparison."""

MOST_TESTS = 200
MOST_VALUES = 10_000
OPERATORS = ("!=", "<=", ">=", "!~", "=", "<", ">", "~")

_WORDS = ("and", "or", "not", "in")
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*")|(?P<mark>!=|<=|>=|==|!~|<>|&&|\|\||[=<>~(),])"""
    r"""|(?P<word>[^\s'"=<>~(),!]+)|(?P<other>\S))"""
)
_INSTEAD = {"==": "=", "<>": "!=", "&&": "and", "||": "or"}
_SHOWN = 60

_ELSEWHERE = {
    **dict.fromkeys(
        ("like", "ilike", "contains", "matches", "glob", "regexp"),
        "A text that holds another is {0}~mug, without % or *.",
    ),
    **dict.fromkeys(
        ("is", "exists"), "{0} alone holds where it is known, and not {0} where it is not."
    ),
    "between": "Write {0}>=10 and {0}<=20.",
}
"""Words of other languages, and how this one says it of a column."""


@dataclass(frozen=True)
class Name:
    """A column or an attribute as written; ``place``: its first character, counted from 1."""

    text: str
    place: int
    attribute: bool = False


@dataclass(frozen=True)
class Comparison:
    """One comparison; ``operator`` '' is the bare name, ``in`` has several values."""

    name: Name
    operator: str = ""
    values: tuple[str, ...] = ()
    place: int = 0


@dataclass(frozen=True)
class Not:
    """The contrary."""

    part: Node


@dataclass(frozen=True)
class Both:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """One part holds at least."""

    parts: tuple[Node, ...]


Node = Comparison | Not | Both | Either


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


def parse(text: str) -> Node:
    """The tree of one expression.

    Raises
    ------
    UsageProblem
        With the word that is wrong, the number of its first character, and what should stand there.
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageProblem(
            f"--where is {len(text):,} characters long; {MOST_CHARACTERS:,} are the most.",
            hint="Several --where are joined by and; a list is shorter than many comparisons.",
        )
    return _Parser(text).whole()


def tests(node: Node) -> int:
    """How many comparisons a tree holds."""
    if isinstance(node, Comparison):
        return 1
    return tests(node.part) if isinstance(node, Not) else sum(map(tests, node.parts))


def wrong(text: str, place: int, what: str, hint: str = "") -> UsageProblem:
    """The error at one character of an expression."""
    shown = text if len(text) <= _SHOWN else _around(text, place)
    where = f"at character {place} of" if place <= len(text) else "at the end of"
    return UsageProblem(
        f"{what}, {where} --where {shown!r}.",
        hint=hint or "docs/rules.md has the language on one page: price<20 and not brand=Sony.",
    )


def side_by_side(before: str, word: str, *, together: str, valued: bool, follows: str) -> str:
    """The hint where two words stand side by side, both as an expression wants them.

    ``together``: both as one word in quotes. ``valued``: the first is the value of a comparison.
    ``follows``: the operator behind the second, '' where there is none.
    """
    quotes = f"Quotes hold words together: {together}."
    shown = word + (f" {follows} " if follows == "in" else follows)
    if valued:
        return f"Between two comparisons stands and: ... and {shown}..." if follows else quotes
    if word.lower() in _ELSEWHERE:
        return _ELSEWHERE[word.lower()].format(before)
    if follows:
        return f"{quotes}\nBetween two comparisons stands and: {before} and {shown}..."
    return f"Did you mean {before}={word}, or {before}~{word} for a part? {quotes}"


def _around(text: str, place: int) -> str:
    start = max(0, min(place - _SHOWN // 2, len(text) - _SHOWN))
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


class _Parser:
    """Recursive descent over the tokens, one at a time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.at = self.depth = self.tests = self.values = 0

    def _tokens(self) -> list[_Token]:
        found = []
        end = len(self.text.rstrip())
        place = 0
        while place < end:
            match = _TOKEN.match(self.text, place)
            assert match is not None
            assert match.lastgroup is not None
            kind, word = match.lastgroup, match[match.lastgroup]
            begin = match.start(kind) + 1
            if kind == "other":
                raise self._odd(word, begin)
            if kind == "quoted":
                word = word[1:-1]
            if word in _INSTEAD and kind == "mark":
                raise self.wrong(f"{word} is written {_INSTEAD[word]} here", place=begin)
            if kind == "word" and word.lower() in _WORDS:
                kind, word = "key", word.lower()
            found.append(_Token(kind, word, begin))
            place = match.end()
        return [*found, _Token("end", "", len(self.text) + 1)]

    def _odd(self, sign: str, place: int) -> UsageProblem:
        if sign in "'\"":
            hint = 'Put a value with an apostrophe into the other quotes: brand="L\'Occitane".'
            return self.wrong(f"The quote {sign} is never closed", hint, place)
        return self.wrong(f"{sign!r} means nothing here", "Did you mean not, or !=?", place)

    def wrong(self, what: str, hint: str = "", place: int | None = None) -> UsageProblem:
        """The error at the token at hand, or at another place."""
        return wrong(self.text, self.now.place if place is None else place, what, hint)

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def takes(self, *words: str) -> bool:
        """Step over the token at hand if it is one of these marks or keywords."""
        token = self.now
        if token.kind in ("mark", "key") and token.text in words:
            self.at += 1
            return True
        return False

    def whole(self) -> Node:
        if self.now.kind == "end":
            raise self.wrong("There is nothing in it", place=1)
        tree = self.either()
        token = self.now
        if token.kind == "end":
            return tree
        if token.text == ")" and token.kind == "mark":
            raise self.wrong("There is a ) without its (")
        before = self.tokens[self.at - 1]
        if token.kind in ("word", "quoted") and before.kind in ("word", "quoted"):
            said = f"and, or, or the end should follow {before.text!r}, not {token.text!r}"
            raise self.wrong(said, self.instead(before, token))
        raise self.wrong(f"and, or, or the end should stand before {_said(token)}")

    def instead(self, before: _Token, token: _Token) -> str:
        """What was meant, perhaps, where two words stand side by side."""
        follows = self.tokens[self.at + 1]
        tests = follows.kind in ("mark", "key") and follows.text in (*OPERATORS, "in")
        return side_by_side(
            _written(before),
            _written(token),
            together=f'"{before.text} {token.text}"',
            valued=self.at > 1 and self.tokens[self.at - 2].text in OPERATORS,
            follows=follows.text if tests else "",
        )

    def either(self) -> Node:
        return self.joined("or", self.both, Either)

    def both(self) -> Node:
        return self.joined("and", self.one, Both)

    def joined(self, word: str, part: Callable[[], Node], kind: type[Both | Either]) -> Node:
        parts = [part()]
        while self.takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def one(self) -> Node:
        turned = False
        while self.takes("not"):
            turned = not turned
        place = self.now.place
        if self.takes("("):
            self.depth += 1
            if self.depth > MOST_DEPTH:
                hint = "Take parentheses out: and binds more than or, not more than both."
                said = f"Parentheses stand inside each other more than {MOST_DEPTH} deep"
                raise self.wrong(said, hint, place)
            part = self.either()
            if not self.takes(")"):
                raise self.wrong(f"A ) should close the ( at character {place}")
            self.depth -= 1
        else:
            part = self.test()
        return Not(part) if turned else part

    def test(self) -> Comparison:
        self.tests += 1
        if self.tests > MOST_TESTS:
            hint = "A list is one comparison: sku in (A1, A2, A3)."
            raise self.wrong(f"There are more than {MOST_TESTS} comparisons", hint)
        name = self.name()
        token = self.now
        if token.kind == "mark" and self.takes(*OPERATORS):
            return Comparison(name, token.text, (self.value(token.text),), token.place)
        turned = self.takes("not")
        if self.takes("in"):
            return Comparison(name, "not in" if turned else "in", self.list(), token.place)
        if turned:
            hint = f"Did you mean {name.text} not in (...), or {name.text} and not ...?"
            raise self.wrong("not stands before a comparison or before in", hint, token.place)
        return Comparison(name, place=name.place)

    def name(self) -> Name:
        token = self.now
        if token.kind not in ("word", "quoted"):
            raise self.wrong(f"A column should stand there, not {_said(token)}")
        self.at += 1
        if token.kind == "quoted":
            return Name(token.text, token.place)
        if token.text.lower() == "attributes." and self.now.kind == "quoted":
            self.at += 1
            return Name(self.tokens[self.at - 1].text, token.place, attribute=True)
        if token.text.lower().startswith("attributes.") and len(token.text) > 11:
            return Name(token.text[11:], token.place, attribute=True)
        return Name(token.text, token.place)

    def value(self, after: str) -> str:
        token = self.now
        if token.kind not in ("word", "quoted"):
            hint = 'Quotes make a value of anything: title~"black and white".'
            raise self.wrong(f"A value should follow {after}, not {_said(token)}", hint)
        self.values += 1
        if self.values > MOST_VALUES:
            raise self.wrong(f"There are more than {MOST_VALUES:,} values")
        self.at += 1
        return token.text

    def list(self) -> tuple[str, ...]:
        if not self.takes("("):
            raise self.wrong(f"A ( should follow in, not {_said(self.now)}")
        found = [self.value("(")]
        while self.takes(","):
            found.append(self.value("a comma"))
        if not self.takes(")"):
            raise self.wrong(f"A comma or a ) should stand there, not {_said(self.now)}")
        return tuple(found)


def _written(token: _Token) -> str:
    return token.text if token.kind == "word" else f'"{token.text}"'


def _said(token: _Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text)
