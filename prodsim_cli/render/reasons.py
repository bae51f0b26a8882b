"""Why two products are alike, as a table: shares of the score, then the evidence. Imports rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prodsim_cli.records.answers import Product
from prodsim_cli.records.reasons import Explanation, Fact, Group, Share, Speaking
from prodsim_cli.render.layout import Column, as_text, bar, fitted, grid, money, number
from prodsim_cli.render.plain import one_line

_BAR = 8
_SHOWN = 8
"""Words and n-grams in a line; JSON has them all."""


_CITED = {
    "people": "what those did who have both",
    "orders": "the orders that hold both",
    "words": "the common words",
    "facts": "equal brand, category, tags",
}


def explanation(reason: Explanation, width: int) -> RenderableType:
    """Two headings, what speaks, and what that rests on."""
    parts: list[RenderableType] = [as_text(_heading(one)) for one in (reason.product, reason.other)]
    parts.append(Text(_verdict(reason), style="bold" if reason.there.score is not None else "dim"))
    if reason.there.shares or reason.back.shares:
        parts += [Text(""), fitted(_columns(reason), width)]
    return Lines(*parts, Text(""), grid(_evidence(reason)))


def whys(rows: Sequence[tuple[int, str]]) -> RenderableType:
    """The reasons of an answer's rows below its table, each beside its rank."""
    return Padding(grid(((str(rank), said) for rank, said in rows), right=True), (1, 0, 0, 0))


def _heading(one: Product) -> Text:
    heading = Text.assemble((one_line(one.sku), "bold cyan"))
    heading.append(f"  {one_line(one.title)}" if one.title else "", "bold")
    price = money(one.price, one.currency)
    return heading.append(f"  {one_line(price)}" if price else "", "dim")


def _verdict(reason: Explanation) -> str:
    one, other = one_line(reason.product.sku), one_line(reason.other.sku)
    if reason.there.score is None and reason.back.score is None:
        return "Nothing that is stored ties them."
    if reason.there.score is None:
        return f"{other} does not speak for {one}; {one} speaks for {other}: {_said(reason.back)}."
    turned = f"nothing the other way: {one} is not in the rows of {other}"
    if reason.back.score is not None:
        turned = f"the other way {_said(reason.back)}"
    return f"By {reason.method} {other} speaks for {one}: {_said(reason.there)}; {turned}."


def _said(speaking: Speaking) -> str:
    place = f"rank {speaking.rank}" if speaking.rank else "below the stored row"
    return f"{number(speaking.score)}, {place}"


def _columns(reason: Explanation) -> list[Column]:
    there = {share.method: share for share in reason.there.shares}
    back = {share.method: share for share in reason.back.shares}
    names = list(dict.fromkeys([*there, *back]))
    mine = [there.get(name, Share(name, 0.0)) for name in names]
    theirs = [back.get(name, Share(name, 0.0)) for name in names]
    total = sum(share.share for share in mine) or 1.0
    columns = [
        Column("Method", names, style="cyan"),
        Column("Gives", [_given(share) for share in mine], right=True, style="bold"),
        Column("", [bar(share.share / total, _BAR) for share in mine], drop=2),
        Column("Value", [number(share.value) for share in mine], right=True),
        Column("Rank", [_rank(share) for share in mine], right=True),
        Column("Other way", [_given(share) for share in theirs], right=True, drop=1),
        Column("Rank", [_rank(share) for share in theirs], right=True, drop=1),
    ]
    return columns if any(share.share for share in mine + theirs) else columns[:1] + columns[3:5]


def _given(share: Share) -> str:
    return number(share.share) if share.share else ""


def _rank(share: Share) -> str:
    return str(share.rank) if share.rank else ""


def _evidence(reason: Explanation) -> Iterator[tuple[str, Text]]:
    if reason.sentences:
        yield "Because", Text(one_line("; ".join(reason.sentences)))
    people, did = reason.people, f"{reason.people.did} both"
    few = f"fewer than {number(people.fewer_than)} {did}"
    yield "People", Text(_counted(people, few=few, none="nobody bought both", some=did))
    few = f"of fewer than {number(reason.orders.fewer_than)} people hold both"
    said = _counted(reason.orders, few=few, none="none holds both", some="hold both")
    yield "Orders", Text(said)
    words = [f"{one_line(w.word)} ({_products(w.products)})" for w in reason.words]
    yield "Words", Text(_some(words) or "none in common")
    grams = [f"“{one_line(g.ngram)}” {number(g.gives)}" for g in reason.ngrams]
    if grams:
        yield "n-grams", Text(f"{_some(grams)}; together {number(reason.cosine)}")
    alike = [_fact(fact, reason) for fact in reason.facts]
    if alike:
        yield "Alike", Text("; ".join(alike))
    if len(reason.path) != 2:
        yield "Path", _path(reason)
    score = reason.there.score or 0.0
    for name, left in reason.without.items():
        yield "Without", Text(f"{_CITED[name]}: {number(left)}{_change(left, score)}")


def _change(left: float, score: float) -> str:
    """How much of a score is gone, in percent."""
    change = round(100 * (left - score) / score) if score else 0
    return f" ({change:+}%)" if change else ""


def _counted(group: Group, *, few: str, none: str, some: str) -> str:
    """``few`` where the count may not be told, ``none`` for 0, else the count and ``some``."""
    if group.count is None:
        return few
    return f"{number(group.count)} {some}{_of(group)}{_dates(group)}" if group.count else none


def _of(group: Group) -> str:
    known = [number(one) if one is not None else "?" for one in group.of]
    return f", of {known[0]} and {known[1]}" if any(one is not None for one in group.of) else ""


def _dates(group: Group) -> str:
    if not group.first or not group.last:
        return ""
    return f"; {group.first}" + (f" to {group.last}" if group.last != group.first else "")


def _products(count: int) -> str:
    return f"{number(count)} product{'s' * (count != 1)}"


def _some(texts: Sequence[str]) -> str:
    more = f", {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def _fact(fact: Fact, reason: Explanation) -> str:
    if fact.name == "price":
        both = (reason.product, reason.other)
        return "price " + " and ".join(one_line(money(one.price, one.currency)) for one in both)
    name = one_line(fact.name.removeprefix("attributes.").replace("_", " "))
    many = f" ({_products(fact.products)})" if fact.products is not None else ""
    return f"{name} {one_line(', '.join(map(str, fact.values)))}{many}"


def _path(reason: Explanation) -> Text:
    if not reason.path:
        return Text("no way from one to the other over four products or fewer", "dim")
    text = Text(one_line(reason.path[0].sku), "cyan")
    for _, step in pairwise(reason.path):
        text.append(f" — {number(step.score)} — ", "dim").append(one_line(step.sku), "cyan")
        if step is not reason.path[-1]:
            text.append(f" {one_line(step.title)}" if step.title else "")
    return text.append(f"  by {reason.path_by}", "dim")
