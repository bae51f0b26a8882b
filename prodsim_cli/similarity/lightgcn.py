"""LightGCN: vectors averaged over the purchases of people, layer by layer (He et al. 2020).

The bipartite graph of people and products only, no weights in the layers; vectors from the text and
free ones, the mean over all layers.
The space is made by ``prodsim train`` (``prodsim_cli/gnn``); here the nearest in it are found.
"""

from __future__ import annotations

from prodsim_cli.similarity._network import plug_in

NEEDS = "network"
REACHES_NEW = True
unable, neighbors = plug_in("lightgcn")
