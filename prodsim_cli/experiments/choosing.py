"""Which task, where the person named none: the one that the data can answer."""

from __future__ import annotations

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.events import TYPE_CODE
from prodsim_cli.errors import InputError
from prodsim_cli.experiments.splitting import Where


def task(data: Dataset, asked: str, where: Where) -> tuple[str, list[str]]:
    """The task, and the sentence that says which it is and why; none where it was named.

    Raises InputError where there is no event to foretell anything from.
    """
    if asked:
        return asked, []
    log = data.events
    people = int(((log.user >= 0) & (log.type != TYPE_CODE["return"])).sum())
    if people:
        known = f"{people:,} events have a known user"
        return "recommend", [f"Task recommend: {known}, so what each does later can be foretold."]
    orders = int((log.order >= 0).sum())
    if orders:
        return "similar", [
            f"Task similar: no event has a user, but {orders:,} have an order, so what is bought"
            " together later can be foretold."
        ]
    raise InputError(
        "There are no events of known users and no orders, so there is no future to foretell.",
        hint="Ingest events, or judge by --pairs FILE, --related FILE, or --queries FILE with"
        " --judgements FILE.",
    )
