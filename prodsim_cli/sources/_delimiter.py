"""Which character parts the cells of a text file: the one that cuts its first lines alike."""

from __future__ import annotations

import csv
import re

CANDIDATES = (",", ";", "\t", "|", "^", "~", ":")
_LINES = 60
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def find_delimiter(text: str) -> str:
    """The delimiter of the beginning of a text; ``,`` for a file of one column.

    Quoted cells are blanked out first. The header must hold the delimiter; the candidate that
    gives most lines as many cells as the header wins, then the one that gives more cells.
    """
    lines = [line for line in _QUOTED.sub('""', text).splitlines() if line.strip()][:_LINES]
    if not lines:
        return ","
    best, best_score = ",", (0.0, 0)
    for candidate in CANDIDATES:
        in_header = lines[0].count(candidate)
        if not in_header:
            continue
        alike = sum(line.count(candidate) == in_header for line in lines) / len(lines)
        # A colon cuts times and URLs, too: only where nothing else cuts at all.
        score = (round(alike, 2) if candidate != ":" else alike / 100, in_header)
        if score > best_score:
            best, best_score = candidate, score
    return best


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
