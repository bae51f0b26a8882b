"""Moments in all the forms that exports write, the order of day and month decided by column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from prodsim_cli.ingest.cleaning.cells import as_text, on_distinct

_MONTHS = (
    "jan(?:uary|uar|vier|v)?|ene(?:ro)?|january",
    "feb(?:ruary|ruar|rero)?|fev(?:rier)?|févr(?:ier)?",
    "mar(?:ch|s|zo)?|märz|mrz",
    "apr(?:il)?|avr(?:il)?|abr(?:il)?",
    "may|mai|mayo",
    "june?|juni|juin|junio",
    "july?|juli|juil(?:let)?|julio",
    "aug(?:ust)?|août|aout|ago(?:sto)?",
    "sept?(?:ember|embre|iembre)?",
    "oct(?:ober|obre|ubre)?|okt(?:ober)?",
    "nov(?:ember|embre|iembre)?",
    "dec(?:ember)?|dez(?:ember)?|déc(?:embre)?|dic(?:iembre)?",
)
_WEEKDAYS = (
    "(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    "|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo|di|mi|do|fr|sa|so)"
    "|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
    "|(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)"
)
_TIME = (
    r"(?:[t "
    r",]*(?P<hour>\d{1,2})[:h时点](?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2})?(?:[.,](?P<fraction>\d{1,9}))?)?秒?分?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
)
_FOUR = r"^(?P<a>\d{4})[-/. ]?(?P<b>\d{1,2})[-/. ]?(?P<c>\d{1,2})" + _TIME
_NATIONAL = r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<c>\d{4}|\d{2})" + _TIME
_NUMBER = r"^\s*-?\d+(?:\.\d+)?\s*$"
_PLAIN_ISO = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:Z| UTC)$"
_COMPACT = r"^\s*(?:19|20|21)\d{6}(?:\d{6})?\s*$"
_EARLIEST, _LATEST = 1900, 2200


@dataclass(frozen=True)
class Dates:
    """A column as moments. ``values``: Datetime[us], UTC, no zone; ``running``: the column holds
    running numbers instead (then ``values`` is all null); ``note``: what was decided, or ''."""

    values: pl.Series
    note: str = ""
    running: bool = False


def parse_dates(column: pl.Series, order: str | None = None) -> Dates:
    """ISO, national and Chinese dates, month names, epoch s/ms/us and spreadsheet days.

    Where the order of day and month is open it is decided over the whole column: a number above 12
    decides; without one, points or slashes mean day first, and slashes with am/pm month first. The
    order ``order`` (dmy, mdy, ymd) forces it. Unreadable cells are null.
    """
    if column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        return Dates(_plain(column))
    if column.dtype.is_numeric():
        return _from_numbers(column.cast(pl.Float64))
    text = as_text(column)
    for cells in (text, text.str.replace(_PLAIN_ISO, "${1} ${2}")):
        quick = _plausible(cells.str.strptime(pl.Datetime("us"), "%Y-%m-%d %H:%M:%S", strict=False))
        if quick.null_count() == text.null_count():
            return Dates(quick)
    number = text.str.contains(_NUMBER) & ~text.str.contains(_COMPACT)
    number = number.fill_null(False)
    if not number.any():
        return _from_text(text, order)
    told = _from_numbers(text.set(~number, None).str.strip_chars().cast(pl.Float64, strict=False))
    if number.sum() * 2 > len(text) - text.null_count() and (told.running or number.all()):
        return told
    written = _from_text(text.set(number, None), order)
    note = ", ".join(filter(None, [told.note, written.note]))
    return Dates(told.values.zip_with(number, written.values), note)


def _plain(column: pl.Series) -> pl.Series:
    """Microseconds in UTC without a zone."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return _plausible(column.cast(pl.Datetime("us")))


def _plausible(values: pl.Series) -> pl.Series:
    """Years that no shop has (0001-01-01, 9999-12-31: placeholders) are no dates."""
    year = values.dt.year()
    return values.set(((year < _EARLIEST) | (year > _LATEST)).fill_null(False), None)


def _from_numbers(numbers: pl.Series) -> Dates:
    """Epoch seconds, milliseconds, micro- or nanoseconds, or spreadsheet days, told by size."""
    known = numbers.filter(numbers.is_finite().fill_null(False) & (numbers > 0).fill_null(False))
    middle = known.median() if len(known) else None
    blank = pl.Series(numbers.name, [None] * len(numbers), dtype=pl.Datetime("us"))
    if not isinstance(middle, float):
        return Dates(blank)
    if 19_000_101 <= middle <= 21_991_231 and bool((known == known.round(0)).all()):
        return _from_text(numbers.cast(pl.Int64, strict=False).cast(pl.String), "ymd")
    usable = numbers.set(
        ~(numbers.is_finite().fill_null(False) & (numbers > 0)).fill_null(False), None
    )
    if 20_000 <= middle <= 80_000:
        micros = (usable - 25_569.0) * 86_400e6  # day 25569 of a spreadsheet is 1970-01-01
        rounded = (micros / 1e6).round(0).cast(pl.Int64, strict=False) * 1_000_000
        note = f"column {numbers.name} holds spreadsheet days"
        return Dates(_plausible(rounded.cast(pl.Datetime("us"))), note)
    for low, factor, unit in (
        (1e8, 1e6, "seconds"), (1e11, 1e3, "milliseconds"), (1e14, 1.0, "microseconds"),
        (1e17, 1e-3, "nanoseconds"),
    ):  # fmt: skip
        if low <= middle < low * 1e3:
            stamp = (usable * factor).round(0)
            stamp = stamp.set((stamp.abs() > 8e15).fill_null(False), None)
            note = f"column {numbers.name} holds {unit} since 1970"
            return Dates(
                _plausible(stamp.cast(pl.Int64, strict=False).cast(pl.Datetime("us"))), note
            )
    return Dates(blank, running=True)


def _from_text(text: pl.Series, order: str | None) -> Dates:
    distinct = text.unique().drop_nulls()
    parts = _parts(distinct)
    taken, note = _decide(parts, order, text.name)
    moments = _assemble(parts, taken)

    def change(values: pl.Series) -> pl.Series:
        found = pl.DataFrame({"cell": values}).join(
            moments, on="cell", how="left", maintain_order="left"
        )
        return found["at"]

    values = on_distinct(text, change)
    if not isinstance(values.dtype, pl.Datetime):
        values = pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us"))
    return Dates(_plausible(values), note)


def _tidy() -> pl.Expr:
    """One spelling of separators: Chinese marks, month names, ordinals and weekdays."""
    cell = pl.col("cell").str.normalize("NFKC").str.strip_chars().str.to_lowercase()
    cell = cell.str.replace_all(r"(\d)\s*[年月]\s*", "${1}-").str.replace(r"(\d)\s*[日号]", "${1} ")
    cell = cell.str.replace(r"^(.*)(?:上午|早上)\s*(.*)$", "${1}${2} am").str.replace(
        r"^(.*)(?:下午|晚上)\s*(.*)$", "${1}${2} pm"
    )
    cell = cell.str.replace(rf"^(?:{_WEEKDAYS})\.?,?\s+", "")
    cell = cell.str.replace(r"(\d)(?:st|nd|rd|th|er)\b", "${1}").str.replace_all(r"\bde\s+", "")
    return cell.str.strip_chars()


def _with_months(frame: pl.DataFrame) -> pl.DataFrame:
    """Month names to numbers: ``1 dec 2010`` and ``dec 1, 2010`` become year first."""
    if not frame["plain"].str.contains(r"[a-zäéû]{3}").any():
        return frame
    plain = pl.col("plain")
    for number, names in enumerate(_MONTHS, start=1):
        name = rf"(?:{names})\.?"
        plain = plain.str.replace(
            rf"^(\d{{1,2}})[-/. ]*{name}[-/., ]*(\d{{4}})\b", f"${{2}}-{number}-${{1}}"
        )
        plain = plain.str.replace(
            rf"^(\d{{1,2}})[-/. ]+{name}[-/., ]+(\d{{2}})\b", f"20${{2}}-{number}-${{1}}"
        )
        plain = plain.str.replace(
            rf"^{name}[-/. ]*(\d{{1,2}}),?[-/. ]+(\d{{4}})\b", f"${{2}}-{number}-${{1}}"
        )
        plain = plain.str.replace(
            rf"^(\d{{4}})[-/. ]+{name}[-/. ]+(\d{{1,2}})\b", f"${{1}}-{number}-${{2}}"
        )
    return frame.with_columns(plain)


def _parts(distinct: pl.Series) -> pl.DataFrame:
    """The numbers of each distinct cell: a, b, c as written (``four``: the year stands first)."""
    frame = _with_months(pl.DataFrame({"cell": distinct}).with_columns(_tidy().alias("plain")))
    plain = pl.col("plain").str.replace(
        r"^(\d{4})(\d{2})(\d{2})t?(\d{2})(\d{2})(\d{2})", "${1}-${2}-${3} ${4}:${5}:${6}"
    )
    frame = frame.with_columns(plain.alias("plain"))
    frame = frame.with_columns(
        pl.col("plain").str.extract_groups(_FOUR).alias("four"),
        pl.col("plain").str.extract_groups(_NATIONAL).alias("nat"),
    )
    four = pl.col("four").struct.field("a").is_not_null()

    def number(name: str) -> pl.Expr:
        first, second = pl.col("four").struct.field(name), pl.col("nat").struct.field(name)
        return pl.coalesce(first, second)

    names = ("a", "b", "c", "hour", "minute", "second", "fraction", "half", "zone")
    out = frame.select("cell", "plain", four.alias("four"), *(number(n).alias(n) for n in names))
    return out.with_columns(
        pl.col("c").str.len_chars().alias("c_digits"),
        *(
            pl.col(n).cast(pl.Int32, strict=False)
            for n in ("a", "b", "c", "hour", "minute", "second")
        ),
    )


def _decide(parts: pl.DataFrame, order: str | None, name: str) -> tuple[str, str]:
    """The order of the national dates of a column, and a sentence where there was a choice."""
    national = parts.filter(~pl.col("four") & pl.col("a").is_not_null())
    if order or national.is_empty():
        return order or "dmy", ""
    two = bool((national["c_digits"] == 2).all())
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    fits = {
        "dmy": ((a <= 31) & (b <= 12)),
        "mdy": ((a <= 12) & (b <= 31)),
        "ymd": ((b <= 12) & (c <= 31) & (pl.col("c_digits") == 2)),
    }
    counts = {key: int(national.select(fit.sum()).item()) for key, fit in fits.items()}
    best = max(counts.values())
    good = [key for key, count in counts.items() if count == best and (key != "ymd" or two)]
    chosen = good[0] if good else "dmy"
    if "dmy" in good and bool(national["plain"].str.contains(r"^\d{1,2}\.\d").all()):
        good = ["dmy"]  # points are written by those who put the day first
    if len(good) <= 1:
        note = f"dates of {name}: {chosen} (the values decide)"
    else:
        clock = national["half"].is_not_null().any() and national["plain"].str.contains("/").any()
        chosen = "mdy" if clock and "mdy" in good else chosen
        open_to = " and ".join(good)
        note = f"dates of {name}: {chosen} assumed (values allow {open_to}; --dates decides)"
    if best < len(national):
        note += f", {len(national) - best} distinct values contradict it"
    return chosen, note


def _assemble(parts: pl.DataFrame, order: str) -> pl.DataFrame:
    """Cell -> moment: numbers checked by strptime, 12-hour clock and zone applied."""
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    year_of = {"dmy": (c, b, a), "mdy": (c, a, b), "ymd": (a, b, c)}
    y, m, d = year_of[order]
    if order == "ymd":  # a four-figure year at the end cannot be a day
        swap = pl.col("c_digits") == 4
        y, d = pl.when(swap).then(c).otherwise(a), pl.when(swap).then(a).otherwise(c)
    four = pl.col("four")
    y, m, d = (
        pl.when(four).then(f).otherwise(n) for f, n in zip((a, b, c), (y, m, d), strict=True)
    )
    short = ~four & (pl.col("c_digits") == 2)  # 69 to 99 are of the last century, as in POSIX
    y = pl.when(short).then(y + pl.when(y < 69).then(2000).otherwise(1900)).otherwise(y)
    half = pl.col("half").str.slice(0, 1)
    hour = pl.col("hour").fill_null(0)
    hour = (
        pl.when(half.is_not_null() & (hour > 12) & (half == "a")).then(99)
        .when((half == "p") & (hour < 12)).then(hour + 12)
        .when((half == "a") & (hour == 12)).then(0)
        .otherwise(hour)
    )  # fmt: skip
    pad = [part.cast(pl.String).str.zfill(2) for part in (m, d, hour)]
    rest = [pl.col(n).fill_null(0).cast(pl.String).str.zfill(2) for n in ("minute", "second")]
    written = pl.format("{}-{}-{} {}:{}:{}", y.cast(pl.String).str.zfill(4), *pad, *rest)
    moment = written.str.strptime(pl.Datetime("us"), "%Y-%m-%d %H:%M:%S", strict=False)
    micros = pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    zone = pl.col("zone").str.extract_groups(r"([+-])(\d{2}):?(\d{2})?$")
    minutes = (
        zone.struct.field("2").cast(pl.Int64) * 60
        + zone.struct.field("3").cast(pl.Int64).fill_null(0)
    ).fill_null(0)
    minutes = pl.when(zone.struct.field("1") == "-").then(-minutes).otherwise(minutes)
    shift = pl.duration(microseconds=micros) - pl.duration(minutes=minutes)
    return parts.select("cell", (moment + shift).alias("at"))
