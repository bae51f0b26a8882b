"""Reading products and people: found by what a person types, with what is known of them.

At the edge a product is written ``source:sku`` where its SKU stands in several
sources, and bare where it does not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

TEXTS = ("title", "brand", "category", "tags", "description")
"""The columns that make an item's text; without any of them it is an item without text."""

NO_TEXT = " and ".join(f"coalesce(i.{name}, '') = ''" for name in TEXTS)

_LAST = "\U0010ffff"
"""Sorts after every character: ``>= word and < word || _LAST`` is a prefix, read from an index."""

_FOUND = "i.id, i.sku, i.source, i.title, i.listed"


def label(*, in_full: bool = False) -> str:
    """The SQL expression that writes a product at the edge, for the table alias ``i``.

    ``source:sku`` where another source has the same SKU; a product without a source is then
    ``:sku``. ``in_full``: wherever there are several sources, for a word that is being typed.
    SQLite computes once a statement whether there are several, from both ends of an index.
    """
    shared = "i.source != ''" if in_full else "false"
    return f"""case when (select min(source) from items) is not (select max(source) from items)
            and ({shared} or exists (select 1 from items o
                where o.sku = i.sku and o.source != i.source and o.listed = 1))
        then i.source || ':' || i.sku else i.sku end"""


def exactly(connection: sqlite3.Connection, text: str) -> list[sqlite3.Row]:
    """Items whose SKU is this text, or whose source and SKU are, joined by a colon."""
    conditions, values = ["i.sku = ?"], [text]
    for source, sku in _splits(text):
        conditions.append("(i.source = ? and i.sku = ?)")
        values += [source, sku]
    return _items(connection, " or ".join(conditions), values)


def spelled(connection: sqlite3.Connection, text: str, key: str) -> list[sqlite3.Row]:
    """Items of which some file spelled the SKU so, or whose SKU differs by case only.

    ``key`` is the text in the form of ``items.sku_key`` (case-folded).
    """
    conditions = ["i.sku_key = ?", "i.id in (select item_id from spellings where sku in (?, ?))"]
    values = [key, text, key]
    for (source, sku), (_, sku_key) in zip(_splits(text), _splits(key), strict=False):
        conditions.append("(i.source = ? and i.sku_key = ?)")
        conditions.append("i.id in (select item_id from spellings where source = ? and sku = ?)")
        values += [source, sku_key, source, sku]
    return _items(connection, " or ".join(conditions), values)


def _splits(text: str) -> list[tuple[str, str]]:
    """Every reading of a text as ``source:sku``; a SKU may hold colons itself."""
    return [(text[:at], text[at + 1 :]) for at, mark in enumerate(text) if mark == ":"]


def _items(
    connection: sqlite3.Connection, condition: str, values: Sequence[object]
) -> list[sqlite3.Row]:
    return connection.execute(
        f"select {_FOUND}, {label()} as label from items i"
        f" where {condition} order by i.source, i.sku",
        values,
    ).fetchall()


def close_by(connection: sqlite3.Connection, key: str, limit: int = 4000) -> list[tuple[str, str]]:
    """(label, sku_key) of listed items that a slip of the finger could have meant.

    One slip leaves the first or the second half of a SKU whole; where that finds little, SKUs of
    about that length are taken.
    """
    half = (len(key) + 1) // 2
    head, tail = key[:half], key[len(key) - half :]
    name = label()
    found = connection.execute(
        f"""select {name}, i.sku_key from items i where i.listed = 1
            and (substr(i.sku_key, 1, ?) = ? or substr(i.sku_key, -?) = ?) limit ?""",
        (len(head), head, len(tail), tail, limit),
    ).fetchall()
    if len(found) < 3:
        found += connection.execute(
            f"""select {name}, i.sku_key from items i where i.listed = 1
                order by abs(length(i.sku_key) - ?), substr(i.sku_key, 1, 1) != ?, i.sku_key
                limit ?""",
            (len(key), key[:1], limit),
        ).fetchall()
    return [(row[0], row[1]) for row in found]


def with_words(connection: sqlite3.Connection, words: Iterable[str], limit: int) -> list[str]:
    """Labels of listed items whose texts hold all of the words, else some; best match first."""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return _matching(connection, " ".join(quoted), limit) or _matching(
        connection, " OR ".join(quoted), limit
    )


def _matching(connection: sqlite3.Connection, query: str, limit: int) -> list[str]:
    rows = connection.execute(
        f"""select {label()} from items_fts f join items i on i.id = f.rowid
            where items_fts match ? and i.listed = 1 order by f.rank, i.source, i.sku limit ?""",
        (query, limit),
    )
    return [row[0] for row in rows]


def beginning_with(
    connection: sqlite3.Connection, start: str, limit: int = 60
) -> list[tuple[str, str]]:
    """(label, title) of listed items whose written SKU begins so, for completion."""
    conditions = ["(i.sku >= ? and i.sku < ?)", "(i.sku_key >= ? and i.sku_key < ?)"]
    folded = start.casefold()
    values: list[object] = [start, start + _LAST, folded, folded + _LAST]
    for source, sku in _splits(start):
        conditions.append("(i.source = ? and i.sku >= ? and i.sku < ?)")
        values += [source, sku, sku + _LAST]
    if start:
        conditions.append("(i.source >= ? and i.source < ?)")
        values += [start, start + _LAST]
    rows = connection.execute(
        f"""select {label(in_full=True)}, coalesce(i.title, '') from items i
            where i.listed = 1 and ({" or ".join(conditions)}) order by i.sku limit ?""",
        (*values, limit),
    )
    return [(row[0], row[1]) for row in rows]


def users_beginning_with(connection: sqlite3.Connection, start: str, limit: int = 30) -> list[str]:
    """Keys of people that begin so."""
    rows = connection.execute(
        "select key from users where key >= ? and key < ? order by key limit ?",
        (start, start + _LAST, limit),
    )
    return [row[0] for row in rows]


def item(connection: sqlite3.Connection, item_id: int) -> sqlite3.Row:
    """Every column of one item, and its ``label``."""
    row: sqlite3.Row = connection.execute(
        f"select i.*, {label()} as label from items i where i.id = ?", (item_id,)
    ).fetchone()
    return row


def products(
    connection: sqlite3.Connection, item_ids: Iterable[int] | None = None
) -> dict[int, sqlite3.Row]:
    """Row id -> ``id sku title price currency category listed`` as a person sees a product, in
    order of position; None: of all in the feed."""
    chosen = "i.listed = 1" if item_ids is None else "i.id in (select value from json_each(?))"
    rows = connection.execute(
        f"""select i.id, {label()} as sku, i.title, i.price, i.currency, i.category, i.listed
            from items i where {chosen} order by i.source, i.sku""",
        () if item_ids is None else (json.dumps(list(item_ids)),),
    )
    return {row["id"]: row for row in rows}


def in_order(connection: sqlite3.Connection, item_ids: Iterable[int]) -> list[int]:
    """Items in the order of their positions: by source and SKU."""
    rows = connection.execute(
        "select id from items where id in (select value from json_each(?)) order by source, sku",
        (json.dumps(list(item_ids)),),
    )
    return [row[0] for row in rows]


def spellings(connection: sqlite3.Connection, item_id: int) -> list[sqlite3.Row]:
    """``sku title lines``: every way in which files wrote an item, commonest first."""
    return connection.execute(
        """select sku, title, sum(lines) as lines from spellings where item_id = ?
           group by sku, title order by lines desc, sku, title""",
        (item_id,),
    ).fetchall()


def listed(connection: sqlite3.Connection, most: int = -1) -> int:
    """How many products there are in the feed, counted up to ``most`` where it is given."""
    row = connection.execute(
        "select count(*) from (select 1 from items where listed = 1 limit ?)", (most,)
    )
    return int(row.fetchone()[0])


def has_text(connection: sqlite3.Connection, item_id: int) -> bool:
    """True if the item has a text to compare."""
    return not connection.execute(
        f"select {NO_TEXT} from items i where i.id = ?", (item_id,)
    ).fetchone()[0]


def user(connection: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """``id key`` of one person."""
    row: sqlite3.Row | None = connection.execute(
        "select id, key from users where key = ?", (key,)
    ).fetchone()
    return row


def users_close_by(connection: sqlite3.Connection, key: str, limit: int = 4000) -> list[str]:
    """Keys of people that a slip of the finger could have meant."""
    half = (len(key) + 1) // 2
    rows = connection.execute(
        "select key from users where substr(key, 1, ?) = ? or substr(key, -?) = ? limit ?",
        (half, key[:half], half, key[len(key) - half :], limit),
    )
    return [row[0] for row in rows]


def keys(connection: sqlite3.Connection, user_ids: Iterable[int]) -> dict[int, str]:
    """User id -> key."""
    rows = connection.execute(
        "select id, key from users where id in (select value from json_each(?))",
        (json.dumps(list(user_ids)),),
    )
    return {row[0]: row[1] for row in rows}


def kinds(
    connection: sqlite3.Connection, item_ids: Iterable[int]
) -> dict[int, tuple[str, str, int]]:
    """Item id -> title, category and group of variants (itself where it has none)."""
    rows = connection.execute(
        """select i.id, coalesce(i.title, ''), coalesce(i.category, ''), coalesce(v.group_id, i.id)
           from items i left join variants v on v.item_id = i.id
           where i.id in (select value from json_each(?))""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def share_of_category(connection: sqlite3.Connection, category: str) -> float:
    """How much of the catalogue stands in a category, 0 to 1."""
    row = connection.execute(
        "select avg(category = ?) from items where listed = 1", (category,)
    ).fetchone()
    return float(row[0] or 0.0)


def texts(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """``id`` and the text columns of every listed product."""
    return connection.execute(
        f"select id, {', '.join(TEXTS)} from items where listed = 1"
    ).fetchall()


def with_value(connection: sqlite3.Connection, column: str, value: str) -> int:
    """How many listed products have a value in brand, category or tags."""
    assert column in ("brand", "category", "tags")
    row = connection.execute(
        f"select count(*) from items where listed = 1 and {column} = ?", (value,)
    )
    return int(row.fetchone()[0])


def sources(connection: sqlite3.Connection) -> list[str]:
    """Names of the sources of listed products, '' for those without."""
    rows = connection.execute("select distinct source from items where listed = 1 order by source")
    return [row[0] for row in rows]


def entries(connection: sqlite3.Connection, names: Iterable[str]) -> sqlite3.Cursor:
    """``id source sku title brand category attributes price currency`` of the listed products of
    some sources, in order of source and SKU."""
    return connection.execute(
        """select id, source, sku, title, brand, category, attributes, price, currency
           from items where listed = 1 and source in (select value from json_each(?))
           order by source, sku""",
        (json.dumps(list(names)),),
    )
