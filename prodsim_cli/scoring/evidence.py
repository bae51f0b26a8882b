"""Classes of products by how many people have to do with them. Standard library only."""

from __future__ import annotations

MANY, FEW, NONE = "many", "few", "none"
EVIDENCE = (MANY, FEW, NONE)
"""Classes of products by how many people have to do with them: the ladder from warm to cold."""

MANY_PEOPLE = 20


def class_of(people: float) -> str:
    """The class of a product that so many people have to do with."""
    return MANY if people >= MANY_PEOPLE else FEW if people > 0 else NONE
