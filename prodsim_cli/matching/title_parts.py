"""A title without the words that tell its colours and sizes apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from prodsim_cli.matching.variant_words import (
    BUNDLES,
    COLOUR_CHARACTERS,
    COLOURS,
    LETTERS,
    LINKS,
    NAMING,
    NAMING_CHARACTERS,
    NAMING_FIRST,
    NO_SIZE_AFTER,
    OF,
    PIECES,
    SHADES,
    SIZE_CHARACTERS,
    SIZE_LABELS,
    SIZES,
    UNITS,
    VESSELS,
    words,
)
from prodsim_cli.text.normalize import folded

COLOUR, SIZE = "colour", "size"

_NUMBER = r"\d+(?:[.,]\d+)?(?:\s?\d?/\d+)?"
_SIDES = rf"{_NUMBER}(?:\s?[\"'″”]|\s?(?:{UNITS})(?![^\W\d_]))?"
_AMOUNT = re.compile(
    rf"(?<![\w.])(?:"
    rf"{_SIDES}(?:\s?[x×*]\s?{_SIDES}){{1,2}}(?<=[\"″”a-z])"  # 25x24x12cm, 9" x 12"
    rf"|(?:{BUNDLES})[ -]?(?:{OF})?\s?\d+(?![\w.])"  # set of 6, pack 3
    rf"|(?![2-6]g\b){_NUMBER}[ -]?(?:{UNITS}|{PIECES})(?![^\W_]|[-&]\w)"  # 250ml, 12 pack
    rf"|{_NUMBER}\s?[\"″”]"
    rf")"
)
_AMOUNT_BESIDE_IDEOGRAPHS = re.compile(
    rf"\d+(?:\.\d+)?\s?(?:{UNITS}|{PIECES})(?:[装裝])?(?=[^a-z\d]|$)"
)
_COLOUR_CHARACTERS = re.compile(COLOUR_CHARACTERS)
_SIZE_CHARACTERS = re.compile(SIZE_CHARACTERS)
_NAMING_CHARACTERS = re.compile(NAMING_CHARACTERS)
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_PIECE = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*|[^\w\s]|\x00")
_WORD = re.compile(r"\w")
_CODE = re.compile(r"(?=.*[a-z])(.*\d)[a-z]{1,3}")
_MARK = "\x00"


@dataclass(frozen=True)
class TitleParts:
    """A title taken apart.

    ``base``: its words without those for colours and sizes, in order; ``options``: (kind, word) of
    those, in order, kind :data:`COLOUR` or :data:`SIZE`.
    """

    base: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def fold(text: str) -> str:
    """One writing for what is compared; accents stay, as in the words of colours and sizes."""
    return " ".join(folded(text, accents=True).split())


def split_title(title: str) -> TitleParts:
    """Take a title apart: "Jumbo bag, red 40 cm" -> jumbo bag; colour red, size 40 cm."""
    text = fold(title)
    options: list[tuple[str, str]] = []

    def take(kind: str, text: str, pattern: re.Pattern[str]) -> str:
        def note(found: re.Match[str]) -> str:
            options.append((kind, " ".join(found[0].split())))
            return f" {_MARK} "

        return pattern.sub(note, text)

    if any("0" <= char <= "9" for char in text):
        text = take(SIZE, text, _AMOUNT)
    if _IDEOGRAPH.search(text):
        text = take(SIZE, text, _AMOUNT_BESIDE_IDEOGRAPHS)
        text = take(SIZE, text, _SIZE_CHARACTERS)
        if not _NAMING_CHARACTERS.search(_COLOUR_CHARACTERS.sub("", text)):
            text = take(COLOUR, text, _COLOUR_CHARACTERS)
    pieces = [piece for piece in _PIECE.findall(text) if piece != "."]
    kinds = _kinds(pieces)
    options += [
        (kind, piece) for piece, kind in zip(pieces, kinds, strict=True) if kind and piece != _MARK
    ]
    coloured = any(kind == COLOUR for kind, _ in options)
    base = [
        _without_colour_code(piece) if coloured else piece
        for piece, kind in zip(pieces, kinds, strict=True)
        if not kind and piece not in LINKS and piece not in SHADES and _WORD.match(piece)
    ]
    if not coloured:
        base = [p for p, kind in zip(pieces, kinds, strict=True) if _stays(p, kind)]
    return TitleParts(tuple(base), tuple(options))


def _stays(piece: str, kind: str) -> bool:
    return not kind and piece not in LINKS and bool(_WORD.match(piece))


def _without_colour_code(word: str) -> str:
    """``dscw120b`` of a black camera -> ``dscw120``: letters at the end of a model number."""
    found = _CODE.fullmatch(word) if len(word) > 4 else None
    return found[1] if found else word


def _kinds(pieces: list[str]) -> list[str]:
    """For each piece '' or the kind of option that it is; marks are sizes that were taken out."""
    named = _named(pieces)
    kinds = []
    for place, piece in enumerate(pieces):
        kind = ""
        if piece == _MARK or piece in SIZES or _sized(pieces, place):
            kind = SIZE
        elif piece in COLOURS and not _names(pieces, place, named):
            kind = COLOUR
        kinds.append(kind)
    for place, piece in enumerate(pieces):
        if piece in LETTERS and not kinds[place] and _apart(pieces, kinds, place):
            kinds[place] = SIZE
    return kinds


def _named(pieces: list[str]) -> bool:
    """Is the title about something that a colour names?"""
    words = [p for p in pieces if _WORD.match(p) and p not in COLOURS and p not in SIZES]
    return bool(words) and (words[-1] in NAMING or words[0] in NAMING_FIRST)


def _names(pieces: list[str], place: int, named: bool) -> bool:
    """Does the colour at a place say what the thing is?"""
    after = pieces[place + 1] if place + 1 < len(pieces) else ""
    beyond = pieces[place + 2] if place + 2 < len(pieces) else ""
    before = pieces[place - 1] if place else ""
    return named or (after in NAMING and beyond not in VESSELS) or before in NAMING_FIRST


def _sized(pieces: list[str], place: int) -> bool:
    """A number or letter after the word size, or that word before one."""
    after = pieces[place + 1] if place + 1 < len(pieces) else ""
    before = pieces[place - 1] if place else ""
    if pieces[place] in SIZE_LABELS:
        return _short(after)
    return before in SIZE_LABELS and _short(pieces[place])


def _short(word: str) -> bool:
    return word in LETTERS or word in SIZES or (word.replace(".", "").isdigit() and len(word) < 5)


def _apart(pieces: list[str], kinds: list[str], place: int) -> bool:
    """Does a lone s, m or l stand where a size stands?"""
    before = pieces[place - 1] if place else ""
    if not place or before in NO_SIZE_AFTER:
        return False
    ends = place == len(pieces) - 1
    punctuated = not _WORD.match(before) and before not in "&+'’.\""
    beside = bool(kinds[place - 1]) or (not ends and bool(kinds[place + 1]))
    paired = pieces[place + 1 : place + 2] == ["/"] and _short((*pieces[place + 2 :], "")[0])
    return ends or punctuated or beside or paired


_FILLERS = words("design pattern style set pack of de")


@lru_cache(maxsize=4096)
def words_of(title: str) -> frozenset[str]:
    """The words of a title without colours, sizes, numbers and fillers, plural as singular; pairs
    of characters where words are not parted by spaces."""
    found = set()
    for word in split_title(title).base:
        if word[0] > "\u2e80" and len(word) > 1:
            found |= {word[at : at + 2] for at in range(len(word) - 1)}
        elif word not in _FILLERS and not word.isdigit():
            found.add(word[:-1] if len(word) > 3 and word[-1] == "s" else word)
    return frozenset(found)


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice the common words over all of both (Dice 1945)."""
    either = len(one) + len(other)
    return 2 * len(one & other) / either if either else 0.0
