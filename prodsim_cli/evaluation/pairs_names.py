"""SKUs of a pairs file to positions of the catalogue, each pair once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import AmbiguousSku, InputError, UsageProblem
from prodsim_cli.evaluation.pairs_file import UNIT, Pairs, number, scale_of


@dataclass(frozen=True)
class Known:
    """Pairs by position, each once, both products in the catalogue, in order of position.

    ``a``, ``b`` (p,) int32; ``truth`` (p,) float64 or None; ``scale``: the ends of the scale of the
    whole file's truth; ``left_out``: pairs by reason; ``strangers``: SKUs that the catalogue does
    not hold, in the order of the file.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    truth: NDArray[np.float64] | None
    scale: tuple[float, float] = UNIT
    left_out: dict[str, int] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()


def resolve(pairs: Pairs, data: Dataset, homes: Sequence[str] | None) -> Known:
    """SKUs to positions. ``homes``: the sources whose SKUs the two columns hold.

    Raises :class:`InputError` where no pair is left, :class:`UsageProblem` for an unknown source.
    """
    sides = _sides(data, homes)
    names, truth = _with_first_line(pairs, sides)
    if not names[0]:
        raise InputError(
            f"There is no pair, only a first line ({', '.join(pairs.header)}).",
            hint="Write one pair a line: two SKUs and, if pairs differ, how alike they are.",
        )
    a, b = (
        np.fromiter((side.find(name) for name in column), np.int32, len(column))
        for side, column in zip(sides, names, strict=True)
    )
    strangers = tuple(
        dict.fromkeys(
            name
            for column, found in zip(names, (a, b), strict=True)
            for name in np.array(column, object)[found < 0].tolist()
        )
    )
    known = (a >= 0) & (b >= 0)
    if not known.any():
        raise InputError(
            f"None of the {len(a):,} pairs joins two products of the catalogue"
            f" ({named(strangers)} unknown).",
            hint="Say whose SKUs the columns hold with --sources A,B"
            + (f" (there are: {', '.join(_sources(data))})." if _sources(data) else "."),
        )
    left_out = {"unknown products": int((~known).sum())}
    left_out["the same product twice"] = int((known & (a == b)).sum())
    kept, repeated = _once(a, b, truth, np.flatnonzero(known & (a != b)), len(data))
    left_out |= repeated
    if not len(kept):
        said = ", ".join(f"{reason}: {n:,}" for reason, n in left_out.items() if n)
        raise InputError(
            f"None of the {len(a):,} pairs can be used ({said}).",
            hint="A pair is two different products, with one similarity or label.",
        )
    return Known(
        a=a[kept],
        b=b[kept],
        truth=None if truth is None else truth[kept],
        scale=scale_of(truth),
        left_out={reason: count for reason, count in left_out.items() if count},
        strangers=strangers,
    )


def _with_first_line(
    pairs: Pairs, sides: tuple[_Side, _Side]
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], NDArray[np.float64] | None]:
    """The two columns and the truth, with the first line of the file where that is a pair."""
    names, truth, header = (pairs.a, pairs.b), pairs.truth, pairs.header
    if len(header) < 2 or any(
        side.find(name) < 0 for side, name in zip(sides, header[:2], strict=True)
    ):
        return names, truth
    if truth is not None:
        stated = number(header[2])
        if stated is None:
            return names, truth
        truth = np.concatenate(([stated], truth))
    return ((header[0], *pairs.a), (header[1], *pairs.b)), truth


def _once(
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    truth: NDArray[np.float64] | None,
    rest: NDArray[np.intp],
    items: int,
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Which of the pairs at ``rest`` stay, in order of position, and the others by reason.

    A pair and its reverse are one; of both, the one whose first product has the smaller position
    stays. A pair that is stated with two different values goes, since neither is to be preferred
    and the order of the file must not decide.
    """
    low, high = np.minimum(a, b)[rest].astype(np.int64), np.maximum(a, b)[rest]
    key = low * items + high
    order = np.lexsort((a[rest], key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1) != 0)
    times = np.diff(np.append(starts, len(rest)))
    agree = np.ones(len(starts), bool)
    if truth is not None and len(starts):
        stated = truth[rest][order]
        agree = np.minimum.reduceat(stated, starts) == np.maximum.reduceat(stated, starts)
    kept = rest[order[starts[agree]]]
    return kept[np.lexsort((b[kept], a[kept]))], {
        "named before": int((times[agree] - 1).sum()),
        "named with different values": int(times[~agree].sum()),
    }


@dataclass(frozen=True)
class _Side:
    """How one column's SKUs are found: by ``source:sku``, else by bare SKU, else in any case."""

    data: Dataset
    source: str | None
    bare: dict[str, list[int]]
    folded: dict[str, list[int]]

    def find(self, sku: str) -> int:
        """Position, or -1 for a stranger; :class:`AmbiguousSku` if several sources hold it."""
        if self.source is None and sku in self.data.items:
            return self.data.items.position(sku)
        if self.source and f"{self.source}:{sku}" in self.data.items:
            return self.data.items.position(f"{self.source}:{sku}")
        for names, key in ((self.bare, sku), (self.folded, sku.casefold())):
            found = names.get(key, [])
            if len(found) > 1:
                every = ", ".join(map(str, self.data.items.at(found)))
                if names is self.folded:
                    raise AmbiguousSku(
                        f"{sku} can be several products: {every}.",
                        hint="Write the SKU as the catalogue does.",
                    )
                raise AmbiguousSku(
                    f"{sku} stands in several sources: {every}.",
                    hint="Say whose SKUs the columns hold with --sources A,B.",
                )
            if found:
                return found[0]
        return -1


def _sides(data: Dataset, homes: Sequence[str] | None) -> tuple[_Side, _Side]:
    known = _sources(data)
    if homes is not None and len(homes) != 2:
        raise UsageProblem(
            "--sources names two sources, one for each column.", hint="Write `--sources abt,buy`."
        )
    for source in homes or ():
        if source not in known:
            raise UsageProblem(
                f"There is no source {source!r}.",
                hint=f"There are: {', '.join(known)}."
                if known
                else "No file was given a --source.",
            )
    one, other = homes or (None, None)
    return _side(data, one), _side(data, other)


def _side(data: Dataset, source: str | None) -> _Side:
    bare: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for position, (key, home) in enumerate(
        zip(data.items.ids, data.columns["source"], strict=True)
    ):
        if source is not None and home != source:
            continue
        sku = str(key)[len(home) + 1 :] if home else str(key)
        bare.setdefault(sku, []).append(position)
        for name in {sku.casefold(), str(key).casefold()}:
            folded.setdefault(name, []).append(position)
    return _Side(data, source, bare, folded)


def _sources(data: Dataset) -> list[str]:
    return sorted({source for source in data.columns["source"] if source})


def named(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def finder(data: Dataset) -> Callable[[str], int]:
    """A function from a SKU to its position in the whole catalogue, -1 for a stranger."""
    return _side(data, None).find
