"""Words and character n-grams that two products share, and what they give to ``lexical``."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prodsim_cli.records.reasons import Gram, Word
from prodsim_cli.store import artifacts, catalog, meta
from prodsim_cli.store.catalog import TEXTS
from prodsim_cli.text.normalize import IDEOGRAPH, folded, kind, spaced

CHARACTERS = 300
"""As many of a text ``lexical`` reads, unless it was built with other settings."""

Pair = tuple[int, int]
Counted = tuple[dict[str, float], dict[str, int]]
"""N-gram -> what it gives to the cosine of a pair, and how many different texts hold it."""


@dataclass
class Texts:
    """The texts of the listed products, as ``lexical`` reads them and as words."""

    connection: sqlite3.Connection
    rows: Mapping[int, Mapping[str, str | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {
            row["id"]: {name: row[name] for name in TEXTS} for row in catalog.texts(self.connection)
        }

    def words(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[Word, ...]]:
        """The words that both of each pair have, the rarest first."""
        shared = {pair: self._common_words(*pair) for pair in pairs}
        products = self._products_with({word for found in shared.values() for word in found})
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
        """The n-grams that both have, with what each gives to their cosine, the most first.

        As :mod:`prodsim_cli.similarity.lexical` compares them: rarity is counted over the different
        texts of the shop, and each field counts by its weight.
        """
        counted: dict[Pair, Counted] = {pair: ({}, {}) for pair in pairs}
        weights: dict[int, float] = {}  # of the fields that an item has
        for weight, texts in self._fields():
            _add(counted, weights, weight, texts)
        made = {}
        for (one, other), (gives, held) in counted.items():
            scale = math.sqrt(weights.get(one, 0.0) * weights.get(other, 0.0)) or 1.0
            grams = [Gram(gram, value / scale, held[gram]) for gram, value in gives.items()]
            made[one, other] = tuple(sorted(grams, key=lambda gram: (-gram.gives, gram.ngram)))
        return made

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
                if any(_sought(word) in plain.get(name, "") for plain in (mine, theirs))
            )
            for word in found
        }

    def _plain(self, item: int) -> dict[str, str]:
        return {
            name: spaced(folded(text)) for name, text in self.rows.get(item, {}).items() if text
        }

    def _products_with(self, words: Iterable[str]) -> dict[str, int]:
        """Word -> how many products have it in a text."""
        joined = "\n".join(
            spaced(folded(" ".join(filter(None, row.values())))) for row in self.rows.values()
        )
        return {word: _lines_with(joined, _sought(word)) for word in words}

    def _fields(self) -> Iterator[tuple[float, dict[int, str]]]:
        """Weight and text of each item for each vector of ``lexical``, by its stored settings."""
        found = artifacts.recorded(self.connection, "lexical", "neighbors")
        settings = {**(found[0].get("learned") or {}), **found[0]} if found else {}
        characters = settings.get("characters", CHARACTERS)
        weights = settings.get("weights")
        chosen = settings.get("fields") or meta.settings(self.connection).get("fields") or TEXTS
        if weights is None:
            joined = {
                item: " . ".join(text for name in chosen if (text := row.get(name)))
                for item, row in self.rows.items()
            }
            yield 1.0, {item: folded(text[:characters]) for item, text in joined.items()}
            return
        for name in TEXTS:
            if weights.get(name):
                texts = ((item, row[name] or "") for item, row in self.rows.items())
                yield weights[name], {item: folded(text[:characters]) for item, text in texts}


def _add(
    counted: Mapping[Pair, Counted],
    weights: dict[int, float],
    weight: float,
    texts: Mapping[int, str],
) -> None:
    """Add what a field gives to each pair, and its weight to the items that have it."""
    from prodsim_cli.text.tfidf import tfidf_of

    place = {text: at for at, text in enumerate(dict.fromkeys(texts.values()))}
    items = {item for pair in counted for item in pair if item in texts}
    vectors, names, held = tfidf_of(list(place), [place[texts[item]] for item in items])
    rows = dict(zip(items, vectors, strict=True))
    for item, row in rows.items():
        weights[item] = weights.get(item, 0.0) + weight * (row.nnz > 0)
    for (one, other), (gives, texts_with) in counted.items():
        if one not in rows or other not in rows:
            continue
        both = rows[one].multiply(rows[other]).tocoo()
        for column, value in zip(both.col.tolist(), both.data.tolist(), strict=True):
            gram = names[column]
            gives[gram] = gives.get(gram, 0.0) + weight * value
            texts_with[gram] = max(texts_with.get(gram, 0), int(held[column]))


def _parts(word: str, other: str) -> list[str]:
    """The word where the other text has it; of unspaced writing the longest pieces in both."""
    if not _unspaced(word):
        return [word] if _sought(word) in other else []
    found, at = [], 0
    while at < len(word):
        end = at
        while end < len(word) and word[at : end + 1] in other:
            end += 1
        if end > at:
            found.append(word[at:end])
        at = max(end, at + 1)
    return found


def _sought(word: str) -> str:
    """As what a word is looked for in a :func:`spaced` text."""
    return word if _unspaced(word) else f" {word} "


def _unspaced(word: str) -> bool:
    return kind(word[0]) == IDEOGRAPH


def _lines_with(joined: str, part: str) -> int:
    """In how many lines a part lies."""
    count, at = 0, joined.find(part)
    while at >= 0:
        count += 1
        end = joined.find("\n", at)
        at = joined.find(part, end) if end >= 0 else -1
    return count
