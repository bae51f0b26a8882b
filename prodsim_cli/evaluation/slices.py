"""Parts of the questions and of the right answers: where a method is good, and where it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.protocol.metrics._seen import head
from prodsim_cli.protocol.testset import TestSet
from prodsim_cli.text import language as languages

FEW_PEOPLE = 5
"""Below as many people a product is cold."""

HISTORIES = (1, 5, 20, 100)
"""Where the classes of history length begin, in different products."""

MOST_CATEGORIES = 8

LANGUAGE = "lang"
"""The column of languages; no method reads it."""


class Part(NamedTuple):
    """``kind``: what is parted (``products``, ``evidence``, ``history``, ``category``,
    ``language``); ``name``: which part."""

    kind: str
    name: str


Masks = dict[Part, tuple[NDArray[np.bool_], NDArray[np.bool_] | None]]
"""Part -> the questions (q,) bool and the products (n,) bool that it keeps; None: all products."""


def with_languages(data: Dataset) -> tuple[Dataset, list[str]]:
    """The shop with the language of each title where the catalogue doesn't give one, and a note."""
    given = data.columns.get(LANGUAGE) or [None] * len(data)
    titles = [title or "" for title in data.columns.get("title") or [None] * len(data)]
    missing = sum(1 for word, title in zip(given, titles, strict=True) if title and not word)
    if not missing:
        return data, []
    detected = languages.of_titles(titles)
    filled = [word or found or None for word, found in zip(given, detected, strict=True)]
    note = f"The languages of {missing:,} titles were found by their words."
    return replace(data, columns={**data.columns, LANGUAGE: filled}), [note]


def parts_of(testset: TestSet) -> Masks:
    """The slices that have a meaning for these questions, in the order in which they are shown."""
    everybody = np.ones(len(testset), bool)
    out: Masks = {}
    for part, items in (*_by_people(testset).items(), *_by_column(testset).items()):
        out[part] = (everybody, items)
    if testset.history is not None:
        lengths = np.diff(testset.history.indptr)
        ends = (*HISTORIES[1:], np.inf)
        for low, high in zip(HISTORIES, ends, strict=True):
            name = f"{low}+" if high == np.inf else f"{low}-{int(high) - 1}"
            queries = (lengths >= low) & (lengths < high)
            if queries.any():
                out[Part("history", name)] = (queries, None)
    return out


def people_of(testset: TestSet) -> tuple[NDArray[np.float64], int]:
    """(n,) how many people of training have to do with each product; how many people there are.

    Where no event has a user, orders stand for people.
    """
    log, n = testset.train.events, len(testset.train)
    owner = log.user if (log.user >= 0).any() else log.order
    known = owner >= 0
    pairs = np.unique(owner[known].astype(np.int64) * n + log.item[known])
    users = len(np.unique(owner[known]))
    return np.bincount(pairs % max(n, 1), minlength=n).astype(np.float64), users


def _by_people(testset: TestSet) -> dict[Part, NDArray[np.bool_]]:
    """Head and tail, cold and warm: by how many people have to do with a product in training."""
    people, _ = people_of(testset)
    if not people[testset.candidates].any():  # nobody knows any of them: they have no head
        return {}
    popular = head(testset.candidates, people)
    cold = people < FEW_PEOPLE
    return {
        Part("products", "head (top 20%)"): popular,
        Part("products", "tail"): ~popular,
        Part("evidence", f"cold (< {FEW_PEOPLE} people)"): cold,
        Part("evidence", "warm"): ~cold,
    }


def _by_column(testset: TestSet) -> dict[Part, NDArray[np.bool_]]:
    """The categories and languages with the most right answers, where there are several."""
    out: dict[Part, NDArray[np.bool_]] = {}
    wanted = np.asarray(testset.answers.astype(bool).sum(axis=0)).ravel()
    for column, kind in (("category", "category"), (LANGUAGE, "language")):
        values = testset.train.columns.get(column)
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
