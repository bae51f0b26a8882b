"""TREC run and qrels files, which ranx and trec_eval load: lists and right answers by name.

The layout is that of the Text REtrieval Conference (Voorhees, Harman 2005, TREC, ch. 3).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.exporters._escaping import escaped, escaped_all, file_word, save
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.files import folder as made

if TYPE_CHECKING:
    import polars as pl

_DECIMALS = 6
_LAYOUT: dict[str, Any] = {"separator": " ", "include_header": False, "quote_style": "never"}


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """Write ``qrels.trec`` and one ``run.METHOD.trec`` a method; return the paths.

    Lines of qrels: ``query 0 sku gain``. Lines of a run: ``query Q0 sku rank score method`` with
    ranks from 1 and scores that fall by 1, which say only the order. With several windows a
    query is ``name@window``. Fractions of gains are all multiplied by the same power of ten, which
    changes no figure. A query without a single product shown has no line in a run.
    Writes nothing where the outcome has no lists or no right answers. Raises InputError where a
    gain has more than six decimals.
    """
    if outcome.answers is None or not outcome.answers.nnz or not outcome.lists:
        return []
    queries, items = _names(outcome), escaped_all(outcome.items)
    home = made(folder)
    paths = [save(_qrels(outcome.answers, queries, items), home / "qrels.trec", **_LAYOUT)]
    for method, lists in outcome.lists.items():
        rows = _run(lists, method, queries, items)
        paths.append(save(rows, home / f"run.{file_word(method)}.trec", **_LAYOUT))
    return paths


def _names(outcome: Outcome) -> pl.Series:
    """(q,) names of the questions, each one different."""
    import polars as pl

    names = escaped_all(outcome.queries)
    if len(np.unique(outcome.window)) > 1:
        return names + "@" + pl.Series(outcome.window).cast(pl.String)
    return names


def _qrels(answers: sp.csr_matrix, queries: pl.Series, items: pl.Series) -> pl.DataFrame:
    import polars as pl

    entries = answers.tocoo()
    gains = _whole(entries.data)
    # rows as in the questions, products as in the catalogue: the same bytes every time
    order = np.lexsort((entries.col, entries.row))
    return pl.DataFrame(
        {
            "query": queries.gather(entries.row[order]),
            "zero": np.zeros(len(order), np.int64),
            "sku": items.gather(entries.col[order]),
            "gain": gains[order],
        }
    )


def _whole(gains: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) gains times the smallest power of ten that makes all of them whole, int64."""
    # A decimal that came through float32 is off by half a unit in its last place, no more.
    exact = np.array(gains, np.float64)
    for power in range(_DECIMALS + 1):
        scaled = exact * 10.0**power
        if (np.abs(scaled - scaled.round()) <= scaled * 2.0**-24).all():
            return scaled.round().astype(np.int64)
    odd = exact[np.abs(scaled - scaled.round()) > scaled * 2.0**-24][0]
    raise InputError(
        f"A gain of {odd:.7g} can't be written as TREC wants it, in whole numbers.",
        hint="Grade the judgements with at most six decimals, or leave --export out.",
    )


def _run(
    lists: NDArray[np.int32], method: str, queries: pl.Series, items: pl.Series
) -> pl.DataFrame:
    import polars as pl

    rows, places = np.nonzero(lists >= 0)
    return pl.DataFrame(
        {
            "query": queries.gather(rows),
            "q0": pl.repeat("Q0", len(rows), eager=True),
            "sku": items.gather(lists[rows, places]),
            "rank": places + 1,
            "score": lists.shape[1] - places,
            "method": pl.repeat(escaped(method), len(rows), eager=True),
        }
    )
