"""Exporters: an evaluation in the files of other programs, one format a file, its name its name.

Each module has one function

``write(outcome, folder) -> list[Path]``
    ``outcome``: an :class:`~prodsim_cli.evaluation.outcome.Outcome`. ``folder`` is made where it
    does not exist (the folder above it must). Writes what the format can hold of this outcome and
    names the files that it wrote, each complete or not there, other files of the folder left alone.
    Raises InputError where the folder can't be written to, or where the format can't say it.

What the files hold stands in docs/taking-it-along.md. Names go through ``_escaping``.
"""
