"""Names of people and products in files that know no quotes, and how such files are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodsim_cli.files import whole_file

if TYPE_CHECKING:
    import polars as pl

_BREAKING = re.compile(r"[\s%\x00-\x1f\x7f-\x9f]")
"""What parts words or lines for a reader (str.split and str.splitlines of Python included), and
the % itself, so that decoding gives the name back."""

_NOTHING = re.compile(r"(#?n/?a|#n/a|<na>|-?nan|null|none|-?1\.#(ind|qnan))", re.IGNORECASE)
"""Words that pandas reads as no value at all, quoted or not."""


def escaped(name: str) -> str:
    """A name as one word: blanks, control characters and % become %XX of their UTF-8 bytes.

    ``urllib.parse.unquote`` gives the name back. A name that many programs read as "no value"
    (NA, null, nan...) gets its first letter escaped.
    """
    if _NOTHING.fullmatch(name):
        return f"%{ord(name[0]):02X}{name[1:]}"
    return _BREAKING.sub(lambda found: quote(found.group(), safe=""), name)


def escaped_all(names: Iterable[object]) -> pl.Series:
    """Many names, each as :func:`escaped`."""
    import polars as pl

    return pl.Series([escaped(str(name)) for name in names], dtype=pl.String)


def file_word(name: str) -> str:
    """A name as a part of a file name: also without the characters that mean something in paths."""
    return re.sub(r'[/\\:*?"<>|]', lambda found: quote(found.group(), safe=""), escaped(name))


def save(rows: pl.DataFrame, path: Path, **layout: Any) -> Path:
    """Write rows as separated values (``layout`` as of polars), complete or not at all."""
    with whole_file(path) as beside:
        rows.write_csv(beside, **layout)
    return path
