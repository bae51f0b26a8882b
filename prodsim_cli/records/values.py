"""Words that several rooms share, and what every record can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

FOR_PEOPLE = "@recommend"
"""Ends the name of a table whose settings were learned for ``recommend``; ``similar`` has its own.
"""

Json = dict[str, Any]


class Record:
    """A frozen dataclass that knows its JSON form: its fields, by name and in order.

    ``_json``: the fields that are written, where they are not all or in another order.
    ``_digits``: (field, digits after the point that its number is rounded to).
    """

    _json: ClassVar[tuple[str, ...]] = ()
    _digits: ClassVar[tuple[tuple[str, int], ...]] = ()

    def as_dict(self) -> Json:
        digits = dict(self._digits)
        names = self._json or self.__dict__
        return {name: to_json(getattr(self, name), digits.get(name)) for name in names}


def to_json(value: Any, digits: int | None = None) -> Any:
    """A field as JSON has it: records as objects, tuples as lists."""
    if isinstance(value, Record):
        return value.as_dict()
    if isinstance(value, (tuple, list)):
        return [to_json(one, digits) for one in value]
    if isinstance(value, Mapping):
        return {name: to_json(one, digits) for name, one in value.items()}
    return round(value, digits) if digits is not None and isinstance(value, float) else value


EVENT_TYPES = ("view", "click", "wishlist", "cart", "purchase", "rating", "return")
"""The event types of the store, in rising order of what they say of a wish; the last two apart."""

DEFAULT_WEIGHTS = {
    "view": 1.0,
    "click": 1.0,
    "wishlist": 2.0,
    "cart": 3.0,
    "purchase": 5.0,
    "rating": 5.0,
}
"""Weight of one event of each type; ``ingest --weight`` changes them, the store keeps them."""
