"""Pictures of a scorecard: what is drawn, in which format, and that names break nothing."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodsim_cli.errors import InputError, ProdsimError, UsageProblem
from prodsim_cli.evaluation import plots
from prodsim_cli.protocol.metrics._columns import in_words
from prodsim_cli.records.figures import Cost, Interval, Scorecard, Slice, Standing

pytest.importorskip("altair")
pytest.importorskip("vl_convert")

from prodsim_cli.evaluation.plots import _bars, _page, _slices, _style, _time

EVIL = "</script><script>alert(1)</script>"


def figures(**means: float) -> dict[str, dict[str, Interval]]:
    return {
        name: {"ndcg@10": Interval(mean, mean - 0.01, mean + 0.02), "coverage@10": Interval(0.5)}
        for name, mean in means.items()
    }


METHODS = figures(cosine=0.1, lexical=0.12, popularity=0.04, recent=0.08)
CARD = Scorecard(
    task="recommend",
    split={"kind": "time", "at": "2011-10-01T00:00:00", "users": 1753, "pairs": 47683},
    k=10,
    methods=METHODS,
    verdict="Use lexical: by ndcg@10 it beats the best baseline.",
    against_best={"cosine": Standing("lexical", Interval(-0.02, -0.05, 0.01), 0.3, "tie")},
)
FULL = replace(
    CARD,
    cost={name: Cost(2.0, 0.5, 100.0) for name in METHODS},
    slices=(
        Slice("products", "tail", 120, 300, {n: f["ndcg@10"] for n, f in METHODS.items()}),
        Slice("category", "厨房用品", 1200, 3000, {"lexical": Interval(0.3, 0.2, 0.4)}),
    ),
)


def data_of(spec: dict) -> list[dict]:
    """Every row of data of a description."""
    return [row for rows in spec["datasets"].values() for row in rows]


class TestRows:
    def test_best_first_with_their_parts(self):
        assert [(row.name, row.role) for row in _style.rows_of(CARD)] == [
            ("lexical", "best"),
            ("cosine", "level with the best"),
            ("recent", "baseline"),
            ("popularity", "baseline"),
        ]
        assert _style.rows_of(CARD)[0] == _style.Row(
            "lexical", 0.12, 0.12 - 0.01, 0.12 + 0.02, "best", False
        )

    def test_a_winning_baseline_is_called_one(self):
        rows = _style.rows_of(replace(CARD, methods=figures(cosine=0.1, recent=0.2)))
        assert [(row.name, row.role) for row in rows] == [
            ("recent", "best, though a baseline"),
            ("cosine", "level with the best"),
        ]

    def test_methods_without_the_figure_are_left_out(self):
        odd = {"a": {"mae": Interval(0.1)}, "b": {"ndcg@10": Interval(float("nan"))}}
        names = [row.name for row in _style.rows_of(replace(CARD, methods={**odd, **METHODS}))]
        assert names == ["lexical", "cosine", "recent", "popularity"]

    def test_of_errors_the_smallest_is_the_best(self):
        methods = {"a": {"mae": Interval(0.3)}, "b": {"mae": Interval(0.1)}}
        rows = _style.rows_of(replace(CARD, main="mae", methods=methods))
        assert [row.name for row in rows] == ["b", "a"]

    def test_figures_in_words(self):
        assert [in_words(name) for name in ("ndcg@10", "f1", "coverage@5")] == [
            "NDCG@10",
            "F1",
            "coverage@5",
        ]


class TestPanels:
    def test_bars_alone_where_nothing_else_is_known(self):
        spec = _page.page(CARD).to_dict()
        assert len(spec["vconcat"]) == 1
        assert {row["method"]: row["text"] for row in data_of(spec)} == {
            "lexical": "0.120",
            "cosine": "0.100",
            "recent": "0.080",
            "popularity": "0.040",
        }

    def test_heading(self):
        title = _page.page(CARD).to_dict()["title"]
        assert title["text"] == "Which method foretells best what people take next?"
        assert title["subtitle"] == [
            "Use lexical: by NDCG@10 it beats the best baseline.",
            "Split: time at 2011-10-01 00:00:00, 1,753 users, 47,683 pairs",
        ]

    def test_three_panels_where_all_is_known(self):
        spec = _page.page(FULL).to_dict()
        titles = [panel["title"]["text"] for panel in spec["vconcat"]]
        assert titles == ["How good each method is", "Quality against time", _slice_title(spec)]
        assert [block["title"]["text"] for block in spec["vconcat"][2]["vconcat"]] == [
            "By products",
            "By category",
        ]

    def test_costs_are_added_up_and_never_zero(self):
        rows = _style.rows_of(CARD)
        card = replace(CARD, cost={"lexical": Cost(2.0, 0.5, 9.0), "recent": Cost(0.0, 0.0, 0.0)})
        seconds = {row["method"]: row["seconds"] for row in data_of(_chart(_time, card, rows))}
        assert seconds == {"lexical": 2.5, "recent": 0.001}

    @pytest.mark.parametrize("seconds", [(0.3, 0.31), (0.001, 900.0), (5.0, 5.0)])
    def test_the_time_axis_holds_all_points_and_has_ticks(self, seconds):
        low, high = _time._seconds([{"seconds": second} for second in seconds])
        assert low < min(seconds)
        assert max(seconds) < high
        assert high / low >= 9.99
        assert 2 <= len(_time._ticks(low, high)) <= 10

    def test_slices_show_the_best_methods_and_one_baseline(self):
        many = figures(**{f"m{i}": 0.1 + i / 100 for i in range(6)}, recent=0.2, popularity=0.01)
        rows = _style.rows_of(replace(CARD, methods=many))
        assert list(_slices._colours(rows)) == ["recent", "m5", "m4", "m3"]
        clever = [row for row in rows if not row.plain]
        assert list(_slices._colours(clever)) == ["m5", "m4", "m3", "m2"]
        assert len(set(_slices._colours(clever).values())) == 4

    def test_the_largest_slices_in_their_order(self):
        slices = [Slice("category", f"c{i}", (i * 7) % 23, 1, {}) for i in range(15)]
        kept = _slices._largest(slices)
        assert len(kept) == 10
        assert [one.name for one in kept] == [one.name for one in slices if one in kept]
        assert min(one.queries for one in kept) >= max(
            one.queries for one in slices if one not in kept
        )
        assert _slices._heading("category", 15) == "By category, the largest 10 of 15"
        assert _slices._heading("category", 10) == "By category"

    def test_slices_whose_names_begin_alike_stay_apart(self):
        names = ["Gift wrap and party decoration red", "Gift wrap and party decoration blue"]
        slices = [Slice("category", name, 5, 1, {}) for name in (*names, "")]
        labels = _slices._labels(slices)
        assert labels == [*(f"{name} (5)" for name in names), "(none) (5)"]
        assert _slices._labels(slices[:1]) == ["Gift wrap and party decor… (5)"]

    def test_slices_without_a_figure_of_the_shown_methods_are_left_out(self):
        rows = _style.rows_of(CARD)
        nothing = Slice("language", "zh", 5, 1, {"gone": Interval(0.1)})
        undefined = Slice("language", "en", 5, 1, {"lexical": Interval(float("nan"))})
        assert _slices.panels(replace(CARD, slices=(nothing, undefined)), rows) == []
        shown = _slices.panels(replace(FULL, slices=(*FULL.slices, nothing)), rows)
        rows_drawn = data_of(shown[0].to_dict())
        assert {row["slice"] for row in rows_drawn} == {"tail (120)", "厨房用品 (1,200)"}

    def test_every_panel_of_every_size_is_a_valid_description(self):
        # to_dict checks against the schema of Vega-Lite
        for count in (1, 2, 15):
            methods = figures(**{f"method {i} " + "x" * 40: 0.1 + i / 100 for i in range(count)})
            cost = {name: Cost(i + 1.0, 0.1, 5.0) for i, name in enumerate(methods)}
            spec = _page.page(replace(CARD, methods=methods, cost=cost)).to_dict()
            assert len(spec["vconcat"]) == 2
            assert spec["vconcat"][0]["height"] == _bars._STEP * count


def _slice_title(spec: dict) -> str:
    return "Where each method is good" if len(spec["vconcat"]) == 3 else ""


def _chart(module, card: Scorecard, rows: list) -> dict:
    return module.panels(card, rows)[0].to_dict()


class TestLabels:
    points = st.tuples(st.floats(30, 610), st.floats(30, 310))

    @given(st.lists(points, min_size=1, max_size=5))
    def test_names_of_a_few_points_never_cover_each_other(self, points):
        names = [f"method {i}" for i in range(len(points))]
        places = _time.placed(points, names, 640, 340)
        long = len("method 0") * _time._LETTER
        boxes = [_time._box(left, middle, long) for left, middle in places]
        for one in range(len(boxes)):
            for other in range(one):
                assert _time._shared(boxes[one], boxes[other]) < 1e-6

    def test_a_lonely_point_has_its_name_on_the_right_and_at_the_edge_on_the_left(self):
        ((left, middle),) = _time.placed([(100, 50)], ["abc"], 640, 340)
        assert (left, middle) == (110, 50)
        ((left, middle),) = _time.placed([(630, 50)], ["abc"], 640, 340)
        assert left + 3 * _time._LETTER < 630
        assert middle == 50

    def test_width_and_cut(self):
        assert [_style.width(text) for text in ("abc", "厨房", "")] == [3, 4, 0]
        assert _style.short("abcdef", 6) == "abcdef"
        assert _style.short("abcdef ghi", 8) == "abcdef…"
        assert _style.short("厨房用品", 5) == "厨房…"

    def test_small_figures_keep_their_digits(self):
        assert _style.number(0.12345, 0.2) == "0.123"
        assert _style.number(0.00123, 0.004) == "0.0012"


class TestFiles:
    def test_png(self, tmp_path):
        plots.draw(FULL, tmp_path / "plot.png")
        content = (tmp_path / "plot.png").read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        across, up = struct.unpack(">II", content[16:24])
        assert 1400 <= across <= 2000
        assert up > 1000
        assert list(tmp_path.iterdir()) == [tmp_path / "plot.png"]

    def test_svg_holds_every_name(self, tmp_path):
        plots.draw(FULL, str(tmp_path / "plot.SVG"))
        drawn = (tmp_path / "plot.SVG").read_text(encoding="utf-8")
        for text in (*METHODS, "NDCG@10", "tail (120)", "厨房用品 (1,200)", "By category"):
            assert f">{text}<" in drawn, text

    def test_html_fetches_nothing_and_no_name_ends_the_script(self, tmp_path):
        evil = replace(FULL, methods={EVIL: METHODS["lexical"], **METHODS}, verdict=EVIL)
        plots.draw(evil, tmp_path / "plot.html")
        page = (tmp_path / "plot.html").read_text(encoding="utf-8")
        assert page.count("<script>") == page.count("</script>") == 2
        assert not re.search(r"""<[a-z]+ [^>]*(src|href)\s*=""", page.rpartition("<script>")[2])
        assert not re.search(
            r"""<(script|link|img)[^>]+(src|href)""", page.partition("<script>")[0]
        )
        described = re.search(r'vegaEmbed\("#plot", (.*), \{"renderer"', page)
        assert described is not None
        assert EVIL in {row["method"] for row in data_of(json.loads(described[1]))}

    @pytest.mark.slow
    def test_the_same_card_gives_the_same_bytes(self, tmp_path):
        # each in a process of its own, as two runs of the command are
        code = "import sys, test_evaluation_plots as t; t.plots.draw(t.FULL, sys.argv[1])"
        for path in (tmp_path / "1.svg", tmp_path / "2.svg"):
            here = Path(__file__).parent
            subprocess.run([sys.executable, "-c", code, path], cwd=here, check=True)
        assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()

    @pytest.mark.parametrize("name", ["plot.gif", "plot"])
    def test_another_ending_names_those_there_are(self, name, tmp_path):
        for refuse in (plots.check, lambda path: plots.draw(CARD, path)):
            with pytest.raises(UsageProblem, match="--plot") as caught:
                refuse(tmp_path / name)
            assert caught.value.hint == "Name a file that ends in one of: .png, .svg, .html."

    def test_a_missing_library_says_how_to_get_it(self, monkeypatch, tmp_path):
        monkeypatch.setattr(plots, "find_spec", lambda name: None if name == "altair" else 1)
        with pytest.raises(ProdsimError, match="Plots need altair, ") as caught:
            plots.draw(CARD, tmp_path / "plot.png")
        assert caught.value.hint == 'pip install "prodsim[plot]"'

    def test_a_card_without_the_figure_draws_nothing(self, tmp_path):
        with pytest.raises(InputError, match="nothing to draw"):
            plots.draw(replace(CARD, methods={"a": {}}), tmp_path / "plot.png")
        assert not list(tmp_path.iterdir())


def test_the_room_costs_nothing_to_enter():
    code = (
        "import sys, prodsim_cli.evaluation.plots as _;"
        "print(*{'altair', 'vl_convert', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
