"""``prodsim eval`` as a person meets it: data on stdout, words on stderr, runs kept."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest
from evaluation_shop import AT, put_table, run_eval, write_aisles

from prodsim_cli import registry
from prodsim_cli.store import evaluations
from prodsim_cli.store.connection import open_for_reading

run = run_eval


@pytest.fixture
def database(tmp_path):
    """Two aisles as a database, a title for each product, no table built."""
    return write_aisles(tmp_path / "shop.db")


def kept(database):
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select task, settings, data_version, figures from evaluations")
        return [
            (task, json.loads(asked), version, json.loads(figures))
            for task, asked, version, figures in rows
        ]


WORDS = ("--at", AT, "--methods", "cosine,lexical", "-k", "2", "-f", "json")


def test_json_is_the_contract_and_the_run_is_kept(database):
    result = run(database, *WORDS)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["task"] == "recommend"
    assert answer["split"] == {
        "kind": "time", "at": "1970-03-01T00:00:00", "target": "purchase", "again": False,
        "users": 24, "pairs": 48, "candidates": 12, "left_out": {}, "strangers": {},
    }  # fmt: skip
    assert answer["k"] == 2
    assert answer["methods"]["cosine"]["ndcg@2"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    ((task, asked, version, figures),) = kept(database)
    assert (task, version) == ("recommend", "catalog:0 events:0")
    assert (asked["at"], asked["methods"], asked["seed"]) == (AT, "cosine,lexical", 42)
    assert figures == answer
    assert "Kept as run 1." in result.stderr


def test_the_same_twice_gives_the_same_bytes_and_two_runs(database):
    first, second = run(database, *WORDS), run(database, *WORDS)
    assert first.stdout == second.stdout
    assert len(kept(database)) == 2
    with closing(sqlite3.connect(database)) as connection:
        one, two = connection.execute("select per_query from evaluations")
    assert one == two


def test_the_version_is_that_of_what_was_read(database, monkeypatch):
    """An ingest in the middle of a long run is not what the run has seen."""

    def later(*_):
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("insert into meta values ('events_version', '7')")
        return {}

    monkeypatch.setattr(evaluations, "method_settings", later)
    run(database, *WORDS)
    ((_, _, version, _),) = kept(database)
    assert version == "catalog:0 events:0"


def test_no_argument_is_enough(database):
    result = run(database)
    assert result.exit_code == 0, result.output
    assert "Task recommend: 144 events have a known user" in result.stderr
    assert "Split by time: every event has one." in result.stderr
    assert "text is left out: there are no vectors" in result.stderr
    left_out = {
        name
        for name in registry.names("similarity")
        if f"note: {name} is left out" in result.stderr
        or registry.load("similarity", name).NEEDS == "network"
    }
    baselines = {"popularity", "recent", "random"}
    for word in {*registry.names("similarity"), *baselines, "ndcg"} - left_out:
        assert word in result.stdout
    assert "note:" not in result.stdout
    assert "Use " in result.stdout


def test_pairs_imply_their_task(database, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("sku_a,sku_b,label\na0,a1,1\na0,b1,0\na2,zz,1\n")
    result = run(database, "--pairs", str(path), "--methods", "lexical,cosine", "-f", "json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["task"] == "pairs"
    assert answer["split"] == {
        "kind": "pairs", "at": None, "users": 0, "queries": 1, "candidates": 2, "pairs": 2,
        "left_out": {"unknown products": 1},
    }  # fmt: skip
    assert answer["methods"]["cosine"]["f1"]["mean"] == 1
    assert answer["methods"]["cosine"]["mae"]["mean"] == 0
    assert "Not in the catalogue: zz." in result.stderr
    assert [task for task, *_ in kept(database)] == ["pairs"]


def test_a_threshold_that_is_saved_is_shown_beside_the_fitted_one(database, tmp_path):
    path = tmp_path / "pairs.csv"
    same = [f"{aisle}{n},{aisle}{n + 1},1" for aisle in "ab" for n in range(5)]
    other = [f"a{n},b{n},0" for n in range(6)]
    path.write_text("\n".join(["sku_a,sku_b,label", *same, *other, ""]))
    words = ("--pairs", str(path), "--methods", "cosine", "-f", "json")
    before = run(database, *words, "--save-threshold")
    assert before.exit_code == 0, before.output
    assert "Thresholds stored: cosine." in before.stderr
    figures = json.loads(before.stdout)["methods"]["cosine"]
    assert not [name for name in figures if name.endswith("@stored")]
    with closing(open_for_reading(database)) as connection:
        assert evaluations.thresholds(connection) == {"cosine": figures["threshold"]["mean"]}
    after = json.loads(run(database, *words).stdout)["methods"]["cosine"]
    assert {name for name in after if name.endswith("@stored")} == {
        "precision@stored", "recall@stored", "f1@stored"
    }  # fmt: skip
    assert after["f1@stored"]["mean"] == 1


MISTAKES = [
    (["--task", "pairs"], 2, "Add --pairs FILE"),
    (["--task", "search", "--queries", "x.csv"], 2, "Add --queries FILE and --judgements FILE"),
    (["--pairs", "x.csv", "--at", "2011-10-01"], 2, "--at has no meaning with --task pairs"),
    (["--pairs", "x.csv", "--task", "recommend"], 2, "--pairs belongs to --task pairs, this is"),
    (["--pairs", "x.csv", "--against", "1"], 2, "--against has no meaning with --task pairs"),
    (["--pairs", "x.csv", "--slices"], 2, "--slices has no meaning with --task pairs"),
    (["--pairs", "x.csv", "--per-query", "q.csv"], 2, "--per-query has no meaning with"),
    (["--pairs", "none.csv"], 1, "There is no file none.csv"),
    (["--related", "none.csv"], 1, "There is no file none.csv"),
    (["--sources", "a,b"], 2, "Add --pairs FILE"),
    (["--save-threshold", "--task", "similar"], 2, "--save-threshold belongs to --task pairs"),
    (["--split", "last", "--at", "1970-03-01"], 2, "--at has no meaning with `--split last`"),
    (["--methods", "magic"], 2, "no similarity named 'magic'"),
    (["--methods", ","], 2, "names nothing"),
    (["--at", "soon"], 2, "'soon' is not a date"),
    (["--target", "cart"], 1, "There is no cart of a known user"),
    (["--at", "1999-01-01"], 1, "leaves nothing on one side"),
    (["-k", "0"], 2, "'0' are no lengths of lists"),
    (["-k", "ten"], 2, "'ten' are no lengths of lists"),
    (["-k", "10,100000"], 2, "Lists of 100,000 products are too long"),
    (["--against", "7"], 3, "There is no evaluation 7 (there are: none yet)"),
]


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES)
def test_mistakes_are_said_in_a_sentence(database, words, code, said):
    result = run(database, *words)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


@pytest.fixture
def nothing_long(monkeypatch):
    """The shop may not even be loaded: what is wrong is said before that."""

    def never(*_, **__):
        raise AssertionError("the long part has begun")

    monkeypatch.setattr(evaluations, "shop_to_judge", never)


@pytest.mark.usefixtures("nothing_long")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--fail-under", "ndcg"], 2, "'ndcg' is no bar"),
        (["--fail-under", "ndcg@10=high"], 2, "'ndcg@10=high' is no bar"),
        (["--fail-under", "=0.1"], 2, "'=0.1' is no bar"),
        (["--fail-under", "ndcg@10=nan"], 2, "is no bar"),
        (["--fail-under", "ncdg@10=0.1"], 2, "There is no figure 'ncdg@10'"),
        (["--fail-under", "ndcg@5=0.1"], 2, "Figures are: map@10"),
        (["--fail-under", "hybrid:ndcg=0.1"], 2, "There is no figure 'hybrid:ndcg'"),
        (["--per-query", "figures.txt"], 2, "has the ending 'txt'"),
        (["--plot", "best.bmp"], 2, "has the ending 'bmp'"),
        (["--per-query", "no/figures.csv"], 1, "there is no folder"),
        (["--plot", "no/best.png"], 1, "there is no folder"),
        (["--export", "no/such/folder"], 1, "there is no folder"),
        (["--export", "a_file"], 1, "there is a file of that name"),
        (["-k", "5,-1"], 2, "are no lengths of lists"),
    ],
)
def test_what_could_fail_in_the_end_fails_at_once(
    database, tmp_path, monkeypatch, words, code, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").write_text("")
    result = run(database, *words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_no_database_is_not_ready(tmp_path):
    assert run(str(tmp_path / "none.db")).exit_code == 4
    assert run(str(tmp_path / "none.db"), "--history").exit_code == 4


class TestADatabaseThatMayNotBeWritten:
    @pytest.fixture(autouse=True)
    def read_only(self, monkeypatch):
        def refuse(*_):
            raise sqlite3.OperationalError("attempt to write a readonly database")

        monkeypatch.setattr(evaluations, "keep", refuse)
        monkeypatch.setattr(evaluations, "put_thresholds", refuse)

    def test_the_answer_is_there_and_that_nothing_was_kept_is_said(self, database):
        result = run(database, *WORDS)
        assert result.exit_code == 0
        assert json.loads(result.stdout)["k"] == 2
        assert "The run was not kept: The database may not be written." in result.stderr

    def test_a_threshold_that_was_to_be_stored_is_a_problem(self, database, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("sku_a,sku_b,label\na0,a1,1\na0,b1,0\n")
        words = ("--pairs", str(path), "--methods", "cosine", "--save-threshold")
        result = run(database, *words)
        assert result.exit_code == 1
        assert "error: The database may not be written." in result.stderr

    def test_an_error_that_only_a_mistake_of_ours_can_cause_is_not_hidden(
        self, database, monkeypatch
    ):
        def wrong(*_):
            raise sqlite3.OperationalError("no such column: figurs")

        monkeypatch.setattr(evaluations, "keep", wrong)
        assert isinstance(run(database, *WORDS).exception, sqlite3.OperationalError)


class TestBars:
    def test_what_is_reached_is_silent(self, database):
        result = run(database, *WORDS, "--fail-under", "ndcg@2=1", "--fail-under", "recall@2=0.5")
        assert result.exit_code == 0, result.output

    def test_what_is_missed_is_said_after_the_table_and_the_run_is_kept(self, database):
        words = ("--fail-under", "random:ndcg@2=0.9", "--fail-under", "ndcg@2=1.5")
        result = run(database, *WORDS, *words)
        assert result.exit_code == 1
        methods = json.loads(result.stdout)["methods"]
        random = methods["random"]["ndcg@2"]["mean"]
        error = json.loads(result.stderr[result.stderr.index("{") :])["error"]
        assert error["kind"] == "Unreached"
        assert error["message"] == (
            f"Below the bar: ndcg@2 of random is {random:.4f}, below 0.9;"
            f" ndcg@2 of {next(iter(methods))} is 1.0000, below 1.5."
        )
        assert len(kept(database)) == 1

    def test_a_method_that_was_not_tried_is_a_usage_error(self, database):
        result = run(database, *WORDS, "--fail-under", "bm25:ndcg@2=0.1")
        assert result.exit_code == 2
        assert "There is no method 'bm25' in this run" in result.stderr
        assert "Methods are: cosine" in result.stderr

    def test_a_figure_of_a_relation_is_one_of_the_best_method(self, database, tmp_path):
        path = tmp_path / "related.csv"
        path.write_text("sku,related_sku,relation\na0,a1,also\na0,b1,with\n")
        words = ("--related", str(path), "--methods", "cosine", "--fail-under")
        assert run(database, *words, "also:ndcg@10=0.2").exit_code == 0
        assert run(database, *words, "cosine:also:ndcg@10=0.2").exit_code == 0
        result = run(database, *words, "with:ndcg@10=0.5")
        assert result.exit_code == 1
        assert "with:ndcg@10 of cosine is 0.0000, below 0.5" in result.stderr

    def test_pairs_have_figures_of_their_own(self, database, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("sku_a,sku_b,label\na0,a1,1\na0,b1,0\n")
        words = ("--pairs", str(path), "--methods", "cosine", "--fail-under")
        assert run(database, *words, "f1=1").exit_code == 0
        result = run(database, *words, "f2=1")
        assert result.exit_code == 2
        assert "There is no figure 'f2'" in result.stderr


class TestHistory:
    def test_none_yet(self, database):
        result = run(database, "--history")
        assert (result.exit_code, result.stdout) == (0, "nothing to show\n")

    @pytest.fixture
    def three(self, database, tmp_path):
        path = tmp_path / "pairs.csv"
        path.write_text("sku_a,sku_b,label\na0,a1,1\na0,b1,0\n")
        run(database, *WORDS)
        run(database, "--pairs", str(path), "--methods", "lexical")
        run(database, "--windows", "2", "--methods", "cosine", "-k", "3")
        return database

    def test_json_has_everything(self, three):
        rows = json.loads(run(three, "--history", "-f", "json").stdout)["rows"]
        assert [row["run"] for row in rows] == [3, 2, 1]
        last = rows[-1]
        assert (last["task"], last["split"]) == ("recommend", "time 1970-03-01T00:00:00")
        assert (last["asked"], last["best"], last["figure"], last["value"]) == (
            24, "cosine", "ndcg@2", 1.0
        )  # fmt: skip
        assert last["data_version"] == "catalog:0 events:0"
        assert (rows[1]["task"], rows[1]["asked"], rows[1]["figure"]) == ("pairs", 2, "f1")

    def test_a_terminal_of_80_columns_cuts_nothing(self, three, monkeypatch):
        monkeypatch.setenv("COLUMNS", "80")
        lines = run(three, "--history").stdout.splitlines()
        assert "…" not in "".join(lines)
        assert max(map(len, lines)) <= 80
        header = ["run", "made", "task", "split", "asked", "best", "figure", "value"]
        assert lines[0].split() == header
        made = lines[-1].split()
        assert (made[0], made[2:6]) == ("1", ["recommend", "time", "1970-03-01", "24"])
        assert made[6:] == ["cosine", "ndcg@2", "1.00"]

    def test_csv_has_the_columns_of_json(self, three):
        rows = list(csv.DictReader(io.StringIO(run(three, "--history", "-f", "csv").stdout)))
        assert tuple(rows[0]) == (
            "run", "created_at", "task", "split", "asked", "best", "figure", "value", "data_version"
        )  # fmt: skip


class TestAgainst:
    def test_the_same_twice_differs_by_nothing(self, database):
        run(database, *WORDS)
        result = run(database, *WORDS, "--against", "1")
        assert result.exit_code == 0, result.output
        against = json.loads(result.stdout)["against"]
        assert (against["run"], against["queries"], against["figure"]) == (1, 24, "ndcg@2")
        nothing = {"mean": 0.0, "low": 0.0, "high": 0.0}
        every = ("cosine", "lexical", "popularity", "recent", "random")
        assert against["methods"] == dict.fromkeys(every, nothing)

    @pytest.mark.usefixtures("nothing_long_after")
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-k", "3"], "Run 1 is about ndcg@2, this one about ndcg@3."),
            (["--task", "similar"], "Run 1 is about recommend, this one about similar."),
        ],
    )
    def test_what_cannot_be_compared_is_said_before_the_long_part(self, database, words, said):
        result = run(database, *WORDS, *words, "--against", "1")
        assert result.exit_code == 1
        assert said in result.stderr
        assert result.stdout == ""

    @pytest.fixture
    def nothing_long_after(self, database, monkeypatch):
        from prodsim_cli.evaluation.tasks import recommend, similar

        def never(*_, **__):
            raise AssertionError("the long part has begun")

        run(database, *WORDS)
        monkeypatch.setattr(recommend, "judged", never)
        monkeypatch.setattr(similar, "judged", never)

    def test_a_run_of_an_older_prodsim_has_nothing_to_compare(self, database):
        run(database, *WORDS)
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("update evaluations set per_query = null")
        result = run(database, *WORDS, "--against", "1")
        assert result.exit_code == 1
        assert "Run 1 was kept by an older prodsim, without its figures by question" in (
            result.stderr
        )

    def test_a_run_that_asked_other_people_is_refused(self, database):
        run(database, *WORDS)
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("update users set key = 'new ' || key")
        result = run(database, *WORDS, "--against", "1")
        assert result.exit_code == 1
        assert "Run 1 asked about nobody that this one asks about." in result.stderr

    def test_the_table_shows_the_difference_and_what_is_new(self, database):
        run(database, *WORDS)
        words = ("--at", AT, "--methods", "cosine,bm25", "-k", "2", "--against", "1")
        lines = run(database, *words).stdout.splitlines()
        assert "since run 1" in lines[1]
        bm25, cosine = lines[3:5]
        assert cosine.split()[1] == "cosine"
        assert "= +.000 ±.000" in cosine
        assert "new" in bm25


def test_fresh_tables_of_texts_are_taken_and_stale_or_learned_ones_are_not(database):
    for name, version in (("lexical", "catalog:0"), ("cosine", "events:0")):
        put_table(database, name, version, [("a0", "a1")])

    def tables():
        with closing(open_for_reading(database)) as reading:
            return dict(evaluations.shop_to_judge(reading)[0].neighbors)

    (name,) = tables()
    assert name == "lexical"
    assert tables()[name].positions[0].tolist() == [1]
    with closing(sqlite3.connect(database)) as changing, changing:
        changing.execute("insert into meta values ('catalog_version', '1')")
    assert tables() == {}


def test_files_are_written_where_they_were_asked_for(database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(database, *WORDS, "--per-query", "figures.csv", "--export", "out")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "figures.csv").read_text())))
    assert len(rows) == 24 * 5
    assert "figures.csv: 120 rows." in result.stderr
    assert (tmp_path / "out" / "qrels.trec").exists()
    assert "out: " in result.stderr


def test_slices_are_shown_where_they_are_asked_for(database):
    words = ("--at", AT, "--methods", "cosine", "-k", "2")
    assert "tail" not in run(database, *words, "-f", "csv").stdout
    assert "products: tail" in run(database, *words, "-f", "csv", "--slices").stdout
    assert "tail" in run(database, *words, "--slices").stdout
    assert json.loads(run(database, *words, "-f", "json").stdout)["slices"]


@pytest.mark.slow
def test_costs_stand_beside_the_quality(database):
    words = ("--at", AT, "--methods", "cosine", "-k", "2", "--cost")
    answer = json.loads(run(database, *words, "-f", "json").stdout)
    assert set(answer["cost"]) == {"cosine", "popularity", "recent", "random"}
    for cost in answer["cost"].values():
        assert cost["answer_seconds"] > 0
        assert cost["peak_mb"] >= 0
    assert answer["cost"]["cosine"]["build_seconds"] > 0
    assert answer["cost"]["random"]["build_seconds"] == 0
    assert "build s" in run(database, *words).stdout
