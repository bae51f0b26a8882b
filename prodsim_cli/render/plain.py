"""Texts that are safe to print, and results as JSON, CSV, TSV and ids."""

from __future__ import annotations

import json
from typing import Any

# C0, DEL and C1: a terminal obeys them, so a title with an escape sequence could repaint the screen
# of the person who reads it. Marks that turn the direction of a line are left out without a trace.
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_CONTROLS = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd"),
    **dict.fromkeys(_DIRECTIONS, ""),
}
_SPACES = dict.fromkeys(map(ord, "\t\n\r\x0b\x0c\x85\u2028\u2029"), " ")
_ONE_LINE = {**_CONTROLS, **_SPACES}
_KEEP_LINES = {code: mark for code, mark in _CONTROLS.items() if code not in (0x09, 0x0A, 0x0D)}
_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0xD800, 0xE000))}


def one_line(text: object) -> str:
    """A text on one line, without anything that a terminal would obey."""
    return str(text).translate(_ONE_LINE)


def harmless(text: str) -> str:
    """The same, with tabs and line breaks kept (for quoted cells of CSV)."""
    return text.translate(_KEEP_LINES)


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """JSON in UTF-8, readable; control characters and lone surrogates escaped.

    ``allow_nan`` is off: a NaN would not be JSON, and none may get this far.
    """
    return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False).translate(_ESCAPED)
