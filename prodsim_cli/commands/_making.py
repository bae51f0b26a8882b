"""Options that the making commands share, and their translation."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

from prodsim_cli.commands.options import listed
from prodsim_cli.errors import UsageProblem


def _all(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    """Several options as one decorator, in the order in which the help lists them."""
    return lambda command: reduce(lambda made, option: option(made), reversed(decorators), command)


model_options = _all(
    click.option(
        "--model",
        metavar="NAME",
        help="auto, minilm, multilingual, hashing, or a sentence-transformers name or folder.",
    ),
    click.option(
        "--fields",
        metavar="NAME,...",
        help="Fields that make a product's text: title, brand, category, tags, description.",
    ),
    click.option("--no-lm", is_flag=True, help="No language model: words and graph only."),
)
graph_options = _all(
    click.option(
        "--by",
        type=click.Choice(("users", "orders")),
        help="What two products must share: the buyer or the order.",
    ),
    click.option(
        "--half-life",
        type=click.FloatRange(min=0, min_open=True),
        metavar="DAYS",
        help="Days after which an event counts half.",
    ),
    click.option(
        "--shrinkage",
        type=click.FloatRange(min=0),
        help="Scores are multiplied by c / (c + this), c common buyers.",
    ),
    click.option(
        "--min-support",
        type=click.IntRange(min=1),
        help="Pairs with fewer common buyers have no score.",
    ),
    click.option(
        "--learn/--no-learn",
        default=None,
        help="Learn settings and the weights of hybrid from the shop's own past.  [default: learn]",
    ),
)


def build_options(given: dict[str, Any]) -> Any:
    """``builds.BuildOptions`` from the words of the command; what was not said stays as stored."""
    from prodsim_cli.builds.stages import GRAPH_SETTINGS, BuildOptions

    if given.get("model") and given.get("no_lm"):
        raise UsageProblem("--model and --no-lm contradict each other.", hint="Leave one out.")
    graph = {name: given[name] for name in GRAPH_SETTINGS if given.get(name) is not None}
    for name, value in graph.items():
        if isinstance(value, float) and not value < float("inf"):
            raise UsageProblem(f"--{name.replace('_', '-')} {value} is no number.", hint="Try 30.")
    fields, networks = given.get("fields"), given.get("networks")
    if networks is not None:
        from prodsim_cli.builds.networks import chosen
    return BuildOptions(
        model=given.get("model"),
        fields=listed(fields) if fields else None,
        lm=False if given.get("no_lm") else None,
        graph=graph or None,
        learn=given.get("learn"),
        networks=chosen(listed(networks)) if networks is not None else (),
    )


def made(
    verb: Callable[..., Any], database: str, given: dict[str, Any], form: str, progress: Any
) -> Callable[[], None]:
    """Call one of ``builds`` on a database that is there; what shows its report."""
    from prodsim_cli.store.connection import require_database

    require_database(database)
    report = verb(database, build_options(given), progress)
    return lambda: show_build(report, form)


def show_build(report: Any, form: str) -> None:
    """What was built; for a person one sentence where all is fresh."""
    from prodsim_cli.render import show

    if form == "table" and not report.changed:
        click.echo("Everything that can be built is up to date.", err=True)
    else:
        show(report.listing(), form)


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """``("a=b,c=d", "e=f")`` as a dict; a word without ``=`` is a usage error."""
    found: dict[str, str] = {}
    for word in ",".join(words).split(","):
        name, equals, value = word.partition("=")
        if word.strip() and not (equals and name.strip() and value.strip()):
            raise UsageProblem(f"{option} {word!r} is not NAME=VALUE.", hint=f"Write {option} a=b.")
        if word.strip():
            found[name.strip()] = value.strip()
    return found
