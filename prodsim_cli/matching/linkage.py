"""Is one product entered twice: what two entries of a source have in common.

As in record linkage (Fellegi & Sunter 1969) each piece of evidence speaks for or against by a
weight, and the sum is the logarithm of the odds,

    confidence = 1 / (1 + exp(-sum of weights)).

The weights were set by hand beside a logistic regression on three catalogues with disturbed copies
of some of their products among them, where the truth is known by construction; no labels of pairs
were used (docs/kinds.md tells how, and how well they hold).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from prodsim_cli.matching.title_parts import COLOUR, dice
from prodsim_cli.matching.variant_words import PIECES, UNITS
from prodsim_cli.matching.variants import ParsedProduct, Product, parse_product
from prodsim_cli.text.normalize import folded, spaced, squashed

WEIGHTS: Mapping[str, float] = {
    "always": -12.8,
    "words": 11.0,
    "lexical": 3.0,
    "same title": 1.5,
    "same code": 2.0,
    "other numbers": -3.0,
    "a number more": -1.5,
    "same barcode": 16.0,
    "other barcode": -6.0,
    "same price": 1.7,
    "other price": -2.5,
    "an option more": -2.0,
    "a word each": -1.5,
    "crowd": -2.0,
    "same brand": 0.7,
    "other brand": -6.0,
    "same category": 0.3,
    "other category": -5.0,
}
"""Evidence -> what it adds to the logarithm of the odds, times its value."""

_GTIN = ("gtin", "ean", "upc", "barcode", "gtin13", "ean13", "gtin14", "isbn", "isbn13", "条码")
SAME_PRICE, NEAR_PRICE = 0.01, 0.15
"""Difference of two prices over the larger one, at most; a hundredth counts as the same price."""

_AMOUNT = re.compile(rf"\d+(?:{UNITS}|{PIECES})")
_DIGITS, _BARE = 3, 5
"""Digits of a model number, at least: with letters, and without."""


@dataclass(frozen=True)
class Entry:
    """One entry of a catalogue, taken apart."""

    id: int
    read: ParsedProduct
    words: frozenset[str]
    brand: str
    category: str
    price: float | None
    currency: str
    code: str
    text: str
    title: str | None

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for word in self.words if any(map(str.isdigit, word)))


def entry(product: Product, price: float | None, currency: str | None) -> Entry:
    """Take an entry apart."""
    read = parse_product(product)
    plain = spaced(folded(product.title or "")).strip()
    cells = json.loads(product.attributes) if product.attributes else {}
    named = {squashed(name): cell for name, cell in cells.items()}
    codes = [str(named[name]).strip() for name in _GTIN if named.get(name)]
    return Entry(
        id=product.id,
        read=read,
        words=frozenset(plain.split()),
        brand=folded(product.brand or "").strip(),
        category=folded(product.category or "").strip(),
        price=price if price and price > 0 else None,
        currency=currency or "",
        code=codes[0] if codes and len(codes[0]) >= 8 else "",
        text=" ".join(sorted(plain.split())),
        title=product.title,
    )


def is_variant(one: Entry, other: Entry) -> bool:
    """Do the two differ in a colour, a size or the letter of a SKU that tells variants apart?"""
    mine, yours = sorted(one.read.options), sorted(other.read.options)
    if mine and yours and mine != yours:
        return True
    mine_of, yours_of = (one.read.stem, one.read.end), (other.read.stem, other.read.end)
    return bool(mine_of[0]) and mine_of[0] == yours_of[0] and mine_of[1] != yours_of[1]


def other_colour(one: Entry, other: Entry) -> bool:
    """Have both a colour, and none in common? Sizes are written in too many ways to tell."""
    mine, yours = (
        {word for kind, word in entry.read.options if kind == COLOUR} for entry in (one, other)
    )
    return bool(mine) and bool(yours) and mine.isdisjoint(yours)


def compare(one: Entry, other: Entry, lexical: float, same: int = 2) -> dict[str, float]:
    """What speaks for and against; ``lexical``: score of that table, 0 where it has not the pair;
    ``same``: how many products of the source have the title of the two, if it is one.

    ``words`` is the share of common words (Dice 1945), colours and numbers among them.
    """
    found = {"lexical": lexical, "words": dice(one.words, other.words)}
    if one.text and one.text == other.text:
        found["same title"] = 1.0
        found["crowd"] = log(max(same - 1, 1))
    if one.words - other.words and other.words - one.words:
        found["a word each"] = 1.0
    if bool(one.read.options) != bool(other.read.options):
        found["an option more"] = 1.0
    if shared_codes(one, other):
        found["same code"] = 1.0
    apart, asunder = one.numbers - other.numbers, other.numbers - one.numbers
    if apart and asunder:
        found["other numbers"] = 1.0
    elif apart or asunder:
        found["a number more"] = 1.0
    if one.code and other.code:
        found["same barcode" if one.code == other.code else "other barcode"] = 1.0
    if one.price and other.price and one.currency == other.currency:
        difference = abs(one.price - other.price) / max(one.price, other.price)
        if difference <= SAME_PRICE:
            found["same price"] = 1.0
        elif difference > NEAR_PRICE:
            found["other price"] = 1.0
    for name in ("brand", "category"):
        mine, yours = getattr(one, name), getattr(other, name)
        if mine and yours:
            found[f"same {name}" if mine == yours else f"other {name}"] = 1.0
    return found


def confidence(found: Mapping[str, float]) -> float:
    """0 to 1 from :func:`compare`."""
    total = WEIGHTS["always"] + sum(WEIGHTS[name] * value for name, value in found.items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def shared_codes(one: Entry, other: Entry) -> list[str]:
    """Words of both titles that look like model numbers."""
    return sorted(word for word in one.numbers & other.numbers if _is_code(word))


def _is_code(word: str) -> bool:
    digits = sum(map(str.isdigit, word))
    least = _BARE if word.isdigit() else _DIGITS
    return digits >= least and not _AMOUNT.fullmatch(word)
