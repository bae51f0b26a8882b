"""Why two products are alike: what a person sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prodsim_cli.records.answers import Product
from prodsim_cli.records.values import Json, Record, to_json


@dataclass(frozen=True)
class Share(Record):
    """What one method says of a pair, and what that gives to the score.

    ``value`` is the method's own score, ``rank`` the place in its row; None: the row does not hold
    the product. A value that is counted from people is None, too, unless everybody may be counted.
    ``share`` is 0 where the method has no weight.
    """

    _digits = (("share", 9), ("value", 6))

    method: str
    share: float
    value: float | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Speaking(Record):
    """How much one product speaks for another: the sum of the shares is the score.

    ``score`` None: nothing ties them. ``rank`` None: it is below the rows that are stored, and the
    score is what the methods' own rows add up to.
    """

    _digits = (("score", 9),)

    score: float | None
    rank: int | None
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Group(Record):
    """People or orders that have to do with both products; small groups are not counted.

    ``did``: ``bought`` or ``touched``. ``count`` None: fewer than ``fewer_than``, and at least one.
    ``of``: the people (orders) of each product, None unless everybody may be counted; empty where
    they were not asked for.
    ``first`` and ``last``: the first and last month (year) in which enough of them were there to be
    counted, or days where everybody may be counted.
    """

    _json = ("did", "count", "fewer_than", "first", "last")

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
        return {**super().as_dict(), **({"of": list(self.of)} if self.of else {})}


@dataclass(frozen=True)
class Word(Record):
    """A word that both products' texts hold: in which fields, and in how many products it is."""

    word: str
    fields: tuple[str, ...]
    products: int


@dataclass(frozen=True)
class Gram(Record):
    """A character n-gram of both texts: what it gives to the cosine of ``lexical``.

    ``texts``: how many different texts of the shop hold it.
    """

    _digits = (("gives", 9),)

    ngram: str
    gives: float
    texts: int


@dataclass(frozen=True)
class Fact(Record):
    """What both products are: ``name`` is a column or ``attributes.NAME``; ``products``: how many
    have this value. A near price has two ``values``."""

    name: str
    values: tuple[str | float, ...]
    products: int | None = None


@dataclass(frozen=True)
class Step(Record):
    """A product on the path from one to the other; ``score`` of the edge that leads to it."""

    _digits = (("score", 6),)

    sku: str
    title: str | None
    score: float | None = None


@dataclass(frozen=True)
class Explanation(Record):
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
            "products": to_json((self.product, self.other)),
            "method": self.method,
            **self.there.as_dict(),
            "back": to_json(self.back),
            "because": to_json(self.sentences),
            **{name: to_json(getattr(self, name)) for name in ("people", "orders", "words")},
            "ngrams": to_json(self.ngrams),
            "cosine_of_ngrams": round(self.cosine, 9),
            **{name: to_json(getattr(self, name)) for name in ("facts", "path", "path_by")},
            **({"without": to_json(self.without, 6)} if self.without else {}),
        }
