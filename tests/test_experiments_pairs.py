"""``evaluate_pairs``: partners in the other catalogue, matches told from non-matches."""

from __future__ import annotations

import io
import json

import numpy as np
import polars as pl
import pytest
from evaluation_worlds import method, shop, telling

from prodsim_cli import registry
from prodsim_cli.errors import AmbiguousSku, InputError, UsageProblem
from prodsim_cli.experiments import Pairs, evaluate_pairs, live, pairs_of, read_pairs
from prodsim_cli.experiments.pairs_file import resolve

TWO = ["abt:1", "abt:2", "abt:3", "buy:1", "buy:2", "buy:3", "buy:4"]
ONE = ["a", "b", "c", "d", "e"]


def catalogue(items):
    return shop([], items=items, titles=[f"product {item}" for item in items])


@pytest.fixture
def plugged(monkeypatch):
    real = registry.load

    def plug(**modules):
        def load(family, name):
            return (
                modules[name] if family == "similarity" and name in modules else real(family, name)
            )

        monkeypatch.setattr(registry, "load", load)

    return plug


def matrix(items, scores: dict[tuple[str, str], float]) -> np.ndarray:
    """Scores by pair of SKUs, the same both ways."""
    place = {sku: position for position, sku in enumerate(items)}
    table = np.zeros((len(items), len(items)))
    for (one, other), score in scores.items():
        table[place[one], place[other]] = table[place[other], place[one]] = score
    return table


def figures(card, name="told"):
    return {figure: interval.mean for figure, interval in card.methods[name].items()}


ACROSS = {
    ("abt:1", "buy:1"): 0.9, ("abt:1", "buy:2"): 0.3,  # the partner first
    ("abt:2", "buy:2"): 0.5, ("abt:2", "buy:3"): 0.6, ("abt:2", "buy:1"): 0.7,  # third
    ("abt:3", "buy:4"): 0.2,  # the partner, buy:3, is not found at all
    ("abt:1", "abt:2"): 1.0, ("abt:2", "abt:3"): 1.0,  # the own catalogue does not matter
}  # fmt: skip


def test_partners_are_sought_among_all_products_of_the_other_source(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"], k=3)
    found = figures(card)
    assert found["hit@1"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["hit@3"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["mrr"] == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-6)
    # partners .9, .5 and none, best others .3, .7 and .2: calling .9, .7 and .5 matches is best
    for figure in ("precision", "recall", "f1"):
        assert found[figure] == pytest.approx(2 / 3, abs=1e-6)
    assert found["threshold"] == pytest.approx(0.5, abs=1e-6)
    assert "mae" not in found
    assert card.main == "hit@1"
    assert card.split["queries"] == 3
    assert card.split["candidates"] == 4
    assert card.verdict == ("Use told: hit@1 0.333. With only 3 products, take this as a hint.")
    assert json.loads(json.dumps(card.as_dict()))["task"] == "pairs"


def test_skus_may_say_their_source_themselves(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("abt:1", "abt:2"), ("buy:1", "buy:2"))
    card = evaluate_pairs(catalogue(TWO), pairs, methods=["told"])
    assert figures(card)["hit@1"] == 0.5


def test_a_product_with_several_partners_is_found_by_its_best_one(plugged):
    plugged(told=telling(matrix(TWO, {("abt:1", "buy:1"): 0.1, ("abt:1", "buy:2"): 0.9})))
    pairs = Pairs(("1", "1"), ("1", "2"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"])
    assert (figures(card)["hit@1"], figures(card)["mrr"]) == (1, 1)
    assert (card.split["queries"], card.split["pairs"]) == (1, 2)


LABELLED = {("a", "b"): 0.9, ("a", "c"): 0.6, ("b", "c"): 0.4, ("d", "e"): 0.2}


def test_labels_are_told_apart_at_the_best_threshold(plugged):
    plugged(told=telling(matrix(ONE, LABELLED)))
    pairs = Pairs(("a", "a", "b", "d"), ("b", "c", "c", "e"), np.array([1.0, 0.0, 1.0, 0.0]))
    card = evaluate_pairs(catalogue(ONE), pairs, methods=["told"])
    found = figures(card)
    # calling .9, .6 and .4 matches: two of three right, none missed
    assert found["threshold"] == pytest.approx(0.4, abs=1e-6)
    assert found["precision"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["recall"] == 1
    assert found["f1"] == pytest.approx(4 / 5, abs=1e-6)
    # .9 beats .6 and .2, .4 beats .2
    assert found["auc"] == 3 / 4
    assert "hit@1" not in found
    assert card.main == "f1"
    slope, height = np.polyfit([0.9, 0.6, 0.4, 0.2], [1, 0, 1, 0], 1)
    line = np.clip(height + slope * np.array([0.9, 0.6, 0.4, 0.2]), 0, 1)
    assert found["mae"] == pytest.approx(np.abs(line - [1, 0, 1, 0]).mean(), abs=1e-5)


def test_similarities_on_a_line_are_met_without_error_on_any_scale(plugged):
    plugged(told=telling(matrix(ONE, LABELLED)))
    stated = 1 + 4 * np.array([0.9, 0.6, 0.4, 0.2])
    card = evaluate_pairs(
        catalogue(ONE), Pairs(("a", "a", "b", "d"), ("b", "c", "c", "e"), stated), methods=["told"]
    )
    # matches are the pairs above the middle of the scale, 3.2: .9 and .6
    found = figures(card)
    assert found["mae"] == pytest.approx(0, abs=1e-6)
    assert (found["f1"], found["threshold"]) == (1, pytest.approx(0.6, abs=1e-6))


def test_matches_in_one_catalogue_stand_against_the_best_products_that_are_no_partner(plugged):
    plugged(told=telling(matrix(ONE, {("a", "b"): 0.9, ("b", "c"): 0.8, ("a", "d"): 0.7})))
    # a and b belong together, and b and c, which makes a the partner of b, too
    card = evaluate_pairs(catalogue(ONE), Pairs(("a", "b"), ("b", "c")), methods=["told"])
    found = figures(card)
    # rivals: d for a (.7), nobody for b (0)
    assert (found["f1"], found["threshold"]) == (1, pytest.approx(0.8, abs=1e-6))
    assert any(note.startswith("Every pair is a match") for note in card.notes)


def test_a_column_of_ones_says_what_two_columns_say(plugged):
    plugged(told=telling(matrix(ONE, LABELLED)))
    two, three = (
        evaluate_pairs(
            catalogue(ONE), Pairs(("a", "b"), ("b", "c"), truth), methods=["told"]
        ).as_dict()
        for truth in (None, np.ones(2))
    )
    assert two == three


def test_a_joining_method_joins_live_tables(plugged):
    asked = []

    def join(data, queries=None, candidates=None, *, k=50):
        asked.append((data.neighbors["lexical"], k))
        return data.neighbors["lexical"]

    plugged(lexical=telling(matrix(TWO, ACROSS)), blend=method(join, "neighbors"))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))
    card = evaluate_pairs(
        catalogue(TWO), pairs, sources=["abt", "buy"], methods=["blend", "lexical"]
    )
    ((table, k),) = asked
    assert k == 4
    assert table.queries.tolist() == [0, 1, 2]
    assert figures(card, "blend") == figures(card, "lexical")


def test_blocks_and_a_second_run_change_no_figure(plugged, monkeypatch):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "2", "3"), ("1", "2", "3"))

    def run():
        return evaluate_pairs(
            catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"]
        ).as_dict()

    whole = run()
    assert run() == whole
    monkeypatch.setattr(live, "_CELLS", 1)
    assert run() == whole


def test_strangers_are_named_and_counted_and_the_rest_is_judged(plugged):
    plugged(told=telling(matrix(TWO, ACROSS)))
    pairs = Pairs(("1", "x", "2", "1", "1"), ("1", "1", "y", "1", "1"))
    card = evaluate_pairs(catalogue(TWO), pairs, sources=["abt", "buy"], methods=["told"])
    assert card.split["pairs"] == 1
    assert card.split["left_out"] == {"unknown products": 2, "named before": 2}
    assert "Not in the catalogue: x, y." in card.notes


class TestNames:
    def test_all_unknown_is_an_error_that_names_the_sources(self):
        with pytest.raises(
            InputError, match=r"None of the 1 pairs joins two products .*\(8, 9"
        ) as p:
            resolve(Pairs(("8",), ("9",)), catalogue(TWO), None)
        assert "--sources A,B (there are: abt, buy)" in p.value.hint

    def test_a_bare_sku_of_two_sources_is_a_usage_problem(self):
        with pytest.raises(AmbiguousSku, match="1 stands in several sources: abt:1, buy:1"):
            resolve(Pairs(("1",), ("2",)), catalogue(TWO), None)

    def test_a_bare_sku_of_one_source_is_found(self):
        known = resolve(Pairs(("4",), ("abt:1",)), catalogue(TWO), None)
        assert (known.a.tolist(), known.b.tolist()) == ([6], [0])

    def test_sources_are_two_and_known(self):
        with pytest.raises(UsageProblem, match="no source 'ebay'"):
            resolve(Pairs(("1",), ("2",)), catalogue(TWO), ["abt", "ebay"])
        with pytest.raises(UsageProblem, match="two sources, one for each column"):
            resolve(Pairs(("1",), ("2",)), catalogue(TWO), ["abt"])

    def test_any_spelling_finds_a_product_but_the_exact_one_first(self):
        items = ["AB", "Cd", "ab"]
        known = resolve(Pairs(("ab", "CD"), ("AB", "AB")), catalogue(items), None)
        assert known.a.tolist() == [items.index("ab"), items.index("Cd")]

    def test_a_product_beside_itself_is_no_pair(self):
        known = resolve(Pairs(("a", "a"), ("a", "b")), catalogue(ONE), None)
        assert known.left_out == {"the same product twice": 1}

    def test_a_first_line_of_two_skus_is_a_pair_and_no_header(self):
        frame = pl.DataFrame({"a": ["b"], "c": ["d"]})
        known = resolve(pairs_of(frame, "f"), catalogue(ONE), None)
        assert (known.a.tolist(), known.b.tolist()) == ([0, 1], [2, 3])
        frame = pl.DataFrame({"a": ["b"], "c": ["d"], "0.5": ["1"]})
        known = resolve(pairs_of(frame, "f"), catalogue(ONE), None)
        assert known.truth.tolist() == [0.5, 1]
        frame = pl.DataFrame({"a": ["b"], "D2": ["d"]})
        assert len(resolve(pairs_of(frame, "f"), catalogue(ONE), None).a) == 1


class TestColumns:
    def test_by_name_in_any_order(self):
        frame = pl.DataFrame({"Similarity": ["0.5"], "sku_b": ["2"], "SKU_A": ["1"]})
        pairs = pairs_of(frame, "f")
        assert (pairs.a, pairs.b, pairs.truth.tolist(), pairs.header) == (("1",), ("2",), [0.5], ())

    def test_by_name_with_other_columns_beside_them(self):
        frame = pl.DataFrame({"note": ["x"], "sku_a": ["1"], "sku_b": ["2"]})
        assert pairs_of(frame, "f").truth is None

    def test_by_place_and_numbers_as_they_are_written(self):
        frame = pl.DataFrame({"D1": [206.0, 60.0], "D2": [216, 46]})
        pairs = pairs_of(frame, "f")
        assert (pairs.a, pairs.b, pairs.truth) == (("206", "60"), ("216", "46"), None)
        assert pairs.header == ("D1", "D2")

    def test_what_is_no_number_is_named(self):
        frame = pl.DataFrame({"sku_a": ["1", "2"], "sku_b": ["3", "4"], "label": ["1", "yes"]})
        with pytest.raises(InputError, match="'yes' in column 'label' is no number"):
            pairs_of(frame, "f")

    def test_one_column_is_too_few(self):
        with pytest.raises(InputError, match="f has one column"):
            pairs_of(pl.DataFrame({"sku_a": ["1"]}), "f")


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("pairs.csv", "sku_a,sku_b,similarity\na,b,0.5\nc,d,1\n"),
            ("pairs.txt", "sku_a|sku_b|label\na|b|0.5\nc|d|1\n"),
            ("pairs.tsv", "D1\tD2\tD3\na\tb\t0.5\nc\td\t1\n"),
            (
                "pairs.jsonl",
                '{"sku_a": "a", "sku_b": "b", "match": 0.5}\n'
                '{"sku_a": "c", "sku_b": "d", "match": 1}\n',
            ),
        ],
    )
    def test_any_format_and_delimiter(self, tmp_path, name, content):
        path = tmp_path / name
        path.write_text(content)
        pairs = read_pairs(path)
        assert (pairs.a, pairs.b, pairs.truth.tolist()) == (("a", "c"), ("b", "d"), [0.5, 1])

    def test_parquet_numbers_and_standard_input(self, tmp_path):
        path = tmp_path / "pairs.parquet"
        pl.DataFrame({"sku_a": [206, 60], "sku_b": [216, 46]}).write_parquet(path)
        assert read_pairs(path) == Pairs(("206", "60"), ("216", "46"))
        piped = io.BytesIO(b"sku_a,sku_b\n206,216\n60,46\n")
        assert read_pairs("-", piped) == Pairs(("206", "60"), ("216", "46"))

    def test_a_broken_line_a_folder_and_a_missing_file_are_said(self, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("sku_a,sku_b\na,b\nc,d,e,f\n")
        with pytest.raises(InputError, match=r"pairs\.csv, line 3: "):
            read_pairs(path)
        (tmp_path / "more.csv").write_text("a,b\n")
        with pytest.raises(InputError, match="is a folder"):
            read_pairs(tmp_path)
        with pytest.raises(InputError, match="There is no file"):
            read_pairs(tmp_path / "none.csv")


def test_no_method_that_could_work_is_said():
    bare = shop([], items=ONE)
    with pytest.raises(InputError, match="No method can be tried on these products"):
        evaluate_pairs(bare, Pairs(("a",), ("b",)))


def test_abt_buy_by_titles(shared_data):
    folder = shared_data / "abt_buy"
    titles = {
        f"{source}:{row[0]}": row[1]
        for source in ("abt", "buy")
        for row in pl.read_csv(
            folder / f"{source}.csv", separator="|", infer_schema_length=0
        ).iter_rows()
    }
    skus = sorted(titles)
    data = shop([], items=skus, titles=[titles[sku] for sku in skus])
    pairs = read_pairs(folder / "gt.csv")
    card = evaluate_pairs(data, pairs, sources=["abt", "buy"], methods=["lexical"])
    assert (card.split["pairs"], card.split["candidates"]) == (1076, 1076)
    assert figures(card, "lexical")["hit@1"] >= 0.84
