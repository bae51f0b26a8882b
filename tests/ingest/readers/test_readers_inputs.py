"""From the words of the command to inputs."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources


def names(found: list[sources.Input]) -> list[tuple[str, str | None, bool]]:
    return [(Path(item.name).name, item.kind, item.from_folder) for item in found]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name in (
        "events.csv",
        "products.csv",
        "notes.md",
        ".hidden.csv",
        "photo.jpg",
        "old.json.gz",
    ):
        (tmp_path / name).write_text("sku\n1\n")
    (tmp_path / "deeper").mkdir()
    return tmp_path


def test_a_folder_gives_its_data_files_catalogues_first(shop: Path) -> None:
    assert names(sources.inputs([str(shop)])) == [
        ("products.csv", None, True),
        ("events.csv", None, True),
        ("old.json.gz", None, True),
    ]


def test_a_forced_kind_wins_and_each_file_comes_once(shop: Path) -> None:
    found = sources.inputs([str(shop)], catalog=[str(shop / "events.csv")])
    assert names(found) == [
        ("events.csv", "catalog", False),
        ("products.csv", None, True),
        ("old.json.gz", None, True),
    ]


def test_nothing_named_takes_catalog_and_events_of_this_folder(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    assert names(sources.inputs([])) == [("events.csv", None, False)]
    (shop / "catalog.parquet").write_bytes(b"")
    assert [name for name, _, _ in names(sources.inputs([]))] == ["catalog.parquet", "events.csv"]
    monkeypatch.chdir(shop / "deeper")
    with pytest.raises(InputError, match=r"no catalog\.\* or events\.\*"):
        sources.inputs([])


def test_a_missing_file_names_the_nearest(shop: Path) -> None:
    with pytest.raises(InputError, match="There is no file") as caught:
        sources.inputs([str(shop / "product.csv")])
    assert caught.value.hint == f"Did you mean {shop / 'products.csv'}?"


def test_an_empty_folder_is_refused(shop: Path) -> None:
    with pytest.raises(InputError, match="holds no file that could be read"):
        sources.inputs([str(shop / "deeper")])


def test_standard_input_may_be_gzipped() -> None:
    (item,) = sources.inputs(["-"], stdin=io.BytesIO(gzip.compress(b"sku\n1\n")))
    blob = sources.load(item)
    assert (blob.name, blob.data) == ("-", b"sku\n1\n")
    plain = sources.load(sources.inputs(["-"], stdin=io.BytesIO(b"sku\n1\n"))[0])
    assert blob.sha256 == plain.sha256


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    raw = os.path.join(os.fsencode(tmp_path), b"caf\xe9.csv")
    try:
        with open(raw, "wb") as file:
            file.write(b"sku\n1\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    (item,) = sources.inputs([os.fsdecode(raw)])
    assert Path(item.name).name == "caf?.csv"
    assert sources.load(item).data == b"sku\n1\n"
