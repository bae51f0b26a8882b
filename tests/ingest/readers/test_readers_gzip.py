"""Damaged gzip files give every whole line that they hold, and say so."""

from __future__ import annotations

import gzip
import io
import random

import pytest

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources

_PRICES = random.Random(1)
TEXT = b"sku,title\n" + b"".join(
    b"A%d,Tea %d\n" % (n, _PRICES.randrange(10**9)) for n in range(9000)
)
ZIPPED = gzip.compress(TEXT, mtime=0)
HALF = TEXT.index(b"\n", len(TEXT) // 2) + 1


def unzipped(data: bytes) -> sources.Blob:
    (item,) = sources.inputs(["-"], stdin=io.BytesIO(data))
    return sources.load(item)


WHOLE = {
    "wrong checksum": ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:],
    "wrong length": ZIPPED[:-4] + b"\0\0\0\1",
    "no trailer": ZIPPED[:-8],
    "garbage behind": ZIPPED + b"xxxxx",
}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_damage_that_leaves_the_text_whole_loses_nothing(name: str) -> None:
    blob = unzipped(WHOLE[name])
    assert blob.data == TEXT
    assert "the gzip file is damaged" in blob.notes[0]


@pytest.mark.parametrize("missing", [20, 1000, len(ZIPPED) // 2])
def test_a_file_cut_short_gives_its_beginning_in_whole_lines(missing: int) -> None:
    data = unzipped(ZIPPED[:-missing]).data
    assert TEXT.startswith(data)
    assert data.endswith(b"\n")
    assert len(data) > len(TEXT) * (len(ZIPPED) - missing) / len(ZIPPED) * 0.9


def test_members_are_one_text_and_a_cut_takes_only_from_the_last() -> None:
    two = gzip.compress(TEXT[:HALF], mtime=0) + gzip.compress(TEXT[HALF:], mtime=0)
    assert unzipped(two).data == TEXT
    assert unzipped(two).notes == ()
    data = unzipped(two[:-100]).data
    assert HALF < len(data) < len(TEXT)
    assert TEXT.startswith(data)


def test_zeros_behind_a_file_are_padding() -> None:
    assert unzipped(ZIPPED + bytes(20)).notes == ()


def test_nothing_to_save_is_refused() -> None:
    with pytest.raises(InputError, match="damaged gzip"):
        unzipped(ZIPPED[:12])
