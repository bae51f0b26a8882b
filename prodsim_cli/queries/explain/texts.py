"""Words and character n-grams that two products share, and what they give to ``lexical``.

Ground floor: the same sums as :mod:`prodsim_cli.similarity.lexical` does for all products at once,
here for a pair. How rare an n-gram is, is counted over the different texts of the whole shop, so
every text is looked through once for all pairs and all their n-grams.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from prodsim_cli.records.reasons import Gram, Word
from prodsim_cli.store import artifacts, meta
from prodsim_cli.store import reasons as stored
from prodsim_cli.store.catalog import TEXTS
from prodsim_cli.text.normalize import (
    IDEOGRAPH,
    folded,
    kind,
    lines,
    lines_with,
    ngrams,
    spaced,
)

CHARACTERS = 300
"""As many of a text ``lexical`` reads, unless it was built with other settings."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Unit:
    """What makes one vector of an item: its weight, and the folded text of each item."""

    weight: float
    texts: Mapping[int, str]

    @cached_property
    def different(self) -> list[str]:
        """Each text once."""
        return list(dict.fromkeys(self.texts.values()))


@dataclass
class Texts:
    """The texts of the listed products, as ``lexical`` reads them and as words."""

    connection: sqlite3.Connection
    rows: Mapping[int, Mapping[str, str | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {
            row["id"]: {name: row[name] for name in TEXTS} for row in stored.texts(self.connection)
        }

    def words(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[Word, ...]]:
        """The words that both of each pair have, the rarest first."""
        shared = {pair: self._common_words(*pair) for pair in pairs}
        every = {word for found in shared.values() for word in found}
        products = self._products_with(every)
        return {
            pair: tuple(
                Word(word, fields, products[word])
                for word, fields in sorted(
                    found.items(), key=lambda one: (products[one[0]], -len(one[0]), one[0])
                )
            )
            for pair, found in shared.items()
        }

    def grams(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[Gram, ...]]:
        """The n-grams that both have, with what each gives to their cosine, the most first."""
        units = self._units()
        items = {item for pair in pairs for item in pair}
        counts = [
            {item: Counter(ngrams(spaced(unit.texts.get(item, "")))) for item in items}
            for unit in units
        ]
        held = [
            _holding(unit.different, {gram for found in mine.values() for gram in found})
            for unit, mine in zip(units, counts, strict=True)
        ]
        return {pair: _products(pair, units, counts, held) for pair in pairs}

    def _common_words(self, one: int, other: int) -> dict[str, tuple[str, ...]]:
        """Word -> the fields of either in which it stands."""
        mine, theirs = self._plain(one), self._plain(other)
        whole = " ".join(theirs.values())
        found: dict[str, None] = {}
        for text in mine.values():
            for word in text.split():
                found |= dict.fromkeys(_parts(word, whole))
        return {
            word: tuple(
                name
                for name in TEXTS
                if _within(word, mine.get(name, "")) or _within(word, theirs.get(name, ""))
            )
            for word in found
        }

    def _plain(self, item: int) -> dict[str, str]:
        return {
            name: spaced(folded(text)) for name, text in self.rows.get(item, {}).items() if text
        }

    def _products_with(self, words: Iterable[str]) -> dict[str, int]:
        """Word -> how many products have it in a text."""
        joined = lines(folded(" ".join(filter(None, row.values()))) for row in self.rows.values())
        sought = {word: word if _unspaced(word) else f" {word} " for word in words}
        return {word: lines_with(joined, part) for word, part in sought.items()}

    def _units(self) -> list[_Unit]:
        """The texts that ``lexical`` makes vectors of, by the settings of its stored table."""
        found = artifacts.recorded(self.connection, "lexical", "neighbors")
        settings = {**(found[0].get("learned") or {}), **found[0]} if found else {}
        characters = settings.get("characters", CHARACTERS)
        weights = settings.get("weights")
        chosen = settings.get("fields") or meta.settings(self.connection).get("fields") or TEXTS
        if weights is None:
            whole = {
                item: " . ".join(text for name in chosen if (text := row.get(name)))
                for item, row in self.rows.items()
            }
            return [_Unit(1.0, _read(whole, characters))]
        return [
            _Unit(
                weights[name],
                _read({item: row[name] or "" for item, row in self.rows.items()}, characters),
            )
            for name in TEXTS
            if weights.get(name)
        ]


def _read(texts: Mapping[int, str], characters: int) -> dict[int, str]:
    return {item: folded(text[:characters]) for item, text in texts.items()}


def _holding(texts: Sequence[str], grams: Iterable[str]) -> dict[str, int]:
    """N-gram -> how many of the texts hold it."""
    joined = lines(texts)
    return {gram: lines_with(joined, gram) for gram in grams}


def _products(
    pair: Pair,
    units: Sequence[_Unit],
    counts: Sequence[Mapping[int, Counter[str]]],
    held: Sequence[Mapping[str, int]],
) -> tuple[Gram, ...]:
    """What each common n-gram gives: products of TF-IDF weights, summed over the fields."""
    gives: dict[str, float] = {}
    texts: dict[str, int] = {}
    totals = [0.0, 0.0]
    for unit, mine, holding in zip(units, counts, held, strict=True):
        first, second = (_weights(mine[item], holding, len(unit.different)) for item in pair)
        totals = [
            total + unit.weight * bool(weights)
            for total, weights in zip(totals, (first, second), strict=True)
        ]
        for gram in first.keys() & second.keys():
            given = unit.weight * first[gram] * second[gram]
            gives[gram] = gives.get(gram, 0.0) + given
            texts[gram] = max(texts.get(gram, 0), holding[gram])
    scale = math.sqrt(totals[0] * totals[1]) or 1.0
    grams = [Gram(gram, value / scale, texts[gram]) for gram, value in gives.items()]
    return tuple(sorted(grams, key=lambda gram: (-gram.gives, gram.ngram)))


def _weights(counts: Counter[str], holding: Mapping[str, int], texts: int) -> dict[str, float]:
    """N-gram -> TF-IDF of a vector of unit length, as in ``similarity._ngrams``."""
    raw = {
        gram: count * (math.log((1 + texts) / (1 + holding[gram])) + 1)
        for gram, count in counts.items()
    }
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {gram: value / length for gram, value in raw.items()}


def _parts(word: str, other: str) -> list[str]:
    """The word where the other text has it; of unspaced writing the longest pieces in both."""
    if not _unspaced(word):
        return [word] if f" {word} " in other else []
    found, at = [], 0
    while at < len(word):
        end = at
        while end < len(word) and word[at : end + 1] in other:
            end += 1
        if end > at:
            found.append(word[at:end])
        at = max(end, at + 1)
    return found


def _within(word: str, plain: str) -> bool:
    return (word if _unspaced(word) else f" {word} ") in plain


def _unspaced(word: str) -> bool:
    return kind(word[0]) == IDEOGRAPH
