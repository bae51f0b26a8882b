"""Baselines: what a method must beat to be worth its keep. One file each, always in the table.

Each has ``scores(train, users, *, target, now, seed) -> (b, n) float64``, or ``(1, n)`` where
everybody gets the same. ``train``: the dataset of the training part. ``users`` (b,) int32
positions. ``target``: the event type that is to be foretold. ``now``: seconds since 1970 of the
moment of asking, None where events have no times. ``NEEDS_TIMES = True`` leaves a baseline out
where there are none. Products that nobody could know are taken out by the caller.
"""
