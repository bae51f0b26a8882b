"""What the signs of a text are, and the n-grams of one text. Standard library only.

``similarity._ngrams`` makes the same n-grams of all texts at once, as arrays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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

_BORDER, _JOINT, _END = " ", "\x00", "\n"


def folded(text: str) -> str:
    """Lower case, width variants unified, accents taken off."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in apart if not "\u0300" <= c <= "\u036f"))


def kind(sign: str) -> int:
    """Whether a sign parts words, joins them, belongs to one, or is a word's worth by itself."""
    if sign in JOINERS:
        return JOINER
    if unicodedata.category(sign)[0] not in "LMN":
        return SPACE
    inside = any(low <= ord(sign) <= high for low, high in IDEOGRAPHS)
    return IDEOGRAPH if inside else WORD


class _Plain(dict[int, str]):
    """Code point -> what :func:`spaced` writes for it; each different one is looked up once."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        plain = {SPACE: _BORDER, JOINER: _JOINT}.get(kind(sign), sign)
        self[code] = plain
        return plain


_PLAIN = _Plain()
_LINES = _Plain({ord(_END): _END})
_SIGNS = "".join(f"{chr(low)}-{chr(high)}" for low, high in IDEOGRAPHS)
_INSIDE = re.compile(f"(?<=[^{_BORDER}{_JOINT}{_SIGNS}]){_JOINT}(?=[^{_BORDER}{_JOINT}{_SIGNS}])")
_MEETING = re.compile(
    f"(?<=[{_SIGNS}])(?=[^{_BORDER}{_SIGNS}])|(?<=[^{_BORDER}{_SIGNS}])(?=[{_SIGNS}])"
)


def spaced(text: str) -> str:
    """A :func:`folded` text as words between single borders: `` pslx350h turntable ``.

    Runs of Chinese or Japanese signs are words of their own. An n-gram of :func:`ngrams` lies in
    the text exactly where it is a part of this string.
    """
    plain = _parted(text.translate(_PLAIN))
    return f"{_BORDER}{_BORDER.join(plain.split())}{_BORDER}"


def lines(texts: Iterable[str]) -> str:
    """Many :func:`folded` texts, each on a line of its own, words between borders.

    A part of one of the :func:`spaced` texts without two borders side by side lies in its line.
    """
    between = f"{_BORDER}{_END}{_BORDER}"
    joined = between.join(text.replace(_END, _BORDER) for text in texts)
    return _parted(f"{_BORDER}{joined}{_BORDER}".translate(_LINES))


def lines_with(joined: str, part: str) -> int:
    """In how many of the :func:`lines` a part lies."""
    count, at = 0, joined.find(part)
    while at >= 0:
        count += 1
        end = joined.find(_END, at)
        at = joined.find(part, end) if end >= 0 else -1
    return count


def _parted(plain: str) -> str:
    """Joiners inside words taken out, borders between writings put in."""
    if _JOINT in plain:
        plain = _INSIDE.sub("", plain).replace(_JOINT, _BORDER)
    return plain if plain.isascii() else _MEETING.sub(_BORDER, plain)


def ngrams(plain: str) -> list[str]:
    """The n-grams of a :func:`spaced` text, as often as they stand in it.

    Each letter or digit gives one of three signs, itself between its neighbours (a border is one);
    each Chinese or Japanese sign gives itself and, with the one before it, a pair.
    """
    found: list[str] = []
    for word in plain.split():
        if kind(word[0]) == IDEOGRAPH:
            found += word
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            edged = f"{_BORDER}{word}{_BORDER}"
            found += [edged[at : at + 3] for at in range(len(word))]
    return found
