"""One record of each kind that is shown, with what makes showing hard; several rooms use them."""

from __future__ import annotations

import io
from typing import Any

from prodsim_cli import render
from prodsim_cli.records.answers import Ranked, Ranking
from prodsim_cli.records.figures import Change, Cost, Interval, Scorecard, Slice, Standing
from prodsim_cli.records.reports import FileReport, IngestReport
from prodsim_cli.records.states import ArtifactStatus, Listing, Profile, Status

RANKING = Ranking(
    {"sku": "SKU123"},
    "hybrid",
    (
        Ranked(1, "SKU124", 0.875, "Blue mug", 4.75, ("lexical", "text"), "£"),
        Ranked(2, "红-1", 0.5, "红色 保温杯 " * 8, 1250.0, ("cosine",), "CNY"),
        Ranked(3, "S", 0.0000421, "🧸 bear 👨‍👩‍👧 \x1b]0;owned\x07\n\ttail", None),
    ),
    about="Red mug",
)
CARD = Scorecard(
    "recommend",
    {"kind": "time", "at": "2011-10-01T00:00:00", "users": 1753, "pairs": 47683,
     "left_out": {"known pair": 12}},
    10,
    {
        "popularity": {"ndcg@10": Interval(0.044, 0.04, 0.048), "coverage@10": Interval(0.01)},
        "hybrid": {"ndcg@10": Interval(0.127, 0.118, 0.136), "coverage@10": Interval(0.5)},
        "text": {"ndcg@10": Interval(0.069, 0.06, 0.078), "coverage@10": Interval(0.9)},
    },
    verdict="Use hybrid.",
)  # fmt: skip
FULL_NAMES = ("hybrid", "cosine", "text", "popularity", "random")


def about(mean: float, half: float = 0.004) -> Interval:
    return Interval(mean, mean - half, mean + half)


FULL = Scorecard(
    "similar",
    {"kind": "time", "at": "2011-10-01T00:00:00", "users": 0, "queries": 1500, "pairs": 47683,
     "left_out": {"known pair": 12}},
    10,
    {
        name: {
            f"{figure}@{k}": about(0.5 - 0.1 * place + 0.001 * k)
            for figure in ("ndcg", "hit", "recall", "map", "coverage", "gini")
            for k in (10, 5, 20)
        } | {f"{relation}:ndcg@10": about(0.2) for relation in ("替代品", "bought\x1b[2J together")}
        for place, name in enumerate(FULL_NAMES)
    },
    verdict="Use hybrid.",
    ks=(10, 5, 20),
    against_baseline={
        "hybrid": Standing("popularity", about(0.3), 0.002, "better"),
        "cosine": Standing("popularity", about(0.002), 0.4, "tie"),
        "text": Standing("popularity", about(-10.25), 0.01, "worse"),
    },
    against_best={
        name: Standing("hybrid", about(-0.1), 0.3 if name == "cosine" else 0.002,
                       "tie" if name == "cosine" else "worse")
        for name in FULL_NAMES[1:]
    },
    slices=tuple(
        Slice(kind, name, 1234, 4000, {m: about(0.3 - 0.01 * i) for i, m in enumerate(FULL_NAMES)})
        for kind, name in (
            ("products", "head (top 20%)"), ("products", "tail"),
            ("category", "家居用品 > 厨房 " * 6), ("category", "Toys"),
        )
    ),
    cost={name: Cost(1.5, 0.25, 1234.5) for name in FULL_NAMES},
    change=Change(3, "2011-12-09T12:00:00", 1400, "ndcg@10", {
        "hybrid": about(0.01), "cosine": about(-0.01),
        "popularity": about(0.0), "random": about(0.0),
    }),
)  # fmt: skip
REPORT = IngestReport(
    (
        FileReport(
            "events.csv", "transactions", {"sku": "StockCode"}, 10, 6, {"equal lines": 1},
            {"service line (POST)": 2}, {"no SKU": 1}, {"price": 3}, ("encoding: utf-8",),
        ),
        FileReport("catalog.csv", "catalog", {"sku": "id"}, 2, 2, changed=False),
    ),
    True,
    {"notes.txt": "neither catalogue nor events"},
    {"items": 5, "without_text": 1},
)  # fmt: skip
STATUS = Status(
    "shop.db", 1_500_000, {"items": 5, "events": 7, "rejects": 1}, {"purchase": 7},
    {"purchase": 5.0}, {"model": "minilm", "model_reason": "2 % not English", "fields": ["title"]},
    (
        ArtifactStatus("minilm", "space", {}, "catalog:1", "2011-12-09T12:00:00", 3.2, "", 5),
        ArtifactStatus("cosine", "neighbors", {}, "events:1", "2011-12-09T12:00:00", 0.1,
                       "events have changed since", 50),
    ),
    ("Run `prodsim graph`: cosine is out of date.",), "d" * 64, ("2010-12-01", "2011-12-09"),
)  # fmt: skip
LISTING = Listing(("file", "line", "reason", "raw"), (("a.csv", 3, "no SKU", "x,\ty\x1b[2J"),))
PROFILE = Profile(
    "product",
    "SKU123",
    {"sku": "SKU123", "title": "Red mug", "price": 4.5, "events": {"purchase": 3}, "image": None},
    {
        "neighbors": Listing(
            ("method", "rank", "sku"), (("hybrid", 1, "A"), ("hybrid", 2, "B"), ("text", 1, "A"))
        ),
        "spellings": Listing(("sku", "title", "lines"), ()),
    },
)
ALL = [RANKING, CARD, FULL, REPORT, STATUS, LISTING, PROFILE]
NAMES = ["full" if one is FULL else type(one).__name__ for one in ALL]


def shown(result: Any, form: str) -> str:
    stream = io.StringIO()
    render.show(result, form, stream=stream)
    return stream.getvalue()
