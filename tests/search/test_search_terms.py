"""Texts to words and model numbers."""

from __future__ import annotations

import pytest

from prodsim_cli.search import terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red enamel-mug, 500ml", ["red", "enamel", "mug", "500ml"]),
        ("Crème Brûlée Straße", ["creme", "brulee", "strasse"]),
        ("ＤＳＣ－Ｗ５５", ["dsc", "w55"]),
        ("iPhone手机壳 红色", ["iphone", "手", "机", "壳", "红", "色"]),
        ("がぎ カメラ", ["が", "ぎ", "カ", "メ", "ラ"]),
        ("빨간 컵", ["빨", "간", "컵"]),
        ("กันแดด", ["กั", "น", "แ", "ด", "ด"]),
        ("हिंदी किताब", ["हिंदी", "किताब"]),
        ("snake_case _ __", ["snake", "case"]),
        ("!!! … 🧸", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert terms.words(text) == words
    assert [term.text for term in terms.terms(text)] == words


def test_half_and_full_width_and_composed_forms_are_one() -> None:
    assert terms.words("ｶﾞ") == terms.words("ガ") == terms.words("カ\u3099")


@pytest.mark.parametrize("written", ["DSC-W55", "dsc w55", "DSCW55", "dsc/w55", "DSC.W55"])
def test_a_model_number_is_one_however_it_is_written(written: str) -> None:
    assert "dscw55" in terms.codes(f"Sony {written} camera")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("KX-TH1212B", {"kxth1212b", "kxth1212", "th1212b", "th1212"}),
        ("Walkman 2011", set()),
        ("no digits at all", set()),
        ("适用于DSC-W55的电池", {"dscw55"}),
        ("4006381333931", {"4006381333931"}),
    ],
)
def test_codes(text: str, codes: set[str]) -> None:
    assert terms.codes(text) == codes


def test_a_decimal_point_makes_no_code() -> None:
    """3.5mm is no 35mm."""
    assert "35mm" not in terms.codes("3.5mm jack")


@pytest.mark.parametrize("code", ["500ml", "35mm", "1080p", "10x15cm", "4k"])
def test_measures(code: str) -> None:
    assert terms.is_measure(code)


@pytest.mark.parametrize("code", ["dscw55", "85123a", "x100s", "4006381333931", "kxth1212b"])
def test_names_are_no_measures(code: str) -> None:
    assert not terms.is_measure(code)


def test_places_point_into_the_folded_text() -> None:
    text = "Tea-pot for 2"
    assert [text.lower()[t.start : t.end] for t in terms.terms(text)] == ["tea", "pot", "for", "2"]
