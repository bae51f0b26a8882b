"""Options that several commands share, each group one decorator.

The decorator that opens a resource also closes it. Completion of SKUs, people and methods reads
the database and stays silent where there is none.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from functools import update_wrapper, wraps
from typing import Any

import click

from prodsim_cli import registry
from prodsim_cli.errors import ProdsimError, UsageProblem
from prodsim_cli.registry import measures
from prodsim_cli.store import catalog
from prodsim_cli.store.artifacts import Built
from prodsim_cli.store.connection import open_for_reading

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "ids")
DEFAULT_K = 10
MIN_PEOPLE = 5
SEED = 42

Answer = Callable[[], None]
Decorator = Callable[[Callable[..., Any]], Any]


def number(*names: str, default: int, help: str, least: int = 1, metavar: str = "") -> Decorator:
    """An option for a whole number with a default that the help shows."""
    limits = click.IntRange(min=least)
    return click.option(
        *names, type=limits, default=default, show_default=True, help=help, metavar=metavar or None
    )


class Described(click.Option):
    """An option whose help names plug-ins: they are looked up when the help is shown."""

    def __init__(self, *args: Any, describe: Callable[[], str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.describe = describe

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self.describe()
        return super().get_help_record(ctx)


class OneOf(click.Choice[str]):
    """A choice among plug-ins, which are looked up when one is named or the help is shown."""

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self.case_sensitive = True
        self._names = names

    @property
    def choices(self) -> Sequence[str]:  # type: ignore[override]
        return self._names()


pass_database = click.pass_obj
"""Give the command the path of the database as its first argument (it opens it itself)."""


def with_store(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command a read-only connection as its first argument, and close it afterwards."""

    @click.pass_obj
    def opened(database: str, /, *args: Any, **options: Any) -> Any:
        with closing(open_for_reading(database)) as connection:
            return command(connection, *args, **options)

    return update_wrapper(opened, command)


output = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to print the answer.",
)
top_k = number("-k", "k", default=DEFAULT_K, help="How many to show.")
seed = number(
    "--seed",
    least=0,
    default=SEED,
    help="Of what is drawn by chance; the same seed gives the same figures.",
)
min_people = number(
    "--min-people",
    metavar="N",
    default=MIN_PEOPLE,
    help="People in a group that is counted and dated; of smaller ones nothing is told.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing while working.")


def progress(command: Callable[..., Answer]) -> Callable[..., None]:
    """``--quiet`` and a listener for long work as keyword ``progress``, closed afterwards.

    The command returns the function that shows its answer: it is called when the bars are gone,
    since rich takes what is printed beside them for its own.
    """

    @quiet
    @wraps(command)
    def listened(*args: Any, quiet: bool, **options: Any) -> None:
        from prodsim_cli.progress import Silent, TerminalProgress

        with nullcontext(Silent()) if quiet else TerminalProgress() as listener:
            answer = command(*args, progress=listener, **options)
        answer()

    return listened


def one_method(command: Callable[..., Any]) -> Callable[..., Any]:
    """Make one name, ``method``, of ``--method`` and its other word ``--measure``."""

    @wraps(command)
    def chosen(*args: Any, method: str | None, measure: str | None, **options: Any) -> Any:
        if measure and method not in (None, measure):
            raise UsageProblem(
                f"--measure {measure} and --method {method} ask for two different things.",
                hint="Leave one of them out.",
            )
        return command(*args, method=method or measure, **options)

    return chosen


def method(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--method`` and its other word ``--measure``; the command gets ``method``, None: default."""
    command = click.option(
        "--measure",
        type=OneOf(measures),
        help="Another word for the --method of that name, over who bought what.",
    )(one_method(command))
    return click.option(
        "--method",
        metavar="NAME",
        shell_complete=complete_methods,
        cls=Described,
        describe=lambda: (
            f"Which notion of similarity: {', '.join(method_names())}.  [default: hybrid]"
        ),
    )(command)


_RULES = ("where", "same", "price_within", "exclude", "pin", "all_stock", "variants")


def rules(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every answer obeys (docs/rules.md); the command gets ``rules``."""

    @click.option(
        "--where",
        multiple=True,
        metavar="EXPRESSION",
        help="Only products for which this holds, as 'price<20 and brand=Sony'; repeat for and.",
    )
    @click.option(
        "--same",
        multiple=True,
        metavar="COLUMN",
        help="Only products with the value of the one asked about, as category; repeatable.",
    )
    @click.option(
        "--price-within",
        metavar="20%|5",
        default="",
        help="Only so far from the price of the one asked about.",
    )
    @click.option("--exclude", multiple=True, metavar="SKU,...", help="Never these.")
    @click.option(
        "--pin", multiple=True, metavar="SKU,...", help="These first, where the rules let them."
    )
    @click.option(
        "--max-per",
        multiple=True,
        metavar="COLUMN=N",
        help="At most N with one value of a column, as brand=2; repeatable.",
    )
    @click.option(
        "--diversity",
        type=click.FloatRange(0, 1),
        default=0.0,
        metavar="0..1",
        help="0: as ranked, 1: each as unlike those above it as can be.",
    )
    @click.option("--all-stock", is_flag=True, help="Show what is not in stock, too.")
    @click.option("--variants", is_flag=True, help="A row for each colour and size.")
    @wraps(command)
    def ruled(*args: Any, max_per: tuple[str, ...], diversity: float, **options: Any) -> Any:
        from prodsim_cli.queries.ranking.request import Rules

        if diversity != diversity:  # nan is in no range, and click lets it through
            raise UsageProblem("--diversity is a number from 0 to 1, not nan.")
        given = {name: options.pop(name) for name in _RULES}
        pairs = tuple(_per(text) for text in max_per)
        return command(*args, rules=Rules(max_per=pairs, diversity=diversity, **given), **options)

    return ruled


def _per(text: str) -> tuple[str, int]:
    """``brand=2`` as a column and a number."""
    column, _, number = text.rpartition("=")
    if not column.strip() or not number.strip().isdecimal() or int(number) < 1:
        raise UsageProblem(
            f"--max-per wants a column and a number from 1 on, not {text!r}.",
            hint="For instance: --max-per brand=2.",
        )
    return column.strip(), int(number)


def why(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--why`` and ``--min-people``; the command gets ``why``: None, or people in a group."""

    @click.option("--why", is_flag=True, help="Say for each answer what led to it.")
    @min_people
    @wraps(command)
    def reasoned(*args: Any, why: bool, min_people: int, **options: Any) -> Any:
        source = click.get_current_context().get_parameter_source("min_people")
        if not why and source is click.core.ParameterSource.COMMANDLINE:
            raise UsageProblem(
                "--min-people says of which groups reasons may speak, and none were asked for.",
                hint="Add --why, or leave --min-people out.",
            )
        return command(*args, why=min_people if why else None, **options)

    return reasoned


def listed(text: str | None) -> tuple[str, ...]:
    """The words of a list with commas."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def from_stdin(words: tuple[str, ...], what: str) -> list[str]:
    """The words of the command, with each ``-`` replaced by the lines of standard input.

    ``what`` names them in the error where none is left: an empty question is a mistake, not a wait.
    """
    found: list[str] = []
    for word in words:
        found += _lines() if word == "-" else [word]
    if not found:
        source = "Standard input holds" if words else "The command names"
        raise UsageProblem(f"{source} no {what}.", hint=f"Name a {what}, or - to read from stdin.")
    # Bytes that are no UTF-8 arrive as surrogates, which no database can hold.
    return [word.encode("utf-8", "replace").decode() for word in dict.fromkeys(found)]


def questions(words: tuple[str, ...]) -> list[str]:
    """Words of the command as one question, or the lines of standard input where they are ``-``."""
    if words != ("-",):
        words = (" ".join(words),) if any(word.strip() for word in words) else ()
    return from_stdin(words, "question")


def _lines() -> Iterator[str]:
    text = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
    return (line.strip() for line in text.splitlines() if line.strip())


def tell(notes: tuple[str, ...] | list[str]) -> None:
    """Sentences for the person, on stderr; the same sentence once."""
    from prodsim_cli.render.plain import one_line

    for note in dict.fromkeys(notes):
        click.echo(f"note: {one_line(note)}", err=True)


def show(result: Any, form: str) -> None:
    """The notes of a result (or of several) to stderr, then itself to stdout."""
    from prodsim_cli import render

    results = result if isinstance(result, list) else [result]
    tell([note for one in results for note in one.notes])
    render.show(result, form)


def method_names() -> tuple[str, ...]:
    """All methods; the blend first, since it is the default."""
    return tuple(sorted(registry.names("similarity"), key=lambda name: (name != "hybrid", name)))


def complete_methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the methods that are built, else of all."""
    built = _read(ctx, lambda connection: Built(connection).methods()) or list(method_names())
    return [name for name in built if name.startswith(incomplete)]


def complete_skus(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """SKUs of the database that begin with what was typed, with their titles as help."""
    from click.shell_completion import CompletionItem

    from prodsim_cli.render.plain import one_line

    before = _before_colon(ctx, param, incomplete)
    start = before + (incomplete if incomplete != ":" else "")
    rows = _read(ctx, lambda connection: catalog.beginning_with(connection, start)) or []
    return [
        CompletionItem(sku[len(before) :], help=one_line(title)[:60])
        for sku, title in rows
        # A control character would break the protocol; nobody could type it anyway.
        if sku == one_line(sku) and sku.startswith(before)
    ]


def _before_colon(ctx: click.Context, param: click.Parameter, incomplete: str) -> str:
    """The ``source:`` that stands before the word at hand: bash cuts words at colons."""
    words = [word for word in ctx.params.get(param.name or "") or () if word]
    if incomplete != ":" and (not words or words.pop() != ":"):
        return ""
    return f"{words[-1]}:" if words else ""


skus = click.argument("words", metavar="SKU...", nargs=-1, shell_complete=complete_skus)


def complete_users(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Keys of people that begin with what was typed."""
    return _read(ctx, lambda store: catalog.users_beginning_with(store, incomplete)) or []


def complete_skus_and_users(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[Any]:
    """SKUs, then keys of people."""
    from click.shell_completion import CompletionItem

    people = complete_users(ctx, param, incomplete)
    skus = complete_skus(ctx, param, incomplete)
    return skus + [CompletionItem(key, help="person") for key in people]


def _read(ctx: click.Context, question: Callable[[sqlite3.Connection], Any]) -> Any:
    """Ask the database for a completion; None where it cannot be read (a Tab must not complain)."""
    try:
        with closing(open_for_reading(ctx.find_root().params["db"])) as connection:
            return question(connection)
    except (ProdsimError, sqlite3.Error):
        return None
