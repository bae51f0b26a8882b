"""What a reading of a question makes of the products, without meaning.

The exact comes first: a product whose model number, SKU or whole title was asked for stands before
all others. Among the others a word as it is written counts a little more than one with the same
stem (``glass``, ``glasses``), and words that stand together a little more than scattered ones. The
sum is squared: a product that says half of a question is worth a quarter of one that says it all,
which matters where meaning speaks, too.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from prodsim_cli.search import index
from prodsim_cli.search.terms import terms, words
from prodsim_cli.search.words import ADDED, LookUp, Reading, Word, largest, looked_up

EXACT, TOGETHER = 0.05, 0.05
"""What it adds to a score of at most 1 that all words stand in the title so; that in this order."""

FIRST = 1.0
"""What it adds to be the very one: more than any score of the others."""

WHOLE = 0.5
"""How much of the way to 1 it lifts a score that a product holds the whole question: what is near
by its meaning alone is worth half at most, so it stands behind."""

LOOKED_AT = 200
"""Best products whose titles are looked at closely."""

FEEDBACK = 5
"""Products of a question whose neighbours are asked."""

MOST_ADDED, ADDED_WEIGHT = 5, 0.2
"""Words that are added, and what one counts beside a word that was asked for."""

_LEAST = 2
"""Neighbours that must say a word; what one says is its own."""

_FREQUENT = 60

Scored = tuple[int, float]
"""Row id and score."""


@dataclass(frozen=True)
class Found:
    """Products for one question.

    ``order``: by falling score, which is above 0; ``rest``: all others that could be meant, the
    nearest first. ``words``, ``coded``, ``near``: the products that hold a word, that have the
    model number, that are among the nearest by meaning.
    """

    reading: Reading
    order: list[Scored]
    rest: list[int] = field(default_factory=list)
    words: frozenset[int] = frozenset()
    coded: frozenset[int] = frozenset()
    near: frozenset[int] = frozenset()


def by_words(connection: sqlite3.Connection, reading: Reading) -> tuple[dict[int, float], set[int]]:
    """Row id -> score in (0, 1] of all that hold a word; and those that are the very one."""
    scores = reading.scores()
    asked = words(reading.understood())
    close = sorted(scores, key=lambda item: (-scores[item], item))[:LOOKED_AT]
    first = set(reading.coded)
    for item, title in index.titles(connection, close).items():
        said = words(title)
        scores[item] += EXACT * _share(asked, said) + TOGETHER * _together(asked, said)
        if said == asked:
            first.add(item)
    most = 1 + EXACT + TOGETHER
    return {item: (score / most) ** 2 for item, score in scores.items()}, first


def whole(connection: sqlite3.Connection, reading: Reading) -> set[int]:
    """Products that hold every word of a question as it is written, in a field that names them.

    A description says much that a product is not, so of a description only sizes and numbers are
    taken (``3.5mm jack``), as they are written. A question with a word that was corrected, or that
    nobody holds, is held by none.
    """
    asked = [word for word in reading.words if word.kind != ADDED]
    if not asked or any(word.instead or not word.scores for word in asked):
        return set()
    held = set.intersection(*({*word.scores} for word in asked))
    said = words(reading.text)
    exact = said if any(char.isdigit() for char in reading.text) else []
    return held & index.named(connection, [words(word.text) for word in asked], exact)


def _share(asked: Sequence[str], said: Sequence[str]) -> float:
    """Share of the words asked for that stand in a title as they are written."""
    there = set(said)
    return sum(word in there for word in asked) / max(len(asked), 1)


def _together(asked: Sequence[str], said: Sequence[str]) -> bool:
    """True if a title holds the words one after the other, in order."""
    size = len(asked)
    return any(list(said[at : at + size]) == list(asked) for at in range(len(said) - size + 1))


def ordered(
    connection: sqlite3.Connection, reading: Reading, scores: dict[int, float], first: set[int]
) -> Found:
    """Products by falling score, ties by position."""
    total = {
        item: round(scores.get(item, 0.0) + FIRST * (item in first), 9)
        for item in {*scores, *first}
    }
    place = index.in_position(connection, total)
    order = sorted(place, key=lambda item: -total[item])
    return Found(
        reading,
        [(item, total[item]) for item in order if total[item] > 0],
        words=frozenset(item for word in reading.words for item in word.scores),
        coded=reading.coded,
    )


def expanded(connection: sqlite3.Connection, reading: Reading, neighbors: Iterable[int]) -> Reading:
    """The reading with the most characteristic words of the titles of some products.

    Pseudo-relevance feedback (Rocchio 1971), with neighbours in the graph in place of the first
    page.
    """
    n = index.size(connection)
    titles = index.titles(connection, neighbors)
    held = Counter(asked for title in titles.values() for asked in {*looked_up(terms(title))})
    several = [(asked, count) for asked, count in held.most_common(_FREQUENT) if count >= _LEAST]
    known = {item for word in reading.words for item in word.scores}
    found = []
    for asked, count in several:
        scores = index.scores(connection, index.quoted(asked.words))
        # How much oftener these products say it than all do (Kullback & Leibler 1951).
        oftener = math.log(count / len(titles) * n / max(len(scores), 1))
        if _new(asked, reading) and oftener > 0 and not known >= scores.keys():
            found.append((-count * oftener, asked.words, scores))
    added = [
        Word("".join(said), ADDED_WEIGHT, scores, largest(n, len(scores)), n, kind=ADDED)
        for _, said, scores in sorted(found, key=lambda one: one[:2])[:MOST_ADDED]
    ]
    return replace(reading, words=(*reading.words, *added))


def _new(asked: LookUp, reading: Reading) -> bool:
    """True for a word of letters that the question does not hold, nor another form of it."""
    text = "".join(asked.words)
    if any(char.isdigit() for char in text) or (not asked.unspaced and len(text) < 3):
        return False
    told = [word.text for word in reading.words]
    told += [other for word in reading.words for other in word.instead]
    return not any(text.startswith(one[:5]) or one.startswith(text[:5]) for one in told)
