"""The language of a catalogue, and the model that follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from prodsim_cli.text.language import _mixture, choose_model, shares, words_of

ENGLISH = ["RED RETROSPOT MUG", "JUMBO BAG PINK", "SET OF 3 CAKE TINS", "White metal lantern"]
CATALOGUES = {
    "zh": ["红色连衣裙", "男士运动鞋", "无线蓝牙耳机", "不锈钢保温杯"],
    "de": ["Rotes Sommerkleid für Damen", "Herren Laufschuhe schwarz", "Kabelloser Kopfhörer"],
    "es": ["Vestido rojo de verano", "Zapatillas de correr para hombre", "Botella térmica"],
    "fr": ["Robe d'été rouge", "Chaussures de course homme", "Bouteille isotherme en acier"],
}


def test_an_english_catalogue_takes_minilm() -> None:
    choice = choose_model(ENGLISH)
    assert (choice.model, choice.reason) == ("minilm", "0% of the titles are not English")


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_another_language_takes_multilingual(language: str) -> None:
    choice = choose_model(CATALOGUES[language])
    assert choice.model == "multilingual"
    assert max(shares(CATALOGUES[language]), key=shares(CATALOGUES[language]).get) == language


def test_a_little_chinese_leaves_an_english_catalogue_english() -> None:
    mixed = [*(f"{title} {i}" for title in ENGLISH for i in range(10)), *CATALOGUES["zh"]]
    choice = choose_model(mixed)
    assert choice.model == "minilm"
    assert choice.not_english == pytest.approx(4 / 44, abs=0.01)


def test_no_titles_no_language() -> None:
    assert shares(["", "  "]) == {}
    assert choose_model([]).model == "minilm"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("RED MUG 250ml", "red mug"),
        ("  Thermos\tflask  ", "thermos flask"),
        ("X-200 B", ""),
        ("12345", ""),
        ("杯", "杯"),
        ("iPhone12手机壳", "手机壳"),
        ("2024新款不锈钢保温杯500ml", "新款不锈钢保温杯"),
        ("- / -", ""),
    ],
)
def test_the_words_that_speak_a_language(title: str, words: str) -> None:
    assert words_of(title) == words


def test_model_numbers_are_no_foreign_language() -> None:
    choice = choose_model(["AB-1234", "X200", "12345", "KX-TG6700"])
    assert (choice.model, choice.reason) == ("minilm", "no titles to tell a language by")


def test_order_and_copies_of_titles_do_not_matter() -> None:
    titles = ENGLISH + CATALOGUES["fr"]
    assert shares(titles) == shares([*reversed(titles), *titles])


def test_the_mixture_finds_planted_shares() -> None:
    """The shares are those of greatest likelihood: of 70 log(.4 + .2 s) + 30 log(.99 - .98 s) the
    derivative vanishes at s = 2.1 / 19.6."""
    given = np.array([[0.6, 0.4]] * 70 + [[0.01, 0.99]] * 30)
    assert _mixture(given) == pytest.approx([2.1 / 19.6, 1 - 2.1 / 19.6], abs=1e-4)
    sure = np.array([[1.0, 0.0]] * 70 + [[0.0, 1.0]] * 30)
    assert _mixture(sure) == pytest.approx([0.7, 0.3])


def test_real_shops(shared_data: Path) -> None:
    goods = pl.read_csv(shared_data / "retail_demo_store" / "products.csv", infer_schema=False)
    assert choose_model(goods["name"].to_list()).not_english < 0.05
    office = json.loads((shared_data / "office_products" / "items.json").read_text())
    assert choose_model([item["title"] for item in office.values()]).not_english < 0.05
    food = pl.read_csv(
        shared_data / "open_food_facts" / "openfoodfacts.csv",
        columns=["product_name"],
        infer_schema=False,
    )
    assert choose_model(food["product_name"].drop_nulls().to_list()).not_english > 0.4
