"""What several SKUs have in common when they number one product. Standard library only."""

from __future__ import annotations

import re

from prodsim_cli.matching.variant_words import COLOURS, SIZES, words

_LETTERED = re.compile(r"(.*\d{3,})([a-z]{1,2})")
_CODES = words(
    "s m l bk blk bl blu bu wh wht wt gr grn gn gy gry rd yl ylw yel pk pnk pr pur or org br brn nv"
    " nvy gld slv sil bg bge tq"
)
"""Beside colours and sizes in full: how their codes are written at the end of a SKU."""

_WORN = frozenset(map(str, range(30, 61)))


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
    return (key, " ".join(ends)) if ends and any(sign.isdigit() for sign in key) else ("", "")


def numbered(sku: str, word: str) -> tuple[str, str]:
    """(stem, number) of a SKU that ends in a size of clothes or shoes, if ``word`` is it, too.

    ``SHOE-42`` of a "running shoe 42"; ('', '') for any other.
    """
    parted = _last(sku.casefold().strip())
    sized = parted is not None and parted[1] == word and word in _WORN
    return parted if parted is not None and sized else ("", "")


def _last(key: str) -> tuple[str, str] | None:
    """A SKU before its last sign, and what stands after it."""
    at = max(key.rfind(sign) for sign in "-_./ ")
    return (key[:at], key[at + 1 :]) if at > 0 else None
