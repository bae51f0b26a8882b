"""The index of words: one FTS5 table beside the catalogue, and all SQL that reads it.

Words are bound as quoted strings, never pasted: a question cannot say anything to SQLite but words.
The index holds the listed products, by row id. ``items_fts`` beside it holds the same texts
unstemmed; its vocabulary is what unknown words are corrected by.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from prodsim_cli.search.terms import as_one_word, codes, spaced

FIELDS = ("title", "brand", "category", "tags", "description")
RULES = "1"
"""Version of what :mod:`terms` makes of a text; an index of another one is made anew."""

CREATE = """
        create virtual table search_fts using fts5 (
            title, brand, category, tags, description, codes, tokenize='porter ascii'
        )
        """
"""Porter's stems (1980) join ``mug`` and ``mugs``; what is not ASCII is left as it is, so that
:func:`terms.spaced` decides what a word of another writing is."""

_PLAIN = "create virtual table items_fts using fts5 ({}, tokenize='unicode61 remove_diacritics 2')"

WEIGHTS = (10.0, 4.0, 3.0, 3.0, 1.0, 10.0)
"""What one occurrence counts, by column: the frequencies of BM25F (Robertson et al. 2004)."""

MARK = "\u00b7"
"""Ends a model number in the index: no stemmer cuts it, and no word meets it."""

_SELECT = f"select id, {', '.join(FIELDS)}, source, sku from items where listed = 1"
_LAST = "\U0010ffff"
"""Sorts after every character: a prefix is a range of the vocabulary."""

_MOST = 50_000
"""Products of one word that are read; of a commoner one the best."""


def in_memory(rows: Iterable[Sequence[Any]]) -> sqlite3.Connection:
    """An index of its own: rows of ``id, *FIELDS, source, sku``."""
    connection = sqlite3.connect(":memory:")
    connection.execute(CREATE)
    connection.execute(_PLAIN.format(", ".join(FIELDS)))
    connection.execute("create table items (id integer primary key, source text, sku text)")
    marks = ", ".join("?" * (len(FIELDS) + 1))
    for row in rows:
        connection.execute("insert into items values (?, ?, ?)", (row[0], *row[-2:]))
        _insert(connection, [row])
        connection.execute(
            f"insert into items_fts (rowid, {', '.join(FIELDS)}) values ({marks})", row[:-2]
        )
    return connection


def in_position(connection: sqlite3.Connection, ids: Iterable[int]) -> list[int]:
    """Row ids in order of position, as ties stand."""
    rows = connection.execute(
        """select i.id from json_each(?) v join items i on i.id = v.value
           order by i.source, i.sku""",
        (json.dumps(list(ids)),),
    )
    return [row[0] for row in rows]


def is_made(connection: sqlite3.Connection) -> bool:
    """True if the index was made, by the rules of today."""
    row = connection.execute("select value from meta where key = 'search'").fetchone()
    return row is not None and row[0] == RULES


def refill(connection: sqlite3.Connection) -> None:
    """Make the whole index anew, inside the caller's transaction."""
    connection.execute("delete from search_fts")
    _insert(connection, connection.execute(_SELECT))
    connection.execute("insert into search_fts (search_fts) values ('optimize')")
    connection.execute("insert or replace into meta (key, value) values ('search', ?)", (RULES,))


def refresh(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Bring some products up to date, inside the caller's transaction; those that left go."""
    if not is_made(connection):
        refill(connection)
        return
    chosen = json.dumps(list(ids))
    connection.execute(
        "delete from search_fts where rowid in (select value from json_each(?))", (chosen,)
    )
    forget_gone(connection)
    rows = connection.execute(f"{_SELECT} and id in (select value from json_each(?))", (chosen,))
    _insert(connection, rows)


def forget_gone(connection: sqlite3.Connection) -> None:
    """Take out what is no product of the feed any more."""
    connection.execute(
        """delete from search_fts where rowid in
           (select rowid from search_fts except select id from items where listed = 1)"""
    )


def _insert(connection: sqlite3.Connection, rows: Iterable[Sequence[Any]]) -> None:
    names = ("rowid", *FIELDS, "codes")
    connection.executemany(
        f"insert into search_fts ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        (_document(*row) for row in rows),
    )


def _document(row_id: int, *values: str | None) -> tuple[object, ...]:
    *fields, source, sku = (value or "" for value in values)
    found = {code for text in fields for code in codes(text)}
    found |= {as_one_word(sku), as_one_word(f"{source} {sku}")} - {""}
    marked = " ".join(sorted(code + MARK for code in found))
    return (row_id, *(spaced(text) for text in fields), marked)


def quoted(words: Sequence[str]) -> str:
    """Words beside each other as one FTS5 string; it would end at a zero."""
    return '"' + " ".join(words).replace('"', '""').replace("\0", " ") + '"'


def code(text: str) -> str:
    """The FTS5 string of a model number."""
    return quoted([text + MARK])


def beginning(text: str) -> str:
    """The FTS5 string of all model numbers that begin so."""
    return f"codes : {quoted([text])} *"


def any_of(strings: Sequence[str]) -> str:
    """One FTS5 expression for alternatives."""
    return " OR ".join(strings)


def size(connection: sqlite3.Connection) -> int:
    """How many products the index holds."""
    return int(connection.execute("select count(*) from search_fts").fetchone()[0])


def count(connection: sqlite3.Connection, expression: str) -> int:
    """How many products match."""
    row = connection.execute(
        "select count(*) from search_fts where search_fts match ?", (expression,)
    ).fetchone()
    return int(row[0])


def scores(connection: sqlite3.Connection, expression: str) -> dict[int, float]:
    """Row id -> BM25 (K1 = 1.2, b = 0.75) of the products that match, above 0."""
    weights = ", ".join(map(str, WEIGHTS))
    rows = connection.execute(
        f"""select rowid, -bm25(search_fts, {weights}) as score from search_fts
            where search_fts match ? order by score desc limit {_MOST}""",
        (expression,),
    )
    return {row[0]: max(row[1], 0.0) for row in rows}


def named(
    connection: sqlite3.Connection, phrases: Iterable[Sequence[str]], anywhere: Sequence[str]
) -> set[int]:
    """Row ids of the products that hold all phrases elsewhere than in the description, or one long
    phrase in whatever field."""
    expression = " AND ".join(quoted(phrase) for phrase in phrases)
    expression = f"(- {{description codes}} : ({expression}))"
    if anywhere:
        expression = any_of([expression, quoted(anywhere)])
    rows = connection.execute(
        "select rowid from search_fts where search_fts match ?", (expression,)
    )
    return {row[0] for row in rows}


def titles(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, str]:
    """Titles as the index holds them."""
    rows = connection.execute(
        "select rowid, title from search_fts where rowid in (select value from json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row[0]: row[1] for row in rows}


def raw(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, str]:
    """All fields of some products as the catalogue has them, one a line."""
    fields = " || char(10) || ".join(f"coalesce({name}, '')" for name in FIELDS)
    rows = connection.execute(
        f"""select rowid, {fields} from items_fts
            where rowid in (select value from json_each(?))""",
        (json.dumps(list(ids)),),
    )
    return {row[0]: row[1] for row in rows}


def vocabulary(
    connection: sqlite3.Connection, start: str, shortest: int, longest: int
) -> list[tuple[str, int]]:
    """The unstemmed words of the texts that begin so and have so many letters, and in how many
    products each stands."""
    _open_vocabulary(connection)
    return connection.execute(
        """select term, doc from temp.search_words where term >= ? and term < ?
           and length(term) between ? and ?""",
        (start, start + _LAST, shortest, longest),
    ).fetchall()


def completions(connection: sqlite3.Connection, start: str, limit: int) -> list[tuple[str, int]]:
    """Words that begin so and in how many products they stand, the commonest first."""
    _open_vocabulary(connection)
    rows = connection.execute(
        """select term, doc from temp.search_words where term >= ? and term < ?
           order by doc desc, term limit ?""",
        (start, start + _LAST, limit),
    )
    return [(row[0], row[1]) for row in rows]


def _open_vocabulary(connection: sqlite3.Connection) -> None:
    connection.execute(
        "create virtual table if not exists temp.search_words"
        " using fts5vocab('main', 'items_fts', 'row')"
    )
