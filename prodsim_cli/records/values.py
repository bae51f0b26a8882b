"""Words that several rooms share. Standard library only."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

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
