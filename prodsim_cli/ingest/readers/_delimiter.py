"""Which character parts the cells of a text file: the one that cuts its first lines alike."""

from __future__ import annotations

import csv
import re

CANDIDATES = (",", ";", "\t", "|", "^", "~", ":")
ONE_COLUMN = "\x1f"
"""The delimiter of a file that has none: a character that no text holds."""

_LINES = 60
_MOST = 0.8
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def find_delimiter(text: str) -> str:
    """The delimiter of the beginning of a text; ``ONE_COLUMN`` for a file of one column.

    Quoted cells are blanked out first. The header must hold the delimiter; the candidate that
    gives most lines as many cells as the header wins, then the one that gives more cells.
    """
    lines = [line for line in _QUOTED.sub('""', text).split("\n") if line.strip()][:_LINES]
    if not lines:
        return ","
    best, best_score = "", (0.0, 0)
    for candidate in CANDIDATES:
        in_header = lines[0].count(candidate)
        if not in_header:
            continue
        alike = sum(line.count(candidate) == in_header for line in lines) / len(lines)
        # A colon cuts times and URLs, too: only where nothing else cuts at all.
        score = (round(alike, 2) if candidate != ":" else alike / 100, in_header)
        if score > best_score:
            best, best_score = candidate, score
    return best or _of_the_body(lines[1:])


def _of_the_body(lines: list[str]) -> str:
    """What cuts nearly all lines below a header of one name alike: then the header is too short,
    and its lines are to be rejected rather than taken for the cells of one column."""
    for candidate in CANDIDATES[:-1]:
        counts = [line.count(candidate) for line in lines]
        usual = max(counts, key=counts.count, default=0)
        if usual and counts.count(usual) >= _MOST * len(lines):
            return candidate
    return ONE_COLUMN


def header_cells(line: str, delimiter: str) -> list[str]:
    """Names of the columns: empty ones are ``column_N``, a repeated one gets its number."""
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    return distinct(cells)


def distinct(names: list[str]) -> list[str]:
    """The names, each once: ``name``, ``name_2``...; an empty one is ``column_N``."""
    taken: set[str] = set()
    out: list[str] = []
    for place, name in enumerate(names, 1):
        wanted = base = name or f"column_{place}"
        number = 1
        while wanted in taken or (number > 1 and wanted in names):
            number += 1
            wanted = f"{base}_{number}"
        taken.add(wanted)
        out.append(wanted)
    return out
