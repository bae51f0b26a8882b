"""Training: the obvious answer, the same for a seed, bounded, stoppable, resumable, inductive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from similarity_worlds import letters
from similarity_worlds import shop as make_shop

from prodsim_cli import gnn
from prodsim_cli.data.dataset import Dataset
from prodsim_cli.errors import InputError
from prodsim_cli.gnn import epoch, validation
from prodsim_cli.gnn import message_graph as graphs
from prodsim_cli.gnn.epoch import mask_edges
from prodsim_cli.gnn.inductive import embed_new
from prodsim_cli.gnn.training import train
from prodsim_cli.gnn.weights import Settings, from_bytes, to_bytes
from prodsim_cli.progress import Silent

AISLE = 12
FAST = {"epochs": 6, "patience": 6, "batch": 16, "size": 16}


@pytest.fixture(scope="module", params=gnn.KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def made(kind: str, aisles: Dataset):
    return train(aisles, kind, **FAST)


def test_the_nearest_are_of_the_same_aisle(kind: str, aisles: Dataset, made) -> None:
    near = made.items @ made.items.T
    np.fill_diagonal(near, -1)
    assert (near.argmax(1) // AISLE == np.arange(2 * AISLE) // AISLE).all()
    # People are next to what they buy.
    assert ((made.users @ made.items.T).argmax(1) // AISLE == np.arange(60) % 2).all()


def test_vectors_are_of_unit_length_and_float32(aisles: Dataset, made) -> None:
    assert made.items.shape == (24, 16)
    assert made.users.shape == (60, 16)
    assert made.items.dtype == made.users.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(made.items, axis=1), 1, rtol=1e-5)


def test_the_course_holds_every_epoch_and_the_best_is_kept(made) -> None:
    curve = made.learning_curve
    assert [one.number for one in curve] == list(range(1, len(curve) + 1))
    figures = [one.ndcg for one in curve]
    assert made.ndcg == max(figures)
    assert made.epochs == (figures.index(max(figures)) + 1,)
    assert curve[-1].loss < curve[0].loss


def test_one_seed_one_answer(kind: str, aisles: Dataset, made) -> None:
    again = train(aisles, kind, **FAST)
    assert (again.items == made.items).all()
    assert (again.users == made.users).all()
    assert all((again.weights[name] == array).all() for name, array in made.weights.items())
    assert [one.loss for one in again.learning_curve] == [one.loss for one in made.learning_curve]
    other = train(aisles, kind, seed=7, **FAST)
    assert (other.items != made.items).any()


def test_the_state_of_torch_is_left_alone(aisles: Dataset) -> None:
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train(aisles, "gcn", **{**FAST, "epochs": 1})
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_an_ensemble_is_the_mean_of_its_members(aisles: Dataset) -> None:
    both = train(aisles, "lightgcn", ensemble=2, **FAST)
    one = train(aisles, "lightgcn", **FAST)
    assert both.items.shape == (24, 32)
    assert len(both.epochs) == 2
    np.testing.assert_allclose(both.items[:, :16] * np.sqrt(2), one.items, rtol=1e-5, atol=1e-6)


class StopAt(Silent):
    """Ctrl-C after so many epochs are done."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def stage(self, name, total=None, unit=""):
        def done(units: int) -> None:
            if unit == "epochs" and units == 1:
                self.left -= 1
                if self.left == 0:
                    raise KeyboardInterrupt

        return done


@pytest.mark.parametrize("epochs", [1, 3, 7])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(epochs, kind, aisles, made, tmp_path):
    path = tmp_path / "part.npz"
    stopped = train(aisles, kind, progress=StopAt(epochs), resume=str(path), **FAST)
    assert stopped.stopped
    assert np.isfinite(stopped.items).all()
    assert stopped.items.any()
    assert path.exists()
    resumed = train(aisles, kind, resume=str(path), **FAST)
    assert not resumed.stopped
    assert (resumed.items == made.items).all()
    assert [one.ndcg for one in resumed.learning_curve] == [one.ndcg for one in made.learning_curve]
    assert not path.exists()


def test_stopping_before_the_first_epoch_is_a_plain_interrupt(aisles: Dataset) -> None:
    class Now(Silent):
        def stage(self, name, total=None, unit=""):
            if unit == "epochs":
                raise KeyboardInterrupt
            return lambda done: None

    with pytest.raises(KeyboardInterrupt):
        train(aisles, "lightgcn", progress=Now(), **FAST)


def test_a_checkpoint_of_other_data_is_not_used(aisles: Dataset, tmp_path) -> None:
    path = tmp_path / "part.npz"
    train(aisles, "lightgcn", progress=StopAt(2), resume=str(path), **FAST)
    other = aisles.with_events(aisles.events.take(np.arange(200)))
    fresh = train(other, "lightgcn", **FAST)
    assert (train(other, "lightgcn", resume=str(path), **FAST).items == fresh.items).all()


def test_a_new_product_gets_its_vector_by_a_forward_pass(kind, aisles, made) -> None:
    titles = [*aisles.columns["title"], "tea z", "bolt z", None]
    later = make_shop(titles, vectors=letters(titles), users=60)
    every = graphs.features(later)
    vectors = embed_new(kind, made.weights, made.settings, every[24:], every[:24])
    assert vectors.shape == (3, 16)
    near = vectors[:2] @ made.items.T
    assert (near.argmax(1) // AISLE).tolist() == [0, 1]
    # Nothing to say about a product without a word, and each depends on itself only.
    one = embed_new(kind, made.weights, made.settings, every[25:26], every[:24])
    np.testing.assert_allclose(one[0], vectors[1], rtol=1e-5, atol=1e-6)


def test_lightgcn_gives_a_new_product_what_training_gave_one_without_events(aisles) -> None:
    made = train(aisles, "lightgcn", **FAST)
    every = graphs.features(aisles)
    silent = [AISLE - 1, 2 * AISLE - 1]
    vectors = embed_new("lightgcn", made.weights, made.settings, every[silent], every)
    np.testing.assert_allclose(vectors, made.items[silent], rtol=1e-4, atol=1e-6)


def test_weights_travel_as_plain_arrays(made) -> None:
    arrays, about = from_bytes(to_bytes(made.weights, made.as_dict()))
    assert about["network"] == made.kind
    assert about["size"] == 16
    assert {n: a.tolist() for n, a in arrays.items()} == {
        n: a.tolist() for n, a in made.weights.items()
    }
    with pytest.raises(InputError):
        from_bytes(b"no such thing")


def test_spaces_are_trained_on_the_events_given(aisles: Dataset) -> None:
    marked = replace(aisles, learned=frozenset({"other"}))
    data = gnn.with_networks(marked, ["gcn"], ["gcn"], seed=42, **FAST)
    assert data.learned == {"gcn", "other"}
    assert (data.embedding("gcn").vectors == train(aisles, "gcn", **FAST).items).all()
    assert "gcn" not in aisles.embeddings
    # A space that has learned from events is never taken for the texts' vectors.
    assert (
        gnn.with_networks(data, ["gcn"], ["gcn"], **FAST).embedding("gcn").vectors
        == data.embedding("gcn").vectors
    ).all()
    assert (graphs.features(data) == graphs.features(aisles)).all()


def test_why_no_network_can_be_trained(aisles: Dataset) -> None:
    assert gnn.why_untrainable(aisles) == ""
    assert "no two people" in gnn.why_untrainable(
        aisles.with_events(aisles.events.take(np.arange(0)))
    )


def test_without_a_window_the_epochs_are_fixed() -> None:
    titles = ["a", "b", "c"]
    rows = [{"user": user, "item": item} for user in range(4) for item in (user % 3, 1)]
    made = train(make_shop(titles, rows, letters(titles)), "lightgcn", size=4, epochs=3)
    assert made.epochs == (3,)
    assert made.ndcg is None
    assert made.learning_curve == ()


def test_texts_alone_make_features_where_there_are_no_vectors() -> None:
    data = make_shop(["red mug", "red mugs", "lamp", None])
    every = graphs.features(data)
    assert not every[3].any()
    near = every[:3] @ every[:3].T
    assert near[0, 1] > near[0, 2]


def test_attributes_are_features_of_their_own() -> None:
    data = make_shop(["a", "b", "c"])
    data = replace(data, columns={**data.columns, "brand": ["Ace", "ace", "Bo"]})
    tail = graphs.features(data)[:, -graphs.BUCKETS :]
    assert (tail[0] == tail[1]).all()
    assert (tail[0] != tail[2]).any()
    np.testing.assert_allclose(np.linalg.norm(tail, axis=1), 0.5)


def test_the_window_holds_the_last_events_and_asks_for_new_products(aisles: Dataset) -> None:
    window = validation.window(aisles, 1)
    assert len(window.before.events) < len(aisles.events)
    assert window.before.events.at.max() < aisles.events.at.max()
    assert window.history.multiply(window.relevant).nnz == 0
    perfect = np.eye(24, dtype=np.float32)[:, :16]  # nothing is near anything
    assert validation.ndcg(window, perfect) == 0


def test_hidden_purchases_are_not_shown() -> None:
    data = make_shop(
        ["a", "b", "c", "d"],
        [{"user": u, "item": i} for u in range(30) for i in range(4) if (u + i) % 3],
        letters(["a", "b", "c", "d"]),
    )
    whole = graphs.build_graph(data, half_life=None, space=None, full=True)
    shown, hidden = mask_edges(
        whole, Settings(cold=0.25, edge_dropout=0.3), np.random.default_rng(1)
    )
    assert shown.bought.multiply(hidden).nnz == 0
    assert (shown.bought + hidden != whole.bought).nnz == 0
    cold = np.flatnonzero(np.diff(shown.bought.tocsc().indptr) == 0)
    assert len(cold) == 1
    assert shown.co_bought[cold].nnz == 0


def test_the_sampled_sum_has_the_expectation_of_the_whole(monkeypatch) -> None:
    monkeypatch.setattr(epoch, "FULL", 40)
    monkeypatch.setattr(epoch, "SAMPLE", 30)
    values = np.exp(np.random.default_rng(1).standard_normal(60))
    targets = sp.csr_matrix(([1.0, 1, 2], ([0, 1, 2], [5, 9, 5])), (3, 60))
    draw, sums = np.random.default_rng(0), []
    for _ in range(500):
        columns, bonus = epoch._columns(targets, 60, draw)
        assert len(np.unique(columns)) == 32
        assert {5, 9} <= set(columns.tolist())
        sums.append(float((values[columns] * np.exp(bonus)).sum()))
    # The mean of 500 is off by about a 22nd of the spread of one.
    assert abs(np.mean(sums) - values.sum()) < 4 * np.std(sums) / 500**0.5
    assert np.std(sums) > 0


@pytest.mark.slow
def test_a_large_shop_learns_with_the_sampled_softmax(monkeypatch, aisles) -> None:
    monkeypatch.setattr(epoch, "FULL", 10)
    monkeypatch.setattr(epoch, "SAMPLE", 5)
    monkeypatch.setattr(epoch, "TARGETS", 2)
    made = train(aisles, "lightgcn", **FAST)
    near = made.items @ made.items.T
    np.fill_diagonal(near, -1)
    assert (near.argmax(1) // AISLE == np.arange(2 * AISLE) // AISLE).all()


def test_the_loss_is_the_cross_entropy_of_torch() -> None:
    draw = torch.Generator().manual_seed(1)
    asked, items = torch.randn(2, 4, generator=draw), torch.randn(5, 4, generator=draw)
    targets = sp.csr_matrix(([3.0, 2.0], ([0, 1], [4, 1])), (2, 5))
    cosine = torch.nn.functional.cosine_similarity(asked[:, None], items[None], dim=2)
    expected = torch.nn.functional.cross_entropy(cosine / 0.5, torch.tensor([4, 1]))
    ours = epoch.softmax_loss(asked, items, targets, 0.5, np.random.default_rng(0))
    torch.testing.assert_close(ours, expected)
