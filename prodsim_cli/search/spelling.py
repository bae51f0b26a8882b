"""What an unknown word was meant to be: the catalogue's own words, by edits.

Nothing is imported until a word is unknown. Optimal string alignment (Damerau 1964 with each place
edited once): a letter too many, too few, another one, two exchanged.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from prodsim_cli.search import index

_WORD = re.compile(r"[^\W\d_]{3,}")
"""Only words of letters are corrected: a wrong digit is another product."""

_TWO = 7
"""Letters from which on a word may have two slips, and one at its beginning: Pollock & Zamora 1984
found one slip in thirteen there."""

_WRITTEN = (
    "and any anything are but can every everything for from has have into like need nothing our"
    " some someone something than that the them then there these they thing this want what when"
    " where which who with without you your aber auch auf aus bei bin das dem den der des die ein"
    " eine einen einer etwas fur hat ich ist kein mein mit nach oder sich sind und vom von vor was"
    " wie zum zur algo con del desde donde esta este las los mas muy para pero por que sin sobre"
    " una uno aux avec dans des elle est les mais mes mon nous par pas pour quelque qui sans ses"
    " sur une vous"
)
_BETWEEN = frozenset(_WRITTEN.split())
"""Words that say nothing of a product, in four languages: nobody means another one by them."""

_COMMONER = 3
"""How much commoner a word with one slip must be than those that begin so."""

SHORTEST_START, COMPLETIONS = 4, 8


@dataclass(frozen=True)
class Known:
    """A word of the catalogue, the products that hold it, and the slips that lead to it."""

    word: str
    products: int
    edits: int = 0

    def likelier_than(self, longer: Sequence[Known]) -> bool:
        """True if a slip explains a word better than that it is only begun."""
        begun = sum(other.products for other in longer)
        return not begun or (self.edits == 1 and self.products >= _COMMONER * begun)


def correctable(word: str) -> bool:
    """True if a word may have been meant to be another one."""
    return bool(_WORD.fullmatch(word)) and word not in _BETWEEN


def parted(connection: sqlite3.Connection, word: str) -> list[list[str]]:
    """The two words that somebody wrote as one, where they stand side by side: ``teapot``."""
    found = []
    for cut in range(1, len(word)):
        pair = [word[:cut], word[cut:]]
        known = index.count(connection, index.quoted(pair))
        if known:
            found.append((-known, abs(len(word) - 2 * cut), pair))
    return [min(found)[2]] if found else []


def completed(connection: sqlite3.Connection, word: str) -> list[Known]:
    """Words that begin with this one, the commonest first."""
    if len(word) < SHORTEST_START:
        return []
    return [Known(*row) for row in index.completions(connection, word, COMPLETIONS)]


def nearest(connection: sqlite3.Connection, word: str) -> Known | None:
    """The known word of the fewest edits; of several the one with the same beginning, then the
    commonest. None where none is near enough to be meant."""
    from rapidfuzz.distance import OSA

    allowed = 1 if len(word) < _TWO else 2
    best: tuple[int, bool, int, str] | None = None
    start = word[0] if len(word) < _TWO else ""
    lengths = len(word) - allowed, len(word) + allowed
    for other, products in index.vocabulary(connection, start, *lengths):
        edits = OSA.distance(word, other, score_cutoff=allowed)
        if edits <= allowed and _WORD.fullmatch(other):
            rated = (edits, other[0] != word[0], -products, other)
            best = rated if best is None or rated < best else best
    return Known(best[3], -best[2], best[0]) if best else None
