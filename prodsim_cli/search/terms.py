"""Texts to words as a search needs them: one form for products and questions.

Width variants unified, small letters, accents off. Writings without spaces (Chinese, Japanese,
Thai, Khmer, Lao, Burmese) and Korean, whose words carry endings, give each character as a word of
its own: a run of them is then found as a phrase, whatever its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodsim_cli.text.codes import is_code, with_stems
from prodsim_cli.text.normalize import folded

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs
    "\uac00-\ud7a3"  # Korean syllables
)
_MARK = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
"""Vowels and tones that sit on the character before them; alone they can't be found."""
_POINTS = "".join(
    chr(code)
    for code in range(0x0483, 0x0E00)  # Cyrillic to Sinhala
    if unicodedata.category(chr(code))[0] == "M"
)
"""Vowels and points of writings that part words by blanks: inside a word they belong to it."""
_LETTERS = f"[^\\W_{_UNSPACED}]"
_TOKEN = re.compile(f"[{_UNSPACED}][{_MARK}\u3099\u309a]*|{_LETTERS}(?:{_LETTERS}|[{_POINTS}])*")
_SIGN = re.compile(f"[{_UNSPACED}]")
_DIGIT = re.compile("[0-9]")
_NUMBER = re.compile("[0-9]+(?:[.,][0-9]+)*")
_MEASURE = re.compile("[0-9]{1,4}[^\\W0-9_]{1,4}(?:[0-9]{1,4}[^\\W0-9_]{0,4})*")
_WINDOW = 3
"""Pieces beside each other that may be one model number: ``DSC W 55``."""

_PIECE = 5
"""Letters and digits of a piece that is joined with others over a blank."""

LONGEST = 40
"""Letters and digits of a model number, at most."""


@dataclass(frozen=True)
class Term:
    """One word of a text and where it stands; ``unspaced``: of a writing without spaces."""

    text: str
    start: int
    end: int
    unspaced: bool


def terms(text: str) -> list[Term]:
    """The words of a text in order."""
    return [
        Term(found[0], found.start(), found.end(), bool(_SIGN.match(found[0])))
        for found in _TOKEN.finditer(folded(text))
    ]


def words(text: str) -> list[str]:
    """Their texts only."""
    return _TOKEN.findall(folded(text))


def spaced(text: str) -> str:
    """A text as the index stores it: words with blanks between; plain ASCII is cut by SQLite."""
    return text if text.isascii() else " ".join(words(text))


def codes(text: str) -> set[str]:
    """What may be a model number: a piece with a digit, alone and joined with those beside it.

    ``DSC-W55``, ``DSC W55`` and ``DSCW55`` share ``dscw55``. Over a blank only short pieces are
    joined: nobody writes ``Walkman W55`` as one word. Up to four letters at the end are often a
    colour or a country, so what stands before them is a second code.
    """
    if text.isascii() and not _DIGIT.search(text):
        return set()
    blanks = {at for at, char in enumerate(folded(text)) if char.isspace()}
    found = {code for run in _runs(terms(text)) for code in _joined(run, blanks)}
    return with_stems(found)


def is_measure(code: str) -> bool:
    """True for what counts rather than names: ``500ml``, ``1080p``, ``10x15cm``."""
    return bool(_MEASURE.fullmatch(code))


def numbers(text: str) -> set[str]:
    """The numbers of a text as they are read, with a point: ``1,5`` is 1.5, not 1 and 5."""
    return {found[0].replace(",", ".") for found in _NUMBER.finditer(folded(text))}


def as_one_word(text: str) -> str:
    """All letters and digits of a text as one word, as an SKU is compared."""
    return "".join(words(text))


def _runs(found: Sequence[Term]) -> Iterator[list[Term]]:
    """Words of spaced writings that stand side by side."""
    run: list[Term] = []
    for term in found:
        if term.unspaced or (run and not _beside(run[-1], term)):
            yield run
            run = []
        if not term.unspaced:
            run.append(term)
    yield run


def _beside(one: Term, other: Term) -> bool:
    """At most one character between? Two numbers are one measure (``3.5mm``), no code."""
    return other.start - one.end <= 1 and not (one.text.isdigit() and other.text[0].isdigit())


def _joined(run: Sequence[Term], blanks: set[int]) -> Iterator[str]:
    """Every one to three words of a run as one; ``blanks``: places of blanks in the text."""
    for start in range(len(run)):
        for end in range(start + 1, min(start + _WINDOW, len(run)) + 1):
            some = run[start:end]
            code = "".join(term.text for term in some)
            apart = any(term.end in blanks for term in some[:-1])
            whole = not apart or all(len(term.text) <= _PIECE for term in some)
            if whole and _DIGIT.search(code) and len(code) <= LONGEST and is_code(code):
                yield code
