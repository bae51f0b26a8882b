"""The shops that are shipped: what their pages promise, and that their scripts still write them."""

from __future__ import annotations

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
