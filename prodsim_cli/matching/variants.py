"""Which products are one in several colours or sizes.

Three kinds of evidence, in this order:

1. a column of the catalogue that says so (``parent_sku``, ``item_group_id``, ``handle``, 款号...);
2. the same title once colours, sizes and amounts are taken out, with the same brand, maker and
   category, other words taken out of each, and of the same kinds (two colours, or two sizes);
3. SKUs that differ in a last letter or in the code of a colour or size (``85123A``, ``85123B``),
   and titles alike: the same words but for colours and sizes, or half of them in common and
   colours or sizes in both; the same brand, maker and category.

A wrong group hides a product, so what is not sure stays apart. Titles say nothing where they name
kinds of things and not products: in a source in which more than a fifth of the products share
everything with another, and in a group in which most do. Each product is looked at once; all is
done by look-ups of keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodsim_cli.matching.title_parts import COLOUR, SIZE, TitleParts, fold, split_title
from prodsim_cli.matching.variant_words import (
    COLOUR_COLUMNS,
    COLOURS,
    GROUP_COLUMNS,
    MAKER_COLUMNS,
    SIZE_COLUMNS,
    SIZES,
    words,
)
from prodsim_cli.text.normalize import squashed

Key = tuple[object, ...]
Options = tuple[tuple[str, str], ...]

SHARED = 0.2
"""Share of products with an exact double above which the titles of a source name kinds."""

ALIKE = 0.5
"""Words in common over words at all, from which two titles of one SKU stem are alike."""

LARGEST = 100
"""A larger group by a column is a category, not a product."""

_LETTERED = re.compile(r"(.*\d{3,})([a-z]{1,2})")
_CODES = words(
    "s m l bk blk bl blu bu wh wht wt gr grn gn gy gry rd yl ylw yel pk pnk pr pur or org br brn nv"
    " nvy gld slv sil bg bge tq"
)
"""Beside colours and sizes in full: how their codes are written at the end of a SKU."""

_WORN = frozenset(map(str, range(30, 61)))


@dataclass(frozen=True)
class Product:
    """What of a product is looked at; ``attributes`` is the JSON object of the catalogue."""

    id: int
    source: str
    sku: str
    title: str | None
    brand: str | None = None
    category: str | None = None
    attributes: str | None = None


@dataclass(frozen=True)
class ParsedProduct:
    """A product taken apart: where it stands, its title, its options (of title and columns)."""

    id: int
    place: Key
    parts: TitleParts
    options: Options
    stem: str
    end: str
    parent: str
    title: str

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, _ in self.options)


def variants(products: Iterable[Product]) -> dict[int, int]:
    """Product -> group, the smallest id of its members; of groups of two and more only."""
    read = [parse_product(product) for product in products]
    joined = _Sets()
    named = _by_column(read, joined)
    rest = [one for one in read if one.id not in named]
    _by_title(rest, joined)
    _by_sku(rest, joined)
    return joined.groups()


def parse_product(product: Product) -> ParsedProduct:
    """Take one product apart."""
    columns = _columns(product.attributes)
    title = split_title(product.title or "")
    of_columns = tuple(
        (kind, fold(columns[name]))
        for kind, names in ((COLOUR, COLOUR_COLUMNS), (SIZE, SIZE_COLUMNS))
        for name in sorted(names & columns.keys())
    )
    maker = tuple(fold(columns[name]) for name in sorted(MAKER_COLUMNS & columns.keys()))
    parents = [columns[name] for name in sorted(GROUP_COLUMNS & columns.keys())]
    start, end = stem(product.sku)
    if not start and title.base:
        start, end = numbered(product.sku, title.base[-1])
        if start:
            title = TitleParts(title.base[:-1], (*title.options, (SIZE, end)))
    return ParsedProduct(
        id=product.id,
        place=(product.source, fold(product.brand or ""), maker, fold(product.category or "")),
        parts=title,
        options=title.options + of_columns,
        stem=start,
        end=end,
        parent=parents[0] if parents else "",
        title=fold(product.title or ""),
    )


def _columns(attributes: str | None) -> dict[str, str]:
    """Column (letters and digits only) -> text, of the cells that are filled."""
    if not attributes:
        return {}
    cells: Mapping[str, Any] = json.loads(attributes)
    return {
        squashed(name): str(value)
        for name, value in cells.items()
        if value not in (None, "") and not isinstance(value, (dict, list))
    }


def _by_column(read: list[ParsedProduct], joined: _Sets) -> set[int]:
    """Join what a column of the catalogue joins; the products that it speaks of."""
    groups: dict[Key, list[ParsedProduct]] = {}
    for one in read:
        if one.parent:
            groups.setdefault((one.place[0], one.parent), []).append(one)
    sizes = [len(group) for group in groups.values()]
    if not sizes or max(sizes) > LARGEST:
        return set()
    for group in groups.values():
        joined.join(one.id for one in group)
    return {one.id for group in groups.values() for one in group}


def _by_title(read: list[ParsedProduct], joined: _Sets) -> None:
    naming = sources_of_kinds(read)
    groups: dict[Key, list[ParsedProduct]] = {}
    for one in read:
        if one.options and one.place[0] not in naming and _says_something(one.parts.base):
            groups.setdefault((*one.place, one.parts.base, one.kinds), []).append(one)
    for group in groups.values():
        different = len({one.options for one in group})
        if different > 1 and 2 * different > len(group):
            joined.join(one.id for one in group)


def sources_of_kinds(read: Iterable[ParsedProduct]) -> set[str]:
    """Sources whose titles name kinds of things, so that equal ones mean nothing."""
    counts: dict[str, int] = {}
    alone: dict[str, set[Key]] = {}
    for one in read:
        if one.title:
            source = str(one.place[0])
            counts[source] = counts.get(source, 0) + 1
            alone.setdefault(source, set()).add((*one.place, one.title, one.options))
    return {
        source
        for source, count in counts.items()
        if count >= 10 and count - len(alone[source]) > SHARED * count
    }


def _says_something(base: tuple[str, ...]) -> bool:
    """Is there a word left: three letters, or two characters of Chinese or Japanese?"""
    return any(sum(map(str.isalpha, word)) >= (2 if word[0] > "\u2e80" else 3) for word in base)


def _by_sku(read: list[ParsedProduct], joined: _Sets) -> None:
    stems: dict[Key, list[ParsedProduct]] = {}
    for one in read:
        if one.stem:
            stems.setdefault((*one.place, one.stem), []).append(one)
    for group in stems.values():
        if len(group) < 2:
            continue
        for place, one in enumerate(group):  # a stem has a handful of products
            for other in group[:place]:
                if one.end != other.end and _alike(one, other):
                    joined.join((one.id, other.id))


def _alike(one: ParsedProduct, other: ParsedProduct) -> bool:
    """Titles of one SKU stem: the same words but for an option, or most of them and options both.

    A colour counts here even where it names a thing: the SKUs say that they are one.
    """
    mine, yours = (frozenset(title.parts.base) - COLOURS for title in (one, other))
    if not mine or not yours:
        return False
    optional = all(r.options or not COLOURS.isdisjoint(r.parts.base) for r in (one, other))
    common = len(mine & yours)
    return mine <= yours or yours <= mine or (optional and common >= ALIKE * len(mine | yours))


@dataclass
class _Sets:
    """Sets that grow together (Tarjan 1975): the representative is the smallest id."""

    above: dict[int, int] = field(default_factory=dict)

    def join(self, ids: Iterable[int]) -> None:
        roots = {self._root(one) for one in ids}
        smallest = min(roots)
        for root in roots:
            self.above[root] = smallest

    def _root(self, one: int) -> int:
        self.above.setdefault(one, one)
        while self.above[one] != one:
            self.above[one] = self.above[self.above[one]]
            one = self.above[one]
        return one

    def groups(self) -> dict[int, int]:
        found = {one: self._root(one) for one in sorted(self.above)}
        sizes: dict[int, int] = {}
        for root in found.values():
            sizes[root] = sizes.get(root, 0) + 1
        return {one: root for one, root in found.items() if sizes[root] > 1}


def stem(sku: str) -> tuple[str, str]:
    """(stem, what is left) of a SKU that ends in a letter or in the code of a colour or size.

    ``85123A`` -> (85123, a); ``TS-001-RED-XL`` -> (ts-001, red xl); ('', '') for any other.
    """
    key = sku.casefold().strip()
    lettered = _LETTERED.fullmatch(key)
    if lettered:
        return lettered[1], lettered[2]
    ends: list[str] = []
    while (parted := _last(key)) and (parted[1] in _CODES or parted[1] in COLOURS | SIZES):
        key, end = parted
        ends.insert(0, end)
    return (key, " ".join(ends)) if ends and any(char.isdigit() for char in key) else ("", "")


def numbered(sku: str, word: str) -> tuple[str, str]:
    """(stem, number) of a SKU that ends in a size of clothes or shoes, if ``word`` is it, too.

    ``SHOE-42`` of a "running shoe 42"; ('', '') for any other.
    """
    parted = _last(sku.casefold().strip())
    sized = parted is not None and parted[1] == word and word in _WORN
    return parted if parted is not None and sized else ("", "")


def _last(key: str) -> tuple[str, str] | None:
    """A SKU before its last separator, and what stands after it."""
    at = max(key.rfind(mark) for mark in "-_./ ")
    return (key[:at], key[at + 1 :]) if at > 0 else None
