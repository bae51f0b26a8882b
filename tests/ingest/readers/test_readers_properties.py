"""Any table comes back as it was written; any bytes end in rows, rejects or one sentence."""

from __future__ import annotations

import csv
import io

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prodsim_cli.errors import ProdsimError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, ReadOptions
from prodsim_cli.ingest.readers._encoding import _valid, decode
from prodsim_cli.ingest.readers._table import mixed, sound

CELL = st.text(
    st.characters(
        codec="utf-8", exclude_characters="\x00\r\ufffd\ufeff", exclude_categories=["Cs"]
    ),
    max_size=12,
).filter(lambda text: text == text.strip())
LATIN_WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäöüßéèçñáíóú", min_size=2, max_size=9),
    min_size=1,
    max_size=8,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], str]:
    width = draw(st.integers(2, 5))
    body = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))
    return body, draw(st.sampled_from([",", ";", "\t", "|"]))


@given(
    tables(), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"])
)
@settings(max_examples=300, deadline=None)
def test_a_written_table_comes_back(
    table: tuple[list[list[str]], str], quoting: int, line_end: str
) -> None:
    body, delimiter = table
    header = [f"c{place}" for place in range(len(body[0]))]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerows([header, *body])
    blob = Blob("a.csv", None, out.getvalue().encode())
    result = sources.read(blob, ReadOptions(encoding="utf-8", delimiter=delimiter))
    assert not result.rejects
    assert result.frame.columns == header
    wanted = [tuple(cell or None for cell in row) for row in body]
    assert result.frame.rows() == wanted


@given(st.text('ab, "\n\ufffd', max_size=60), st.sampled_from(["h1,h2", "h1"]), st.booleans())
@settings(max_examples=800, deadline=None)
def test_each_way_to_read_agrees_with_the_plain_loop(text: str, header: str, damaged: bool) -> None:
    data = f"{header}\n{text}".rstrip("\n").encode() + b"\n"
    frame, lines, rejects = mixed(data, ",", 1, damaged, every=True)
    for way in (sound, mixed):
        found = way(data, ",", 1, damaged)
        if found is not None:
            assert found[0].rows() == frame.rows()
            assert found[1].tolist() == lines.tolist()
            assert found[2] == rejects


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.json", "a.jsonl", "a.parquet", "-"]))
@settings(max_examples=400, deadline=None)
def test_garbage_is_rows_rejects_or_one_sentence(data: bytes, name: str) -> None:
    try:
        table = sources.read(Blob(name, None, data), ReadOptions())
    except ProdsimError as problem:
        refused = problem.hint
    else:
        refused = ""
    if refused:
        return
    assert table.read == len(table.frame) + len(table.rejects)
    assert len(table.lines) == len(table.frame)
    numbers = sorted([*table.lines.tolist(), *(reject.line for reject in table.rejects)])
    assert len(set(numbers)) == len(numbers)


@given(LATIN_WORDS)
@settings(max_examples=300, deadline=None)
def test_latin_words_never_become_chinese(words: list[str]) -> None:
    text = "sku,title\n1," + " ".join(words) + "\n"
    decoded = decode(text.encode("latin-1"))
    assert decoded.encoding in ("windows-1252", "utf-8")
    assert decoded.data.decode() == text


@given(
    st.lists(
        st.text("红色连衣裙男士运动鞋无线蓝牙耳机不锈钢保温杯", min_size=2, max_size=8), min_size=1
    )
)
@settings(max_examples=100, deadline=None)
def test_chinese_titles_are_read_as_chinese(titles: list[str]) -> None:
    text = "sku,title\n" + "".join(f"{n},{title}\n" for n, title in enumerate(titles))
    # A single short title may be valid UTF-8 as a whole ("女装" is): that is believed first.
    assume(not _valid(text.encode("gbk"), "utf-8"))
    assert decode(text.encode("gbk")).data.decode() == text
