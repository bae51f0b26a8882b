"""Why two products are alike: what a person sees. Frozen, standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Share:
    """What one method says of a pair, and what that gives to the score.

    ``value`` is the method's own score, ``rank`` the place in its row; None: the row does not hold
    the product. A value that is counted from people is None, too, unless everybody may be counted.
    ``share`` is 0 where the method has no weight.
    """

    method: str
    share: float
    value: float | None = None
    rank: int | None = None

    def as_dict(self) -> Json:
        return {
            "method": self.method,
            "share": round(self.share, 9),
            "value": None if self.value is None else round(self.value, 6),
            "rank": self.rank,
        }


@dataclass(frozen=True)
class Speaking:
    """How much one product speaks for another: the sum of the shares is the score.

    ``score`` None: nothing ties them. ``rank`` None: it is below the rows that are stored, and the
    score is what the methods' own rows add up to.
    """

    score: float | None
    rank: int | None
    shares: tuple[Share, ...]

    def as_dict(self) -> Json:
        return {
            "score": None if self.score is None else round(self.score, 9),
            "rank": self.rank,
            "shares": [share.as_dict() for share in self.shares],
        }


@dataclass(frozen=True)
class Group:
    """People or orders that have to do with both products; small groups are not counted.

    ``did``: ``bought`` or ``touched``. ``count`` None: fewer than ``fewer_than``, and at least one.
    ``of``: the people (orders) of each product, None unless everybody may be counted; empty where
    they were not asked for.
    ``first`` and ``last``: the first and last month (year) in which enough of them were there to be
    counted, or days where everybody may be counted.
    """

    did: str
    count: int | None
    fewer_than: int | None = None
    first: str | None = None
    last: str | None = None
    of: tuple[int | None, ...] = ()

    @property
    def some(self) -> bool:
        """False where nobody has to do with both."""
        return self.count != 0

    def as_dict(self) -> Json:
        return {
            "did": self.did,
            "count": self.count,
            "fewer_than": self.fewer_than,
            "first": self.first,
            "last": self.last,
            **({"of": list(self.of)} if self.of else {}),
        }


@dataclass(frozen=True)
class Word:
    """A word that both products' texts hold: in which fields, and in how many products it is."""

    word: str
    fields: tuple[str, ...]
    products: int

    def as_dict(self) -> Json:
        return {"word": self.word, "fields": list(self.fields), "products": self.products}


@dataclass(frozen=True)
class Gram:
    """A character n-gram of both texts: what it gives to the cosine of ``lexical``.

    ``texts``: how many different texts of the shop hold it.
    """

    ngram: str
    gives: float
    texts: int

    def as_dict(self) -> Json:
        return {"ngram": self.ngram, "gives": round(self.gives, 9), "texts": self.texts}


@dataclass(frozen=True)
class Fact:
    """What both products are: ``name`` is a column or ``attributes.NAME``; ``products``: how many
    have this value. A near price has two ``values``."""

    name: str
    values: tuple[str | float, ...]
    products: int | None = None

    def as_dict(self) -> Json:
        return {"name": self.name, "values": list(self.values), "products": self.products}


@dataclass(frozen=True)
class Step:
    """A product on the path from one to the other; ``score`` of the edge that leads to it."""

    sku: str
    title: str | None
    score: float | None = None

    def as_dict(self) -> Json:
        score = None if self.score is None else round(self.score, 6)
        return {"sku": self.sku, "title": self.title, "score": score}


@dataclass(frozen=True)
class Product:
    """One of the two."""

    sku: str
    title: str | None
    price: float | None
    currency: str | None

    def as_dict(self) -> Json:
        return {"sku": self.sku, "title": self.title, "price": self.price}


@dataclass(frozen=True)
class Explanation:
    """Why ``other`` is shown for ``product``: shares of the score, and the evidence behind them.

    ``there`` is what `similar PRODUCT` shows of the other, ``back`` the other direction. ``cosine``
    is the sum of what the n-grams give. ``path`` leads from one to the other by rows of
    ``path_by``, empty where none does within four steps. ``sentences``: the same in words.
    ``without``: kind of evidence -> the score if that were not there, where it was asked for.
    ``rough``: scores and shares are rounded, as their last digits would tell of a small group.
    """

    product: Product
    other: Product
    method: str
    there: Speaking
    back: Speaking
    people: Group
    orders: Group
    words: tuple[Word, ...]
    ngrams: tuple[Gram, ...]
    cosine: float
    facts: tuple[Fact, ...]
    path: tuple[Step, ...]
    path_by: str | None
    sentences: tuple[str, ...]
    without: Mapping[str, float] = field(default_factory=dict)
    rough: bool = False
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        return {
            "query": {"sku": self.product.sku, "other": self.other.sku},
            "products": [self.product.as_dict(), self.other.as_dict()],
            "method": self.method,
            **self.there.as_dict(),
            "back": self.back.as_dict(),
            "because": list(self.sentences),
            "people": self.people.as_dict(),
            "orders": self.orders.as_dict(),
            "words": [word.as_dict() for word in self.words],
            "ngrams": [gram.as_dict() for gram in self.ngrams],
            "cosine_of_ngrams": round(self.cosine, 9),
            "facts": [fact.as_dict() for fact in self.facts],
            "path": [step.as_dict() for step in self.path],
            "path_by": self.path_by,
            **({"without": _rounded(self.without)} if self.without else {}),
        }


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: round(score, 6) for name, score in scores.items()}
