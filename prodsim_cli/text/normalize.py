"""Texts made comparable: case, accents and width folded, characters told apart, words cut.

Standard library only.
"""

from __future__ import annotations

import re
import unicodedata

JOINERS = frozenset("-./'’‐‑_")
"""Inside a word these vanish (PSLX-350H is PSLX350H), elsewhere they part words like the others."""

SPACE, JOINER, WORD, IDEOGRAPH = range(4)

IDEOGRAPHS = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)

_BORDER, _JOINT = " ", "\x00"


def folded(text: str, *, accents: bool = False) -> str:
    """Small letters, width and other variants of characters unified (NFKC), accents taken off.

    Accents are U+0300 to U+036F, of Latin, Greek and Cyrillic letters: the dots of Japanese and the
    vowels of Indian scripts are letters of their own. ``accents``: keep them.
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not accents:
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(char for char in apart if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFKC", plain)


def squashed(text: str) -> str:
    """The letters and digits of a :func:`folded` text, as names of columns are compared."""
    return "".join(filter(str.isalnum, folded(text)))


def kind(char: str) -> int:
    """Whether a character parts words, joins them, belongs to one, or is a word by itself."""
    if char in JOINERS:
        return JOINER
    if unicodedata.category(char)[0] not in "LMN":
        return SPACE
    inside = any(low <= ord(char) <= high for low, high in IDEOGRAPHS)
    return IDEOGRAPH if inside else WORD


class _Plain(dict[int, str]):
    """Code point -> what :func:`spaced` writes for it; each different one is looked up once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = {SPACE: _BORDER, JOINER: _JOINT}.get(kind(char), char)
        self[code] = plain
        return plain


_PLAIN = _Plain()
_CHARS = "".join(f"{chr(low)}-{chr(high)}" for low, high in IDEOGRAPHS)
_INSIDE = re.compile(f"(?<=[^{_BORDER}{_JOINT}{_CHARS}]){_JOINT}(?=[^{_BORDER}{_JOINT}{_CHARS}])")
_MEETING = re.compile(
    f"(?<=[{_CHARS}])(?=[^{_BORDER}{_CHARS}])|(?<=[^{_BORDER}{_CHARS}])(?=[{_CHARS}])"
)


def spaced(text: str) -> str:
    """A :func:`folded` text as words between single borders: `` pslx350h turntable ``.

    Runs of Chinese or Japanese characters are words of their own. An n-gram of ``text.tfidf`` lies
    in the text exactly where it is a part of this string.
    """
    plain = text.translate(_PLAIN)
    if _JOINT in plain:
        plain = _INSIDE.sub("", plain).replace(_JOINT, _BORDER)
    plain = plain if plain.isascii() else _MEETING.sub(_BORDER, plain)
    return f"{_BORDER}{_BORDER.join(plain.split())}{_BORDER}"
