"""``prodsim ingest``."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from prodsim_cli.commands import _making as making
from prodsim_cli.commands import options
from prodsim_cli.errors import ExitCode, ProdsimError, UsageProblem

_files = partial(click.option, metavar="FILE", type=click.Path(), multiple=True)


@click.command("ingest")
@click.argument("paths", metavar="[PATH...]", nargs=-1, type=click.Path())
@_files("--catalog", help="A file that is a catalogue.")
@_files("--events", help="A file of events or transactions.")
@click.option(
    "--map", "mapping", metavar="FIELD=COLUMN", multiple=True, help="Which column is what."
)
@click.option("--source", metavar="NAME", default="", help="Platform or shop the SKUs belong to.")
@click.option("--encoding", metavar="NAME", help="Of text files; found out otherwise.")
@click.option("--delimiter", metavar="CHAR", help="Between the cells of text files.")
@click.option("--sheet", metavar="NAME|N", help="Of an Excel file.")
@click.option("--dates", type=click.Choice(("dmy", "mdy", "ymd")), help="Order in ambiguous dates.")
@click.option("--decimal", type=click.Choice((".", ",")), help="Decimal sign of numbers.")
@click.option("--weight", metavar="TYPE=N,...", multiple=True, help="Weight of an event by type.")
@click.option("--keep-case", is_flag=True, help="SKUs that differ by letter case stay apart.")
@click.option("--keep-services", is_flag=True, help="Postage, fees and vouchers are products, too.")
@click.option("--prune", is_flag=True, help="Products missing in this feed leave all answers.")
@click.option("--dry-run", is_flag=True, help="Show mapping, counts, five rows; write nothing.")
@click.option("--no-build", is_flag=True, help="Store only; run `prodsim build` later.")
@making.model_options
@making.graph_options
@options.output
@options.progress
@options.pass_database
def command(
    database: str, form: str, progress: Any, paths: tuple[str, ...], no_build: bool, **given: Any
) -> options.Answer:
    """Read a shop's catalogue and events into the database, then build.

    PATH is a file or folder: CSV, TSV, JSON, JSONL, Parquet or Excel, gzipped or not; - reads
    standard input. Without PATH: catalog.* and events.* of this folder. What each file is, its
    encoding, delimiter and columns are found out and printed. Running it again changes nothing.
    """
    from prodsim_cli import builds
    from prodsim_cli.render import show

    asked = _options(given)
    wanted = making.build_options(given)
    stdin = sys.stdin.buffer if "-" in (*paths, *given["catalog"], *given["events"]) else None
    report = builds.ingest(database, paths, asked, stdin=stdin, progress=progress)
    stored = any(file.kept or file.merged for file in report.files)
    built, problem = None, None
    if not (no_build or asked.dry_run) and report.counts.get("items"):
        try:
            built = builds.build(database, wanted, progress)
        except ProdsimError as error:  # what was read is stored, and is told first
            problem = error

    def answer() -> None:
        show(report, form)
        if built is not None and form == "table":
            making.show_build(built, form)
        if problem is not None:
            raise problem
        if not stored:
            sys.exit(ExitCode.PROBLEM)

    return answer


def _options(given: dict[str, Any]) -> Any:
    """``builds.IngestOptions`` from the words of the command."""
    from prodsim_cli.builds import IngestOptions
    from prodsim_cli.ingest.readers._raw import CleanOptions, ReadOptions

    delimiter = {"\\t": "\t", "tab": "\t"}.get(given["delimiter"] or "", given["delimiter"])
    if delimiter is not None and len(delimiter) != 1:
        raise UsageProblem(
            f"--delimiter {delimiter!r} is not one character.", hint="Write e.g. ';'."
        )
    return IngestOptions(
        **{name: given[name] for name in ("catalog", "events", "source", "prune", "dry_run")},
        read=ReadOptions(given["encoding"], delimiter, given["sheet"]),
        clean=CleanOptions(
            mapping=making.pairs(given["mapping"], "--map"),
            **{name: given[name] for name in ("dates", "decimal", "keep_case")},
            service_lines=not given["keep_services"],
        ),
        weights=_weights(given["weight"]),
    )


def _weights(words: tuple[str, ...]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for name, value in making.pairs(words, "--weight").items():
        try:
            weights[name] = float(value)
        except ValueError:
            weights[name] = -1.0
        if not 0 <= weights[name] < float("inf"):
            raise UsageProblem(
                f"--weight {name}={value} is not a weight.", hint="Write e.g. view=1,purchase=5."
            )
    return weights
