"""Tokens that look like model numbers, and how rare each is: ``PSLX-350H``, ``MB111LL/A``, EANs.

A model number is the same in every language and every trade, and few products share it. What else
looks like one (``500ml``, ``10x15cm``, ``1080p``) is shared by many, and loses by rarity.
"""

from __future__ import annotations

import re

# Latin, Greek, Cyrillic, Armenian and Georgian, which part words by spaces; a character of any
# other writing is a border, so that a model number inside a Chinese sentence is found.
_PIECE = "[0-9a-z\u00df-\u00f6\u00f8-\u024f\u0370-\u058f\u10a0-\u10ff]+"
_RUN = re.compile(f"{_PIECE}(?:[-./'’‐‑_]{_PIECE})*")
_JOINERS = str.maketrans("", "", "-./'’‐‑_")
_DIGIT = re.compile("[0-9]")
_STEM = re.compile("(.*[0-9])[^0-9]{1,4}")

SHORTEST = 4
"""Letters and digits of a mixed token, at least: ``a4`` and ``3m`` are no model numbers."""

DIGITS = 5
"""Digits of a token without letters, at least: years have four."""


def codes(text: str) -> set[str]:
    """The model numbers in a text that is :func:`~prodsim_cli.text.normalize.folded`.

    Punctuation inside is removed. Up to four letters at the end are often a colour or a country
    (``AM53BK``, ``KXTH1212B``), so what stands before them is a second code of the same product
    where it looks like a model number, too: ``AM53`` and ``AM53BK`` share it.
    """
    if not _DIGIT.search(text):
        return set()
    found = {
        token
        for run in _RUN.findall(text)
        if _DIGIT.search(run) and is_code(token := run.translate(_JOINERS))
    }
    return with_stems(found)


def with_stems(found: set[str]) -> set[str]:
    """Model numbers, and what is left of them without up to four letters at the end."""
    stems = (_STEM.fullmatch(token) for token in found)
    return found | {stem[1] for stem in stems if stem and is_code(stem[1])}


def is_code(token: str) -> bool:
    """Does a token without punctuation look like a model number?"""
    digits = len(_DIGIT.findall(token))
    mixed = 0 < digits < len(token)
    return len(token) >= SHORTEST if mixed else digits >= DIGITS
