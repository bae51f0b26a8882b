"""RecBole atomic files: the events of the split, so that its models run on the same data.

Tab-separated columns with a ``name:type`` heading, as RecBole's documentation describes atomic
files (Zhao et al. 2021, RecBole: towards a unified, comprehensive and efficient framework).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE, EventLog
from prodsim_cli.data.interactions import returned
from prodsim_cli.evaluation.exporters._escaping import escaped_all, save
from prodsim_cli.evaluation.outcome import FoldEvents, Outcome
from prodsim_cli.files import folder as made
from prodsim_cli.records.values import EVENT_TYPES

if TYPE_CHECKING:
    import polars as pl

NAME = "shop"
"""What RecBole calls the dataset: ``dataset="shop"``, or shop-0, shop-1... for windows."""

_BLANKS = r"[\s\x00-\x1f\x7f-\x9f]+"


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """Write ``shop/shop.train.inter``, ``shop.test.inter`` and ``shop.item``; return the paths.

    With several windows one folder each, ``shop-0``, ``shop-1``...; nothing where no events are
    held out. One line an event in order of the log; ``rating``: the stars of a rating, the units of
    any other event; ``timestamp``: seconds since 1970 UTC, or the position of an event that has
    only an order. RecBole takes every line for a wish of a known person: events without a customer,
    returns, and purchases that the training part saw returned in full are left out.
    """
    paths: list[Path] = []
    several = len(outcome.parts) > 1
    for window, part in enumerate(outcome.parts):
        name = f"{NAME}-{window}" if several else NAME
        paths += _window(part, made(made(folder) / name), name)
    return paths


def _window(part: FoldEvents, home: Path, name: str) -> list[Path]:
    """The three files of one fold."""
    log = part.data.events
    learned, asked = log.take(part.train), log.take(part.test)
    # What was returned after the split still counts: nobody could know it then.
    learned = learned.take(_wished(learned) & ~returned(learned))
    users = escaped_all(part.data.users.ids)
    items = escaped_all(part.data.items.ids)
    tables = {
        "train.inter": _interactions(learned, users, items),
        "test.inter": _interactions(asked.take(_wished(asked)), users, items),
        "item": _items(part.data, items),
    }
    return [
        save(rows, home / f"{name}.{kind}", separator="\t", quote_style="necessary")
        for kind, rows in tables.items()
    ]


def _wished(log: EventLog) -> NDArray[np.bool_]:
    """(m,) bool: events of a known person that are no return."""
    return (log.user >= 0) & (log.type != TYPE_CODE["return"])


def _interactions(log: EventLog, users: pl.Series, items: pl.Series) -> pl.DataFrame:
    import polars as pl

    rated = log.type == TYPE_CODE["rating"]
    rating = np.where(rated, log.value, log.quantity).astype(np.float64)
    return pl.DataFrame(
        {
            "user_id:token": users.gather(log.user),
            "item_id:token": items.gather(log.item),
            "rating:float": pl.Series(rating).fill_nan(None),
            # Before all times lie the positions, as in the log itself.
            "timestamp:float": np.where(log.at == NO_TIME, log.position, log.at),
            "type:token": pl.Series(EVENT_TYPES).gather(log.type.astype(np.int64)),
        }
    )


def _items(data: Dataset, items: pl.Series) -> pl.DataFrame:
    import polars as pl

    def words(name: str) -> pl.Series:
        column = pl.Series(list(data.columns.get(name, [None] * len(data))), dtype=pl.String)
        bare = column.str.replace_all(_BLANKS, " ").str.strip_chars()
        return bare.set(bare == "", None)

    prices = list(data.columns.get("price", [None] * len(data)))
    return pl.DataFrame(
        {
            "item_id:token": items,
            "title:token_seq": words("title"),
            "brand:token": words("brand"),
            "category:token": words("category"),
            "price:float": pl.Series(prices, dtype=pl.Float64),
        }
    )
