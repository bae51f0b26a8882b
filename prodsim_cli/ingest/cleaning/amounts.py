"""Prices and quantities: currency signs, thousands and the decimal sign, decided by column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from prodsim_cli.ingest.cleaning.cells import as_text

# Signs that name one currency; $, ¥ and kr name several and are only taken off.
CURRENCIES = {
    "us$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "£": "GBP", "gbp": "GBP", "cny": "CNY", "rmb": "CNY", "元": "CNY", "人民币": "CNY",
    "jpy": "JPY", "円": "JPY", "chf": "CHF", "fr.": "CHF", "sek": "SEK", "nok": "NOK", "dkk": "DKK",
    "pln": "PLN", "zł": "PLN", "czk": "CZK", "kč": "CZK", "huf": "HUF", "ft": "HUF",
    "₹": "INR", "inr": "INR", "₽": "RUB", "rub": "RUB", "₩": "KRW", "krw": "KRW", "원": "KRW",
    "₺": "TRY", "try": "TRY", "₫": "VND", "vnd": "VND", "฿": "THB", "thb": "THB", "₪": "ILS",
    "r$": "BRL", "brl": "BRL", "mxn": "MXN", "aud": "AUD", "a$": "AUD", "au$": "AUD", "cad": "CAD",
    "c$": "CAD", "ca$": "CAD", "hkd": "HKD", "hk$": "HKD", "twd": "TWD", "nt$": "TWD", "sgd": "SGD",
    "s$": "SGD", "nzd": "NZD", "nz$": "NZD", "zar": "ZAR",
    "$": "", "¥": "", "kr": "", "kr.": "", "块": "", "rs.": "", "rs": "",
}  # fmt: skip
_SIGN = (
    r"(?:us\$|hk\$|nt\$|nz\$|au\$|ca\$|[arcs]\$|[$€£¥₹₽₩₺₫฿₪元円块원]|人民币"
    r"|rs\.?|kr\.?|zł|kč|ft|fr\.|euros?|[a-z]{3})"
)
_DIGITS = r"[0-9.,'’\s]*[0-9][0-9.,'’\s]*(?:e[-+]?[0-9]{1,3})?"
_WHOLE = rf"^([-+(]*)\s*({_SIGN})?\s*([-+]?)\s*({_DIGITS})\s*({_SIGN})?\s*([-)]*)$"


@dataclass(frozen=True)
class Numbers:
    """A column as numbers. ``bad``: filled cells that are no finite number (then null in
    ``values``); ``currency``: ISO code by row where a sign names one; ``decimal``: sign taken."""

    values: pl.Series
    bad: pl.Series
    currency: pl.Series
    decimal: str


def parse_numbers(column: pl.Series, decimal: str | None = None) -> Numbers:
    """Cells such as ``£2.55``, ``2,55 €``, ``1.234,56``, ``USD 12``, ``(3.00)``, ``12.-``.

    The decimal sign is one decision for the whole column: a value that can be read in one way only
    decides (``2,55``, ``1.234,56``); values that fit neither grouping nor decision are bad.
    Without any evidence a single point or comma before three digits is read as a decimal point and
    as a thousands comma. ``decimal`` forces it.
    """
    name = column.name
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = column.cast(pl.Float64)
        bad = (~values.is_finite()).fill_null(False)
        return Numbers(
            values.set(bad, None),
            bad,
            pl.Series("currency", [None] * len(values), dtype=pl.String),
            ".",
        )
    text = as_text(column)
    distinct = pl.DataFrame({"cell": text.unique().drop_nulls()})
    parts = _parts(distinct)
    sign = decimal or _decide(parts["digits"])
    parsed = parts.select(
        "cell", _value(sign).alias("value"), pl.col("currency"), (pl.col("blank")).alias("blank")
    )
    joined = pl.DataFrame({"cell": text}).join(parsed, on="cell", how="left", maintain_order="left")
    values = joined["value"].alias(name)
    bad = (
        values.is_null() & joined["cell"].is_not_null() & ~joined["blank"].fill_null(True)
    ).alias("bad")
    return Numbers(values, bad, joined["currency"], sign)


def _parts(distinct: pl.DataFrame) -> pl.DataFrame:
    """Sign, digits and currency of each distinct cell; ``digits`` is null where it is no number."""
    plain = (
        pl.col("cell")
        .str.normalize("NFKC")
        .str.replace_all("[−‒–—]", "-")
        .str.replace(r"([0-9])[.,]-{1,2}", "${1}")  # 12.- and 12,-- are whole amounts
        .str.strip_chars()
        .str.to_lowercase()
    )
    found = pl.col("plain").str.extract_groups(_WHOLE)
    frame = distinct.with_columns(plain.alias("plain")).with_columns(found.alias("g"))
    group = [pl.col("g").struct.field(str(number)) for number in range(1, 7)]
    before, left, inner, digits, right, after = group
    sign = pl.coalesce(left, right).replace_strict(CURRENCIES, default="?", return_dtype=pl.String)
    unknown = left.is_not_null() & ~left.is_in(
        list(CURRENCIES)
    ) | right.is_not_null() & ~right.is_in(list(CURRENCIES))
    negative = (
        before.str.contains("-", literal=True)
        | inner.str.contains("-", literal=True)
        | after.str.contains("-", literal=True)
        | (before.str.contains("(", literal=True) & after.str.contains(")", literal=True))
    )
    bare = digits.str.replace_all(r"['’\s]", "").str.replace(r"[.,]$", "")
    return frame.select(
        "cell",
        (pl.col("plain") == "").alias("blank"),
        pl.when(unknown.fill_null(False)).then(None).otherwise(bare).alias("digits"),
        negative.fill_null(False).alias("negative"),
        pl.when(sign.is_in(["", "?"])).then(None).otherwise(sign).alias("currency"),
    )


def _decide(digits: pl.Series) -> str:
    """The decimal sign that more of the telling values speak for; a point without evidence."""

    def telling(point: str, comma: str) -> int:
        patterns = (
            rf"{comma}.*{point}",  # both signs: the later one is the decimal sign
            rf"^\d*{point}(?:\d{{1,2}}|\d{{4,}})$",
            rf"^(?:0|\d{{4,}})?{point}\d{{3}}$",
            rf"{comma}\d{{3}}{comma}\d{{3}}$",  # two of them: they group thousands
        )
        return sum(int(digits.str.contains(pattern).sum() or 0) for pattern in patterns)

    return "," if telling(",", r"\.") > telling(r"\.", ",") else "."


def _value(decimal: str) -> pl.Expr:
    """Digits under one decimal sign as Float64; a wrong grouping gives null."""
    group = r"\." if decimal == "," else ","
    point = "," if decimal == "," else r"\."
    whole = rf"(?:\d+|\d{{1,3}}(?:{group}\d{{3}})+|\d{{1,2}}(?:{group}\d{{2}})+{group}\d{{3}})"
    shape = rf"^(?:{whole}(?:{point}\d*)?|{point}\d+)(?:e[-+]?\d+)?$"
    digits = pl.col("digits")
    number = (
        digits.str.replace_all(group, "").str.replace(point, ".").cast(pl.Float64, strict=False)
    )
    number = pl.when(digits.str.contains(shape) & number.is_finite()).then(number)
    return pl.when(pl.col("negative")).then(-number).otherwise(number)
