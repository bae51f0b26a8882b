"""Graph convolution over products and people, learned end to end (Kipf & Welling 2017).

Text vectors through a projection, then layers h' = D^-1/2 (A + I) D^-1/2 h W over what was bought,
bought together, alike in text, and people alike; trained on what was bought together.
The space is made by ``prodsim train`` (``prodsim_cli/gnn``); here the nearest in it are found.
"""

from __future__ import annotations

from prodsim_cli.similarity._network import plug_in

NEEDS = "network"
REACHES_NEW = True
unable, neighbors = plug_in("gcn")
