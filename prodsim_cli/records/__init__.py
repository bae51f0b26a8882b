"""What travels between the rooms and what a person sees: frozen, standard library only.

Ground floor. JSON forms are the public contract (docs/json.md); ``as_dict`` makes them. A record's
module is loaded when the record is first asked for: making the classes costs as much time as the
look-up that ``similar`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodsim_cli.records.values import DEFAULT_WEIGHTS, EVENT_TYPES, Json

if TYPE_CHECKING:
    from prodsim_cli.records.answers import Ranked, Ranking
    from prodsim_cli.records.duplicates import Duplicates
    from prodsim_cli.records.exports import Export
    from prodsim_cli.records.figures import (
        Change,
        Cost,
        Interval,
        Scorecard,
        Slice,
        Standing,
    )
    from prodsim_cli.records.graphs import Edge, Neighborhood, Node
    from prodsim_cli.records.people import PeopleAlike, Person, SharedProduct
    from prodsim_cli.records.reasons import Explanation
    from prodsim_cli.records.reports import FileReport, IngestReport
    from prodsim_cli.records.states import ArtifactStatus, Listing, Profile, Status

__all__ = [
    "DEFAULT_WEIGHTS",
    "EVENT_TYPES",
    "ArtifactStatus",
    "Change",
    "Cost",
    "Duplicates",
    "Edge",
    "Explanation",
    "Export",
    "FileReport",
    "IngestReport",
    "Interval",
    "Json",
    "Listing",
    "Neighborhood",
    "Node",
    "PeopleAlike",
    "Person",
    "Profile",
    "Ranked",
    "Ranking",
    "Scorecard",
    "SharedProduct",
    "Slice",
    "Standing",
    "Status",
]

_HOME = {
    "Ranked": "answers",
    "Ranking": "answers",
    "Duplicates": "duplicates",
    "Export": "exports",
    "Change": "figures",
    "Cost": "figures",
    "Interval": "figures",
    "Scorecard": "figures",
    "Slice": "figures",
    "Standing": "figures",
    "Edge": "graphs",
    "Neighborhood": "graphs",
    "Node": "graphs",
    "PeopleAlike": "people",
    "Person": "people",
    "SharedProduct": "people",
    "Explanation": "reasons",
    "FileReport": "reports",
    "IngestReport": "reports",
    "ArtifactStatus": "states",
    "Listing": "states",
    "Profile": "states",
    "Status": "states",
}


def __getattr__(name: str) -> Any:
    """A record by its name, from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    record = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = record
    return record
