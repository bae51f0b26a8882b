"""What a split asks of users: what each of them does after it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import NO_TIME, TYPE_CODE
from prodsim_cli.protocol import leaks
from prodsim_cli.protocol.splits._split import Split
from prodsim_cli.protocol.testset import Questions, binary


def questions(data: Dataset, split: Split) -> Questions:
    """What ``split`` asks of ``data``; raises :class:`Leak` where an answer could be learned."""
    leaks.sealed(data, split)
    train = data.without(~split.train)
    leaks.same_events(train, split)
    log, shape = train.events, (len(split.users), len(data))
    row = np.full(len(data.users) + 1, -1, np.int64)
    row[split.users] = np.arange(len(split.users))
    past = (log.user >= 0) & (log.type != TYPE_CODE["return"])

    def matrix(chosen: NDArray[np.bool_]) -> Any:
        rows, columns = row[log.user[chosen]], log.item[chosen]
        return binary(rows[rows >= 0], columns[rows >= 0], shape)

    nothing = np.zeros(len(log), bool)
    had = past & (log.type == TYPE_CODE[split.target])
    return Questions(
        train=train,
        subjects=split.users,
        candidates=split.candidates,
        answers=binary(split.pair_user, split.pair_item, shape).astype(np.float32),
        barred=matrix(nothing if split.again else had),
        history=matrix(past).astype(np.float32),
        target=split.target,
        now=moment_of_asking(split, train),
        again=split.again,
    )


def moment_of_asking(split: Split, train: Dataset) -> int | None:
    """Seconds since 1970: the moment of the split, else the end of the training part."""
    if split.at is not None:
        return int(np.datetime64(split.at, "s").astype(np.int64))
    if not len(train.events) or (train.events.at == NO_TIME).any():
        return None
    return int(train.events.at.max())
