"""The making side: ingest, embed, graph, build. Each function is a verb of the command line."""

from prodsim_cli.builds.building import BuildReport, build, embed, graph
from prodsim_cli.builds.ingesting import IngestOptions, ingest

__all__ = ["BuildReport", "IngestOptions", "build", "embed", "graph", "ingest"]
