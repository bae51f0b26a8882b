"""Files of right answers: related products, questions in words and their judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.evaluation.answer_table import Table, finder, is_product, named, number

MOST_RELATIONS = 20
"""Kinds of relations that a table can show; more of them are no kinds."""

MOST_RELEVANCE = 1e9
"""A larger one is a mistake: it would be infinite as float32, or drown all others."""

_SKU = ("sku", "sku_a", "product")
_RELATED = ("related_sku", "related", "sku_b")
_RELATION = ("relation", "kind", "type")
_QUERY = ("query_id", "id", "qid")
_TEXT = ("text", "query", "title")
_JUDGED = (*_QUERY, "query", "text")
_ANSWER = ("sku", "product", "doc_id")
_RELEVANCE = ("relevance", "gain", "grade", "label")


@dataclass(frozen=True)
class Answers:
    """``subjects`` (q,) int32: products asked about, or the numbers of the texts; ``names`` and
    ``texts`` (q,) of questions in words; ``answers`` (q, n) CSR float32 gains above 0;
    ``relations``: the same by kind where there are several; ``left_out``: lines by reason."""

    subjects: NDArray[np.int32]
    answers: sp.csr_matrix
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    relations: tuple[tuple[str, sp.csr_matrix], ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def related(table: Table, data: Dataset) -> Answers:
    """``sku, related_sku[, relation]`` as answers; every relation stands by itself, too.

    A line speaks for its first product only. Raises :class:`InputError` where none can be used.
    """
    find = finder(data)
    (first, second, third), by_name = table.headers((_SKU, _RELATED), _RELATION)
    if first is None or second is None:
        raise InputError(
            f"{table.name} has one column; related products need two SKUs a line.",
            hint="Write sku, related_sku and, if there are several kinds, relation.",
        )
    if not by_name and is_product(first, find) and is_product(second, find):
        table = table.with_first_line()
    table.refuse_empty()
    a, b = table.positions(first, find), table.positions(second, find)
    strangers = _strangers(table, {first: a, second: b})
    good = (a >= 0) & (b >= 0) & (a != b)
    if not good.any():
        raise InputError(
            f"None of the {len(a):,} lines of {table.name} joins two different products of the"
            f" catalogue ({f'{named(strangers)} unknown' if strangers else 'each names one twice'}"
            ").",
            hint="Write the SKUs as the catalogue does (`source:sku` where several sources hold"
            " one).",
        )
    kind = np.array(table.columns[third] if third else [""] * len(table), object)[good]
    subjects, row = np.unique(a[good], return_inverse=True)
    row, shape = row.reshape(-1), (len(subjects), len(data))
    counts = {
        "unknown products": int(((a < 0) | (b < 0)).sum()),
        "the same product twice": int(((a >= 0) & (a == b)).sum()),
        "named before": _repeated(a[good] * len(data) + b[good], kind),
    }
    return Answers(
        subjects=subjects.astype(np.int32),
        answers=_ones(row, b[good], shape),
        relations=tuple(
            (name, _ones(row[kind == name], b[good][kind == name], shape))
            for name in _kinds(table, kind)
        ),
        left_out={reason: count for reason, count in counts.items() if count},
        notes=_unknown(strangers),
    )


def _kinds(table: Table, kind: NDArray[np.object_]) -> list[str]:
    """The relations, in order of name; none where all lines are of one."""
    names = sorted(set(kind.tolist()))
    if len(names) > MOST_RELATIONS:
        raise InputError(
            f"{table.name} names {len(names):,} kinds of relations ({named(names, 3)}).",
            hint=f"Leave the column out, or write at most {MOST_RELATIONS} kinds into it.",
        )
    return [name for name in names if name] if len(names) > 1 else []


def _repeated(pair: NDArray[np.int64], kind: NDArray[np.object_]) -> int:
    """How many lines say what another one of the same relation says."""
    return len(pair) - len(set(zip(pair.tolist(), kind.tolist(), strict=True)))


def _strangers(table: Table, found: dict[str, NDArray[np.int64]]) -> list[str]:
    """SKUs that the catalogue does not hold, in order of name."""
    names = [
        name
        for header, positions in found.items()
        for name in np.array(table.columns[header], object)[positions < 0].tolist()
    ]
    return sorted(set(names))


def _unknown(strangers: Sequence[str]) -> tuple[str, ...]:
    return (f"Not in the catalogue: {named(strangers)}.",) if strangers else ()


def _ones(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    return _graded(rows, columns, np.ones(len(rows), np.float32), shape)


def _graded(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    gains: NDArray[np.float32],
    shape: tuple[int, int],
) -> sp.csr_matrix:
    """(q, n) CSR of gains, each cell once: of several, the largest. Cells of 0 are left out."""
    order = np.lexsort((-gains, columns, rows))
    rows, columns, gains = rows[order], columns[order], gains[order]
    first = np.ones(len(rows), bool)
    first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    kept = first & (gains > 0)
    matrix = sp.csr_matrix((gains[kept], (rows[kept], columns[kept])), shape=shape)
    matrix.sort_indices()
    return matrix


def judgements(queries: Table, judged: Table, data: Dataset) -> Answers:
    """``query_id, text`` and ``query_id, sku[, relevance]`` as graded answers to texts.

    Texts of a file of one column are their own ids; a judgement may name the id or the text.
    Relevance is 0 (wrong) or more, 1 without the column; of several the largest counts. Queries
    without a right answer in the catalogue are left out. Questions stand in order of their ids.
    """
    find = finder(data)
    (of, sku, grade), by_name = judged.headers((_JUDGED, _ANSWER), _RELEVANCE)
    if of is None or sku is None:
        raise InputError(
            f"{judged.name} has one column; a judgement needs a query and a SKU.",
            hint="Write query_id, sku and, if answers differ, relevance.",
        )
    if not by_name and is_product(sku, find):
        judged = judged.with_first_line()
    judged.refuse_empty()
    texts, numbers = _questions(queries, set(judged.columns[of]))
    row = np.array([numbers.get(name, -1) for name in judged.filled(of, "a query")], np.int64)
    item = judged.positions(sku, find)
    gains = _relevance(judged, grade)
    good = (row >= 0) & (item >= 0)
    answers = _graded(row[good], item[good], gains[good], (len(texts), len(data)))
    asked = np.flatnonzero(np.diff(answers.indptr) > 0)
    if not len(asked):
        raise InputError(
            f"No query of {queries.name} has a right answer in {judged.name} that the catalogue"
            " holds.",
            hint="The first column of both files names the query; SKUs are those of the catalogue.",
        )
    counts = {
        "judgements of unknown products": int((item < 0).sum()),
        "judgements of unknown queries": int(((row < 0) & (item >= 0)).sum()),
        "judgements named before": int(good.sum())
        - len(np.unique(row[good] * len(data) + item[good])),
        "queries without a right answer": len(texts) - len(asked),
    }
    return Answers(
        subjects=asked.astype(np.int32),
        answers=answers[asked],
        names=tuple(list(texts)[place] for place in asked),
        texts=tuple(list(texts.values())[place] for place in asked),
        left_out={reason: count for reason, count in counts.items() if count},
        notes=_unknown(_strangers(judged, {sku: item})),
    )


def _questions(table: Table, mentioned: set[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Text by id, in order of id; and the number of the question by its id or its text.

    ``mentioned``: what judgements call queries. A header that is one of these is no header.
    """
    (first, second), by_name = table.headers((_QUERY, _TEXT))
    key = first or second
    if key is not None and not by_name and key in mentioned:
        table = table.with_first_line()
    table.refuse_empty()
    ids = table.filled(str(key), "a query")
    cells = table.filled(second, "a text") if second else ids
    texts: dict[str, str] = {}
    for row, (name, text) in enumerate(zip(ids, cells, strict=True)):
        if texts.setdefault(name, text) != text:
            raise InputError(
                f"{table.place(row)}: the query {name!r} has another text further up.",
                hint="Give every text an id of its own.",
            )
    texts = dict(sorted(texts.items()))
    numbers: dict[str, int] = {}
    for place, text in enumerate(texts.values()):
        numbers.setdefault(text, place)
    return texts, numbers | {name: place for place, name in enumerate(texts)}


def _relevance(judged: Table, header: str | None) -> NDArray[np.float32]:
    if header is None:
        return np.ones(len(judged), np.float32)
    cells = judged.columns[header]
    values = np.array([np.nan if (v := number(cell)) is None else v for cell in cells], float)
    bad = np.flatnonzero(np.isnan(values) | (values < 0) | (values > MOST_RELEVANCE))
    if len(bad):
        cell = cells[bad[0]]
        raise InputError(
            f"{judged.place(int(bad[0]))}: {repr(cell) if cell else 'an empty cell'} is no"
            " relevance.",
            hint="Write a number of 0 or more: 0 for a wrong answer, more for a better one.",
        )
    return values.astype(np.float32)
