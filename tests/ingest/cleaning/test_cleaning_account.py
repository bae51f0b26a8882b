"""The account balances for any file: read = kept + merged + set aside + rejected."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest.cleaning import clean
from prodsim_cli.ingest.readers._raw import Cleaned, CleanOptions, Reject
from prodsim_cli.records.values import EVENT_TYPES


def gone(cleaned: Cleaned) -> int:
    reasons = (cleaned.merged, cleaned.set_aside, cleaned.rejected)
    return sum(sum(counts.values()) for counts in reasons)


def test_what_the_reader_rejected_is_in_the_account(table: Any) -> None:
    rejects = (Reject(3, "ragged line", "u,a"), Reject(5, "ragged line", "u"))
    cleaned = clean(
        table("user,sku,at\nu,,2011-01-01\nu,a,2011-01-01", rejects=rejects), CleanOptions()
    )
    assert cleaned.read == 4
    assert cleaned.rejected == {"ragged line": 2, "no sku": 1}
    assert [reject.reason for reject in cleaned.rejects] == ["ragged line", "ragged line", "no sku"]
    assert cleaned.kept == 1


def maybe(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([*values, "", None])


event_rows = st.tuples(
    maybe("u", "v", "17850.0"),
    maybe("a", "A", "POST", "b"),
    maybe("RED MUG", "Red Mug", "POSTAGE", "check", "<b>"),
    maybe("1", "-2", "0", "x", "nan"),
    maybe("2.55", "-1", "inf", "3,5"),
    maybe("2011-01-01", "13/02/2011", "x"),
    maybe("view", "buy", "zoom"),
    maybe("1", "C2", "3"),
)
EVENT_NAMES = ["user", "sku", "title", "quantity", "price", "at", "event", "order_id"]


@settings(deadline=None)
@given(st.lists(event_rows, max_size=12), st.booleans())
def test_events_balance(table: Any, rows: list[tuple[str | None, ...]], services: bool) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(EVENT_NAMES, pl.String), orient="row")
    cleaned = clean(table(frame.to_dict()), CleanOptions(service_lines=services), kind="events")
    events = cleaned.events
    assert cleaned.read == len(rows) == len(events) + gone(cleaned)
    assert cleaned.kept == len(events)
    assert len(cleaned.rejects) == sum(cleaned.rejected.values())
    assert events["sku"].null_count() == events["at"].null_count() == 0
    assert events["type"].is_in(EVENT_TYPES).all()
    assert (events["quantity"] > 0).all()
    assert (events["value"].drop_nulls() >= 0).all()
    assert events["line"].is_sorted()
    assert events["line"].n_unique() == len(events)


item_rows = st.tuples(
    maybe("a", "A", "b", "POST"), maybe("Mug", "MUG", "Postage"), maybe("1", "x", "-1", "nan")
)


@settings(deadline=None)
@given(st.lists(item_rows, max_size=12), st.booleans())
def test_catalogues_balance(table: Any, rows: list[tuple[str | None, ...]], keep: bool) -> None:
    names = ["sku", "title", "price"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    cleaned = clean(table(frame.to_dict()), CleanOptions(keep_case=keep), kind="catalog")
    assert cleaned.read == len(rows) == len(cleaned.items) + gone(cleaned)
    assert cleaned.kept == len(cleaned.items)
    assert cleaned.items["sku"].null_count() == 0
    assert cleaned.items["sku"].n_unique() == len(cleaned.items)


@settings(deadline=None)
@given(st.lists(event_rows, min_size=1, max_size=12), st.randoms())
def test_the_order_of_lines_changes_no_count(
    table: Any, rows: list[tuple[str | None, ...]], random: Any
) -> None:
    def counts(some: list[tuple[str | None, ...]]) -> tuple[Any, ...]:
        frame = pl.DataFrame(some, schema=dict.fromkeys(EVENT_NAMES, pl.String), orient="row")
        c = clean(table(frame.to_dict()), CleanOptions(), kind="events")
        return (
            c.kept,
            c.merged,
            c.set_aside,
            c.rejected,
            c.events.drop("line").sort(pl.all()).rows(),
        )

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert counts(rows) == counts(shuffled)
