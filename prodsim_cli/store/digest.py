"""One hash of all that files brought in, whatever the order in which they came.

sha256 over items, users, events and rejects as lines of JSON (by SKU, key and content), each part
in byte order of its lines. Row ids, order of insertion, vectors and times of writing leave no
trace, so two databases with the same digest hold the same shop.
"""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256

from prodsim_cli.store import meta
from prodsim_cli.store.connection import transaction

_CHUNK = 20_000

# SQLite writes the lines and sorts them (memcmp on UTF-8; it spills to disk where they are many),
# so that neither time nor memory is spent on half a million tuples in Python.
_PARTS = {
    "items": """
        select json_array(source, sku, title, description, brand, category, tags, price, currency,
            image, url, lang, in_stock, attributes, listed) from items order by 1""",
    "users": "select json_array(key) from users order by 1",
    "events": """
        select json_array(u.key, i.source, i.sku, e.type, e.quantity, e.value, e.weight,
            e.order_id, e.at, e.position, e.source)
        from events e join items i on i.id = e.item_id left join users u on u.id = e.user_id
        order by 1""",
    "rejects": "select json_array(file, line, reason, raw) from rejects order by 1",
}


def digest(connection: sqlite3.Connection) -> str:
    """The digest as 64 hexadecimal digits; the remembered one where nothing was written since."""
    remembered = json.loads(meta.get(connection, "digest", "{}") or "{}")
    if remembered.get("version") == meta.version(connection, "write_version"):
        return str(remembered["digest"])
    return computed(connection)


def computed(connection: sqlite3.Connection) -> str:
    """The digest, read from the rows."""
    hashed = sha256()
    for name, query in _PARTS.items():
        hashed.update(f"{name}\n".encode())
        cursor = connection.cursor()
        cursor.row_factory = None
        cursor.execute(query)
        while lines := cursor.fetchmany(_CHUNK):
            hashed.update("".join([line + "\n" for (line,) in lines]).encode())
    return hashed.hexdigest()


def remember_digest(connection: sqlite3.Connection) -> str:
    """Compute and keep the digest, for a writer that has come to its end."""
    version = meta.version(connection, "write_version")
    # A writer keeps temporary tables in memory; ten million sorted lines would not fit there.
    connection.execute("pragma temp_store = file")
    value = digest(connection)
    connection.execute("pragma temp_store = memory")
    with transaction(connection):
        # Kept only if no other writer came in between; it will keep its own.
        if version == meta.version(connection, "write_version"):
            entry = json.dumps({"version": version, "digest": value})
            meta.put(connection, "digest", entry)
    return value
