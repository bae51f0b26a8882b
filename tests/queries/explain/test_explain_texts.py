"""Words and n-grams in common: the sums of ``lexical``, pair by pair."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from shop_rows import write_shop

from prodsim_cli.queries.explain.texts import Texts
from prodsim_cli.similarity import lexical
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction
from prodsim_cli.store.loading import load_shop

ITEMS = [
    {"sku": "A", "title": "Red retrospot mug", "brand": "Hearth", "category": "Kitchen > Mugs"},
    {"sku": "B", "title": "Retro-spot BAG, red", "brand": "HEARTH", "tags": "red, bag"},
    {"sku": "C", "title": "Sony PSLX-350H turntable", "description": "A turntable. " * 60},
    {"sku": "D", "title": "turntable PSLX350H by Sony", "brand": "Sony"},
    {"sku": "E", "title": "红色 保温杯500ml"},
    {"sku": "F", "title": "大号红色保温杯"},
    {"sku": "G", "title": "Café crème", "category": "Kitchen"},
    {"sku": "H", "title": "", "brand": "Hearth"},
    {"sku": "I"},
    {"sku": "J", "title": "red retrospot MUG", "brand": "Hearth", "category": "Kitchen > Mugs"},
]
WEIGHTS = {"title": 1.0, "brand": 0.3, "category": 0.2, "tags": 0.3, "description": 0.3}


def shop(tmp_path: Path, learned: dict[str, object]) -> sqlite3.Connection:
    """The shop with ``lexical`` built by these settings."""
    path = write_shop(
        tmp_path / "texts.db", items=ITEMS, neighbors={"lexical": {}}, events=(), spellings=()
    )
    with closing(open_for_writing(path)) as connection, transaction(connection):
        connection.execute(
            "update artifacts set settings = json_object('k', 50, 'learned', json(?))",
            (str(learned).replace("'", '"'),),
        )
    return open_for_reading(path)


@pytest.mark.parametrize(
    "learned", [{}, {"weights": WEIGHTS}, {"weights": {"title": 1.0}}, {"characters": 9}]
)
def test_the_ngrams_add_up_to_the_cosine_of_lexical(
    tmp_path: Path, learned: dict[str, object]
) -> None:
    with closing(shop(tmp_path, learned)) as connection:
        loaded = load_shop(connection)
        ids, n = loaded.item_ids.tolist(), len(loaded.item_ids)
        pairs = [(one, other) for one in ids for other in ids if one != other]
        given = {pair: sum(g.gives for g in grams) for pair, grams in
                 Texts(connection).grams(pairs).items()}  # fmt: skip
        table = lexical.neighbors(loaded.dataset, k=n, **learned)  # type: ignore[arg-type]
    cosine = dict.fromkeys(pairs, 0.0)
    for row, one in enumerate(ids):
        for place, score in zip(table.positions[row], table.scores[row], strict=True):
            if place >= 0:
                cosine[one, ids[place]] = float(score)
    assert given == pytest.approx(cosine, abs=1e-6)
    assert sum(value > 0 for value in given.values()) >= 8


def test_on_the_demo_they_do_so_too(shop_of_demo: sqlite3.Connection) -> None:
    rows = shop_of_demo.execute(
        "select item_id, neighbor_id, score from neighbors where method = 'lexical'"
    ).fetchall()
    chosen = [rows[at] for at in np.random.default_rng(1).choice(len(rows), 200).tolist()]
    pairs = [(row[0], row[1]) for row in chosen]
    grams = Texts(shop_of_demo).grams(pairs)
    for one, other, score in chosen:
        assert sum(g.gives for g in grams[one, other]) == pytest.approx(score, abs=2e-7)
        gives = [gram.gives for gram in grams[one, other]]
        assert gives == sorted(gives, reverse=True)


def words(connection: sqlite3.Connection, one: str, other: str) -> dict[str, tuple[object, ...]]:
    ids = {row["sku"]: row["id"] for row in connection.execute("select id, sku from items")}
    pair = (ids[one], ids[other])
    found = Texts(connection).words([pair])[pair]
    return {word.word: (word.fields, word.products) for word in found}


def test_words_in_common_with_their_fields_and_products(tmp_path: Path) -> None:
    with closing(shop(tmp_path, {})) as connection:
        assert words(connection, "A", "B") == {
            "retrospot": (("title",), 3),
            "red": (("title", "tags"), 3),
            "hearth": (("brand",), 4),
        }
        assert words(connection, "C", "D") == {
            "turntable": (("title", "description"), 2),
            "pslx350h": (("title",), 2),
            "sony": (("title", "brand"), 2),
        }
        assert words(connection, "A", "G") == {"kitchen": (("category",), 3)}
        assert words(connection, "A", "I") == {}


def test_of_unspaced_writing_the_longest_pieces(tmp_path: Path) -> None:
    with closing(shop(tmp_path, {})) as connection:
        assert words(connection, "E", "F") == {"保温杯": (("title",), 2), "红色": (("title",), 2)}
