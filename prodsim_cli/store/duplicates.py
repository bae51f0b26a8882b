"""Reading what a search for duplicates looks at. Ground floor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

from prodsim_cli.store.catalog import label
from prodsim_cli.store.neighbors import whole


def sources(connection: sqlite3.Connection) -> list[str]:
    """Names of the sources of listed products, '' for those without."""
    rows = connection.execute("select distinct source from items where listed = 1 order by source")
    return [row[0] for row in rows]


def entries(connection: sqlite3.Connection, names: Iterable[str]) -> Iterator[sqlite3.Row]:
    """``id source sku title brand category attributes price currency`` of the listed products of
    some sources, in order of source and SKU."""
    return iter(
        connection.execute(
            """select id, source, sku, title, brand, category, attributes, price, currency
               from items where listed = 1 and source in (select value from json_each(?))
               order by source, sku""",
            (json.dumps(list(names)),),
        )
    )


def close(
    connection: sqlite3.Connection, method: str, ranks: int, least: float
) -> Iterator[tuple[int, int, float]]:
    """(item id, neighbour id, score) of the first rows of a table that are at least so close."""
    for item, row in whole(connection, method):
        for other, score in islice(zip(*row, strict=True), ranks):
            if score >= least:
                yield item, other, score


def labels(connection: sqlite3.Connection, item_ids: Iterable[int]) -> dict[int, str]:
    """Item id -> how it is written at the edge."""
    rows = connection.execute(
        f"""select i.id, {label()} from items i
            where i.id in (select value from json_each(?))""",
        (json.dumps(list(item_ids)),),
    )
    return {row[0]: row[1] for row in rows}
