"""Baselines: what a method must beat to be worth its keep. One file each, always in the table.

Each has ``scores(train, users, *, target, now, seed) -> (b, n) float64``, or ``(1, n)`` where
everybody gets the same. ``train``: the dataset of the training part. ``users`` (b,) int32
positions. ``target``: the event type that is to be predicted. ``now``: seconds since 1970 of the
moment of asking, None where events have no times. Where nobody but products or texts are asked
about, ``users`` are their numbers. What a baseline needs leaves it out where that is not there:
``NEEDS_TIMES``, ``NEEDS_EVENTS``, ``NEEDS_HISTORY`` (people who may get what they had before).
Products that are no answers are taken out by the caller.
"""
