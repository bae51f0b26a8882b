"""Exporters: an evaluation in the files of other programs, one format a file, its name its name.

Each module has one function

``write(outcome, folder) -> list[Path]``
    ``outcome``: an :class:`~prodsim_cli.evaluation.outcome.Outcome`. ``folder``: a Path, made
    where it does not exist (the folder above it must). Writes what the format can hold of this
    outcome and names the files that it wrote, none where the format has nothing to say. Each file
    is complete or not there (:func:`prodsim_cli.files.whole_file`); one of the same name is
    replaced, other files of the folder are left alone.
    Raises InputError where the folder can't be written to, or where the format can't say it.

What the files hold and how to load them stands in docs/taking-it-along.md. Names go through
:mod:`~prodsim_cli.evaluation.exporters._escaping`, so that they are the same in every format.
"""
