"""The order of the rows: diversity against its definition, limits, variants, pins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_rows import write_shop

from prodsim_cli.errors import NotFound, UsageProblem
from prodsim_cli.queries.ranking.pipeline import answer
from prodsim_cli.queries.ranking.request import Chosen, Rules, Scored
from prodsim_cli.queries.ranking.rerank import Counter, diverse, likeness, ranked
from prodsim_cli.store.connection import open_for_reading, open_for_writing, transaction

NAMES = [f"P{number:02}" for number in range(12)]
BRANDS = {"P01": "Hearth", "P02": "hearth", "P03": "HEARTH", "P04": "Sony", "P05": "Sony"}
GROUPS = {"P01": 1, "P02": 1, "P03": 1, "P06": 2, "P07": 2, "P00": 3, "P08": 3}
PAIRS = {"P01": [("P02", 0.9), ("P03", 0.2)], "P02": [("P01", 0.7)], "P04": [("P05", 1.5)]}


class Given:
    """Candidates as written down: tiers and what is scored live, with a count of calls."""

    def __init__(self, tiers: Sequence[Sequence[Scored]], live: dict[int, float]) -> None:
        self.given, self.live = tiers, live
        self.asked: list[Sequence[int]] = []

    def tiers(self) -> Iterator[Sequence[Scored]]:
        return iter(self.given)

    def rest(self, ids: Sequence[int]) -> Sequence[Scored]:
        self.asked.append(list(ids))
        scored = [(one, self.live[one]) for one in ids if one in self.live]
        return sorted(scored, key=lambda pair: -pair[1])


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("arranging") / "shop.db"
    items = [{"sku": name, "brand": BRANDS.get(name)} for name in NAMES]
    items[9]["in_stock"] = 0
    nothing: tuple[()] = ()
    write_shop(path, items=items, neighbors={"hybrid": PAIRS}, users=(), events=nothing,
               spellings=nothing)  # fmt: skip
    with closing(open_for_writing(path)) as connection, transaction(connection):
        for name, group in GROUPS.items():
            connection.execute(
                "insert into variants select id, ? from items where sku = ?", (group, name)
            )
    with closing(open_for_reading(path)) as connection:
        yield connection


Ask = Callable[..., list[tuple[str, int, bool]]]


@pytest.fixture
def ask(db: sqlite3.Connection) -> Ask:
    """P00 is asked about; P01 to P05 are stored, P06 is scored live, the rest only fills up."""
    ids = {row["sku"]: row["id"] for row in db.execute("select id, sku from items")}
    names = {value: key for key, value in ids.items()}
    first = [(ids[name], 1.0 - place / 10) for place, name in enumerate(NAMES[1:4])]
    second = [(ids[name], 0.5 - place / 10) for place, name in enumerate(NAMES[4:6])]
    live = {ids[name]: 0.1 if name == "P06" else 0.0 for name in NAMES[6:]}

    def found(k: int = 10, seeds: Sequence[str] = ("P00",), **rules: object) -> list[tuple]:
        candidates = Given([first, second], live)
        given = answer(db, candidates, Rules(**rules), k, [ids[name] for name in seeds])  # type: ignore[arg-type]
        found.notes, found.asked = given.notes, candidates.asked  # type: ignore[attr-defined]
        return [(names[row.item_id], row.variants, row.pinned) for row in given.rows]

    return found


def skus(rows: list[tuple[str, int, bool]]) -> list[str]:
    return [row[0] for row in rows]


def test_tiers_are_asked_for_only_as_far_as_needed(ask: Ask) -> None:
    assert skus(ask(2, variants=True)) == ["P01", "P02"]
    assert ask.asked == []  # type: ignore[attr-defined]
    assert skus(ask(6, variants=True)) == ["P01", "P02", "P03", "P04", "P05", "P06"]
    assert len(ask.asked) == 1  # type: ignore[attr-defined]


def test_an_answer_says_what_is_live_and_what_nothing_ties(ask: Ask) -> None:
    assert len(ask(10, variants=True)) == 10
    assert ask.notes == (  # type: ignore[attr-defined]
        "1 of 10 go beyond the stored tables and were scored just now.",
        "Nothing in the data ties 4 of 10 to what was asked: the most popular stand there.",
    )


def test_variants_roll_up_to_the_best_of_each_group(ask: Ask) -> None:
    """P02 and P03 stand behind P01, P07 behind P06; P08 is a variant of the product asked about,
    which is not counted itself."""
    rows = ask(20)
    assert [row[:2] for row in rows] == [
        ("P01", 3), ("P04", 1), ("P05", 1), ("P06", 2), ("P08", 1), ("P10", 1), ("P11", 1),
    ]  # fmt: skip
    assert [row[:2] for row in ask(3, exclude=("P01",))] == [("P02", 2), ("P04", 1), ("P05", 1)]
    assert all(row[1] == 1 for row in ask(20, variants=True))


def test_only_variants_that_pass_are_counted(ask: Ask) -> None:
    assert ask(1, where=("sku!=P03",))[0][:2] == ("P01", 2)


def test_no_more_than_so_many_of_one_value(ask: Ask) -> None:
    """Brands in any case are one; products without a brand are not limited."""
    rows = skus(ask(20, variants=True, max_per=(("brand", 1),)))
    assert rows == ["P01", "P04", "P06", "P07", "P08", "P10", "P11"]
    rows = skus(ask(4, variants=True, max_per=(("brand", 2), ("sku", 5))))
    assert rows == ["P01", "P02", "P04", "P05"]
    with pytest.raises(UsageProblem, match="'brnd' is not a column"):
        ask(max_per=(("brnd", 1),))


def test_pins_come_first_in_their_order_and_keep_their_scores(ask: Ask) -> None:
    rows = ask(4, pin=("P10,P04",), variants=True)
    assert rows == [("P10", 1, True), ("P04", 1, True), ("P01", 1, False), ("P02", 1, False)]
    assert skus(ask(1, pin=("P10,P04",))) == ["P10"]
    with pytest.raises(NotFound):
        ask(pin=("P99",))


def test_a_pin_obeys_the_rules_and_is_no_seed(ask: Ask) -> None:
    rows = ask(3, pin=("P09,P00,P05",), variants=True)
    assert skus(rows) == ["P05", "P01", "P02"]
    assert ask.notes == (  # type: ignore[attr-defined]
        "Pinned and not shown, since a rule or the question bars: P09, P00.",
    )
    assert skus(ask(2, pin=("P09",), all_stock=True)) == ["P09", "P01"]


def test_a_pin_stands_for_its_group_and_counts_against_a_limit(ask: Ask) -> None:
    assert [row[:2] for row in ask(3, pin=("P03",))] == [("P03", 3), ("P04", 1), ("P05", 1)]
    limited = ask(3, pin=("P03",), variants=True, max_per=(("brand", 1),))
    assert skus(limited) == ["P03", "P04", "P06"]


def test_no_diversity_changes_nothing_and_more_of_it_parts_the_alike(ask: Ask) -> None:
    plain = ask(5, variants=True)
    assert ask(5, variants=True, diversity=0.0) == plain
    # P02 is .9 like P01, P05 all like P04
    assert skus(ask(4, variants=True, diversity=0.5)) == ["P01", "P03", "P04", "P02"]
    assert skus(ask(3, variants=True, diversity=1.0)) == ["P01", "P04", "P03"]


def test_where_the_stored_rows_are_too_few_diversity_looks_further(ask: Ask) -> None:
    assert len(ask(10, variants=True, diversity=0.7)) == 10
    assert len(ask(9, variants=True, diversity=0.7, max_per=(("brand", 1),))) == 7


def test_pairs_are_the_larger_direction_on_a_scale_to_one(db: sqlite3.Connection) -> None:
    ids = {row["sku"]: row["id"] for row in db.execute("select id, sku from items")}
    pairs = likeness(db, list(ids.values()), "hybrid")
    assert {pair: round(score, 6) for pair, score in pairs.items()} == {
        (ids["P01"], ids["P02"]): 0.6, (ids["P01"], ids["P03"]): 0.133333,
        (ids["P04"], ids["P05"]): 1.0,
    }  # fmt: skip


def plainly(
    rows: list[Chosen], k: int, diversity: float, pairs: dict[tuple[int, int], float],
    brands: dict[int, str], most: int,
) -> list[int]:  # fmt: skip
    """Carbonell & Goldstein (1998), equation 1, as it is written: argmax over R without S."""
    top = max(row.score for row in rows)
    above: list[int] = []
    while len(above) < k:
        best, best_value = None, 0.0
        for row in rows:
            same = [
                one for one in above if one in brands and brands[one] == brands.get(row.item_id)
            ]
            if row.item_id in above or len(same) >= most:
                continue
            like = [pairs.get((min(row.item_id, o), max(row.item_id, o)), 0.0) for o in above]
            value = (1 - diversity) * (row.score / top if top else 0.0)
            value -= diversity * max(like, default=0.0)
            if best is None or value > best_value:
                best, best_value = row.item_id, value
        if best is None:
            break
        above.append(best)
    return above


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_diversity_is_maximal_marginal_relevance(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 14))
    sixteenths = st.integers(0, 16).map(lambda x: x / 16)  # no rounding, hence real ties
    scores = sorted(data.draw(st.lists(sixteenths, min_size=n, max_size=n)), reverse=True)
    rows = [Chosen(one, score) for one, score in enumerate(scores)]
    pairs = {
        (a, b): data.draw(sixteenths) for a in range(n) for b in range(a + 1, n) if (a * b) % 3
    }
    brands = {one: data.draw(st.sampled_from("ab")) for one in range(n) if one % 4}
    k, most = data.draw(st.integers(1, n)), data.draw(st.integers(1, 4))
    diversity = data.draw(st.sampled_from([0.25, 0.5, 0.75, 1.0]))
    found = diverse(rows, Counter([brands], [most]), k, diversity, pairs)
    assert [row.item_id for row in found] == plainly(rows, k, diversity, pairs, brands, most)
    first = ranked(rows, Counter([brands], [most]), k)
    assert [r.item_id for r in first] == plainly(rows, k, 0.0, {}, brands, most)
