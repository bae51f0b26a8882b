"""What asking must know of a method of similarity, without importing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

from prodsim_cli import registry

PEOPLE, ORDERS, WORDS, MEANING, FACTS = "people", "orders", "words", "meaning", "facts"

SUBSTITUTE, COMPLEMENT = "substitute", "complement"

LAST = 99

_RESTS_ON = {"text": WORDS, "vectors": MEANING, "columns": FACTS}
"""What a method rests on that does not say so, by what it needs; the others rest on people."""


@dataclass(frozen=True)
class Traits:
    """The constants of a plug-in file that tell other rooms about it.

    Each field is the constant of the same name in capitals, with the default below. ``build`` keeps
    them in the settings of the method's artifact.

    needs : ``text``, ``vectors``, ``columns``, ``events``, ``network`` (a trained space) or
        ``neighbors`` (other methods' tables).
    rests_on : what a score rests on: people, orders, words, meaning, facts. By ``needs`` if unsaid.
    rank : place among the methods that answer where hybrid is not built; the unranked come last.
    users_rank : people are compared by it, too (it has a ``MEASURE``): its place among those.
    counts_people : a score is a closed formula of numbers of people, so that groups that are too
        small to be counted must round it; ``--measure`` offers these.
    finds : its table names candidates of ``--as``: ``substitute`` or ``complement``.
    reason : the sentence that tells why, where what it rests on can't be shown.
    reaches_new : it learns from events and knows products without any, through their texts.
    """

    needs: str = ""
    rests_on: str = PEOPLE
    rank: int = LAST
    users_rank: int = 0
    counts_people: bool = False
    finds: str = ""
    reason: str = ""
    reaches_new: bool = False

    @classmethod
    def of(cls, constants: Mapping[str, Any]) -> Traits:
        """From the constants of a plug-in's module."""
        given = {f.name: f.name.upper() for f in fields(cls)}
        known = {name: constants[word] for name, word in given.items() if word in constants}
        return cls(**{"rests_on": _RESTS_ON.get(known.get("needs", ""), PEOPLE), **known})

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Traits:
        """As :meth:`as_dict` made it; what another version has added is left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    @property
    def content_based(self) -> bool:
        """True if it learns nothing from events."""
        return self.needs in _RESTS_ON

    @property
    def tells_kind(self) -> bool:
        """True if it says how alike two products are in words or meaning as a whole."""
        return self.finds == SUBSTITUTE and self.rests_on in (WORDS, MEANING)

    def as_dict(self) -> dict[str, Any]:
        """What is not the default."""
        plain = asdict(Traits())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}


@cache
def declared(name: str) -> Traits:
    """The traits of a method by its file, which is not imported; the defaults where it has none."""
    if not registry.has("similarity", name):
        return Traits()
    return Traits.of(registry.constants("similarity", name))


def comparing_users() -> tuple[str, ...]:
    """The measures by which people are compared, in order of preference."""
    return _named(lambda traits: traits.users_rank > 0)


def measures() -> tuple[str, ...]:
    """What ``--measure`` may name."""
    return _named(lambda traits: traits.counts_people)


def needing(what: str) -> tuple[str, ...]:
    """The methods that need this (``vectors``, ``network``...)."""
    return _named(lambda traits: traits.needs == what)


def by_rank(found: Mapping[str, Traits]) -> list[str]:
    """Names in order of preference; the unranked last, by name."""
    return sorted(found, key=lambda name: (found[name].rank, name))


def _named(fits: Callable[[Traits], bool]) -> tuple[str, ...]:
    names = (name for name in registry.names("similarity") if fits(declared(name)))
    return tuple(sorted(names, key=lambda name: (declared(name).users_rank, name)))
