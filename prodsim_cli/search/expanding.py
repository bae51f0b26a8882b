"""More words for a question, from the catalogue's own graph: what the neighbours of the best are
called. Ground floor.

An old idea, pseudo-relevance feedback (Rocchio 1971), with the graph in place of the first page.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from prodsim_cli.search import index
from prodsim_cli.search.terms import terms
from prodsim_cli.search.words import ADDED, Asked, Reading, Word, largest, looked_up

BEST = 5
"""Products of a question whose neighbours are asked."""

WORDS = 5
WEIGHT = 0.2
"""What an added word counts beside one that was asked for."""

_LEAST = 2
"""Neighbours that must say a word; what one says is its own."""

_LOOKED_AT = 60


def expanded(connection: sqlite3.Connection, reading: Reading, neighbors: Iterable[int]) -> Reading:
    """The reading with the most characteristic words of the titles of some products."""
    n = index.size(connection)
    said = index.titles(connection, neighbors)
    held = Counter(asked for title in said.values() for asked in {*looked_up(terms(title))})
    several = [(asked, count) for asked, count in held.most_common(_LOOKED_AT) if count >= _LEAST]
    known = {item for word in reading.words for item in word.scores}
    found = []
    for asked, count in several:
        scores = index.scores(connection, index.quoted(asked.words))
        # How much oftener these products say it than all do (Kullback & Leibler 1951).
        oftener = math.log(count / len(said) * n / max(len(scores), 1))
        if _new(asked, reading) and oftener > 0 and not known >= scores.keys():
            found.append((-count * oftener, asked.words, scores))
    added = [
        Word("".join(words), WEIGHT, scores, largest(n, len(scores)), n, kind=ADDED)
        for _, words, scores in sorted(found, key=lambda one: one[:2])[:WORDS]
    ]
    return replace(reading, words=(*reading.words, *added))


def _new(asked: Asked, reading: Reading) -> bool:
    """True for a word of letters that the question does not hold, nor another form of it."""
    text = "".join(asked.words)
    if any(sign.isdigit() for sign in text) or (not asked.signs and len(text) < 3):
        return False
    told = [word.text for word in reading.words]
    told += [other for word in reading.words for other in word.instead]
    return not any(text.startswith(one[:5]) or one.startswith(text[:5]) for one in told)
