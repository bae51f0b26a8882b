"""Graph attention over products and people, learned end to end (Velickovic et al. 2018).

As ``gcn``, but each neighbour counts by an attention that is learned: several heads, a softmax over
the neighbours of each node.
The space is made by ``prodsim train`` (``prodsim_cli/gnn``); here the nearest in it are found.
"""

from __future__ import annotations

from prodsim_cli.similarity._network import plug_in

NEEDS = "network"
REACHES_NEW = True
unable, neighbors = plug_in("gat")
