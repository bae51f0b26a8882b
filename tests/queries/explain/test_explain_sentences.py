"""A sentence claims only what is there."""

from __future__ import annotations

import pytest

from prodsim_cli.queries.explain.sentences import Evidence, sentences
from prodsim_cli.records.reasons import Group, Word


@pytest.mark.parametrize(
    ("people", "words", "said"),
    [
        (0, (Word("mug", ("title",), 2),), ("both say “mug”",)),
        (0, (), ()),
        (7, (), ("7 people bought both",)),
    ],
)
def test_a_blend_told_whole_claims_no_purchase_where_there_is_none(
    people: int, words: tuple[Word, ...], said: tuple[str, ...]
) -> None:
    bought, orders = Group("bought", people), Group("bought", 0)
    assert sentences(Evidence({"hybrid": 0.5}, bought, orders, words, (), 20)) == said
