"""Expressions that nobody would write, against a database that must not notice.

    python benchmarks/fuzz_rules.py --db shop.db [--strings 200000] [--seed 1]

Random --where strings (soups of tokens, valid expressions with signs added, lost and swapped, code
points of every kind, SQL), and every hundredth time such strings as --same, --price-within,
--exclude, --pin and --max-per of a whole question. Each must be answered or refused with a
UsageProblem (or NotFound, for SKUs). SQLite's authorizer lets nothing but select pass; the items
are compared before and after. Prints what happened how often; any other exception ends the run
with its string.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from prodsim_cli.errors import NotFound, UsageProblem
from prodsim_cli.queries.ranking.pipeline import admitted
from prodsim_cli.queries.ranking.request import Rules
from prodsim_cli.queries.similar import similar
from prodsim_cli.store.connection import open_for_reading

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
VALID = (
    "price<20 and not title~red",
    "title in (a, 'b c', \"d\") or (in_stock and price >= 2.50)",
    "not (brand = 'Le Creuset' or category !~ Mugs) and sku != SKU123",
    'attributes.size > 12 or attributes."Screen size" = 13',
    "tags = red and (price in (0.85, 1.25) or lang = en)",
    "((price < 1)) and url or not not image",
)
WORDS = """( ) , = != < <= > >= ~ !~ and or not in AND Or nOt ' " ! & | % ; -- /* */ \\ ` $ ? @
sku source title brand category tags description price currency lang url image in_stock
attributes. attributes.x attributes.size size nothing 0 1 -1 .5 00 1e9 9e999 nan inf null
red 红色 é ß İ \u0301 'a' "b" '' "" 'it''s' yes no true false NULL select i.id %s {0}"""
TOKENS = (
    *WORDS.split(),
    "'; drop table items; --",
    '" or 1=1 --',
    "' union select sku from items --",
    '$."x"',
    "json_each(attributes)",
    "load_extension('x')",
    "randomblob(1000000000)",
    "prodsim_folded(title)",
    *"\x00\ud800\u202e\ufeff\n\t",
    "9" * 400,
    "(" * 30,
    "not " * 50,
    "a" * 2000,
)


def soup(rng: random.Random) -> str:
    """Tokens in any order."""
    gap = rng.choice(["", " ", " ", "  "])
    return gap.join(rng.choices(TOKENS, k=rng.randrange(1, 14)))


def bruised(rng: random.Random) -> str:
    """A valid expression with a few signs added, lost, doubled or swapped."""
    signs = list(rng.choice(VALID))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(signs) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            signs.insert(at, rng.choice(TOKENS))
        elif signs and kind == 1:
            del signs[min(at, len(signs) - 1)]
        elif signs and kind == 2:
            signs.insert(at, signs[min(at, len(signs) - 1)])
        elif signs:
            other = rng.randrange(len(signs))
            at = min(at, len(signs) - 1)
            signs[at], signs[other] = signs[other], signs[at]
    return "".join(signs)


def noise(rng: random.Random) -> str:
    """Code points of every kind."""
    return "".join(chr(rng.choice([rng.randrange(0x80), rng.randrange(0x110000)]))
                   for _ in range(rng.randrange(1, 30)))  # fmt: skip


def joined(rng: random.Random) -> str:
    """Valid expressions under each other's operators."""
    parts = [rng.choice(VALID) for _ in range(rng.randrange(1, 12))]
    text = rng.choice([" and ", " or ", ") or ("]).join(parts)
    return f"({text})" if rng.random() < 0.5 else text


def nested(rng: random.Random) -> str:
    """One operator under another, about as deep as is allowed."""
    text = rng.choice(VALID)
    for _ in range(rng.randrange(6, 12)):
        test = rng.choice(("price<5", "size=5", "tags=red", "size not in (1, 2, a)", "title~a"))
        turned = rng.choice(("not ", "not not ", ""))
        text = f"{test} {rng.choice(('and', 'or'))} {turned}({text})"
    return text


def string(rng: random.Random) -> str:
    return rng.choice((soup, soup, bruised, bruised, noise, joined, nested))(rng)


def digest(connection: sqlite3.Connection) -> str:
    """Of every cell of the items."""
    found = hashlib.sha256()
    for row in connection.execute("select * from items order by id"):
        found.update(repr(tuple(row)).encode("utf-8", "replace"))
    return found.hexdigest()


def rules_of(rng: random.Random) -> Rules:
    """A whole set of rules of such strings, each now and then."""

    def some(chance: float) -> str:
        return string(rng) if rng.random() < chance else ""

    return Rules(
        where=tuple(filter(None, [some(0.3)])),
        same=tuple(filter(None, [some(0.3)])),
        price_within=some(0.2),
        exclude=tuple(filter(None, [some(0.2)])),
        pin=tuple(filter(None, [some(0.2)])),
        max_per=((some(0.3), 2),) if rng.random() < 0.2 else (),
        diversity=rng.choice([0.0, 0.0, 0.5]),
    )


def fuzz(connection: sqlite3.Connection, strings: int, seed: int) -> collections.Counter[str]:
    """Send so many strings; how often what happened. Anything that should not raises."""
    rng = random.Random(seed)
    outcomes: collections.Counter[str] = collections.Counter()
    forbidden: list[tuple[object, ...]] = []

    def guard(action: int, *rest: object) -> int:
        full_text = action == sqlite3.SQLITE_PRAGMA and rest[:2] == ("data_version", None)
        if action in ALLOWED or full_text:  # FTS5 asks whether its index has changed
            return sqlite3.SQLITE_OK
        forbidden.append((action, *rest))
        return sqlite3.SQLITE_DENY

    before = digest(connection)
    sku = connection.execute("select sku from items where listed order by id").fetchone()[0]
    # SQLite declares its own tables when they are first used; that is no doing of a string
    connection.execute("select * from json_each('[]')")
    connection.execute("select * from items_fts where items_fts match 'red'").fetchall()
    connection.set_authorizer(guard)
    for count in range(strings):
        whole = count % 100 == 0
        given = rules_of(rng) if whole else Rules(where=(string(rng),))
        try:
            if whole:
                similar(connection, [sku], k=5, rules=given)
                outcomes["questions answered"] += 1
            else:
                found = admitted(connection, given)
                outcomes["some products pass" if found else "no product passes"] += 1
        except UsageProblem:
            outcomes["refused"] += 1
        except NotFound:
            outcomes["unknown SKU"] += 1
        except BaseException:
            print(repr(given))
            raise
    connection.set_authorizer(None)
    assert digest(connection) == before, "the items have changed"
    assert not forbidden, forbidden[:3]
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--strings", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.perf_counter()
    with closing(open_for_reading(asked.db)) as connection:
        outcomes = fuzz(connection, asked.strings, asked.seed)
    print(f"{asked.strings:,} strings in {time.perf_counter() - begun:,.0f} s, nothing but select")
    for name, times in outcomes.most_common():
        print(f"  {times:>9,}  {name}")


if __name__ == "__main__":
    main()
