"""Objects to columns: nothing is rounded, and nothing depends on where a chunk ends."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodsim_cli.errors import InputError
from prodsim_cli.ingest import readers as sources
from prodsim_cli.ingest.readers import Blob, RawTable, ReadOptions
from prodsim_cli.ingest.readers._encoding import decode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**63 - 1, 2**63, 10**25])
    | st.floats(width=32)
    | st.text(max_size=3)
)
OBJECTS = st.lists(
    st.dictionaries(st.sampled_from(["sku", "b", "c"]), SCALARS | st.lists(SCALARS, max_size=2)),
    min_size=1,
    max_size=7,
).filter(any)


def of(text: str | bytes, name: str) -> RawTable:
    data = text.encode() if isinstance(text, str) else text
    return sources.read(Blob(name, None, data), ReadOptions())


def in_chunks(size: int, text: str, name: str) -> RawTable:
    with (
        mock.patch("prodsim_cli.ingest.readers.jsonl.CHUNK", size),
        mock.patch("prodsim_cli.ingest.readers.json_file.CHUNK", size),
    ):
        return of(text, name)


def cells(values: list[Any]) -> list[Any]:
    """The rule in words: numbers or booleans where all are such and fit, else JSON text."""
    kinds = {type(value) for value in values if value is not None}
    whole = [abs(value) for value in values if type(value) is int]
    fits = max(whole, default=0) <= (2**53 if float in kinds else 2**63 - 1)
    if kinds == {bool} or (kinds and kinds <= {int, float} and fits):
        return [float(v) if float in kinds and v is not None else v for v in values]
    texts = [
        v if v is None or type(v) is str else json.dumps(v, ensure_ascii=False) for v in values
    ]
    return [text or None for text in texts]


@given(OBJECTS)
@settings(max_examples=300, deadline=None)
def test_columns_follow_the_rule_whatever_the_chunks(objects: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for value in objects for name in value))
    wanted = {name: cells([value.get(name) for value in objects]) for name in names}
    lines = "\n".join(map(json.dumps, objects))
    for size in (1, 2, 100):
        for text, name in ((lines, "a.jsonl"), (json.dumps(objects), "a.json")):
            found = in_chunks(size, text, name)
            assert found.frame.columns == names
            assert repr(found.frame.to_dict(as_series=False)) == repr(wanted)
            assert found.lines.tolist() == list(range(1, len(objects) + 1))


def test_a_type_that_changes_late_changes_the_early_cells_too() -> None:
    lines = '{"sku": 1}\n{"sku": 2.5}\n{}\n{"sku": "x", "late": 1}\n'
    found = in_chunks(1, lines, "a.jsonl").frame
    assert found.rows() == [("1", None), ("2.5", None), (None, None), ("x", 1)]


def test_rejects_of_many_chunks_stand_once_and_in_order() -> None:
    lines = '{"sku": 1}\n[2]\n\n{"sku":\n{"sku": "x"}\n7\n'
    found = in_chunks(1, lines, "a.jsonl")
    assert found.lines.tolist() == [1, 5]
    assert [(reject.line, reject.reason) for reject in found.rejects] == [
        (2, "not an object"),
        (4, "broken JSON"),
        (6, "not an object"),
    ]
    assert found.read == 5


def test_an_entry_without_an_object_is_a_reject_of_a_keyed_file() -> None:
    found = of('{"A1": {"title": "Tea"}, "A2": null, "A3": {"title": "Cup"}}', "a.json")
    assert found.frame.rows() == [("A1", "Tea"), ("A3", "Cup")]
    assert found.lines.tolist() == [1, 3]
    assert [(r.line, r.reason, r.raw) for r in found.rejects] == [
        (2, "not an object", '{"A2": null}')
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_bad_bytes_cost_their_object_only(name: str) -> None:
    good = [
        json.dumps({"sku": str(n), "t": "für Müller, groß"}, ensure_ascii=False) for n in range(9)
    ]
    lines = [line.encode() for line in good]
    lines[4] = b'{"sku": "4", "t": "B\xff\xfex"}'
    text = b"[" + b",\n".join(lines) + b"]" if name == "a.json" else b"\n".join(lines)
    assert decode(text).encoding == "utf-8"
    found = of(text, name)
    assert [(reject.line, reject.reason) for reject in found.rejects] == [(5, "bad bytes")]
    assert found.frame["sku"].to_list() == ["0", "1", "2", "3", "5", "6", "7", "8"]


def test_lines_without_any_object_are_refused() -> None:
    with pytest.raises(InputError, match="holds no objects"):
        of("{\n{\n", "a.jsonl")
