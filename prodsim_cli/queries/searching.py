"""``search``: products for words. Ground floor; where meaning is asked, too, the first floor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from prodsim_cli.errors import NotReady, UsageProblem
from prodsim_cli.queries.answering import Rules, Scored, answer, dressed
from prodsim_cli.records import Ranking
from prodsim_cli.searching import index, ranking
from prodsim_cli.searching.words import Reading, Word, read

BY = ("hybrid", "words", "meaning")


def search(
    connection: sqlite3.Connection,
    texts: Sequence[str],
    *,
    k: int = 10,
    rules: Rules | None = None,
) -> list[Ranking]:
    """One ranking per question in words.

    Raises
    ------
    UsageProblem
        Where a question is blank.
    NotReady
        Where the index of words is not made.
    """
    if not index.is_made(connection):
        raise NotReady("The index of words is not made yet.", hint="Run `prodsim build`.")
    for text in texts:
        if not text.strip():
            raise UsageProblem(
                "There are no words to search for.", hint="Write prodsim search TEXT."
            )
    return [_ranking(connection, text, k, rules or Rules()) for text in texts]


class _Found:
    """Products for one question, best first."""

    def __init__(self, scored: Sequence[Scored]) -> None:
        self._scored = scored

    def tiers(self) -> Iterator[Sequence[Scored]]:
        yield self._scored

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        return ()


def _ranking(connection: sqlite3.Connection, text: str, k: int, rules: Rules) -> Ranking:
    reading = read(connection, text)
    scores, first = ranking.by_words(connection, reading, text)
    found = ranking.in_order(scores, first, _places(connection))
    got = answer(connection, _Found(found), rules, k)
    methods = {
        row.item_id: [
            name
            for name, held in (
                ("code", row.item_id in reading.coded),
                ("words", row.item_id in scores),
            )
            if held
        ]
        for row in got.rows
    }
    rows = dressed(connection, got.rows, methods)
    notes = (*_corrections(reading), *got.notes)
    if not rows:
        notes += ("No product holds these words.",)
    return Ranking({"text": text}, "words", rows, notes)


def _places(connection: sqlite3.Connection) -> dict[int, int]:
    """Row id -> position, the order of ties."""
    rows = connection.execute("select id from items order by source, sku")
    return {row[0]: place for place, row in enumerate(rows)}


def _corrections(reading: Reading) -> Iterator[str]:
    """Sentences about the words that others stand for."""
    for word in reading.corrections():
        yield _correction(word)


def _correction(word: Word) -> str:
    if word.kind == "beginning":
        shown = ", ".join(word.instead[:3]) + (", ..." if len(word.instead) > 3 else "")
        return f'searched for words that begin with "{word.text}" ({shown}).'
    return f'searched for "{word.instead[0]}" instead of "{word.text}".'
