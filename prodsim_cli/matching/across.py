"""The same product in two catalogues: words, model numbers, meaning and price, less hubs.

No labels, no events, nothing of one trade. For a product x of one source and y of another

    s(x, y) = lexical * cosine of character n-grams + numbers * cosine of model numbers
            + text * cosine of a language model + price * nearness of price

and the score is what is left of s where a product that is near to everything (a hub) loses that,
cross-domain similarity local scaling (CSLS, Conneau et al. 2018, "Word Translation Without Parallel
Data", eq. 4):

    score(x, y) = 1/2 + (2 s(x, y) - r(x) - r(y)) / (4 * range of s)

with r(x) the mean of s over the ten products of the other source nearest to x, r(y) likewise. It
lies between 0 and 1; above 1/2 the two are nearer than what is nearest to either on average. It
depends on the pair and the two catalogues only, never on what else is asked or on blocks.

Price: nearness is 2 exp(-|ln(p / q)|) - 1, which is 1 for the same price, 0 for the double one, and
goes to -1. Only where both have a price, and both the same currency or none: otherwise it says 0,
neither for nor against. It is never a filter, and two products that only the price joins are
strangers.

The weights are the same for every shop: words, then numbers, then meaning, then price. They were
set by hand after some thirty combinations on Abt-Buy and on two catalogues beside a disturbed copy
of themselves (typing errors, lost words, other prices), where it hardly matters: half or double of
any one moves hit@1 by -.017 to +.025. hit@1 from Abt to Buy with titles only: words .880, all
together .935, less hubs .941; with descriptions .895, .941, .953; the copies .849, .862, .895
(Open Food Facts, no prices) and .781, .816, .862 (a demo shop, no model numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.knn import BLOCK_BYTES, blocks, top_k
from prodsim_cli.data.neighbors import NeighborTable
from prodsim_cli.errors import NotReady
from prodsim_cli.text.normalize import folded
from prodsim_cli.text.tfidf import code_vectors, tfidf

T = TypeVar("T")
Positions = NDArray[np.int32]

NEAREST = 10
"""Neighbours whose mean says how much of a hub a product is: as in the paper."""

CHARACTERS = 300
"""Characters of a text that are compared as words, as ``lexical`` does."""

_STEP = np.float32(2**24)
_CELL_BYTES = 40
"""Of a pair in a block, with what is made on the way: changes the memory, never the answer."""


@dataclass(frozen=True)
class Weights:
    """What each piece of evidence counts; the meaning only where there are vectors."""

    lexical: float = 1.0
    numbers: float = 0.5
    text: float = 0.25
    price: float = 0.1

    @property
    def span(self) -> float:
        """The largest possible s less the smallest."""
        return self.lexical + self.numbers + self.text + 2 * self.price


def apart(data: Dataset, queries: Positions | None, candidates: Positions | None) -> bool:
    """Are the products asked about all of other sources than the candidates?"""
    if queries is None or candidates is None or not len(queries) or not len(candidates):
        return False
    home = _names(data, "source")
    return not np.isin(home[queries], home[candidates]).any()


def across(
    data: Dataset,
    queries: Positions,
    candidates: Positions,
    *,
    k: int = 50,
    space: str | None = None,
    weights: Weights | None = None,
    nearest: int = NEAREST,
) -> NeighborTable:
    """The k likeliest partners of each product among candidates of other sources.

    Parameters
    ----------
    queries, candidates : positions; :func:`apart` must hold of them.
    space : the language model's vectors; None: the only ones that have seen no events, if any.
    weights : None: those of :class:`Weights`. ``nearest``: neighbours in r, at least 1.

    Returns
    -------
    Table with one row per query. Everything is computed from the texts and prices of ``data``; no
    stored table is read, since r needs all pairs of the two catalogues. That takes one pass over
    the pairs in blocks, whose outcome (a number for each product) is kept with ``data``.

    Raises
    ------
    ValueError where a source is on both sides; NotReady where there are several spaces, none named.
    """
    if not apart(data, queries, candidates) and len(queries) and len(candidates):
        raise ValueError("queries and candidates must be of different sources")
    rows = np.asarray(queries, np.int32)
    among = np.unique(np.asarray(candidates, np.int32))
    positions = np.full((len(rows), k), -1, np.int32)
    scores = np.zeros((len(rows), k), np.float32)
    if len(rows) and len(among):
        weights = weights or Weights()
        evidence, key = _evidence(data, space)
        hubs = _hubs(data, evidence, key, rows, among, weights, nearest)
        for some, total, known in evidence.boards(rows, among, weights):
            less = hubs[rows[some], None] + hubs[among]
            board = np.float32(0.5) + (2 * total - less) / np.float32(4 * weights.span)
            columns, scores[some] = top_k(board, k, mask=~known)
            positions[some] = np.where(columns >= 0, among[columns], -1)
    return NeighborTable(positions, scores, rows)


@dataclass(frozen=True)
class _Evidence:
    """What is known of each of n products.

    ``words`` and ``numbers`` (n, m) CSR; ``vectors`` (n, d) float32, multiples of 2^-24 (d is 0
    without a language model); ``prices`` (n,) float32, NaN where there is none; ``currency`` (n,)
    int64.
    """

    words: sp.csr_matrix
    numbers: sp.csr_matrix
    vectors: NDArray[np.float32]
    prices: NDArray[np.float32]
    currency: NDArray[np.int64]

    def boards(
        self, rows: Positions, columns: Positions, weights: Weights
    ) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.bool_]]]:
        """For each block of rows: which, s (b, c) float32, and where any text speaks for a pair."""
        words = self.words[columns].T.tocsr()
        numbers = self.numbers[columns].T.tocsr()
        # Multiples of 2^-24 have products and sums that float64 holds exactly, so that a matrix
        # product is the same to the last bit whatever the block, and equal texts stay equal.
        vectors = self.vectors[columns].T.astype(np.float64)
        for some in blocks(len(rows), BLOCK_BYTES // (_CELL_BYTES * len(columns))):
            here = rows[some]
            total = (self.words[here] @ words).toarray()
            total *= np.float32(weights.lexical)
            shared = (self.numbers[here] @ numbers).tocoo()
            total[shared.row, shared.col] += np.float32(weights.numbers) * shared.data
            meaning = (self.vectors[here].astype(np.float64) @ vectors).astype(np.float32)
            total += np.float32(weights.text) * np.maximum(meaning, 0, out=meaning)
            known = total > 0
            self._add_nearness(total, here, columns, weights.price)
            yield some, total, known

    def _add_nearness(
        self, total: NDArray[np.float32], rows: Positions, columns: Positions, weight: float
    ) -> None:
        """Add weight * (2 exp(-|ln(p / q)|) - 1) where two prices can be compared."""
        ours, theirs = self.prices[rows, None], self.prices[None, columns]
        if np.isnan(ours).all() or np.isnan(theirs).all():
            return
        near = np.minimum(ours, theirs)
        near /= np.maximum(ours, theirs)
        near = np.float32(weight) * (2 * near - 1)
        near[np.isnan(near)] = 0
        near[self.currency[rows, None] != self.currency[None, columns]] = 0
        total += near


def _evidence(data: Dataset, space: str | None) -> tuple[_Evidence, str]:
    """What is known of the products, made once, and the name that it is remembered by."""
    space = _space(data, space)
    key = f"across: {','.join(data.fields)} and {space}"
    return _remembered(data, key, lambda: _gathered(data, space)), key


def _gathered(data: Dataset, space: str | None) -> _Evidence:
    n = len(data)
    if space is None:
        vectors = np.zeros((n, 0), np.float32)
    else:
        vectors = np.rint(data.embedding(space).vectors * _STEP) / _STEP
    number: dict[str, int] = {}
    texts = (folded(text[:CHARACTERS]) for text in data.texts())
    of_text = np.fromiter((number.setdefault(text, len(number)) for text in texts), np.intp, n)
    prices = np.array(data.columns.get("price", [None] * n), np.float32)
    _, currency = np.unique(_names(data, "currency"), return_inverse=True)
    return _Evidence(
        words=tfidf(list(number))[of_text],  # rarity counts over different texts, as in lexical
        numbers=code_vectors(data.texts()),
        vectors=vectors,
        prices=np.where(prices > 0, prices, np.nan),
        currency=currency.ravel(),
    )


def _space(data: Dataset, space: str | None) -> str | None:
    """The space asked for, or the only one that has not learned from events, if any."""
    if space is not None:
        return space
    blind = [name for name in data.embeddings if name not in data.learned]
    if len(blind) > 1:
        raise NotReady(
            f"There are text vectors of several models: {', '.join(blind)}.",
            hint="Name one with --model, then run `prodsim build`.",
        )
    return blind[0] if blind else None


def _hubs(
    data: Dataset,
    evidence: _Evidence,
    key: str,
    queries: Positions,
    candidates: Positions,
    weights: Weights,
    nearest: int,
) -> NDArray[np.float32]:
    """(n,) r of every product of the sources of both sides, NaN elsewhere; see the module.

    All products of these sources count, whichever are asked about, so that the score of a pair does
    not depend on the others in the question.
    """
    home = _names(data, "source")
    ours, theirs = (np.unique(home[side]).tolist() for side in (queries, candidates))
    left, right = (np.flatnonzero(np.isin(home, side)).astype(np.int32) for side in (ours, theirs))
    return _remembered(
        data,
        f"{key}: hubs of {ours} and {theirs}, {weights}, {nearest} nearest",
        lambda: _means(evidence, left, right, weights, nearest, len(data)),
    )


def _means(
    evidence: _Evidence, left: Positions, right: Positions, weights: Weights, nearest: int, n: int
) -> NDArray[np.float32]:
    """One pass over all pairs: the mean of the ``nearest`` largest s of each row and column."""
    out = np.full(n, np.nan, np.float32)
    best = np.zeros((len(right), 0), np.float32)
    for some, total, _ in evidence.boards(left, right, weights):
        out[left[some]] = _largest(total, nearest).mean(axis=1, dtype=np.float64)
        best = _largest(np.concatenate([best, total.T], axis=1), nearest)
    out[right] = best.mean(axis=1, dtype=np.float64)
    return out


def _largest(board: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(b, count) largest entries of each row in order; all where there are fewer."""
    if count < board.shape[1]:
        board = np.partition(board, board.shape[1] - count, axis=1)[:, -count:]
    return np.sort(board, axis=1)


def _names(data: Dataset, column: str) -> NDArray[np.str_]:
    """(n,) str: a column with '' for what is missing."""
    return np.array([value or "" for value in data.columns.get(column, [""] * len(data))], str)


def _remembered(data: Dataset, key: str, make: Callable[[], T]) -> T:
    """What was made once for a dataset."""
    if key not in data._memo:
        data._memo[key] = make()
    found: T = data._memo[key]
    return found
