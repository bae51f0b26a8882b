"""``users`` in ``recommend``: what people alike have, learned from the training part only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation.cost import Spent, spent
from prodsim_cli.progress import stage
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.testset import Questions, Scores
from prodsim_cli.scoring.weighting import USERS
from prodsim_cli.similarity import _user_knn as people

if TYPE_CHECKING:
    from prodsim_cli.data.neighbors import NeighborTable
    from prodsim_cli.evaluation.tables import Wish
    from prodsim_cli.progress import Progress


def refuse(methods: Sequence[str], task: str) -> None:
    """Raise :class:`UsageProblem` where a task that asks about nobody should judge ``users``."""
    if USERS in methods:
        raise UsageProblem(
            f"{USERS} scores products by what people alike have, and --task {task} asks about no"
            " person.",
            hint=f"Leave {USERS} out of --methods, or use --task recommend.",
        )


def wanted(wish: Wish) -> bool:
    """Was ``users`` asked for, by its name or with all?"""
    return USERS in wish.methods or "all" in wish.methods


def without(wish: Wish) -> Wish:
    """The wish without ``users``: what is left are methods over products."""
    return replace(wish, methods=tuple(name for name in wish.methods if name != USERS))


@dataclass(frozen=True)
class Alike:
    """People alike in the training part of ``asked``; the table is made when it is first needed."""

    asked: Questions
    wish: Wish
    progress: Progress | None = None

    @cached_property
    def unable(self) -> str:
        """Why there is nothing to say, '' if there is."""
        return people.unable(self.asked.train)

    @cached_property
    def made(self) -> tuple[NeighborTable, Spent | None]:
        """The table, and what it cost where that is wanted."""
        stage(self.progress, "people alike in the training part", 1, "")
        with leaks.locked(self.wish.database, USERS):
            if self.wish.measure:
                return spent(self._table)
            return self._table(), None

    @cached_property
    def scores(self) -> Scores:
        """What people alike have, for some of the questions."""
        return people.answering(self.made[0], self.asked.train, self.asked.subjects)

    def _table(self) -> NeighborTable:
        return people.people_alike(self.asked.train, self.wish.settings)
