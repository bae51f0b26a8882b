"""Options that the making commands share, and their translation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from prodsim_cli.errors import UsageProblem

F = TypeVar("F", bound=Callable[..., Any])


def model_options(command: F) -> F:
    """``--model --fields --no-lm``."""
    for option in (
        click.option("--no-lm", is_flag=True, help="No language model: words and graph only."),
        click.option(
            "--fields",
            metavar="NAME,...",
            help="Fields that make a product's text: title, brand, category, tags, description.",
        ),
        click.option(
            "--model",
            metavar="NAME",
            help="auto, minilm, multilingual, hashing, or a sentence-transformers name or folder.",
        ),
    ):
        command = option(command)
    return command


def graph_options(command: F) -> F:
    """``--by --half-life --shrinkage --min-support --learn``: how links are counted."""
    for option in (
        click.option(
            "--learn/--no-learn",
            default=None,
            help="Learn settings and the weights of hybrid from the shop's own past.  [default:"
            " learn]",
        ),
        click.option(
            "--min-support",
            type=click.IntRange(min=1),
            help="Pairs with fewer common buyers have no score.",
        ),
        click.option(
            "--shrinkage",
            type=click.FloatRange(min=0),
            help="Scores are multiplied by c / (c + this), c common buyers.",
        ),
        click.option(
            "--half-life",
            type=click.FloatRange(min=0, min_open=True),
            metavar="DAYS",
            help="Days after which an event counts half.",
        ),
        click.option(
            "--by",
            type=click.Choice(("users", "orders")),
            help="What two products must share: the buyer or the order.",
        ),
    ):
        command = option(command)
    return command


def build_options(given: dict[str, Any]) -> Any:
    """``builds.BuildOptions`` from the words of the command; what was not said stays as stored."""
    from prodsim_cli.builds.reports import GRAPH_SETTINGS, BuildOptions

    if given.get("model") and given.get("no_lm"):
        raise UsageProblem("--model and --no-lm contradict each other.", hint="Leave one out.")
    graph = {name: given[name] for name in GRAPH_SETTINGS if given.get(name) is not None}
    for name, value in graph.items():
        if isinstance(value, float) and not value < float("inf"):
            raise UsageProblem(f"--{name.replace('_', '-')} {value} is no number.", hint="Try 30.")
    fields = given.get("fields")
    return BuildOptions(
        model=given.get("model"),
        fields=tuple(f.strip() for f in fields.split(",") if f.strip()) if fields else None,
        lm=False if given.get("no_lm") else None,
        graph=graph or None,
        learn=given.get("learn"),
        networks=_networks(given.get("networks")),
    )


def _networks(words: str | None) -> tuple[str, ...]:
    """Names of networks; ``all`` is every one, nothing is none."""
    if words is None:
        return ()
    from prodsim_cli.builds.networks import chosen

    return chosen([word.strip() for word in words.split(",") if word.strip()])


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
