"""Item to item methods on UCI Online Retail by a global time split.

    python benchmarks/online_retail.py [--events events.csv.gz] [--out protocol.csv] [--methods a,b]
                                       [--model minilm]

Protocol: stock codes that begin with five digits, upper-cased; quantity and price above 0; a
customer; split at 2011-10-01; products and users with a purchase before; a test pair is a product
that the user had not bought before. Writes the purchases (user, item, at, part) and checks the
counts exactly. NDCG@10 has binary gains over 10 ranks and is ideal over min(10, relevant); what the
user bought before is not ranked; the mean is over the 1,753 test users.

``--out`` writes the protocol's lines in the columns of the original file, for the program itself:

    prodsim --db protocol.db ingest protocol.csv --keep-services
    prodsim --db protocol.db eval --at 2011-10-01

Where ``implicit`` is installed (`pip install implicit`), its BM25 and ALS are judged, too.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.embeddings import EmbeddingMatrix
from prodsim_cli.data.events import TYPE_CODE, EventLog
from prodsim_cli.data.interactions import interactions
from prodsim_cli.data.knn import neighbor_matrix, recommend_scores, top_k
from prodsim_cli.data.vocabulary import Vocabulary
from prodsim_cli.records.values import DEFAULT_WEIGHTS
from prodsim_cli.registry import load

ROOT = Path(__file__).parents[1]
EVENTS = ROOT.parent / "shared" / "data" / "online_retail" / "events.csv.gz"
SPLIT = pl.datetime(2011, 10, 1)
EXPECTED = {
    "users": 3613,
    "items": 3502,
    "before": 188_399,
    "test users": 1753,
    "test pairs": 47_683,
}
METHODS = ("cosine", "jaccard", "pearson", "bm25", "lexical", "hybrid")
K = 50


def protocol_lines(path: Path) -> pl.DataFrame:
    """All purchase lines that the protocol's rules keep: user, item, at, title, quantity..."""
    raw = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    return raw.select(
        user="CustomerID",
        item=pl.col("StockCode").str.strip_chars().str.to_uppercase(),
        at=pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        title=pl.col("Description").str.strip_chars(),
        quantity=pl.col("Quantity").cast(pl.Float64),
        price=pl.col("UnitPrice").cast(pl.Float64),
        order="InvoiceNo",
    ).filter(
        pl.col("item").str.contains(r"^\d{5}"),
        pl.col("quantity") > 0,
        pl.col("price") > 0,
        pl.col("user").is_not_null(),
    )


def purchases(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines before the split, and those after it that are test pairs; ``part`` says which."""
    before = lines.filter(pl.col("at") < SPLIT)
    known = lines.join(before.select("user").unique(), on="user", how="semi").join(
        before.select("item").unique(), on="item", how="semi"
    )
    after = (
        known.filter(pl.col("at") >= SPLIT)
        .join(before.select("user", "item").unique(), on=["user", "item"], how="anti")
        .with_columns(part=pl.lit("test"))
    )
    return pl.concat([before.with_columns(part=pl.lit("train")), after]).sort(
        "at", "user", "item", "quantity"
    )


def check(frame: pl.DataFrame) -> None:
    """Stop where the counts differ from those of the protocol."""
    train = frame.filter(pl.col("part") == "train")
    test = frame.filter(pl.col("part") == "test")
    counts = {
        "users": train["user"].n_unique(),
        "items": train["item"].n_unique(),
        "before": train.select("user", "item").n_unique(),
        "test users": test["user"].n_unique(),
        "test pairs": test.select("user", "item").n_unique(),
    }
    if counts != EXPECTED:
        raise SystemExit(f"The protocol's counts are {EXPECTED}, these are {counts}.")


def positions(names: Vocabulary, column: pl.Series) -> NDArray[np.int32]:
    """(n,) the position of each name of a column."""
    return np.array([names.position(name) for name in column], np.int32)


def shop(train: pl.DataFrame) -> Dataset:
    """The training part as a dataset; the title of a product is its commonest description."""
    titles = dict(
        train.group_by("item", "title")
        .len()
        .sort(["len", "title"], descending=[True, False])
        .unique("item", keep="first", maintain_order=True)
        .select("item", "title")
        .iter_rows()
    )
    items = Vocabulary(sorted(titles))
    users = Vocabulary(train["user"].unique().sort())
    orders = Vocabulary(train["order"].unique().sort())
    m = len(train)
    log = EventLog(
        user=positions(users, train["user"]),
        item=positions(items, train["item"]),
        type=np.full(m, TYPE_CODE["purchase"], np.int8),
        quantity=train["quantity"].to_numpy().astype(np.float32),
        value=train["price"].to_numpy().astype(np.float32),
        weight=np.full(m, np.nan, np.float32),
        order=positions(orders, train["order"]),
        at=train["at"].dt.epoch("s").to_numpy(),
        position=np.zeros(m, np.int64),
    )
    columns = {"title": [titles[sku] for sku in items.ids]}
    return Dataset(items, columns, users, log, DEFAULT_WEIGHTS, fields=("title",))


def ndcg(ranked: NDArray[np.int32], relevant: sp.csr_matrix) -> NDArray[np.float64]:
    """(b,) NDCG@10 of the ranked positions (b, 10) against rows of relevant items."""
    discount = 1 / np.log2(np.arange(2, 12))
    gains = np.take_along_axis(relevant.toarray() > 0, np.maximum(ranked, 0), 1) & (ranked >= 0)
    ideal = np.cumsum(discount)[np.minimum(np.diff(relevant.indptr), 10) - 1]
    return np.asarray((gains * discount).sum(1) / ideal)


class Judge:
    """Ranks every product for every test user and compares with what was bought later."""

    def __init__(self, data: Dataset, test: pl.DataFrame) -> None:
        matrix = interactions(data.events, len(data.users), len(data.items), data.weights)
        pairs = test.select("user", "item").unique()
        rows = positions(data.users, pairs["user"])
        columns = positions(data.items, pairs["item"])
        truth = sp.csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=matrix.shape)
        users = np.unique(rows)
        self.users, self.history, self.truth = users, matrix[users], truth[users]

    def of_scores(self, scores: NDArray[np.float32]) -> float:
        """Mean NDCG@10 of (test users, items) scores."""
        ranked, _ = top_k(scores, 10, mask=self.history.toarray() > 0)
        return float(ndcg(ranked, self.truth).mean())

    def of_popularity(self, popularity: NDArray[np.float32]) -> float:
        """Mean NDCG@10 of the same order for everybody."""
        return self.of_scores(np.repeat(popularity[None], self.history.shape[0], 0))


def write(lines: pl.DataFrame, path: Path) -> None:
    """The protocol's lines in the columns of the original file."""
    lines.select(
        InvoiceNo="order",
        StockCode="item",
        Description="title",
        Quantity="quantity",
        InvoiceDate=pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S"),
        UnitPrice="price",
        CustomerID="user",
    ).write_csv(path)


def peers(data: Dataset, judge: Judge, test_users: NDArray[np.intp]) -> None:
    """implicit's item-item BM25 and ALS with 64 factors on the same matrix."""
    try:
        from implicit.als import AlternatingLeastSquares
        from implicit.nearest_neighbours import BM25Recommender, bm25_weight
    except ImportError:
        print("implicit is not installed: no peers in this run")
        return
    counts = interactions(data.events, len(data.users), len(data.items), data.weights, counts=True)
    als = AlternatingLeastSquares(factors=64, random_state=42)
    for name, model, matrix in (
        ("implicit BM25", BM25Recommender(K=50), counts),
        ("implicit ALS 64", als, bm25_weight(counts, K1=1.2, B=0.75).tocsr()),
    ):
        model.fit(matrix, show_progress=False)
        ranked, _ = model.recommend(
            test_users, counts[test_users], N=10, filter_already_liked_items=True
        )
        print(f"{name:20} {ndcg(ranked.astype(np.int32), judge.truth).mean():.4f}")


def encoded(data: Dataset, model: str) -> EmbeddingMatrix:
    """The vectors of the titles."""
    from prodsim_cli.embedders import load as load_model

    return EmbeddingMatrix(load_model(model).encode(data.texts()), model)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--events", type=Path, default=EVENTS)
    parser.add_argument("--out", type=Path, help="write the protocol's lines here (CSV)")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--model", help="a text model: adds `text`, and to `hybrid` its table")
    arguments = parser.parse_args()
    lines = protocol_lines(arguments.events)
    frame = purchases(lines)
    check(frame)
    print("counts of the protocol:", EXPECTED)
    if arguments.out:
        write(lines, arguments.out)
    data = shop(frame.filter(pl.col("part") == "train"))
    methods = arguments.methods.split(",")
    if arguments.model:
        data = replace(data, embeddings={arguments.model: encoded(data, arguments.model)})
        methods = ["text", *methods]
    judge = Judge(data, frame.filter(pl.col("part") == "test"))
    sizes = len(data.users), len(data.items)
    buyers = interactions(data.events, *sizes, data.weights).sum(axis=0)
    recent = interactions(data.events, *sizes, data.weights, half_life=14).sum(axis=0)
    print(f"{'method':20} NDCG@10  seconds")
    for name, popularity in (("popularity", buyers), ("recent popularity", recent)):
        print(f"{name:20} {judge.of_popularity(np.asarray(popularity, np.float32).ravel()):.4f}")
    for name in methods:
        started = time.perf_counter()
        table = load("similarity", name).neighbors(data, k=K)
        seconds = time.perf_counter() - started
        data = data.with_neighbors(name, table)
        scores = recommend_scores(neighbor_matrix(table, len(data)), judge.history, slice(None))
        print(f"{name:20} {judge.of_scores(scores):.4f}  {seconds:.2f}")
    peers(data, judge, judge.users)


if __name__ == "__main__":
    main()
