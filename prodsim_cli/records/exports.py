"""What an export has written. Frozen, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field

from prodsim_cli.records.values import Json


@dataclass(frozen=True)
class Export:
    """One table in one file.

    ``what``: similar, recs, vectors or graph; ``form``: the ending that says how it was written;
    ``columns``: their names in the file; ``about``: what was chosen and counted, by name.
    """

    what: str
    file: str
    form: str
    rows: int
    columns: tuple[str, ...]
    bytes: int
    about: Json = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> Json:
        return {
            "what": self.what,
            "file": self.file,
            "format": self.form,
            "rows": self.rows,
            "columns": list(self.columns),
            "bytes": self.bytes,
            **self.about,
        }
