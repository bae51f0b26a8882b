"""Files of right answers: columns by name or place, wrong lines by number, any order of lines."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_worlds import shop

from prodsim_cli.errors import AmbiguousSku, InputError
from prodsim_cli.evaluation.answer_files import judgements, related
from prodsim_cli.evaluation.answer_table import read_table

SKUS = ["cup", "mug", "pan", "pot", "tea"]


@pytest.fixture
def data():
    return shop([], items=SKUS)


@pytest.fixture
def write(tmp_path):
    """A file of these lines, read as a table."""

    def file(*lines, name="related.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return read_table(path)

    return file


def pairs_of(answers, matrix=None):
    """{(subject, right product)} by name."""
    matrix = (answers.answers if matrix is None else matrix).tocoo()
    return {
        (SKUS[answers.subjects[row]], SKUS[column])
        for row, column in zip(matrix.row, matrix.col, strict=True)
    }


class TestRelated:
    LINES = ("tea,cup,with", "tea,mug,with", "pan,pot,like", "tea,pot,like")
    ALL = frozenset({("tea", "cup"), ("tea", "mug"), ("pan", "pot"), ("tea", "pot")})

    def test_columns_go_by_name_in_any_place(self, data, write):
        lines = ["note,relation,related_sku,sku"]
        lines += [",".join(["x", *reversed(line.split(","))]) for line in self.LINES]
        answers = related(write(*lines), data)
        assert pairs_of(answers) == self.ALL
        assert [name for name, _ in answers.relations] == ["like", "with"]
        assert pairs_of(answers, answers.relations[0][1]) == {("pan", "pot"), ("tea", "pot")}
        assert pairs_of(answers, answers.relations[1][1]) == {("tea", "cup"), ("tea", "mug")}
        assert answers.left_out == {}

    def test_other_names_go_by_place(self, data, write):
        answers = related(
            write("from;to;kind of it", *(x.replace(",", ";") for x in self.LINES)), data
        )
        assert pairs_of(answers) == self.ALL
        assert len(answers.relations) == 2

    def test_one_name_is_enough_to_leave_the_other_its_place(self, data, write):
        answers = related(write("other,sku", "cup,tea", "mug,tea"), data)
        assert pairs_of(answers) == {("tea", "cup"), ("tea", "mug")}

    def test_a_column_of_something_else_is_no_relation(self, data, write):
        answers = related(write("sku,related_sku,score", "tea,cup,0.5", "tea,mug,0.7"), data)
        assert answers.relations == ()

    def test_a_file_without_a_header_keeps_its_first_line(self, data, write):
        answers = related(write(*self.LINES), data)
        assert pairs_of(answers) == self.ALL
        assert len(answers.relations) == 2
        assert pairs_of(related(write("tea,cup"), data)) == {("tea", "cup")}

    def test_the_order_of_the_lines_changes_nothing(self, data, write):
        lines = [*self.LINES, "nil,cup,with", "zip,cup,with"]
        one = related(write("sku,related_sku,relation", *lines), data)
        other = related(write("sku,related_sku,relation", *reversed(lines)), data)
        assert one.subjects.tolist() == other.subjects.tolist()
        assert (one.answers != other.answers).nnz == 0
        assert one.notes == other.notes == ("Not in the catalogue: nil, zip.",)

    def test_what_cannot_be_used_is_counted(self, data, write):
        lines = ["tea,cup", "tea,cup", "cup,tea", "tea,tea", "tea,nil", "nil,nil"]
        answers = related(write("sku,related_sku", *lines), data)
        assert pairs_of(answers) == {("tea", "cup"), ("cup", "tea")}
        assert (answers.answers.data == 1).all()
        assert answers.left_out == {
            "unknown products": 2, "the same product twice": 1, "named before": 1,
        }  # fmt: skip

    def test_one_pair_in_two_relations_is_not_named_before(self, data, write):
        answers = related(write("sku,related_sku,relation", "tea,cup,a", "tea,cup,b"), data)
        assert answers.left_out == {}
        assert answers.answers.nnz == 1
        assert [matrix.nnz for _, matrix in answers.relations] == [1, 1]

    def test_one_relation_beside_none_has_figures_of_its_own(self, data, write):
        answers = related(write("sku,related_sku,relation", "tea,cup,a", "tea,mug,"), data)
        assert [(name, matrix.nnz) for name, matrix in answers.relations] == [("a", 1)]
        assert related(write("sku,related_sku,relation", "tea,cup,a"), data).relations == ()

    def test_numbers_as_skus(self, write):
        numbers = shop([], items=["22423", "85123"])
        answers = related(write("sku,related_sku", "22423,85123"), numbers)
        assert answers.answers.nnz == 1

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (["sku,related_sku", "tea,cup", "tea,"], "related.csv, line 3: a SKU is missing"),
            (["sku", "tea"], "has one column; related products need two SKUs"),
            (["sku,related_sku"], "holds nothing below its header"),
            (["sku,related_sku", "nil,cup"], r"None of the 1 lines .* \(nil unknown\)"),
            (["sku,related_sku", "cup,cup"], r"\(each names one twice\)"),
            (
                ["sku,related_sku,relation", *[f"tea,cup,{n}" for n in range(21)]],
                r"names 21 kinds of relations \(0, 1, 10 and 18 more\)",
            ),
        ],
    )
    def test_what_is_wrong_is_said(self, data, write, lines, said):
        with pytest.raises(InputError, match=said):
            related(write(*lines), data)

    def test_two_sources(self, write):
        two = shop([], items=["abt:1", "abt:2", "buy:1", "buy:3"])
        answers = related(write("sku,related_sku", "abt:1,buy:1", "2,3"), two)
        assert answers.subjects.tolist() == [0, 1]
        assert answers.answers.indices.tolist() == [2, 3]
        with pytest.raises(AmbiguousSku, match=r"line 3: 1 stands in several sources") as problem:
            related(write("sku,related_sku", "2,3", "1,3"), two)
        assert "`source:sku`" in problem.value.hint
        assert "--sources" not in problem.value.hint

    def test_a_folder_is_no_file(self, tmp_path):
        (tmp_path / "a.csv").write_text("sku,related_sku\n")
        (tmp_path / "b.csv").write_text("sku,related_sku\n")
        with pytest.raises(InputError, match="is a folder"):
            read_table(tmp_path)


class TestJudgements:
    QUERIES = ("query_id,text", "q2,hot drink", "q1,for soup", "q3,nothing fits")
    JUDGED = ("query_id,sku,relevance", "q1,pot,2", "q1,pan,1", "q2,tea,3", "q2,pan,0")

    def gains(self, answers):
        matrix = answers.answers.tocoo()
        return {
            (answers.names[row], SKUS[column]): value
            for row, column, value in zip(matrix.row, matrix.col, matrix.data, strict=True)
        }

    @pytest.fixture
    def read(self, data, write):
        def answers(queries, judged):
            return judgements(
                write(*queries, name="queries.csv"), write(*judged, name="judged.csv"), data
            )

        return answers

    def test_relevance_is_the_gain_and_0_is_wrong(self, read):
        answers = read(self.QUERIES, self.JUDGED)
        assert self.gains(answers) == {("q1", "pot"): 2, ("q1", "pan"): 1, ("q2", "tea"): 3}
        assert answers.names == ("q1", "q2")
        assert answers.texts == ("for soup", "hot drink")
        assert answers.left_out == {"queries without a right answer": 1}

    def test_without_relevance_every_answer_is_worth_1(self, read):
        answers = read(self.QUERIES, ["query_id,sku,rank", "q1,pot,1", "q1,pan,2"])
        assert self.gains(answers) == {("q1", "pot"): 1, ("q1", "pan"): 1}

    def test_a_judgement_may_name_the_text(self, read):
        answers = read(self.QUERIES, ["query,sku", "for soup,pot", "q2,tea"])
        assert self.gains(answers) == {("q1", "pot"): 1, ("q2", "tea"): 1}

    @pytest.mark.parametrize("header", ["text", "query", "query_id", "the words"])
    def test_a_queries_file_of_one_column_holds_the_texts(self, read, header):
        answers = read([header, "for soup", "hot drink"], ["query,sku", "hot drink,tea"])
        assert answers.names == answers.texts == ("hot drink",)
        assert answers.left_out == {"queries without a right answer": 1}

    def test_files_without_headers(self, read):
        answers = read(self.QUERIES[1:], self.JUDGED[1:])
        assert self.gains(answers) == self.gains(read(self.QUERIES, self.JUDGED))
        assert answers.texts == ("for soup", "hot drink")

    def test_the_order_of_the_lines_changes_nothing(self, read):
        one = read(self.QUERIES, self.JUDGED)
        other = read([self.QUERIES[0], *self.QUERIES[:0:-1]], [self.JUDGED[0], *self.JUDGED[:0:-1]])
        assert (one.names, one.texts) == (other.names, other.texts)
        assert one.subjects.tolist() == other.subjects.tolist()
        assert (one.answers != other.answers).nnz == 0

    def test_of_several_judgements_the_largest_counts(self, read):
        lines = ["query_id,sku,relevance", "q1,pot,1", "q1,pot,3", "q1,pot,0"]
        answers = read(self.QUERIES, lines)
        assert self.gains(answers) == {("q1", "pot"): 3}
        assert answers.left_out["judgements named before"] == 2

    def test_strangers_are_counted_once(self, read):
        lines = ["query_id,sku", "q1,pot", "q1,nil", "q9,pot", "q9,nil"]
        answers = read(self.QUERIES, lines)
        assert answers.left_out == {
            "judgements of unknown products": 2,
            "judgements of unknown queries": 1,
            "queries without a right answer": 2,
        }
        assert answers.notes == ("Not in the catalogue: nil.",)

    def test_signs_of_any_script(self, read):
        answers = read(["query_id,text", "q1,茶杯"], ["query,sku", "茶杯,cup"])
        assert answers.texts == ("茶杯",)

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            *((bad, repr(bad)) for bad in ("good", "-1", "nan", "inf", "1e12", "0,5 or so")),
            ("", "an empty cell"),
        ],
    )
    def test_a_bad_relevance_is_named_by_its_line(self, read, cell, said):
        with pytest.raises(InputError, match=rf"judged.csv, line 3: {said} is no relevance"):
            read(self.QUERIES, ["query_id,sku,relevance", "q1,pot,1", f'q1,pan,"{cell}"'])

    @pytest.mark.parametrize(
        ("queries", "judged", "said"),
        [
            (["query_id,text", "q1,"], JUDGED, "queries.csv, line 2: a text is missing"),
            (["query_id,text", ",tea"], JUDGED, "queries.csv, line 2: a query is missing"),
            (
                ["query_id,text", "q1,tea", "q1,pot"],
                JUDGED,
                "line 3: the query 'q1' has another text",
            ),
            (["query_id,text"], JUDGED, "queries.csv holds nothing below its header"),
            (QUERIES, ["query_id", "q1"], "a judgement needs a query and a SKU"),
            (QUERIES, ["query_id,sku", "q1,nil"], "No query of .* has a right answer"),
            (QUERIES, ["query_id,sku", ",pot"], "judged.csv, line 2: a query is missing"),
            (QUERIES, ["query_id,sku", "q1,"], "judged.csv, line 2: a SKU is missing"),
        ],
    )
    def test_what_is_wrong_is_said(self, read, queries, judged, said):
        with pytest.raises(InputError, match=said):
            read(queries, judged)

    def test_the_same_query_twice_is_one(self, read):
        answers = read([*self.QUERIES, "q1,for soup"], self.JUDGED)
        assert len(answers.texts) == 2

    def test_gains_are_float32_and_rows_sorted(self, read):
        answers = read(self.QUERIES, self.JUDGED).answers
        assert answers.dtype == np.float32
        assert answers.shape == (2, 5)
        assert answers.has_sorted_indices
