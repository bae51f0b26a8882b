"""Which encoding a file has: short files, stray bytes, cuts, and what must not be told apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, ReadOptions
from prodsim_cli.ingest.readers._encoding import decode

LINES = {
    "french": "sku,titre\n1,Crème brûlée à l'érable\n",
    "german": "sku,title\n1,Müller Straße\n",
    "spanish": "sku,título\n1,Camisón de niño español\n",
    "chinese": "sku,title\n1,红色连衣裙\n",
    "russian": "sku,имя\n1,красный чайник\n",
    "japanese": "sku,名前\n1,ワイヤレスイヤホン\n",
    "korean": "sku,이름\n1,무선 이어폰\n",
}
WESTERN = ("latin-1", "cp1252")
WIDE = ("utf-16-le", "utf-16-be", "utf-16", "utf-8", "utf-8-sig")
PLAUSIBLE = [(language, codec) for language in LINES for codec in WIDE]
PLAUSIBLE += [
    (language, codec) for language in ("french", "german", "spanish") for codec in WESTERN
]
PLAUSIBLE += [("chinese", codec) for codec in ("gbk", "gb18030", "gb2312")]


@pytest.mark.parametrize(("language", "codec"), PLAUSIBLE)
def test_one_line_in_each_encoding_that_can_write_it(language: str, codec: str) -> None:
    decoded = decode(LINES[language].encode(codec))
    assert decoded.data.decode() == LINES[language]
    assert not decoded.damaged


@pytest.mark.parametrize("title", ["毛衣香水女装", "士红不士色", "太阳眼镜"])
def test_short_chinese_that_is_nearly_utf8_is_chinese(title: str) -> None:
    text = f"sku,title\n1,{title}\n"
    assert decode(text.encode("gbk")).data.decode() == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_long_chinese_in_utf16_has_few_zero_bytes(codec: str) -> None:
    text = "编号,名称\n甲," + "红色连衣裙男士运动鞋" * 60 + "\n"
    raw = text.encode(codec)
    assert raw.count(0) / len(raw) < 0.01
    decoded = decode(raw)
    assert (decoded.encoding, decoded.data.decode()) == (codec, text)


ROWS = "sku,title\n" + "".join(f"A{n},Grüner Tee,{n}.50\n" for n in range(20))


@given(
    st.sampled_from(["utf-8", "cp1252"]),
    st.lists(st.integers(0, len(ROWS.encode()) - 1), min_size=1, max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_stray_zero_bytes_do_not_make_a_file_wide(codec: str, places: list[int]) -> None:
    lines = [line.encode(codec) for line in ROWS.splitlines(keepends=True)]
    for place in places:  # between characters, not within one
        at = place % len(lines)
        lines[at] = lines[at].replace(b",", b"\0,", 1)
    assert decode(b"".join(lines)).data.replace(b"\0", b"").decode() == ROWS


@pytest.mark.parametrize("padding", ["", "s"])
def test_a_stray_zero_byte_is_taken_out_at_any_length(padding: str) -> None:
    data = f"sku,title\nA1,Te\0a\nA2,Cup{padding}\n".encode()
    table = sources.read(Blob("a.csv", None, data), ReadOptions())
    assert table.frame.rows() == [("A1", "Tea"), ("A2", f"Cup{padding}")]


@pytest.mark.parametrize("language", ["german", "chinese", "russian"])
def test_a_few_bad_bytes_do_not_move_a_utf8_file(language: str) -> None:
    good = [f"{n},{LINES[language].split(',')[-1]}".encode() for n in range(40)]
    good[20] = b"20,B\xff\xfex\n"
    table = sources.read(Blob("a.csv", None, b"sku,title\n" + b"".join(good)), ReadOptions())
    assert "encoding: utf-8 (nearly all of it is valid UTF-8)" in table.notes
    assert [(r.line, r.reason) for r in table.rejects] == [(22, "bad bytes")]
    assert table.frame.height == 39


def test_a_few_bad_bytes_do_not_move_a_chinese_file() -> None:
    good = [f"{n},红色连衣裙男士\n".encode("gbk") for n in range(40)]
    good[20] = b"20,B\xff\xfex\n"
    table = sources.read(Blob("a.csv", None, b"sku,title\n" + b"".join(good)), ReadOptions())
    assert "encoding: gb18030 (common Chinese characters in runs)" in table.notes
    assert [(r.line, r.reason) for r in table.rejects] == [(22, "bad bytes")]
    assert table.frame["title"].unique().to_list() == ["红色连衣裙男士"]


def test_a_replacement_character_that_was_written_is_no_damage() -> None:
    text = "sku,title\n1,a\ufffdb\n"
    for codec in ("utf-8", "utf-16"):
        decoded = decode(text.encode(codec))
        assert (decoded.damaged, decoded.data.decode()) == (False, text)


def test_half_a_line_end_behind_utf16_is_no_damage() -> None:
    text = "sku,title\n1,Tee für Müller\n"
    decoded = decode(text.encode("utf-16-le")[:-1])
    assert (decoded.damaged, decoded.data.decode()) == (False, text.rstrip("\n"))
    assert decode(text.encode("utf-16-le")[:-3]).damaged
