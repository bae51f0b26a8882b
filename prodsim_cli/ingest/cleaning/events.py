"""A file of events (or of transactions that also describe their products) into clean lines."""

from __future__ import annotations

import polars as pl

from prodsim_cli.ingest.cleaning.account import LINE, ROW, Account, body
from prodsim_cli.ingest.cleaning.amounts import Numbers, parse_numbers
from prodsim_cli.ingest.cleaning.catalog import refuse_broken_key
from prodsim_cli.ingest.cleaning.cells import as_text, clean_ids, clean_texts, parse_types
from prodsim_cli.ingest.cleaning.dates import Dates, parse_dates
from prodsim_cli.ingest.cleaning.lines import without_services
from prodsim_cli.ingest.cleaning.recognition import TRANSACTIONS, Recognition
from prodsim_cli.ingest.readers._raw import Cleaned, CleanOptions, RawTable

_ITEM_TEXTS = ("title", "description", "brand", "category", "tags", "image", "url")
_CANCELLED = r"^[Cc]\d+$"
_NUMBERED = r"^[A-Za-z]?\d+$"
_TYPE_KINDS_SHOWN = 20


def clean_events(raw: RawTable, options: CleanOptions, found: Recognition) -> Cleaned:
    """Lines of events in file order, in the columns of :class:`Cleaned`.

    A line is rejected for its key or its date only; what is no event of a product (equal lines,
    services, write-offs, unknown event types) is counted by reason; bad numbers are emptied.
    """
    refuse_broken_key(raw, found)
    account, notes = Account(raw), list(found.notes)
    if found.clock:
        notes.append(f"the time of day is taken from {found.clock}")
    frame = body(raw)
    kept = account.first_of_equal(frame)
    needed = [*dict.fromkeys([*found.mapping.values(), *filter(None, [found.clock]), ROW, LINE])]
    frame = frame.select(needed)
    if len(kept) < len(frame):
        frame = frame[kept]
    lines = _keys(frame, options, found, notes)
    bad = lines["sku"].is_null()
    account.reject("no sku", lines.filter(bad)[ROW])
    undated = lines["bad_date"] & ~bad
    account.reject("bad date", lines.filter(undated)[ROW])
    good = ~(bad | undated)
    if not good.all():
        frame, lines = frame.filter(good), lines.filter(good)
    lines = _describe(lines, frame, found)
    lines = _measure(lines, frame, options, found, account, notes)
    if options.service_lines:
        lines = without_services(lines, account, notes)
    lines = _without_unknown(lines, account)
    lines = _without_write_offs(lines, account)
    return account.cleaned(found, notes, events=_shape(lines, found))


def _keys(
    frame: pl.DataFrame, options: CleanOptions, found: Recognition, notes: list[str]
) -> pl.DataFrame:
    """sku, user, order_id, at, position, bad_date of every line."""
    mapping, height = found.mapping, len(frame)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    ids = {
        field: clean_ids(frame[mapping[field]]) if field in mapping else nothing
        for field in ("sku", "user", "order_id")
    }
    dates = parse_dates(_moments(frame, found), options.dates) if "at" in mapping else None
    at, position, bad = _order(frame, dates, found, notes)
    columns = [values.alias(name) for name, values in ids.items()]
    return pl.DataFrame(
        [
            *columns,
            at.alias("at"),
            position.alias("position"),
            bad.alias("bad_date"),
            frame[ROW],
            frame[LINE],
        ]
    )


def _moments(frame: pl.DataFrame, found: Recognition) -> pl.Series:
    """The time column; date and time of day joined where they stand apart."""
    column = frame[found.mapping["at"]]
    if not found.clock:
        return column
    joined = (
        as_text(column).str.strip_chars() + " " + as_text(frame[found.clock]).fill_null("00:00")
    )
    return joined.alias(column.name)


def _order(
    frame: pl.DataFrame, dates: Dates | None, found: Recognition, notes: list[str]
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Time and position: events without a time are ordered by ``position``, else as in the file."""
    height = len(frame)
    no_time = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, height)
    no_position = pl.Series([None], dtype=pl.Int64).new_from_index(0, height)
    fine = pl.Series([False]).new_from_index(0, height)
    position = no_position
    if "position" in found.mapping:
        numbers = parse_numbers(frame[found.mapping["position"]]).values
        position = numbers.round(0).cast(pl.Int64, strict=False)
    if dates is not None and not dates.running:
        if dates.note:
            notes.append(dates.note)
        return dates.values, position, dates.values.is_null()
    if dates is not None and position.null_count() == height:
        column = found.mapping["at"]
        position = parse_numbers(frame[column]).values.round(0).cast(pl.Int64, strict=False)
        notes.append(f"column {column} holds running numbers, not dates: they are the order")
        return no_time, position, position.is_null()
    if "position" not in found.mapping:
        notes.append("no time column: events are in the order of the file")
        return no_time, frame[ROW].cast(pl.Int64), fine
    notes.append(f"no time column: events are in the order of {found.mapping['position']}")
    return no_time, position, fine


def _describe(lines: pl.DataFrame, frame: pl.DataFrame, found: Recognition) -> pl.DataFrame:
    """The texts that the lines carry about their product."""
    texts = [
        clean_texts(frame[found.mapping[field]]).alias(field)
        for field in _ITEM_TEXTS
        if field in found.mapping
    ]
    return lines.with_columns(texts) if texts else lines


def _numbers(
    frame: pl.DataFrame, found: Recognition, field: str, options: CleanOptions
) -> Numbers | None:
    column = found.mapping.get(field)
    return parse_numbers(frame[column], options.decimal) if column else None


def _measure(
    lines: pl.DataFrame, frame: pl.DataFrame, options: CleanOptions, found: Recognition,
    account: Account, notes: list[str],
) -> pl.DataFrame:  # fmt: skip
    """type, quantity, value, weight of every line; ``negative`` marks what was taken off."""
    mapping = found.mapping
    quantity, negative = _quantity(frame, options, found, account)
    kind, word = _types(lines, frame, found, negative, notes)
    negative = negative & kind.is_in(["purchase", "return"]).fill_null(False)
    value = _value(frame, options, found, account, quantity)
    rating = _numbers(frame, found, "rating", options)
    if rating is not None:
        account.empty(mapping["rating"], int(rating.bad.sum()))
        value = value.zip_with(kind != "rating", rating.values)
    weight = _numbers(frame, found, "weight", options)
    weights = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(frame))
    if weight is not None:
        below = (weight.values < 0).fill_null(False)
        account.empty(mapping["weight"], int((weight.bad | below).sum()))
        weights = weight.values.set(below, None)
    return lines.with_columns(
        kind.alias("type"),
        word.alias("word"),
        quantity.alias("quantity"),
        value.alias("value"),
        weights.alias("weight"),
        negative.alias("negative"),
    )


def _quantity(
    frame: pl.DataFrame, options: CleanOptions, found: Recognition, account: Account
) -> tuple[pl.Series, pl.Series]:
    """Positive units, and which of them were negative. None, zero and what is no number count 1:
    the line says that something happened, not how much (zero and nonsense count as emptied)."""
    numbers = _numbers(frame, found, "quantity", options)
    if numbers is None:
        ones = pl.Series([1.0]).new_from_index(0, len(frame))
        return ones, pl.Series([False]).new_from_index(0, len(frame))
    values = numbers.values
    zero = (values == 0).fill_null(False)
    account.empty(found.mapping["quantity"], int((numbers.bad | zero).sum()))
    negative = (values < 0).fill_null(False)
    return values.abs().set(zero, None).fill_null(1.0), negative


def _types(
    lines: pl.DataFrame,
    frame: pl.DataFrame,
    found: Recognition,
    negative: pl.Series,
    notes: list[str],
) -> tuple[pl.Series, pl.Series]:
    """Event type by line (null where unknown) and the word of the file."""
    height, mapping = len(frame), found.mapping
    purchase = pl.Series(["purchase"]).new_from_index(0, height)
    word = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    if "type" in mapping:
        kind, word = parse_types(frame[mapping["type"]])
    elif "rating" in mapping and not {"quantity", "order_id", "price", "total"} & mapping.keys():
        rated = parse_numbers(frame[mapping["rating"]]).values.is_not_null()
        kind = pl.select(
            pl.when(rated).then(pl.lit("rating")).otherwise(pl.lit("purchase"))
        ).to_series()
        notes.append(f"no event type column: lines with a value in {mapping['rating']} are ratings")
    else:
        kind = purchase
        notes.append("no event type column: every line is a purchase")
    back = negative | _cancelled(lines["order_id"])
    returns = back & (kind == "purchase").fill_null(False)
    return kind.set(returns, "return"), word


def _cancelled(orders: pl.Series) -> pl.Series:
    """Orders named C and a number, in a file whose orders are numbers."""
    distinct = orders.unique().drop_nulls()
    cancelled = distinct.filter(distinct.str.contains(_CANCELLED))
    numbered = int(distinct.str.contains(_NUMBERED).sum())
    plain = int(distinct.str.contains(r"^\d+$").sum())
    if cancelled.is_empty() or numbered < 0.9 * len(distinct) or plain < len(cancelled):
        return pl.Series([False]).new_from_index(0, len(orders))
    return orders.is_in(cancelled.implode()).fill_null(False)


def _value(
    frame: pl.DataFrame,
    options: CleanOptions,
    found: Recognition,
    account: Account,
    quantity: pl.Series,
) -> pl.Series:
    """Unit price: its column, else the line's total by its units. Negative ones are emptied."""
    field = "price" if "price" in found.mapping else "total"
    numbers = _numbers(frame, found, field, options)
    if numbers is None:
        return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(frame))
    values = numbers.values
    if field == "total":
        values = values.abs() / quantity
    below = (values < 0).fill_null(False)
    account.empty(found.mapping[field], int((numbers.bad | below).sum()))
    return values.set(below, None)


def _without_unknown(lines: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Lines whose event type the store does not know are set aside, counted by word."""
    unknown = lines["type"].is_null()
    if not unknown.any():
        return lines
    words = lines.filter(unknown).group_by("word").agg(pl.len().alias("n"))
    words = words.sort(["n", "word"], descending=[True, False])
    for place, (word, count) in enumerate(words.iter_rows()):
        reason = f"unknown event type: {word}" if word else "no event type"
        account.put_aside(reason if place < _TYPE_KINDS_SHOWN else "unknown event type", count)
    return lines.filter(~unknown)


def _without_write_offs(lines: pl.DataFrame, account: Account) -> pl.DataFrame:
    """A negative quantity without a customer is the stockroom's, not a customer's, return."""
    gone = lines["negative"] & lines["user"].is_null()
    account.put_aside("stock write-off", int(gone.sum()))
    return lines.filter(~gone) if gone.any() else lines


def _shape(lines: pl.DataFrame, found: Recognition) -> pl.DataFrame:
    """The columns of the contract, in its order."""
    texts = [field for field in _ITEM_TEXTS if field in lines.columns and field != "title"]
    if found.kind == TRANSACTIONS and "title" not in lines.columns:
        lines = lines.with_columns(pl.lit(None, pl.String).alias("title"))
    title = ["title"] if "title" in lines.columns else []
    return lines.select(
        "user", "sku", "type", "quantity", "weight", "value", "order_id", "at", "position", *title,
        *texts, pl.col(LINE).alias("line"),
    )  # fmt: skip
