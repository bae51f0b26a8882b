"""How texts and numbers are compared in ``--where``; the functions that SQLite calls. Ground floor.

No function here raises, whatever a cell holds: SQLite would turn that into an error of its own.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata

_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)")
_TAGS = re.compile(r"\s*[,;|]\s*")

_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i"})
"""Letters with a stroke, or without their dot, which Unicode does not take apart."""

YES, NO = ("yes", "true"), ("no", "false")


def sound(text: str) -> str:
    """A text that SQLite can hold: bytes of the command line that are no UTF-8 become ``?``."""
    return text.encode("utf-8", "replace").decode()


def folded(value: object) -> str | None:
    """A cell as text without case, accents and width; None for an empty one.

    Only the accents of Latin, Greek and Cyrillic letters go (U+0300 to U+036F): the dots of
    Japanese and the vowels of Indian scripts are letters of their own. ``ß`` is ``ss``, ``ł`` is
    ``l``, ``ø`` is ``o``.
    """
    if isinstance(value, (int, float)):
        return plain(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isascii():
        return text.lower() or None
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFKC", kept.translate(_STROKES)).strip() or None


def plain(value: int | float) -> str:
    """A number as a person writes it."""
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def number(value: object) -> float | None:
    """A cell as a number: a number, or a text that is nothing else. None for all others.

    ``007`` is no number, it is the name of something; nor are ``1e5``, ``1,5`` and ``5 cm``.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None


def tags(value: object) -> str | None:
    """A cell of tags as a JSON array of its folded tags, the whole cell among them."""
    text = folded(value)
    if text is None:
        return None
    return json.dumps(list(dict.fromkeys([text, *filter(None, _TAGS.split(text))])))


def teach(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection, as ``prodsim_folded`` and so on."""
    for function in (folded, number, tags):
        name = f"prodsim_{function.__name__}"
        connection.create_function(name, 1, function, deterministic=True)
