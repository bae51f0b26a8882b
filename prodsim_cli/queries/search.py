"""``search``: products for words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries.lookup import resolve_skus
from prodsim_cli.queries.ranking.pipeline import answer, to_results
from prodsim_cli.queries.ranking.request import Chosen, Rules, Scored
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.values import Json
from prodsim_cli.search import index, ranking
from prodsim_cli.search.ranking import Found
from prodsim_cli.search.words import ADDED, BEGINNING, Reading, Word, read
from prodsim_cli.store import artifacts, meta, neighbors

if TYPE_CHECKING:
    from prodsim_cli.search.meaning import Space

BY = ("hybrid", "words", "meaning")
"""Both, or one of them alone."""

_TIERS = (500, 5_000)
"""Where the order is cut into tiers: the rules look at the best first."""

_UNFINISHED = "unfinished"
"""``data_version`` of vectors that were begun and not ended (``store.loading``)."""

_LIKE = 50
"""Neighbours of a product of ``--like`` that its row gives."""


@dataclass(frozen=True)
class Question:
    """How to search: ``by`` of :data:`BY`; ``like``: SKUs that answers are to be like; ``expand``:
    add words of the graph; ``said``: told when a model is loaded; ``why``: each row says what it
    holds."""

    by: str = "hybrid"
    like: tuple[str, ...] = ()
    expand: bool = False
    said: Callable[[str], Any] = lambda sentence: None
    why: bool = False


def search(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    k: int = 10,
    rules: Rules | None = None,
    question: Question | None = None,
) -> list[Ranking]:
    """One ranking per question in words.

    Raises UsageProblem for a blank question, NotFound or AmbiguousSku for a SKU of ``like``,
    NotReady where the index of words, or what ``question`` needs, is not made.
    """
    if not index.is_made(connection):
        raise NotReady("The index of words is not made yet.", hint="Run `prodsim build`.")
    for text in texts:
        if not text.strip():
            raise UsageProblem("There are no words to search for.", hint="See `prodsim search -h`.")
    asking = _Asking(connection, question or Question())
    return [asking.ranking(text, k, rules or Rules()) for text in texts]


class _Asking:
    """Several questions asked in the same way; vectors and model are read once, where needed."""

    def __init__(self, connection: sqlite3.Connection, question: Question) -> None:
        self.connection, self.question = connection, question
        like = resolve_skus(connection, question.like)
        self.liked, self.labels = [row["id"] for row in like], [row["label"] for row in like]
        self.model = None if question.by == "words" else _model(connection)
        if question.by == "meaning" and self.model is None:
            raise NotReady(
                "There are no vectors of a language model.",
                hint="Run `prodsim build --model auto`.",
            )
        self._space: Space | None = None

    def space(self) -> Space:
        """The vectors of the shop and the model that reads questions."""
        if self._space is None:
            from prodsim_cli import embedders
            from prodsim_cli.search.meaning import read_space

            assert self.model is not None
            if embedders.resolve(self.model)[0] == "sentence_transformer":
                self.question.said(f"Loading {self.model}; this takes some seconds.")
            self._space = read_space(
                self.connection, self.model, embedders.load_for_queries(self.model).encode
            )
        return self._space

    def ranking(self, text: str, k: int, rules: Rules) -> Ranking:
        found, method, notes = self._found(text)
        got = answer(self.connection, _Candidates(found), rules, k, self.liked)
        methods = {row.item_id: list(_finders(found, row.item_id)) for row in got.rows}
        rows = to_results(self.connection, got.rows, methods)
        query: Json = {"text": text}
        if self.labels:
            query["like"] = self.labels
        corrections = [_correction(word) for word in found.reading.corrections()]
        notes = [*corrections, *notes, *got.notes, *self._silence(found, bool(rows))]
        made = Ranking(query, method, rows, tuple(notes), searched=_told(found.reading))
        return self._reasoned(made, got.rows, found) if self.question.why else made

    def _reasoned(self, made: Ranking, rows: Sequence[Chosen], found: Found) -> Ranking:
        """With what each row holds of the question."""
        from prodsim_cli.queries.explain.search import LIKE, WORDS, reasoned

        words, liked = float(made.method != "meaning"), {}
        if made.method == "hybrid":
            from prodsim_cli.search.meaning import MEANING

            words = 1 - MEANING
        if self.liked:
            liked = self._row() if made.method == "words" else self._like(self.space())
        weights = {WORDS: words / (2 if liked else 1), LIKE: 0.5}
        return reasoned(self.connection, made, rows, found.reading, weights, liked)

    def _found(self, text: str) -> tuple[Found, str, list[str]]:
        """Everything in order; the method that made it; sentences."""
        reading = read(self.connection, text)
        notes: list[str] = []
        hybrid = self.question.by == "hybrid"
        alone = not reading.words or (hybrid and not reading.asks_meaning())
        if self.model is None or alone:
            reading, notes = self._expanded(reading)
            return self._by_words(reading), "words", notes
        from prodsim_cli.search.meaning import checked, fused

        space = self.space()
        reading, cosines = checked(reading, space)
        reading, notes = self._expanded(reading)
        liked = self._like(space) if self.liked else None
        found = fused(self.connection, reading, space, cosines, words=hybrid, liked=liked)
        return found, self.question.by, notes

    def _by_words(self, reading: Reading) -> Found:
        scores, first = ranking.by_words(self.connection, reading)
        if self.liked:
            row = self._row()
            scores = {i: (scores.get(i, 0.0) + row.get(i, 0.0)) / 2 for i in {*scores, *row}}
        return ranking.ordered(self.connection, reading, scores, first)

    def _expanded(self, reading: Reading) -> tuple[Reading, list[str]]:
        """With words of the graph, where that was asked for."""
        if not self.question.expand:
            return reading, []
        best = ranking.ordered(
            self.connection, reading, *ranking.by_words(self.connection, reading)
        ).order[: ranking.FEEDBACK]
        around = {
            other
            for item, _ in best
            for other, _ in neighbors.scored(self.connection, artifacts.BLEND, [item])[:10]
        }
        reading = ranking.expanded(self.connection, reading, [*around, *(i for i, _ in best)])
        added = [word.text for word in reading.words if word.kind == ADDED]
        return reading, [f"added: {', '.join(added)}." if added else "nothing could be added."]

    def _row(self) -> dict[int, float]:
        """Row id -> share of the products of ``--like``, from their stored rows."""
        rows = neighbors.scored(self.connection, artifacts.BLEND, self.liked)[:_LIKE]
        most = max((score for _, score in rows), default=1.0)
        return {item: score / most for item, score in rows}

    def _like(self, space: Space) -> dict[int, float]:
        """The same, half of it from the vectors."""
        row = self._row()
        near = dict(zip(space.ids.tolist(), space.shares(space.like(self.liked)), strict=True))
        return {item: (share + row.get(item, 0.0)) / 2 for item, share in near.items()}

    def _silence(self, found: Found, any_row: bool) -> Iterator[str]:
        """Why there is nothing, or nothing but what is near in meaning."""
        if not found.reading.words:
            yield "There is no letter or digit to search for."
            return
        if found.words or found.coded or self.question.by == "meaning":
            return
        if not any_row and not found.reading.asks_meaning():
            yield "No product has this number."
        elif not any_row:
            yield "No product holds these words."
        elif self.model is not None:
            yield "No product holds these words; these are the nearest in meaning."
            if self.model == "minilm" and _foreign(found.reading.text):
                yield (
                    "minilm reads English; `prodsim build --model multilingual` reads 16 languages."
                )


class _Candidates:
    """Products for one question, best first."""

    def __init__(self, found: Found) -> None:
        self.found = found

    def tiers(self) -> Iterator[Sequence[Scored]]:
        order = self.found.order
        for start, stop in zip((0, *_TIERS), (*_TIERS, len(order)), strict=True):
            yield order[start:stop]

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        """By meaning, behind the others; without vectors what holds no word is no answer."""
        wanted = set(ids)
        return [(item, 0.0) for item in self.found.rest if item in wanted]


def _model(connection: sqlite3.Connection) -> str | None:
    """The language model whose vectors are there, whole."""
    settings = meta.settings(connection)
    model = settings.get("model")
    if not model or settings.get("lm") is False:
        return None
    found = artifacts.recorded(connection, model, "space")
    return model if found and found[1] != _UNFINISHED else None


def _finders(found: Found, item: int) -> Iterator[str]:
    """Which of code, words and meaning found a product."""
    for name, items in (("code", found.coded), ("words", found.words), ("meaning", found.near)):
        if item in items:
            yield name


def _foreign(text: str) -> bool:
    """True where letters are that English does not write."""
    return any(sign.isalpha() and not sign.isascii() for sign in text)


def _told(reading: Reading) -> Json:
    """What was searched for beside what was asked."""
    corrected = [
        {"word": word.text, "how": word.kind, "instead": list(word.instead)}
        for word in reading.corrections()
    ]
    return {
        "corrected": corrected,
        "added": [word.text for word in reading.words if word.kind == ADDED],
    }


def _correction(word: Word) -> str:
    """A sentence about a word that others stand for."""
    if word.kind == BEGINNING:
        shown = ", ".join(word.instead[:3]) + (", ..." if len(word.instead) > 3 else "")
        return f'searched for words that begin with "{word.text}" ({shown}).'
    return f'searched for "{word.instead[0]}" instead of "{word.text}".'
