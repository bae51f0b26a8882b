"""An evaluation as a picture: quality by method, against time, and by slice.

Drawn with Altair (Vega-Lite) and vl-convert, the extra ``plot``, which are imported only here.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodsim_cli.errors import InputError, ProdsimError
from prodsim_cli.files import ending, whole_file

if TYPE_CHECKING:
    from prodsim_cli.records.figures import Scorecard

FORMATS = ("png", "svg", "html")
_LIBRARIES = {"altair": "altair", "vl_convert": "vl-convert-python"}
_PIXELS = 2.0
"""Pixels of a PNG for each point of the drawing, which is about 900 points wide."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>prodsim eval</title>
<style>body {{ margin: 1rem; overflow-x: auto; }}</style>
<script>{script}</script>
</head>
<body>
<div id="plot"></div>
<script>vegaEmbed("#plot", {spec}, {{"renderer": "svg"}}).catch(console.error);</script>
</body>
</html>
"""


def check(path: str | Path) -> None:
    """Raise what :func:`draw` would raise about the ending of ``path`` or a missing library."""
    ending(path, FORMATS, "--plot")
    missing = [package for module, package in _LIBRARIES.items() if find_spec(module) is None]
    if missing:
        raise ProdsimError(
            f"Plots need {' and '.join(missing)}, which is not installed.",
            hint='pip install "prodsim[plot]"',
        )


def draw(card: Scorecard, path: str | Path) -> None:
    """Draw a scorecard into ``path``; its ending is the format: png, svg or html.

    The html page holds all that it needs (1 MB).
    Raises UsageProblem for another ending, ProdsimError without the plotting library, InputError
    where there is no figure to draw or no way to write. The file is complete or not there.
    """
    check(path)
    import vl_convert

    from prodsim_cli.evaluation.plots._page import page
    from prodsim_cli.evaluation.plots._style import rows_of

    if not rows_of(card):
        raise InputError(
            f"No method has a figure {card.main}, so there is nothing to draw.",
            hint="Leave --plot out.",
        )
    spec = page(card).to_dict()
    kind = ending(path, FORMATS, "--plot")
    with whole_file(path) as beside:
        if kind == "png":
            beside.write_bytes(vl_convert.vegalite_to_png(spec, scale=_PIXELS))
        elif kind == "svg":
            beside.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
        else:
            beside.write_text(_html(spec), encoding="utf-8")


def _html(spec: dict[str, Any]) -> str:
    """A page with the description and every script inside: nothing is fetched."""
    import vl_convert

    # Names come from the shop: < is written so that none of them can end the script.
    described = json.dumps(spec).replace("<", "\\u003c")
    return _PAGE.format(
        script=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), spec=described
    )
