"""``python -m prodsim_cli`` is ``prodsim``."""

from prodsim_cli.cli import main

main()
