"""``search --why``: shares add up, and each word is where it is said to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Ask = Callable[..., Result]


def rows(ask: Ask, *words: str) -> list[dict[str, Any]]:
    made = ask("search", *words, "--why", "-f", "json")
    assert made.exit_code == 0, made.stderr
    found: list[dict[str, Any]] = json.loads(made.stdout)["results"]
    assert found
    return found


@pytest.mark.parametrize(
    "words",
    [
        "red retrospoot bag",
        "red retrospoot bag --by words",
        "red bag --by meaning",
        "tea --like SKU123",
        "tea --like SKU123 --by words",
        "tea --like SKU123 --by meaning",
        "tea --expand",
        "SKU123",
        "LUNCH BAG RED RETROSPOT",
        "tea --where price<1 -k 40",
    ],
)
def test_the_shares_add_up_to_the_score(ask: Ask, words: str) -> None:
    for row in rows(ask, *words.split()):
        assert sum(row["why"]["shares"].values()) == pytest.approx(row["score"], abs=1e-6)
        assert row["why"]["because"]
        if "--by words" in words:
            assert "meaning" not in row["why"]["shares"]
        if "--by meaning" in words:
            assert not {"words", "exact"} & set(row["why"]["shares"])
            assert row["why"]["words"] == []
        assert "--like" in words or "like" not in row["why"]["shares"]


def test_each_word_is_where_it_is_said_to_be(ask: Ask) -> None:
    for row in rows(ask, "red", "retrospoot", "bag", "-k", "20"):
        for word in row["why"]["words"]:
            said = word["instead"][0] if word["instead"] else word["word"]
            assert word["fields"] == ["title"]
            assert said[:3] in row["title"].lower()
        corrected = {w["word"]: w["how"] for w in row["why"]["words"] if w["instead"]}
        assert corrected in ({}, {"retrospoot": "spelling"})


def test_what_was_named_itself_says_so(ask: Ask) -> None:
    number, *_ = rows(ask, "SKU123")
    assert number["why"]["because"][0] == "has the number that was asked for"
    assert number["why"]["shares"]["exact"] == 1.0
    title, *_ = rows(ask, "LUNCH BAG RED RETROSPOT")
    assert title["why"]["because"][0] == "its title is what was asked for"


def test_the_answer_is_the_same_with_reasons(ask: Ask) -> None:
    plain = json.loads(ask("search", "tea", "cup", "-f", "json").stdout)["results"]
    told = rows(ask, "tea", "cup")
    assert [{k: v for k, v in row.items() if k != "why"} for row in told] == plain
