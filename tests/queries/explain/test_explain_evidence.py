"""No single customer shows through: small groups are not counted, nor dated, nor named."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_rows import write_shop

from prodsim_cli.cli import cli
from prodsim_cli.queries.explain.evidence import counted

Ask = Callable[..., Result]
Event = tuple[int, str, str, int, int]
"""Person, product, type, month, order (0: none)."""

USERS = [f"customer-{name}" for name in "abcdefgh"]
EVENTS = st.lists(
    st.tuples(
        st.integers(-1, len(USERS) - 1),
        st.sampled_from("AB"),
        st.sampled_from(["purchase", "purchase", "view", "return"]),
        st.integers(1, 3),
        st.integers(0, 9),
    ),
    max_size=60,
)


def asked(
    events: list[Event], least: int, method: str = "hybrid", score: float = 0.5
) -> tuple[dict[str, Any], str]:
    """What `explain A B` prints of a shop of two products, and all that is printed."""
    rows = [
        {
            "user": None if who < 0 else USERS[who],
            "sku": sku,
            "type": kind,
            "at": f"2024-0{month}-0{1 + order % 9}T12:00:00",
            "order_id": f"secret-order-{order}" if order else None,
        }
        for who, sku, kind, month, order in events
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = write_shop(
            Path(folder) / "two.db",
            items=[{"sku": "A", "title": "red mug"}, {"sku": "B", "title": "blue mug"}],
            neighbors={method: {"A": [("B", score)]}, "jaccard": {"A": [("B", score / 2)]}},
            users=USERS,
            events=rows,
            spellings=(),
        )
        words = ["--db", str(path), "explain", "A", "B", "--min-people", str(least)]
        lines = (
            [*words, "-f", "json"],
            words,
            [*words[:2], "similar", "A", "--why", *words[-2:], "-f", "json"],
        )
        made, drawn, row = (CliRunner().invoke(cli, line) for line in lines)
    assert made.exit_code == drawn.exit_code == row.exit_code == 0, made.stderr + row.stderr
    return json.loads(made.stdout), made.stdout + drawn.stdout + row.stdout


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(1, 6))
def test_no_figure_tells_of_fewer_people_than_may_be_counted(
    events: list[Event], least: int
) -> None:
    found, printed = asked(events, least)
    assert "customer-" not in printed
    assert "secret-order" not in printed
    bought = {
        sku: {who for who, one, kind, _, _ in events if one == sku and kind == "purchase"} - {-1}
        for sku in "AB"
    }
    both = bought["A"] & bought["B"]
    people = found["people"]
    if both:
        assert people["count"] == (len(both) if len(both) >= least else None)
        assert people["did"] == "bought"
    for group in (people, found["orders"]):
        hidden = group["count"] is None
        assert (group["fewer_than"] == least) == hidden
        assert hidden or group["count"] == 0 or group["count"] >= least
        if hidden:
            assert (group["first"], group["last"], set(group["of"])) == (None, None, {None})
        # with no total, no remainder can be solved, of this output or of several
        assert least == 1 or set(group["of"]) <= {None}
    orders = found["orders"]
    makers = _makers(events)
    if makers:
        assert (orders["count"] is None) == (len(set(makers.values())) < least)
        assert orders["count"] in (None, len(makers))
    else:
        assert orders["count"] == 0
    if people["first"] and people["did"] == "bought":
        for period in (people["first"], people["last"]):
            assert _there(events, both, period) >= least


@settings(max_examples=20, deadline=None)
@given(EVENTS, st.integers(2, 6), st.integers(1, 6))
def test_who_has_one_product_only_changes_nothing_that_is_printed(
    events: list[Event], least: int, lonely: int
) -> None:
    """What an output does not depend on, no output tells, nor do several of them together."""
    others = {who for who, *_ in events}
    more: list[Event] = [
        (who, "A", "purchase", 1, 0) for who in range(len(USERS)) if who not in others
    ][:lonely]
    found, _ = asked(events, least, score=0.4)
    assert found == asked(events + more, least, score=0.4)[0]
    for one in [*found["shares"], *found["back"]["shares"]]:
        assert one["value"] is None


def test_a_score_that_solves_to_people_is_rounded() -> None:
    events = [(who, sku, "purchase", 1, 0) for who in (1, 2) for sku in "AB"]
    found, _ = asked(events, 5, "cosine", 0.377964)
    assert (found["score"], found["shares"][0]["value"]) == (0.38, None)
    assert {step["score"] for step in found["path"]} == {None, 0.38}
    exact, _ = asked(events, 1, "cosine", 0.377964)
    assert exact["score"] == pytest.approx(0.377964, abs=1e-7)  # a float32
    assert exact["shares"][0]["value"] == 0.377964
    assert exact["people"]["of"] == [2, 2]


def _makers(events: list[Event]) -> dict[int, object]:
    """Order that holds both -> who stands behind it."""
    held: dict[int, dict[str, list[int]]] = {}
    for who, sku, kind, _, order in events:
        if kind == "purchase" and order:
            held.setdefault(order, {}).setdefault(sku, []).append(who)
    return {
        order: max(skus["A"]) if max(skus["A"]) >= 0 else
        max(skus["B"]) if max(skus["B"]) >= 0 else f"order {order}"
        for order, skus in held.items() if len(skus) == 2
    }  # fmt: skip


def _there(events: list[Event], people: set[int], period: str) -> int:
    """How many had both for the first time in a month, a year or on a day."""
    moments = {}
    for one in people:
        first = {
            sku: min(
                f"2024-0{month}-0{1 + order % 9}"
                for who, got, kind, month, order in events
                if (who, got, kind) == (one, sku, "purchase")
            )
            for sku in "AB"
        }
        moments[one] = max(first.values())
    return sum(moment.startswith(period) for moment in moments.values())


def test_a_date_is_one_that_enough_people_share() -> None:
    found = [(f"2024-0{m}-01T10:00:00", f"u{m}{n}") for m in (1, 2, 3, 4) for n in range(m)]
    shown = {
        least: (group.first, group.last)
        for least in (1, 2, 3, 4, 5, 11)
        for group in [counted("bought", found, least)]
    }
    assert shown == {
        1: ("2024-01-01", "2024-04-01"),
        2: ("2024-02", "2024-04"),
        3: ("2024-03", "2024-04"),
        4: ("2024-04", "2024-04"),
        5: ("2024", "2024"),
        11: (None, None),
    }


def test_what_is_left_of_a_total_is_no_small_group_either() -> None:
    found = [("2024-01-01", f"u{n}") for n in range(6)]
    assert counted("bought", found, 1, [8, 11]).of == (8, 11)
    for least in (2, 5, 7):
        assert counted("bought", found, least, [8, 11]).of == (None, None)


def test_many_orders_of_one_person_are_one_person(ask: Ask) -> None:
    found = [(f"2024-01-{day:02}", "u1") for day in range(1, 30)]
    assert counted("bought", found, 5).count is None
    assert counted("bought", found, 1).count == 29


@pytest.mark.parametrize("least", [1, 5, 40, 1000])
def test_on_the_demo_no_key_and_no_small_count(ask: Ask, least: int) -> None:
    words = ["--min-people", least, "-f", "json"]
    reasons = ask("explain", "SKU123", "SKU112", "SKU200", "SKU599", *words).stdout
    answers = ask("similar", "SKU123", "SKU599", "--why", *words).stdout
    recommended = ask("recommend", "U0557", "--why", *words).stdout
    for printed in (reasons, answers):
        assert not re.search(r"\bU\d{4}\b", printed)
        for group in _groups(json.loads(printed)):
            assert group["count"] is None or group["count"] == 0 or group["count"] >= least
    assert set(re.findall(r"\bU\d{4}\b", recommended)) == {"U0557"}
    if least == 1000:
        assert "fewer than 1,000 people" in reasons
        assert not re.search(r"\d people bought both", recommended.replace("fewer than 1,000", ""))


def _groups(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "fewer_than" in value:
            yield value
        for part in value.values():
            yield from _groups(part)
    elif isinstance(value, list):
        for part in value:
            yield from _groups(part)
