"""Files of known pairs: columns, values, and whose SKUs they hold."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest
from evaluation_worlds import shop
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli.errors import AmbiguousSku, InputError, UsageProblem
from prodsim_cli.evaluation.answer_table import table_of
from prodsim_cli.evaluation.pairs_file import Pairs, pairs_of, read_pairs, resolve, scale_of

TWO = ["abt:1", "abt:2", "abt:3", "buy:1", "buy:2", "buy:3", "buy:4"]
ONE = ["a", "b", "c", "d", "e"]


def catalogue(items):
    return shop([], items=items, titles=[f"product {item}" for item in items])


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
        assert known.a.tolist() == [items.index("Cd"), items.index("ab")]
        assert known.b.tolist() == [items.index("AB")] * 2
        with pytest.raises(AmbiguousSku, match="aB can be several products: AB, ab") as problem:
            resolve(Pairs(("aB",), ("Cd",)), catalogue(items), None)
        assert problem.value.hint == "Write the SKU as the catalogue does."

    def test_a_product_beside_itself_is_no_pair(self):
        known = resolve(Pairs(("a", "a"), ("a", "b")), catalogue(ONE), None)
        assert known.left_out == {"the same product twice": 1}

    def test_a_first_line_of_two_skus_is_a_pair_and_no_header(self):
        frame = pl.DataFrame({"a": ["b"], "c": ["d"]})
        known = resolve(pairs_of(table_of(frame, "f")), catalogue(ONE), None)
        assert (known.a.tolist(), known.b.tolist()) == ([0, 1], [2, 3])
        frame = pl.DataFrame({"a": ["b"], "c": ["d"], "0.5": ["1"]})
        known = resolve(pairs_of(table_of(frame, "f")), catalogue(ONE), None)
        assert known.truth.tolist() == [0.5, 1]
        frame = pl.DataFrame({"a": ["b"], "D2": ["d"]})
        assert len(resolve(pairs_of(table_of(frame, "f")), catalogue(ONE), None).a) == 1
        # two SKUs and a word: a header of somebody whose columns are called like products
        frame = pl.DataFrame({"a": ["b"], "c": ["d"], "similarity": ["1"]})
        assert len(resolve(pairs_of(table_of(frame, "f")), catalogue(ONE), None).a) == 1

    def test_order_and_direction_of_the_lines_say_nothing(self):
        pairs = Pairs(("d", "a", "c", "b"), ("e", "c", "a", "a"), np.array([1, 0.5, 0.5, 0]))
        known = resolve(pairs, catalogue(ONE), None)
        # c, a repeats a, c; b, a stands as it is
        assert list(zip(known.a, known.b, known.truth, strict=True)) == [
            (0, 2, 0.5), (1, 0, 0), (3, 4, 1)
        ]  # fmt: skip
        assert known.left_out == {"named before": 1}

    def test_a_pair_with_two_values_is_left_out_whatever_comes_first(self):
        for truth in ([1.0, 0.0, 1.0], [0.0, 1.0, 1.0]):
            pairs = Pairs(("a", "b", "c"), ("b", "a", "d"), np.array(truth))
            known = resolve(pairs, catalogue(ONE), None)
            assert (known.a.tolist(), known.b.tolist()) == ([2], [3])
            assert known.left_out == {"named with different values": 2}

    def test_nothing_left_is_said(self):
        with pytest.raises(InputError, match=r"None of the 1 pairs .*the same product twice: 1"):
            resolve(Pairs(("a",), ("a",)), catalogue(ONE), None)


class TestColumns:
    def test_by_name_in_any_order(self):
        frame = pl.DataFrame({"Similarity": ["0.5"], "sku_b": ["2"], "SKU_A": ["1"]})
        pairs = pairs_of(table_of(frame, "f"))
        assert (pairs.a, pairs.b, pairs.truth.tolist(), pairs.header) == (("1",), ("2",), [0.5], ())

    def test_by_name_with_other_columns_beside_them(self):
        frame = pl.DataFrame({"note": ["x"], "sku_a": ["1"], "sku_b": ["2"]})
        assert pairs_of(table_of(frame, "f")).truth is None

    def test_by_place_and_numbers_as_they_are_written(self):
        frame = pl.DataFrame({"D1": [206.0, 60.0], "D2": [216, 46]})
        pairs = pairs_of(table_of(frame, "f"))
        assert (pairs.a, pairs.b, pairs.truth) == (("206", "60"), ("216", "46"), None)
        assert pairs.header == ("D1", "D2")

    def test_one_column_is_too_few(self):
        with pytest.raises(InputError, match="f has one column"):
            pairs_of(table_of(pl.DataFrame({"sku_a": ["1"]}), "f"))


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("pairs.csv", "sku_a,sku_b,similarity\na,b,0.5\nc,d,1\n"),
            ("pairs.txt", "sku_a|sku_b|score\na|b|0.5\nc|d|1\n"),
            ("pairs.tsv", "D1\tD2\tD3\na\tb\t0.5\nc\td\t1\n"),
            (
                "pairs.jsonl",
                '{"sku_a": "a", "sku_b": "b", "score": 0.5}\n'
                '{"sku_a": "c", "sku_b": "d", "score": 1}\n',
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


class TestValues:
    """The third column; lines as a person counts them, the header being the first."""

    def refused(self, tmp_path, lines, header="sku_a,sku_b,similarity"):
        path = tmp_path / "pairs.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        with pytest.raises(InputError) as problem:
            read_pairs(path)
        assert problem.value.hint.endswith(".")
        return problem.value.message.removeprefix(f"{path}, ")

    def test_what_is_no_number_is_named_with_its_line(self, tmp_path):
        lines = ["a,b,0.5", "a,c,1", 'a,d,"0,7"', "a,e,nan", "b,c,"]
        assert self.refused(tmp_path, lines) == (
            "line 4: '0,7' in column 'similarity' is no number (2 more below)."
        )
        assert self.refused(tmp_path, lines[4:]) == (
            "line 2: an empty cell in column 'similarity' is no number."
        )

    def test_a_quoted_line_break_moves_the_number_of_the_line(self, tmp_path):
        header = "sku_a,sku_b,similarity,note"
        lines = ['a,b,0.5,"two', 'lines"', "a,c,high,x"]
        assert self.refused(tmp_path, lines, header).startswith("line 4: 'high'")

    def test_rows_of_a_table_file_are_counted_as_rows(self, tmp_path):
        path = tmp_path / "pairs.parquet"
        pl.DataFrame({"sku_a": ["a", "b"], "sku_b": ["c", "d"], "label": [1, 2]}).write_parquet(
            path
        )
        with pytest.raises(
            InputError, match=r"pairs\.parquet, row 2: '2' in column 'label' is no lab"
        ):
            read_pairs(path)

    @pytest.mark.parametrize("name", ["label", "match", "Label"])
    def test_a_label_is_0_or_1_or_true_or_false(self, tmp_path, name):
        header = f"sku_a,sku_b,{name}"
        for bad in ("0.5", "yes", "2", "-1", "nan"):
            said = self.refused(tmp_path, ["a,b,1", f"c,d,{bad}"], header)
            assert said == f"line 3: '{bad}' in column '{name}' is no label."
        path = tmp_path / "pairs.csv"
        path.write_text(f"{header}\na,b,True\na,c,FALSE\na,d,1\na,e,0.0\n")
        assert read_pairs(path).truth.tolist() == [1, 0, 1, 0]

    def test_labels_of_a_table_file_may_be_booleans(self):
        frame = pl.DataFrame({"sku_a": ["a", "b"], "sku_b": ["c", "d"], "match": [True, False]})
        assert pairs_of(table_of(frame, "f")).truth.tolist() == [1, 0]

    def test_a_stray_among_fractions_is_refused(self, tmp_path):
        lines = ["a,b,0.5", "a,c,0.9", "a,d,7", "a,e,0.2"]
        assert self.refused(tmp_path, lines) == (
            "line 4: '7' in column 'similarity' is no fraction of 1, as most others are."
        )

    @pytest.mark.parametrize(
        ("truth", "scale"),
        [
            ([0.2, 0.9], (0, 1)),
            ([0, 1], (0, 1)),
            ([1, 3, 5], (1, 5)),  # stars
            ([0, 0, 0, 1, 3], (0, 3)),  # grades, most of them none
            ([20, 85.5, 100], (20, 100)),
            ([0.9, 0.5, -0.1], (-0.1, 0.9)),  # cosines
        ],
    )
    def test_a_column_may_be_on_any_scale_as_a_whole(self, truth, scale):
        frame = pl.DataFrame(
            {"sku_a": ["a"] * len(truth), "sku_b": ["b"] * len(truth), "similarity": truth},
            strict=False,
        )
        assert scale_of(pairs_of(table_of(frame, "f")).truth) == scale

    def test_only_a_header_is_no_pairs(self, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("sku_a,sku_b,similarity\n")
        with pytest.raises(InputError, match="holds no pair, only a header") as problem:
            read_pairs(path)
        assert "Write one pair a line below it" in problem.value.hint
        path.write_text("D1,D2\n")
        with pytest.raises(InputError, match=r"no pair, only a first line \(D1, D2\)"):
            resolve(read_pairs(path), catalogue(ONE), None)
        path.write_text("a,b\n")  # one line that is a pair
        assert resolve(read_pairs(path), catalogue(ONE), None).b.tolist() == [1]

    def test_a_missing_sku_is_named_with_its_line(self, tmp_path):
        assert self.refused(tmp_path, ["a,b,1", "c,,1"]) == (
            "line 3: a SKU is missing in column 'sku_b'."
        )


@given(st.permutations(range(6)))
def test_any_order_of_the_file_gives_the_same_pairs(order):
    lines = [
        ("a", "b", 1),
        ("b", "a", 1),
        ("c", "d", 0),
        ("c", "d", 1),
        ("e", "a", 0),
        ("a", "e", 0),
    ]
    one, other, truth = zip(*(lines[i] for i in order), strict=True)
    known = resolve(Pairs(one, other, np.array(truth, float)), catalogue(ONE), None)
    assert (known.a.tolist(), known.b.tolist()) == ([0, 0], [1, 4])
    assert known.left_out == {"named before": 2, "named with different values": 2}
