"""The words of a question, each with the products that hold it.

score(product) = sum over the words of weight * min(BM25, its largest value)
                 / sum over the words of weight * largest value

so 1 is a product that says all the words again and again, and a word that nothing holds takes as
much off as the rarest word gives. BM25 of FTS5 over weighted fields (Robertson et al. 2004).
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from prodsim_cli.search import index, spelling
from prodsim_cli.search.terms import Term, as_one_word, codes, folded, is_measure, numbers, terms

_SATURATED = 2.2
"""K1 + 1: what BM25 comes to for a word of idf 1 that is said without end."""

SPELLING, PARTS, BEGINNING, ADDED = "spelling", "parts", "beginning", "added"

MOST_WORDS, MOST_CHARACTERS = 64, 2_000
"""Words and characters of a question that are read; nobody asks for more."""

CORRECTED = 0.7
"""What a word counts that is only the nearest to the one that was written."""

_JOINED = 4
"""Letters above which two words are also looked for as one: ``head phones``."""

RARE = 20
"""Products that share a model number, at most; what more share names none of them."""

_BEGUN = 6
"""Letters and digits from which on what begins a number is one, however much it looks like a
measure: ``6c5a41f0``."""

_READ = 2_000
"""Products of a number whose texts are read; a commoner one tells little."""

_DECIMAL = re.compile("[0-9][.,][0-9]")
_SPOKEN = re.compile(r"[^\W\d_]{4,}\s|\s[^\W\d_]{4,}(?!\S)")
"""A word of its own: ``size 10`` is no model number unless a product has it."""


@dataclass(frozen=True)
class Word:
    """One word (or pair of characters) of a question: who holds it, and how much it says.

    ``instead``: what was searched for where the word itself is unknown, and ``kind``, how that was
    found: :data:`SPELLING`, :data:`PARTS`, :data:`BEGINNING`; or :data:`ADDED` from the catalogue.
    ``products``: how many the catalogue has.
    """

    text: str
    weight: float = 1.0
    scores: dict[int, float] = field(default_factory=dict, repr=False)
    most: float = 0.0
    products: int = 0
    unspaced: bool = False
    instead: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Reading:
    """A question read with the catalogue.

    ``text``: as it was asked; ``coded``: the products of its model numbers;
    ``is_code``: it is nothing but such a number.
    """

    text: str
    words: tuple[Word, ...]
    coded: frozenset[int] = frozenset()
    is_code: bool = False

    def scores(self) -> dict[int, float]:
        """Row id -> score in (0, 1]."""
        total = sum(word.weight * word.most for word in self.words)
        found: dict[int, float] = {}
        for word in self.words:
            for item, score in word.scores.items():
                share = word.weight * min(score, word.most) / total
                found[item] = found.get(item, 0.0) + share
        return found

    def asks_meaning(self) -> bool:
        """False for a question that is nothing but a model number: what it means is nobody's
        guess, whether the catalogue has it or not. Nor does one without letter or digit mean
        anything."""
        return not self.is_code and bool(self.words)

    def corrections(self) -> tuple[Word, ...]:
        """The words that others stand for."""
        return tuple(word for word in self.words if word.instead and word.kind != ADDED)

    def without(self, wrong: Word) -> Reading:
        """The same without one of the corrections: that word is unknown."""
        words = tuple(
            Word(word.text, most=largest(word.products, 0), products=word.products)
            if word is wrong
            else word
            for word in self.words
        )
        return replace(self, words=words)

    def understood(self, *, begun: bool = False) -> str:
        """The text with the nearest words in place of those that were misspelled; ``begun``: and
        the commonest ones in place of those that were only begun."""
        given = {
            word.text: word.instead[0]
            for word in self.corrections()
            if begun or word.kind != BEGINNING
        }
        if not given:
            return self.text
        out, at, plain = [], 0, folded(self.text)
        for term in terms(self.text):
            out += [plain[at : term.start], given.get(term.text, term.text)]
            at = term.end
        return "".join([*out, plain[at:]])


def read(connection: sqlite3.Connection, text: str) -> Reading:
    """Look every word of a question up; unknown ones are corrected where something is near."""
    text = text[:MOST_CHARACTERS]
    n = index.size(connection)
    found = terms(text)[:MOST_WORDS]
    coded, whole = _coded(connection, text, n)
    words = [_word(connection, asked, n) for asked in dict.fromkeys(looked_up(found))]
    words = [_alone(connection, word, text) for word in words]
    if any(word.scores for word in words):
        # Of the pairs of characters that nothing holds, most straddle two words.
        words = [word for word in words if word.scores or not word.unspaced]
    elif any(word.unspaced for word in words):
        singles = dict.fromkeys(LookUp((term.text,), (), True) for term in found if term.unspaced)
        words = [_word(connection, asked, n) for asked in singles]
    return Reading(text, tuple(words), frozenset(coded), whole)


@dataclass(frozen=True)
class LookUp:
    """What is looked up: words side by side; ``joined``: the same as people write it in one."""

    words: tuple[str, ...]
    joined: tuple[str, ...]
    unspaced: bool


def looked_up(found: Sequence[Term]) -> Iterator[LookUp]:
    """Words, and pairs of characters that stand beside each other."""
    rim: list[Term | None] = [None, *found, None]
    for before, term, after in zip(rim, found, rim[2:], strict=False):
        touching = [
            other
            for other in (before, after)
            if other
            and other.unspaced == term.unspaced
            and (not term.unspaced or term.end == other.start or other.end == term.start)
        ]
        if not term.unspaced:
            joined = [
                "".join(t.text for t in sorted((o, term), key=lambda one: one.start))
                for o in touching
            ]
            yield LookUp((term.text,), tuple(word for word in joined if len(word) > _JOINED), False)
        elif after in touching and after is not None:
            yield LookUp((term.text, after.text), (), True)
        elif not touching:
            yield LookUp((term.text,), (), True)


def _word(connection: sqlite3.Connection, asked: LookUp, n: int) -> Word:
    """One word with its products, or with those of what was meant by it."""
    text = "".join(asked.words)
    strings = [index.quoted(asked.words)]
    strings += [index.quoted([word]) for word in asked.joined]
    scores = index.scores(connection, index.any_of(strings))
    if scores or asked.unspaced or not spelling.correctable(text):
        return Word(text, 1.0, scores, largest(n, len(scores)), n, asked.unspaced)
    return _meant(connection, text, n) or Word(text, most=largest(n, 0), products=n)


def _alone(connection: sqlite3.Connection, word: Word, text: str) -> Word:
    """A number without the products that only have it inside another one: 5 is not in 1.5."""
    if not (word.text.isascii() and word.text.isdigit()) or len(word.scores) > _READ:
        return word
    wanted = {number for number in numbers(text) if word.text in number.split(".")}
    raw = index.raw(connection, word.scores)
    scores = {
        item: score for item, score in word.scores.items() if wanted & numbers(raw.get(item, ""))
    }
    return replace(word, scores=scores)


def _meant(connection: sqlite3.Connection, text: str, n: int) -> Word | None:
    """What an unknown word may mean: two words in one, the beginning of some, a slip."""
    meant = [(PARTS, words) for words in spelling.parted(connection, text)]
    if not meant:
        nearest, longer = spelling.nearest(connection, text), spelling.completed(connection, text)
        slip = nearest is not None and nearest.likelier_than(longer)
        if slip and nearest:
            meant = [(SPELLING, [nearest.word])]
        else:
            meant = [(BEGINNING, [other.word]) for other in longer]
    if not meant:
        return None
    expression = index.any_of([index.quoted(words) for _, words in meant])
    scores = index.scores(connection, expression)
    instead = tuple(" ".join(words) for _, words in meant)
    return Word(
        text, CORRECTED, scores, largest(n, len(scores)), n, instead=instead, kind=meant[0][0]
    )


def _coded(connection: sqlite3.Connection, text: str, n: int) -> tuple[set[int], bool]:
    """Products with a model number of the question that few share, and whether the question is
    nothing but that number."""
    whole = "" if _DECIMAL.search(text) and is_measure(as_one_word(text)) else as_one_word(text)
    named = {code for code in codes(text) if not is_measure(code)} | ({whole} - {""})
    limit = max(RARE, n // 1000)
    found: set[int] = set()
    is_code = whole in codes(text) and not is_measure(whole) and not _SPOKEN.search(folded(text))
    for code in sorted(named):
        holders = index.scores(connection, index.code(code))
        if 0 < len(holders) <= limit:
            found |= holders.keys()
            is_code |= code == whole
    if not found and whole in codes(text):
        holders = index.scores(connection, index.beginning(whole))
        found = set(holders) if len(holders) <= limit else set()
        is_code |= bool(found) and len(whole) >= _BEGUN
    return found, is_code


def largest(n: int, holders: int) -> float:
    """The largest BM25 of a word that so many of n products hold (FTS5's idf)."""
    return _SATURATED * max(math.log((n - holders + 0.5) / (holders + 0.5)), 1e-6)
