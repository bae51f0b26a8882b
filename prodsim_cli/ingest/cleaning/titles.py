"""Which title a product gets, and which spellings of a SKU are one product.

Lines of an order system carry stockroom notes ("check", "thrown away", "wrongly coded 20713") in
the place of a title. Three things give a note away: all its words are words of a stockroom; it
stands on several products that have a commoner title of their own; or it is written small in a
file that writes its titles in capitals.
"""

from __future__ import annotations

import polars as pl

_NOTE_WORDS = (
    "damaged? damages damage dagamed broken breakages? smashed cracked crushed faulty defective wet"
    " rusty rust mouldy smudges? destroyed unsaleable lost missing found check(?:ed)? counted?"
    " counts adjust(?:ed|ment|ments)? re-adjustment thrown throw away wrong(?:ly)? incorrect(?:ly)?"
    " mixed mix error mistake oops mystery coded? codes marked mrked mislabell?ed barcode credited"
    " creditted stock stocktake display showroom samples? test dotcom amazon ebay mailout returned?"
    " reverse previous temp allocate sold sale sales given put aside back fix(?:ed)? historic wax"
    " printing pallet entry difference water rcvd n/a none unknown 盘点 报损 损坏 丢失 测试 调整"
)
_FILLERS = (
    "a an and as at be by c can't cant could did do for from had has have in into is it label"
    " made not of on only or out re s see set sets sell some still t the this to up was with etc"
    " box boxes ctn carton"
)
_NOTE = (
    r"(?i)^[\W\d_]*(?:(?:{strong}|{weak})[\W\d_]+)*(?:{strong})(?:[\W\d_]+(?:{strong}"
    r"|{weak}))*[\W\d_]*$"
).format(strong="|".join(_NOTE_WORDS.split()), weak="|".join(_FILLERS.split()))
_NO_TEXT = r"^[^\p{L}]*$"
_CAPITAL_SHARE = 0.9
_SHARED_BY = 3


def sane_title(title: pl.Expr) -> pl.Expr:
    """Boolean: the text could be a title by itself (has letters, is no stockroom note)."""
    return (
        title.is_not_null() & ~title.str.contains(_NO_TEXT) & ~title.str.contains(_NOTE)
    ).fill_null(False)


def _shouted(title: pl.Expr) -> pl.Expr:
    """Share of capitals among the letters is more than half."""
    return title.str.count_matches(r"\p{Lu}") * 2 > title.str.count_matches(r"\p{Ll}|\p{Lu}")


def _looks_named(title: pl.Expr) -> pl.Expr:
    """Two or more words begin with a capital, as in a name ("Dad's Cab Electronic Meter")."""
    return title.str.count_matches(r"(?:^|[\s*])\p{Lu}") >= 2


def judged_titles(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame[sku, title, lines]`` with ``rank``: 2 a title, 1 a title in another style, 0 a note.

    One row per (sku, title); empty titles are left out.
    """
    told = (
        frame.filter(pl.col("title").is_not_null() & (pl.col("title") != ""))
        .group_by("sku", "title")
        .agg(pl.col("lines").cast(pl.Int64).sum())
    )
    texts = (
        told.group_by("title")
        .agg(pl.col("lines").sum())
        .with_columns(
            sane_title(pl.col("title")).alias("sane"),
            _shouted(pl.col("title")).alias("shouted"),
            _looks_named(pl.col("title")).alias("named"),
        )
    )
    total = int(texts.filter("sane")["lines"].sum())
    capitals = int(texts.filter(pl.col("sane") & pl.col("shouted"))["lines"].sum())
    house = total > 0 and capitals >= _CAPITAL_SHARE * total
    told = told.join(texts.select("title", "sane", "shouted", "named"), on="title")
    notes = _guests(told)
    style = pl.when(pl.col("shouted")).then(2).when(pl.col("named")).then(1).otherwise(0)
    rank = pl.when(~pl.col("sane")).then(0).otherwise(style if house else pl.lit(2))
    rank = pl.when(pl.col("title").is_in(notes.implode())).then(0).otherwise(rank)
    return told.select("sku", "title", "lines", rank.cast(pl.Int8).alias("rank"))


def _guests(told: pl.DataFrame) -> pl.Series:
    """Titles that stand on several products and on most of them beside a commoner one."""
    beside = told.filter("sane").with_columns(
        (pl.col("lines") < pl.col("lines").max().over("sku")).alias("guest")
    )
    by_title = beside.group_by("title").agg(
        pl.len().alias("on"), pl.col("guest").sum().alias("guest")
    )
    return by_title.filter(
        (pl.col("on") >= _SHARED_BY) & (pl.col("guest") * 4 >= pl.col("on") * 3)
    )["title"]


def commonest_titles(frame: pl.DataFrame) -> pl.DataFrame:
    """The commonest sane title of each SKU: ``frame[sku, title, lines]`` -> ``[sku, title]``.

    Every SKU of ``frame`` stands in the answer, sorted; the title is null where all are empty or
    notes. Ties: the longer title, then the alphabet.
    """
    judged = judged_titles(frame).filter(pl.col("rank") > 0)
    best = (
        judged.with_columns(pl.col("title").str.len_chars().alias("length"))
        .sort(
            ["sku", "rank", "lines", "length", "title"], descending=[False, True, True, True, False]
        )
        .unique("sku", keep="first", maintain_order=True)
        .select("sku", "title")
    )
    skus = frame.select(pl.col("sku").unique().sort())
    return skus.join(best, on="sku", how="left", maintain_order="left")


def fold_case(spellings: pl.DataFrame) -> pl.DataFrame:
    """SKUs that differ by letter case only: ``[sku, title, lines]`` -> ``[sku, canonical]``.

    The commonest spelling stands for all (ties: the first by character). A spelling that shares no
    title with the commonest titled spelling stays a product of its own, together with those that
    have its commonest title. One row per spelling, sorted.
    """
    by_sku = spellings.group_by("sku").agg(pl.col("lines").cast(pl.Int64).sum())
    by_sku = by_sku.with_columns(pl.col("sku").str.to_lowercase().alias("key"))
    several = by_sku.filter(pl.len().over("key") > 1)
    alone = by_sku.join(several, on="sku", how="anti").select("sku", canonical="sku")
    if several.is_empty():
        return alone.sort("sku")
    own = commonest_titles(spellings).select("sku", _comparable(pl.col("title")).alias("own"))
    several = several.join(own, on="sku", how="left")
    several = several.sort(["key", "lines", "sku"], descending=[False, True, False])
    titled = pl.col("sku").filter(pl.col("own").is_not_null())
    several = several.with_columns(titled.first().over("key").alias("leader"))
    told = judged_titles(spellings).filter(pl.col("rank") > 0)
    told = told.select("sku", _comparable(pl.col("title")).alias("text"))
    leaders = told.rename({"sku": "leader"})
    shared = several.join(told, on="sku").join(leaders, on=["leader", "text"], how="semi")["sku"]
    together = pl.col("own").is_null() | pl.col("sku").is_in(shared.unique().implode())
    folded = several.with_columns(pl.when(~together).then("own").alias("apart"))
    folded = folded.with_columns(pl.col("sku").first().over("key", "apart").alias("canonical"))
    return pl.concat([folded.select("sku", "canonical"), alone]).sort("sku")


def _comparable(title: pl.Expr) -> pl.Expr:
    """Titles are equal when their letters and digits are, whatever the case and the signs."""
    return title.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
