"""``--why`` of ``search``: which words a row holds and where, and how much is meaning."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prodsim_cli.queries.explain.rows import rounded_shares
from prodsim_cli.queries.ranking.request import Chosen
from prodsim_cli.records.answers import Ranking
from prodsim_cli.records.values import Json
from prodsim_cli.search import index, ranking
from prodsim_cli.search.terms import words
from prodsim_cli.search.words import ADDED, Reading, Word

EXACT, WHOLE, WORDS, MEANING, LIKE = "exact", "whole", "words", "meaning", "like"
"""Parts of a score: the very one that was asked for; that it holds the whole question; its words;
what it means; ``--like``."""

_NOTHING = "nothing ties it to the words; it is the nearest of the rest"


def reasoned(
    connection: sqlite3.Connection,
    answer: Ranking,
    chosen: Sequence[Chosen],
    reading: Reading,
    weights: Mapping[str, float],
    liked: Mapping[int, float],
) -> Ranking:
    """The answer, each row with its ``why``.

    ``weights``: what :data:`WORDS` and :data:`LIKE` count in the score; what they, :data:`EXACT`
    and :data:`WHOLE` leave of it is meaning. ``liked``: row id -> share of the products of
    ``--like``.
    """
    held, first = ranking.by_words(connection, reading) if weights[WORDS] else ({}, set())
    whole = ranking.whole(connection, reading) if answer.method == "hybrid" else set()
    places = _places(connection, reading, [row.item_id for row in chosen])
    rows = []
    for row, shown in zip(chosen, answer.results, strict=True):
        item = row.item_id
        shares = {
            EXACT: ranking.FIRST * (item in first),
            WORDS: held.get(item, 0.0) * weights[WORDS],
            LIKE: liked.get(item, 0.0) * weights[LIKE],
        }
        if item in whole:
            asked = row.score - shares[EXACT] - shares[LIKE]
            shares[WHOLE] = _lift(asked, weights[LIKE] if liked else 1.0)
        left = row.score - sum(shares.values())
        shares[MEANING] = left if left > 1e-8 else 0.0  # scores are rounded
        found = [(word, fields) for word, fields in places if fields.get(item)] if held else []
        said = list(_sentences(shares, found, item, reading)) if row.score > 0 else []
        why: Json = {
            "because": said or [_NOTHING],
            "shares": rounded_shares(shares),
            "words": [
                {
                    "word": word.text,
                    "how": word.kind or "as written",
                    "instead": list(word.instead),
                    "fields": fields[item],
                }
                for word, fields in found
            ],
        }
        rows.append(replace(shown, why=why))
    return replace(answer, results=tuple(rows))


def _lift(score: float, most: float) -> float:
    """What of a score of at most ``most`` is there since the whole question is held."""
    plain = (score - ranking.WHOLE * most) / (1 - ranking.WHOLE)
    return score - plain


def _sentences(
    shares: Mapping[str, float],
    found: Sequence[tuple[Word, Mapping[int, list[str]]]],
    item: int,
    reading: Reading,
) -> Iterator[str]:
    if shares[EXACT]:
        number = item in reading.coded
        yield "has the number that was asked for" if number else "its title is what was asked for"
    elif shares.get(WHOLE):
        yield "holds the whole question"
    for name in rounded_shares(shares):
        if name == WORDS and found:
            yield "says " + ", ".join(_said(word, fields[item]) for word, fields in found)
        elif name == WORDS:
            yield "says the words"
        elif name == MEANING:
            yield "near in meaning"
        elif name == LIKE:
            yield "like the product that was named"


def _said(word: Word, fields: Sequence[str]) -> str:
    where = "" if fields == ["title"] else f" ({', '.join(fields)})"
    if word.kind == ADDED:
        return f"“{word.text}”{where}, which was added"
    if word.instead:
        return f"“{word.instead[0]}”{where} for “{word.text}”"
    return f"“{word.text}”{where}"


def _places(
    connection: sqlite3.Connection, reading: Reading, item_ids: Sequence[int]
) -> list[tuple[Word, dict[int, list[str]]]]:
    """Each word that one of the items holds, and the fields in which each item has it."""
    made = []
    for word in reading.words:
        wanted = [item for item in item_ids if item in word.scores]
        phrases = [index.quoted(words(text)) for text in word.instead or (word.text,)]
        fields: dict[int, list[str]] = {item: [] for item in wanted}
        for name in (*index.FIELDS, "codes") if wanted else ():
            expression = f"{name} : ({index.any_of(phrases)})"
            for (item,) in connection.execute(
                "select rowid from search_fts where search_fts match ?"
                " and rowid in (select value from json_each(?))",
                (expression, json.dumps(wanted)),
            ):
                fields[item].append(name)
        # words that are written as one there: head phones
        made.append((word, {item: found or ["title"] for item, found in fields.items()}))
    return made
