"""A catalogue file into one clean row per SKU."""

from __future__ import annotations

from shlex import quote

import polars as pl

from prodsim_cli.errors import InputError
from prodsim_cli.ingest.cleaning.account import LINE, ROW, Account, body
from prodsim_cli.ingest.cleaning.amounts import parse_numbers
from prodsim_cli.ingest.cleaning.cells import as_text, booleans, clean_ids, clean_texts
from prodsim_cli.ingest.cleaning.columns import suggest_key
from prodsim_cli.ingest.cleaning.lines import without_services
from prodsim_cli.ingest.cleaning.recognition import Recognition
from prodsim_cli.ingest.cleaning.titles import fold_case
from prodsim_cli.ingest.readers._raw import Cleaned, CleanOptions, RawTable

# fmt: off
_TEXTS = ("title", "description", "brand", "category", "tags", "currency", "image", "url", "lang",
          "source")
# fmt: on
_SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+\d+$"
_BROKEN_SHARE = 0.1


class BrokenKey(InputError):
    """The key column lost its digits in a spreadsheet; different products share one key."""


def refuse_broken_key(raw: RawTable, found: Recognition) -> None:
    """Raise :class:`BrokenKey` where many keys look like 3.27E+12 and hold different products."""
    key = found.mapping["sku"]
    keys = as_text(raw.frame[key]).str.strip_chars()
    broken = keys.str.contains(_SCIENTIFIC).fill_null(False)
    count = int(broken.sum())
    if count == 0 or count < _BROKEN_SHARE * len(keys):
        return
    others = [c for c in found.mapping.get("title", "").split(" + ") if c in raw.frame.columns]
    if not others:
        return
    titles = raw.frame.select(
        pl.concat_str([pl.col(c).cast(pl.String) for c in others], ignore_nulls=True)
    )
    part = pl.DataFrame({"key": keys, "title": titles.to_series()}).filter(broken)
    shared = part.group_by("key").agg(pl.col("title").n_unique().alias("n")).filter(pl.col("n") > 1)
    if shared.is_empty():
        return
    worst = shared.sort(["n", "key"], descending=[True, False]).row(0)
    taken = (*found.mapping.values(), *others)
    better = suggest_key(raw.frame, but=(key, *others)) or suggest_key(
        raw.frame, but=taken, unique=False
    )
    raise BrokenKey(
        f"{raw.name}: a spreadsheet broke the key column {key}: {count:,} of {len(keys):,} values"
        f" are in "
        f"scientific notation, and {worst[0]} alone stands for {worst[1]} different products.",
        hint=f"Take another column as key: --map sku={quote(better or 'COLUMN')}",
        columns=raw.frame.columns,
    )


def clean_catalog(raw: RawTable, options: CleanOptions, found: Recognition) -> Cleaned:
    """Rows of a catalogue, one per SKU; of several lines with one SKU the last one counts."""
    refuse_broken_key(raw, found)
    account, notes = Account(raw), list(found.notes)
    frame = body(raw)
    frame = frame[account.first_of_equal(frame)]
    sku = clean_ids(frame[found.mapping["sku"]])
    account.reject("no sku", frame.filter(sku.is_null())[ROW])
    frame, sku = frame.filter(sku.is_not_null()), sku.drop_nulls()
    items = _columns(frame, sku, options, found, account)
    if options.service_lines and "title" in items.columns:
        items = without_services(items, account, notes)
    items = _one_per_sku(items, options, account)
    return account.cleaned(found, notes, items=items)


def _columns(
    frame: pl.DataFrame, sku: pl.Series, options: CleanOptions, found: Recognition, account: Account
) -> pl.DataFrame:
    """The item columns that the file has, cleaned, and ``line``."""
    mapping = found.mapping
    out = [sku.alias("sku")]
    for field in _TEXTS:
        if field == "title" and found.parts:
            out.append(_joined(frame, found.parts))
        elif field in mapping:
            out.append(clean_texts(frame[mapping[field]]).alias(field))
    if "price" in mapping:
        out += _price(frame[mapping["price"]], options, account, has_currency="currency" in mapping)
    if "in_stock" in mapping:
        flags, bad = booleans(frame[mapping["in_stock"]])
        account.empty(mapping["in_stock"], bad)
        out.append(flags.alias("in_stock"))
    taken = {*mapping.values(), *found.parts, ROW, LINE}
    rest = [column for column in frame.columns if column not in taken]
    if rest:
        out.append(attributes(frame.select(rest)))
    return pl.DataFrame([*out, frame[LINE].alias("line")])


def _joined(frame: pl.DataFrame, parts: tuple[str, ...]) -> pl.Series:
    """A title out of several columns; null where all are empty."""
    cells = pl.DataFrame([clean_texts(frame[column]).alias(column) for column in parts])
    joined = cells.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()
    return joined.set(joined == "", None).alias("title")


def _price(
    column: pl.Series, options: CleanOptions, account: Account, *, has_currency: bool
) -> list[pl.Series]:
    """Prices, and the currency of their signs where the file has no column for it."""
    numbers = parse_numbers(column, options.decimal)
    negative = (numbers.values < 0).fill_null(False)
    account.empty(column.name, int((numbers.bad | negative).sum()))
    out = [numbers.values.set(negative, None).alias("price")]
    if not has_currency and numbers.currency.null_count() < len(numbers.currency):
        out.append(numbers.currency.alias("currency"))
    return out


def _json_cell(column: pl.Series) -> pl.Series:
    """``"name":value`` where the cell is filled, else null."""
    name = column.name.replace("\\", "\\\\").replace('"', '\\"')
    if column.dtype.is_float():
        column = column.set(~column.is_finite().fill_null(True), None)
    if column.dtype.is_numeric():
        shown = column.cast(pl.String)
    elif column.dtype == pl.Boolean:
        shown = column.cast(pl.String).str.to_lowercase()
    else:
        text = clean_texts(column).str.replace_all("\\", "\\\\", literal=True)
        shown = '"' + text.str.replace_all('"', '\\"', literal=True) + '"'
    return (f'"{name}":' + shown).alias(column.name)


def attributes(frame: pl.DataFrame) -> pl.Series:
    """The other columns of a row as one JSON object without its empty cells; null where all are."""
    cells = pl.DataFrame([_json_cell(column).alias(str(i)) for i, column in enumerate(frame)])
    joined = cells.select(pl.concat_str(pl.all(), separator=",", ignore_nulls=True)).to_series()
    return ("{" + joined.set(joined == "", None) + "}").alias("attributes")


def _one_per_sku(items: pl.DataFrame, options: CleanOptions, account: Account) -> pl.DataFrame:
    """The last line of each SKU; spellings by case with one title become the commonest spelling."""
    keys = [name for name in ("sku", "source") if name in items.columns]
    last = items.unique(keys, keep="last", maintain_order=True)
    account.merge("same sku", len(items) - len(last))
    if options.keep_case or "source" in items.columns:
        return last
    title = pl.col("title") if "title" in items.columns else pl.lit(None, pl.String)
    folded = fold_case(items.select("sku", title.alias("title"), pl.lit(1).alias("lines")))
    named = last.join(folded, on="sku", how="left", maintain_order="left")
    named = named.with_columns(pl.col("canonical").alias("sku")).drop("canonical")
    one = named.unique("sku", keep="last", maintain_order=True)
    account.merge("case of sku", len(last) - len(one))
    return one
