"""JSON in the shapes and with the slips that exports have."""

from __future__ import annotations

import json

import pytest

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, RawTable, ReadOptions


def of(data: bytes | str, name: str = "shop.json") -> RawTable:
    raw = data.encode() if isinstance(data, str) else data
    return sources.read(Blob(name, None, raw), ReadOptions())


def test_a_key_that_stands_twice_is_two_rows() -> None:
    table = of('{"A1": {"t": "Tea"}, "A2": {"t": "Cup"}, "A1": {"t": "Pot"}}')
    assert table.frame.rows() == [("A1", "Tea"), ("A2", "Cup"), ("A1", "Pot")]
    assert table.read == 3


def test_a_wrapper_may_hold_other_things() -> None:
    table = of('{"total": 1, "links": {"next": null}, "products": [{"sku": "1"}]}')
    assert table.frame.to_dicts() == [{"sku": "1"}]
    with pytest.raises(InputError, match="holds no objects"):
        of('{"products": []}')


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": ["\\ud800"]}]', [('["?"]',)]),
        ('[{"a": 9007199254740993}, {"a": 2.5}]', [("9007199254740993",), ("2.5",)]),
        ('[{"a": 1}, {"a": "x"}, {"a": true}]', [("1",), ("x",), ("true",)]),
        (f'[{{"a": {"1" * 5000}}}]', [("1" * 5000,)]),
    ],
)
def test_values_that_no_column_type_holds_are_text(text: str, rows: list[tuple[str]]) -> None:
    assert of(text).frame.rows() == rows


def test_a_name_with_half_a_character_is_a_column() -> None:
    assert of('[{"\\ud800": 1, "?": 2}]').frame.columns == ["?", "?_2"]


def test_deep_nesting_is_one_sentence_or_one_reject() -> None:
    deep = '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(InputError, match="nested too deeply"):
        of(f"[{deep}]")
    table = of(f'{deep}\n{{"a": 1}}\n', "shop.jsonl")
    assert table.frame.rows() == [(1,)]
    assert [(r.line, r.reason) for r in table.rejects] == [(1, "broken JSON")]


@pytest.mark.parametrize("name", ["shop.json", "shop.jsonl"])
def test_nesting_at_the_edge_of_the_stack_leaves_no_traceback(name: str) -> None:
    outcomes = set()
    for depth in range(500, 1100):
        try:
            of('{"a": ' + "[" * depth + "]" * depth + '}\n{"a": 1}\n', name)
            outcomes.add("read")
        except InputError as problem:
            outcomes.add(problem.message.split(" is ")[-1].split(" to ")[0].rstrip("."))
    assert outcomes == {"read", "nested too deeply"}


def test_an_object_with_bad_bytes_is_rejected_the_others_stay() -> None:
    good = [{"sku": str(n), "t": "für Süßes"} for n in range(3)]
    bad = b'{"sku": "9", "t": "B\xff"}'
    whole = b"[" + b",".join([*(json.dumps(g, ensure_ascii=False).encode() for g in good), bad])
    table = of(whole + b"]")
    assert table.frame.to_dicts() == good
    assert [(r.line, r.reason) for r in table.rejects] == [(4, "bad bytes")]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("shop.json", '{"sku": "1"}\n{"sku": "2"}\n', [1, 2]),
        ("shop.csv", '[{"sku": "1"}, {"sku": "2"}]', [1, 2]),
        ("-", '{"sku": "1"}\n\n{"sku": "2"}\n', [1, 3]),
        ("-", '{"1": {"title": "Tea"}, "2": {"title": "Cup"}}\n', [1, 2]),
        ("shop.json", '{\n"1": {"title": "Tea"},\n"2": {"title": "Cup"}\n}\n', [1, 2]),
    ],
)
def test_lines_and_documents_are_told_by_their_content(
    name: str, text: str, lines: list[int]
) -> None:
    table = of(text, name)
    assert table.frame["sku"].to_list() == ["1", "2"]
    assert table.lines.tolist() == lines


def test_a_header_with_a_bracket_is_no_json() -> None:
    assert of("[sku],{title}\n1,Tea\n", "shop.csv").frame.rows() == [("1", "Tea")]
