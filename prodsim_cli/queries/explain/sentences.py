"""The reasons as sentences: the strongest pieces of evidence, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prodsim_cli.records.reasons import Fact, Group, Word
from prodsim_cli.registry import (
    COMPLEMENT,
    FACTS,
    MEANING,
    ORDERS,
    PEOPLE,
    SUBSTITUTE,
    WORDS,
    Traits,
    declared,
)
from prodsim_cli.store.artifacts import BLEND

_OF_ROLES = {SUBSTITUTE: WORDS, COMPLEMENT: ORDERS}
"""What the score of ``--as`` rests on."""

MOST = 3
"""Sentences of a row of an answer."""

_QUOTED = 2
_COMMON = 0.2
"""A word that more of the products have is not worth saying."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a pair, and what each method gives to its score.

    ``products``: how many there are in the shop. ``traits``: method -> what it rests on.
    """

    shares: Mapping[str, float]
    people: Group
    orders: Group
    words: Sequence[Word]
    facts: Sequence[Fact]
    products: int
    traits: Callable[[str], Traits] = declared


def sentences(evidence: Evidence) -> tuple[str, ...]:
    """What ties the two, the kind of evidence that gives most to the score first."""
    weight: defaultdict[str, float] = defaultdict(float)
    for method, share in evidence.shares.items():
        weight[_rests_on(method, evidence)] += share
    kinds = [kind for kind in sorted(weight, key=lambda kind: -weight[kind]) if weight[kind] > 0]
    kinds += [FACTS] if FACTS not in kinds else []
    said = (sentence for kind in kinds for sentence in _SAY[kind](evidence))
    return tuple(dict.fromkeys(said))


def _rests_on(method: str, evidence: Evidence) -> str:
    """The kind of evidence of a method; of a blend that is told whole, the first that is there."""
    if method != BLEND:
        return _OF_ROLES.get(method) or evidence.traits(method).rests_on
    if evidence.people.some or evidence.orders.some:
        return PEOPLE if evidence.people.some else ORDERS
    return WORDS if evidence.words else FACTS


def _people(evidence: Evidence) -> Iterator[str]:
    people = evidence.people
    if people.count is None:
        yield f"fewer than {people.fewer_than:,} people {people.did} both"
    elif people.count:
        yield f"{_number(people.count, 'person', 'people')} {people.did} both"
    else:
        given = (name for name, share in evidence.shares.items() if share > 0)
        said = (evidence.traits(name).reason for name in given)
        yield next(filter(None, said), "bought beside the same products")


def _orders(evidence: Evidence) -> Iterator[str]:
    orders = evidence.orders
    if orders.count is None:
        yield f"bought together by fewer than {orders.fewer_than:,} people"
    elif orders.count:
        yield f"bought together in {_number(orders.count, 'order', 'orders')}"
    else:  # where no event has an order, days stand in for them
        yield from _people(evidence)


def _words(evidence: Evidence) -> Iterator[str]:
    said = _telling(evidence) or [word.word for word in evidence.words[:1]]
    if said:
        yield "both say " + ", ".join(f"“{word}”" for word in said[:_QUOTED])
    else:
        yield "words spelled alike"


def _telling(evidence: Evidence) -> list[str]:
    """Common words that not everything in the shop has."""
    most = _COMMON * evidence.products
    return [word.word for word in evidence.words if word.products <= most]


def _meaning(evidence: Evidence) -> Iterator[str]:
    """A person sees the words that both have, which a model reads, too; else there is no more."""
    if _telling(evidence):
        yield from _words(evidence)
    else:
        yield "texts alike in meaning"


def _facts(evidence: Evidence) -> Iterator[str]:
    for fact in evidence.facts:
        if fact.name != "price":
            name = fact.name.removeprefix("attributes.").replace("_", " ")
            yield f"same {name}: {', '.join(map(str, fact.values))}"


def _number(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


_SAY = {PEOPLE: _people, ORDERS: _orders, WORDS: _words, MEANING: _meaning, FACTS: _facts}
