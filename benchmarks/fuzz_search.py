"""Random questions put to ``search``.

    python benchmarks/fuzz_search.py --db SHOP.db [--n 200000]

Questions are made of any code points, of the marks of FTS5 and SQL, and of the shop's own titles,
cut and twisted. Every one must be answered or refused as blank; an answer holds listed products,
each once, in falling order; the file is byte for byte what it was. By words alone, since a model
takes any text. One question in twenty goes with ``--expand`` and ``--like``.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from contextlib import closing
from pathlib import Path

from prodsim_cli.errors import UsageProblem
from prodsim_cli.queries.search import Question, search
from prodsim_cli.store.connection import open_for_reading

MARKS = (
    *('"', "'", "*", "(", ")", "^", ":", "-", "+", "{", "}", "%", "_", "\\", "\x00", "\n", ";"),
    *("?", "AND", "OR", "NOT", "NEAR", "NEAR(a b, 3)", "title:", "codes :", '"" OR ""'),
    *("search_fts", "'; drop table items; --", "' or 1=1 --", "\ud800", "\u0301", "\u200d"),
    *("\ufeff", "ﬁ", "İ", "ß", "红色", "保温杯", "ก", "ำ", "각", "か\u3099", "🧸", "DSC-W55"),
    *("x100s", "500ml", "1e308", "９９"),
)


def questions(titles: list[str], chance: random.Random) -> str:
    """One question."""
    kind = chance.randrange(4)
    if kind == 0:
        return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(1, 40)))
    if kind == 1:
        return " ".join(chance.choice(MARKS) for _ in range(chance.randrange(1, 12)))
    text = chance.choice(titles)
    if kind == 2:
        start = chance.randrange(len(text))
        text = text[start : start + chance.randrange(1, 20)]
    signs = list(text)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(signs) + 1)
        signs[at : at + chance.randrange(2)] = chance.choice([*MARKS, "a", "e", " ", ""])
    return "".join(signs)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--db", required=True, type=Path)
    words.add_argument("--n", type=int, default=200_000)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    chance = random.Random(given.seed)
    before = hashlib.sha256(given.db.read_bytes()).hexdigest()
    answered = empty = blank = 0
    begun = time.perf_counter()
    with closing(open_for_reading(given.db)) as connection:
        rows = connection.execute(
            "select sku, title from items where listed = 1 and title != '' order by id"
        ).fetchall()
        titles, skus = [row[1] for row in rows], {row[0] for row in rows}
        for number in range(given.n):
            text = questions(titles, chance)
            like = (chance.choice(sorted(skus)),) if number % 20 == 0 else ()
            asked = Question("words", like, expand=number % 20 == 0)
            try:
                (ranking,) = search(connection, [text], k=20, question=asked)
            except UsageProblem:
                blank += 1
                assert not text.strip(), repr(text)
                continue
            found = [row.sku for row in ranking.results]
            scores = [row.score for row in ranking.results]
            assert len(found) == len(set(found)) <= 20, repr(text)
            assert scores == sorted(scores, reverse=True), repr(text)
            answered, empty = answered + bool(found), empty + (not found)
    seconds = time.perf_counter() - begun
    assert hashlib.sha256(given.db.read_bytes()).hexdigest() == before
    sys.stdout.write(
        f"{given.n:,} questions in {seconds:.0f} s: {answered:,} answered, {empty:,} without a"
        f" product, {blank:,} blank; no error, the file unchanged\n"
    )


if __name__ == "__main__":
    main()
