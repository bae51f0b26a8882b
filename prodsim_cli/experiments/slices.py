"""Parts of the questions and of the right answers: where a method is good, and where it is not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.experiments.asking import Questions
from prodsim_cli.metrics._seen import head

FEW_PEOPLE = 5
"""Below as many people a product is cold."""

HISTORIES = (1, 5, 20, 100)
"""Where the classes of history length begin, in different products."""

MOST_CATEGORIES = 8


class Part(NamedTuple):
    """``kind``: what is parted (``products``, ``evidence``, ``history``, ``category``,
    ``language``); ``name``: which part."""

    kind: str
    name: str


Masks = dict[Part, tuple[NDArray[np.bool_], NDArray[np.bool_] | None]]
"""Part -> the questions (q,) bool and the products (n,) bool that it keeps; None: all products."""


def parts_of(asked: Questions) -> Masks:
    """The slices that have a meaning for these questions, in the order in which they are shown."""
    everybody = np.ones(len(asked), bool)
    out: Masks = {}
    for part, items in (*_by_people(asked).items(), *_by_column(asked).items()):
        out[part] = (everybody, items)
    if asked.history is not None:
        lengths = np.diff(asked.history.indptr)
        ends = (*HISTORIES[1:], np.inf)
        for low, high in zip(HISTORIES, ends, strict=True):
            name = f"{low}+" if high == np.inf else f"{low}-{int(high) - 1}"
            queries = (lengths >= low) & (lengths < high)
            if queries.any():
                out[Part("history", name)] = (queries, None)
    return out


def _by_people(asked: Questions) -> dict[Part, NDArray[np.bool_]]:
    """Head and tail, cold and warm: by how many people have to do with a product in training."""
    log, n = asked.train.events, len(asked.train)
    known = log.user >= 0
    if not known.any():
        return {}
    pairs = np.unique(log.user[known].astype(np.int64) * n + log.item[known])
    people = np.bincount(pairs % n, minlength=n)
    popular = head(asked.candidates, people.astype(np.float64))
    cold = people < FEW_PEOPLE
    return {
        Part("products", "head (the 20% with the most people)"): popular,
        Part("products", "tail"): ~popular,
        Part("evidence", f"cold (fewer than {FEW_PEOPLE} people)"): cold,
        Part("evidence", "warm"): ~cold,
    }


def _by_column(asked: Questions) -> dict[Part, NDArray[np.bool_]]:
    """The categories and languages with the most right answers, where there are several."""
    out: dict[Part, NDArray[np.bool_]] = {}
    wanted = np.asarray(asked.answers.astype(bool).sum(axis=0)).ravel()
    for column, kind in (("category", "category"), ("lang", "language")):
        values = asked.train.columns.get(column)
        if not values:
            continue
        names, code = np.unique([value or "" for value in values], return_inverse=True)
        counts = np.bincount(code.reshape(-1), wanted, minlength=len(names))
        counts[names == ""] = 0
        order = np.lexsort((np.arange(len(names)), -counts))[:MOST_CATEGORIES]
        shown = [int(c) for c in order if counts[c] > 0]
        if len(shown) > 1:
            out |= {Part(kind, str(names[c])): code.reshape(-1) == c for c in shown}
    return out
