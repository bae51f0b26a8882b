"""Text tables: which lines stay, which are rejected, and under which number."""

from __future__ import annotations

import pytest

from prodsim_cli.errors import UsageProblem
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, RawTable, ReadOptions


def of(data: bytes | str, **options: str) -> RawTable:
    raw = data.encode() if isinstance(data, str) else data
    return sources.read(Blob("shop.csv", None, raw), ReadOptions(**options))


def account(table: RawTable) -> list[tuple[int, object]]:
    """Line by line: the row's cells, or the reason of the reject."""
    rows = zip(table.lines.tolist(), table.frame.rows(), strict=True)
    return sorted([*rows, *((r.line or 0, r.reason) for r in table.rejects)], key=lambda e: e[0])


CASES = {
    "a long cell stays though another line is ragged": (
        'sku,title\n1,"' + "x\n" * 500 + '"\n2\n3,Cup\n',
        [(2, ("1", "x\n" * 500)), (503, "too few fields"), (504, ("3", "Cup"))],
    ),
    "a ragged row that spans lines is one reject": (
        'sku,title\n1,"a\nb",x\n2,Cup\n',
        [(2, "too many fields"), (4, ("2", "Cup"))],
    ),
    "a quote that swallows whole rows costs its own line only": (
        'sku,title\n1,"Tea\n2,Cup\n3,Pot",x\n4,Jug\n',
        [(2, "unclosed quote"), (3, ("2", "Cup")), (4, "too many fields"), (5, ("4", "Jug"))],
    ),
    "two quotes that never close": (
        'sku,title\n1,"Tea\n2,"Cup\n3,Pot\n',
        [(2, "unclosed quote"), (3, "unclosed quote"), (4, ("3", "Pot"))],
    ),
    "a quote that never closes on the last line": (
        'sku,title\n1,Tea\n2,"Cup\n',
        [(2, ("1", "Tea")), (3, "unclosed quote")],
    ),
    "quotes after a space are quotes": (
        'sku, title\n1, "Tea, green"\n2, "Cup"\n3, 12" plate\n',
        [(2, ("1", "Tea, green")), (3, ("2", "Cup")), (4, ("3", ' 12" plate'))],
    ),
    "quotes within a cell after a backslash": (
        'sku,title\n1,"a \\"b\\", c"\n2,"C:\\dir"\n3,"x\\"y\n4,Cup\n',
        [(2, ("1", 'a "b", c')), (3, ("2", "C:\\dir")), (4, "bad quote"), (5, ("4", "Cup"))],
    ),
    "one column holds commas": (
        "title\nTea, green\nCup\nPot, blue, big\n",
        [(2, ("Tea, green",)), (3, ("Cup",)), (4, ("Pot, blue, big",))],
    ),
    "a header of one name over lines that are cut alike is too short": (
        "sku\n1,Tea\n2,Cup\n",
        [(2, "too many fields"), (3, "too many fields")],
    ),
    "a replacement character in a sound file is a character": (
        "sku,title\n1,a\ufffdb\n2\n",
        [(2, ("1", "a\ufffdb")), (3, "too few fields")],
    ),
    "a lone carriage return in a cell": (
        'sku,title\n1,te\ra\n2,"c\rup"\n',
        [(2, ("1", "te a")), (3, ("2", "c up"))],
    ),
    "line ends that were converted twice": (
        "sku,title\r\r\n1,Tea\r\r\n2,Cup\r\r\n",
        [(2, ("1", "Tea")), (3, ("2", "Cup"))],
    ),
    "a line of spaces is blank, one of delimiters is not": (
        "sku,title\n   \n,\n1,Tea\n",
        [(3, (None, None)), (4, ("1", "Tea"))],
    ),
    "a delimiter at the end of some lines": (
        'sku,title\n1,Tea,\n2,Cup\n3,"Pot",\n4,a,b,\n',
        [(2, ("1", "Tea")), (3, ("2", "Cup")), (4, ("3", "Pot")), (5, "too many fields")],
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_every_line_is_a_row_or_a_reject(case: str) -> None:
    text, expected = CASES[case]
    assert account(of(text)) == expected


def test_bad_bytes_among_many_quoted_lines_cost_their_line() -> None:
    good = "".join(f'{n},"Süßes, für {n}"\n' for n in range(100))
    table = of(b"sku,title\n9,\xff\n" + good.encode() + b'5,"\xfe"\n6,12" \xc3\xbc\n')
    assert [(r.line, r.reason) for r in table.rejects] == [(2, "bad bytes"), (103, "bad bytes")]
    assert len(table.frame) == 101
    assert table.frame.row(100) == ("6", '12" ü')
    assert table.lines[-1] == 104


def test_a_bad_byte_does_not_turn_a_chinese_file_into_latin_letters() -> None:
    body = "".join(f"{n},红色连衣裙\n" for n in range(50)).encode("gbk")
    table = of(b"sku,title\n0,\xff\xff\n" + body)
    assert account(table)[:2] == [(2, "bad bytes"), (3, ("0", "红色连衣裙"))]


def test_bytes_without_meaning_in_windows_1252_stay_as_controls() -> None:
    assert of(b"sku,title\n1,M\xfcller \x81\n").frame.rows() == [("1", "Müller \x81")]


TEXTS = {
    "german": "Müller Straße Stövchen",
    "french": "Crème brûlée à l’érable",
    "spanish": "Camisón de niño español",
    "chinese": "红色连衣裙",
}
UNICODE = {
    "utf-8": "utf-8 (valid UTF-8)",
    "utf-8-sig": "utf-8 (byte order mark)",
    "utf-16": "utf-16-le (byte order mark)",
    "utf-16-le": "utf-16-le (zero bytes in every second place)",
    "utf-16-be": "utf-16-be (zero bytes in every second place)",
    "utf-32": "utf-32-le (byte order mark)",
}


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("encoding", [*UNICODE, "national"])
def test_one_line_in_each_language_and_encoding(language: str, encoding: str) -> None:
    text = TEXTS[language]
    national = "gb18030" if language == "chinese" else "cp1252"
    table = of(f"sku,title\n1,{text}\n".encode(national if encoding == "national" else encoding))
    assert table.frame.rows() == [("1", text)]
    if encoding in UNICODE:
        assert table.notes == (f"encoding: {UNICODE[encoding]}",)
    else:
        found = table.notes[0].split()[1]
        assert found == ("gb18030" if language == "chinese" else "windows-1252")


@pytest.mark.parametrize("name", ["base64", "rot13", "idna", "a\0b", "", "klingon"])
def test_a_codec_that_makes_no_text_is_a_usage_problem(name: str) -> None:
    with pytest.raises(UsageProblem, match="There is no encoding"):
        of("sku\n1\n", encoding=name)


@pytest.mark.parametrize("delimiter", ["", '"', "\n", "::"])
def test_a_delimiter_that_cannot_part_cells_is_a_usage_problem(delimiter: str) -> None:
    with pytest.raises(UsageProblem, match="cannot part cells"):
        of("sku\n1\n", delimiter=delimiter)


def test_a_delimiter_beyond_ascii() -> None:
    table = of('sku§title\n1§"a§b"\n2\n', delimiter="§")
    assert account(table) == [(2, ("1", "a§b")), (3, "too few fields")]
