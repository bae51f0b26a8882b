"""The making side: ingest, embed, graph, build. Each function is a verb of the command line."""

from prodsim_cli.builds.building import build, embed, graph
from prodsim_cli.builds.ingesting import IngestOptions, ingest
from prodsim_cli.builds.stages import BuildOptions, BuildReport

__all__ = ["BuildOptions", "BuildReport", "IngestOptions", "build", "embed", "graph", "ingest"]
