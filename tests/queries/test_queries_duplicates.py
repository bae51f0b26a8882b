"""The same product twice: within a source by what two entries share, across sources by partners."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from prodsim_cli.cli import cli
from prodsim_cli.matching.linkage import (
    Entry,
    compare,
    confidence,
    entry,
    is_variant,
    other_colour,
    shared_codes,
)
from prodsim_cli.matching.variants import Product
from prodsim_cli.store.connection import open_for_reading

Run = Callable[..., Result]


def one(title: str, price: float | None = None, sku: str = "1", **columns: str) -> Entry:
    brand, category = columns.pop("brand", None), columns.pop("category", None)
    attributes = json.dumps(columns) if columns else None
    return entry(Product(1, "", sku, title, brand, category, attributes), price, None)


def sure(a: Entry, b: Entry, lexical: float = 1.0, same: int = 2) -> float:
    return confidence(compare(a, b, lexical, same))


def test_what_speaks_for_a_pair_and_against() -> None:
    lamp = one("Harbour desk lamp HB-2040", 45.0, brand="Sol")
    assert sure(lamp, one("Desk lamp, Harbour HB2040", 45.0, brand="Sol")) > 0.99
    assert sure(lamp, one("Harbour desk lamp HB-2040", 90.0)) < sure(lamp, one(lamp.title or ""))
    assert sure(lamp, one("Harbour desk lamp HB-2041", 45.0, brand="Sol"), 0.9) < 0.3
    assert sure(lamp, one("Harbour desk lamp HB-2040", 45.0, brand="Other")) < 0.7
    assert sure(one("Star", category="Xmas"), one("Star", category="Garden")) < 0.1
    assert sure(one("Range"), one("Range"), same=5) < 0.5 < sure(one("Range"), one("Range"))
    coded = one("Kettle", gtin="4006381333931")
    assert sure(coded, one("Water boiler", gtin="4006381333931"), 0.1) > 0.8
    assert sure(coded, one("Kettle", gtin="4006381333948")) < 0.05


def test_the_confidence_is_the_formula() -> None:
    pair = one("Tea pot", 3.0), one("Pot, tea", 3.0)
    total = -12.8 + 11 + 3 * 0.9 + 1.5 + 1.7
    assert sure(*pair, 0.9) == pytest.approx(1 / (1 + np.exp(-total)))


def test_colours_and_sizes_are_no_duplicates() -> None:
    assert is_variant(one("Mug red"), one("Mug blue"))
    assert is_variant(one("Mug", sku="10233A"), one("Mug", sku="10233B"))
    assert is_variant(one("Shirt", color="red"), one("Shirt", color="blue"))
    assert not is_variant(one("Mug red"), one("Red mug"))
    assert not is_variant(one("Mug"), one("Mug red"))
    assert other_colour(one("Mug red"), one("Mug blue 20cm"))
    assert not other_colour(one("TV black 46 inch"), one('TV black 46"'))


def test_amounts_are_no_model_numbers() -> None:
    pair = one("Pump KX500 100ml 7port 12345 123"), one("KX-500 pump 100ml 7port 12345 123")
    assert shared_codes(*pair) == ["12345", "kx500"]


def build(folder: Path, **catalogs: str) -> Run:
    """A shop of catalogues by source ('_' for none), without a language model."""
    database = str(folder / "shop.db")
    for source, text in catalogs.items():
        path = folder / f"{source}.csv"
        path.write_text(text, encoding="utf-8")
        words = [
            "ingest",
            str(path),
            "--no-lm",
            "-q",
            *(("--source", source) if source != "_" else ()),
        ]
        done = CliRunner().invoke(cli, ["--db", database, *words])
        assert done.exit_code == 0, done.output
    return lambda *words: CliRunner().invoke(cli, ["--db", database, *words])


ONE = """sku,title,price
A1,Kestrel folding bicycle KB-7040,399
A2,KESTREL FOLDING BICYCLE KB7040,399
A3,Copper kettle red,20
A4,Copper kettle blue,20
A5,Harbour wall lantern LN330,55
A6,Meadow garden bench,120
"""
TWO = """sku,title,price
B1,Folding bicycle Kestrel KB7040,389
B2,Lantern Harbour LN-330 for the wall,59
B3,Ceramic vase,30
A3,Copper kettle red,21
"""


@pytest.mark.parametrize(
    ("price", "said"), [("399.00", "same price"), ("396", "price 399.00 and 396.00")]
)
def test_a_price_is_called_the_same_only_where_it_is(tmp_path: Path, price: str, said: str) -> None:
    run = build(tmp_path, _=ONE.replace("KB7040,399", f"KB7040,{price}"))
    (pair,) = json.loads(run("duplicates", "-f", "json").stdout)["results"]
    assert pair["reasons"][-1] == said


def test_within_a_source(tmp_path: Path) -> None:
    run = build(tmp_path, _=ONE)
    found = json.loads(run("duplicates", "-f", "json").stdout)
    (pair,) = found.pop("results")
    assert found == {"across": False, "sources": [""], "min_confidence": 0.8, "found": 1}
    assert (pair["rank"], pair["a"]["sku"], pair["b"]["sku"]) == (1, "A1", "A2")
    assert pair["confidence"] > 0.95
    assert pair["reasons"] == ["same title", "same model number kb7040", "same price"]
    assert run("duplicates", "-f", "ids").stdout == "A2\n"
    rows = list(csv.DictReader(io.StringIO(run("duplicates", "-f", "csv").stdout)))
    assert [(row["a"], row["b"], row["b_price"]) for row in rows] == [("A1", "A2", "399.0")]
    assert "1 pair that differs in a colour or size only left out" in (
        run("duplicates", "--min-confidence", "0").stderr  # the kettles
    )
    assert "no duplicates" in run("duplicates", "--min-confidence", "1").stdout


def test_across_sources(tmp_path: Path) -> None:
    run = build(tmp_path, one=ONE, two=TWO)
    result = run("duplicates", "--across", "--min-confidence", "0.5", "-f", "json")
    found = json.loads(result.stdout)
    pairs = {(row["a"]["sku"], row["b"]["sku"]) for row in found["results"]}
    assert ("A5", "B2") in pairs
    assert ("one:A3", "two:A3") in pairs
    assert pairs & {("A1", "B1"), ("A2", "B1")}
    assert not {b for _, b in pairs} & {"B3"}
    assert found["sources"] == ["one", "two"]
    assert run("duplicates", "--across", "--source", "two,one", "-f", "ids").exit_code == 0


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    run = build(tmp_path, _=ONE)
    alone = run("duplicates", "--across")
    assert (alone.exit_code, "there is one only" in alone.stderr) == (2, True)
    unknown = run("duplicates", "--source", "abt")
    assert (unknown.exit_code, "no source 'abt'" in unknown.stderr) == (2, True)


def test_titles_that_name_kinds_make_no_duplicates(tmp_path: Path) -> None:
    rows = "".join(f"C{n},Cold cereal\n" for n in range(12))
    result = build(tmp_path, _=f"sku,title\n{rows}")("duplicates", "-f", "json")
    assert json.loads(result.stdout)["results"] == []
    assert "name kinds of things" in result.stderr


def test_abt_and_buy_are_told_apart_with_a_fair_confidence(
    shared_data: Path, tmp_path: Path
) -> None:
    """Labels are used for this check only: the confidence was learned from disturbed copies."""
    folder = shared_data / "abt_buy"
    texts = {name: (folder / f"{name}.csv").read_text("utf-8") for name in ("abt", "buy")}
    run = build(tmp_path, **texts)
    words = ("duplicates", "--across", "--min-confidence", "0", "-k", "5000", "-f", "json")
    rows = json.loads(run(*words).stdout)["results"]
    truth = {tuple(line.split("|")) for line in (folder / "gt.csv").read_text().split()[1:]}
    right = np.array([(_bare(row["a"]), _bare(row["b"])) in truth for row in rows])
    given = np.array([row["confidence"] for row in rows])
    at = given >= 0.8
    assert right[at].mean() > 0.98
    assert right[at].sum() / len(truth) > 0.75
    assert right[given < 0.5].mean() < right[given >= 0.5].mean()


def _bare(side: dict[str, str]) -> str:
    return side["sku"].rpartition(":")[2]


def test_more_than_are_shown_is_said(tmp_path: Path) -> None:
    run = build(
        tmp_path,
        _="sku,title,price\n"
        + "".join(
            f"{side}{name},Harbour {name} lantern,10\n"
            for name in ("oak", "ash", "elm")
            for side in "ab"
        ),
    )
    result = run("duplicates", "-k", "2", "-f", "json")
    found = json.loads(result.stdout)
    assert (found["found"], len(found["results"])) == (3, 2)
    assert "2 of 3 pairs; `-k 3` shows all." in result.stderr


def test_a_database_of_two_sources_names_them_in_full(tmp_path: Path) -> None:
    run = build(tmp_path, one=ONE, two=TWO)
    with open_for_reading(str(tmp_path / "shop.db")) as connection:
        assert connection.execute("select count(*) from items").fetchone()[0] == 10
    rows = json.loads(run("duplicates", "-f", "json").stdout)["results"]
    assert [(row["a"]["sku"], row["b"]["sku"]) for row in rows] == [("A1", "A2")]
