"""The shops that are shipped: what their pages promise, and that their scripts still write them."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from prodsim_cli.cli import cli


def written_by(script: Path, folder: Path, *words: str) -> Path:
    """The folder in which a copy of the script has written its files."""
    copy = Path(shutil.copy(script, folder / "make.py"))
    subprocess.run([sys.executable, str(copy), *words], check=True, stdout=subprocess.DEVNULL)
    return folder


def test_the_demo_shop_holds_what_its_page_says(fixtures: Path) -> None:
    demo = fixtures / "demo"
    catalog = pl.read_csv(demo / "catalog.csv", infer_schema=False)
    events = pl.read_csv(demo / "events.csv.gz", infer_schema=False)
    assert (len(catalog), events["user_id"].n_unique(), len(events)) == (500, 597, 51_595)
    assert catalog["sku"].n_unique() == 500
    titles = dict(zip(catalog["sku"], catalog["title"], strict=True))
    assert titles["SKU123"] == "LUNCH BAG RED RETROSPOT"
    assert sum("LUNCH BAG" in title for title in titles.values()) >= 10  # its lookalikes
    assert (catalog["price"].cast(pl.Float64) > 0).all()
    assert set(events["sku"]) == set(catalog["sku"])
    assert set(events["type"]) == {"purchase", "return"}
    assert events["timestamp"].is_sorted()
    attribution = (demo / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in attribution
    assert "Chen, D., Sain, S. L., Guo, K. (2012)" in attribution


def test_the_shipped_files_are_small(fixtures: Path) -> None:
    sizes = [file.stat().st_size for file in (fixtures / "demo").iterdir()]
    assert sum(sizes) < 1_500_000


def test_the_demo_shop_is_what_its_script_writes(
    fixtures: Path, shared_data: Path, tmp_path: Path
) -> None:
    source = str(shared_data / "online_retail" / "events.csv.gz")
    made = written_by(fixtures / "demo" / "make.py", tmp_path, source)
    shipped = fixtures / "demo"
    assert (made / "catalog.csv").read_bytes() == (shipped / "catalog.csv").read_bytes()
    # Packed bytes differ from one zlib to another; what is packed does not.
    new, old = (gzip.decompress((f / "events.csv.gz").read_bytes()) for f in (made, shipped))
    assert new == old


def test_two_aisles_is_what_its_script_writes(fixtures: Path, tmp_path: Path) -> None:
    shipped = fixtures / "two_aisles"
    made = written_by(shipped / "make.py", tmp_path)
    for name in ("catalog.csv", "events.csv"):
        assert (made / name).read_bytes() == (shipped / name).read_bytes()


SEARCH = Path(__file__).parents[1] / "fixtures" / "search"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def search_written_by(name: str, folder: Path, *words: str) -> Path:
    """The same for a script of ``fixtures/search``, with the catalogue that was written by hand."""
    shutil.copy(SEARCH / "chinese_catalog.csv", folder)
    return written_by(SEARCH / name, folder, *words)


def test_words_of_the_chinese_catalogue_are_what_their_script_writes(tmp_path: Path) -> None:
    made = search_written_by("chinese.py", tmp_path)
    assert rows(made / "chinese_words.csv") == rows(SEARCH / "chinese_words.csv")


def test_the_chinese_catalogue_holds_what_its_page_says() -> None:
    products, answers = rows(SEARCH / "chinese_catalog.csv"), rows(SEARCH / "chinese_words.csv")
    assert len({one["sku"] for one in products}) == len({one["title"] for one in products}) == 318
    assert len({one["category"] for one in products}) == 15
    words = {one["text"] for one in answers}
    assert len(words) == len({one["query_id"] for one in answers}) == 183
    assert {len(word) for word in words} == {2}
    assert [one["sku"] for one in answers if one["text"] == "水杯"] == ["Z171", "Z172", "Z175"]


def test_questions_on_retail_demo_store_are_what_their_script_writes(
    shared_data: Path, tmp_path: Path
) -> None:
    source = str(shared_data / "retail_demo_store" / "products.csv")
    made = search_written_by("retail_demo.py", tmp_path, source)
    for name in ("retail_demo_queries.csv", "retail_demo_judgements.csv"):
        assert rows(made / name) == rows(SEARCH / name)


@pytest.mark.parametrize("name", ["retail_demo", "open_food"])
def test_there_are_40_questions(name: str) -> None:
    questions = rows(SEARCH / f"{name}_queries.csv")
    assert len({one["query_id"] for one in questions}) == 40
    assert len({one["text"] for one in questions}) == 40


def test_every_question_on_retail_demo_store_has_an_answer() -> None:
    asked = {one["query_id"] for one in rows(SEARCH / "retail_demo_queries.csv")}
    best = [one for one in rows(SEARCH / "retail_demo_judgements.csv") if one["relevance"] == "2"]
    assert {one["query_id"] for one in best} == asked


def test_every_question_on_open_food_facts_has_an_answer(shared_data: Path, tmp_path: Path) -> None:
    source = str(shared_data / "open_food_facts" / "openfoodfacts.csv")
    made = search_written_by("open_food.py", tmp_path, source, str(tmp_path))
    questions = rows(SEARCH / "open_food_queries.csv")
    assert rows(made / "open_food_queries.csv") == questions
    best = [one for one in rows(made / "open_food_judgements.csv") if one["relevance"] == "2"]
    assert {one["query_id"] for one in best} == {one["query_id"] for one in questions}


@pytest.fixture(scope="module")
def aisles(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of the toy shop, without a language model."""
    database = str(tmp_path_factory.mktemp("aisles") / "shop.db")
    shop = Path(__file__).parents[1] / "fixtures" / "two_aisles"
    done = CliRunner().invoke(cli, ["--db", database, "ingest", str(shop), "--no-lm"])
    assert done.exit_code == 0, done.output
    return database


def answer(database: str, sku: str, *words: str) -> list[str]:
    """SKUs of ``similar SKU``, best first."""
    done = CliRunner().invoke(cli, ["--db", database, "similar", sku, "-f", "json", *words])
    return [one["sku"] for one in json.loads(done.stdout)["results"]]


def sold(aisle: str) -> list[str]:
    """What is bought in an aisle: all but the product that is new in it."""
    return [f"{aisle}{number}" for number in range(1, 8)]


@pytest.mark.parametrize("method", ["cosine", "jaccard", "pearson", "bm25"])
@pytest.mark.parametrize("sku", [*sold("TEA"), *sold("TOOL")])
def test_buyers_stay_in_their_aisle(aisles: str, sku: str, method: str) -> None:
    aisle = sku[:-1]
    found = answer(aisles, sku, "--method", method)
    assert sorted(found) == [other for other in sold(aisle) if other != sku]


@pytest.mark.parametrize(
    ("sku", "like"), [("TEA8", "TEA1"), ("TOOL8", "TOOL5")], ids=["tea", "tools"]
)
def test_a_product_without_events_is_known_by_its_words(aisles: str, sku: str, like: str) -> None:
    assert answer(aisles, sku, "-k", "1") == [like]


@pytest.mark.parametrize("aisle", ["TEA", "TOOL"])
def test_a_product_without_text_is_known_by_its_buyers(aisles: str, aisle: str) -> None:
    found = answer(aisles, f"{aisle}7", "-k", "6")
    assert sorted(found) == sold(aisle)[:-1]
