"""From the words of the command to inputs, and from an input to its bytes."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from prodsim_cli import registry
from prodsim_cli.errors import InputError
from prodsim_cli.ingest.readers._raw import Blob

_CATALOG_WORDS = ("catalog", "product", "item", "article", "goods", "商品", "目录")
_STDIN = "-"
_PIECE = 1 << 16
_ZIPPED, _PLAIN = 200, 50_000_000
"""A gzipped file may unzip to so many times its size, and always to so many bytes."""


@dataclass(frozen=True)
class Input:
    """One file to read. ``name``: as the person gave it; ``kind``: ``catalog`` or ``events`` where
    the person said so; ``from_folder``: it was found in a folder and may be skipped; ``both``: it
    was named as a catalogue and as events, and is read once as each."""

    name: str
    path: Path | None
    kind: str | None = None
    from_folder: bool = False
    stdin: BinaryIO | None = None
    both: bool = False


def inputs(
    paths: Sequence[str],
    catalog: Sequence[str] = (),
    events: Sequence[str] = (),
    stdin: BinaryIO | None = None,
) -> list[Input]:
    """The files to read, catalogues first so that events find their products.

    Without any word: ``catalog.*`` and ``events.*`` of the current folder. Each file comes once;
    ``--catalog`` and ``--events`` win over a mention without them. Raises InputError for a missing
    file, with the nearest name, and where there is nothing to read.
    """
    found: list[Input] = []
    for word, kind in ((catalog, "catalog"), (events, "events"), (paths, None)):
        for name in word:
            found += _expanded(name, kind, stdin)
    if not (paths or catalog or events):
        found = _of_current_folder()
    once: dict[str, dict[str | None, Input]] = {}
    for item in found:
        of_file = once.setdefault(str(item.path.resolve()) if item.path else _STDIN, {})
        if item.kind or not of_file:
            of_file.setdefault(item.kind, item)
    several = [replace(item, both=len(one) > 1) for one in once.values() for item in one.values()]
    return sorted(several, key=lambda item: not _is_catalog(item))


def _is_catalog(item: Input) -> bool:
    name = os.path.basename(item.name).lower()
    return item.kind == "catalog" or (
        item.kind is None and any(word in name for word in _CATALOG_WORDS)
    )


def _expanded(name: str, kind: str | None, stdin: BinaryIO | None) -> list[Input]:
    if name == _STDIN:
        return [Input(_STDIN, None, kind, stdin=stdin)]
    if not name.strip():
        raise InputError(
            "An empty word names no file.", hint="Name a file or a folder; `.` is this folder."
        )
    path = Path(name)
    if path.is_dir():
        files = [Input(_shown(file), file, kind, kind is None) for file in _data_files(path)]
        if not files:
            raise InputError(
                f"The folder {name} holds no file that could be read.",
                hint=f"Files end in {', '.join(_extensions())}, or these with .gz.",
            )
        return files
    if not path.exists():
        around = path.parent if path.parent.is_dir() else Path()
        near = get_close_matches(path.name, [file.name for file in around.iterdir()], n=1)
        hint = f"Did you mean {path.parent / near[0]}?" if near else "Check the path."
        raise InputError(f"There is no file {name}.", hint=hint)
    return [Input(_shown(name), path, kind)]


def _shown(name: str | Path) -> str:
    """A name that can be printed and stored; a file's may hold bytes that are no text."""
    return str(name).encode("utf-8", "replace").decode()


def _of_current_folder() -> list[Input]:
    files = [
        file
        for file in _data_files(Path())
        if file.name.split(".")[0].lower() in ("catalog", "catalogue", "events")
    ]
    if not files:
        raise InputError(
            "There is no catalog.* or events.* in this folder.",
            hint="Name the files or the folder: `prodsim ingest shop/`.",
        )
    return [Input(_shown(file), file) for file in files]


def _data_files(folder: Path) -> list[Path]:
    """Files of a folder whose name ends like data, in order of name; hidden ones are left out."""
    known = _extensions()
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file()
        and not file.name.startswith((".", "~$"))
        and extension(file.name) in known
    )


def _extensions() -> list[str]:
    readers = (registry.load("readers", name) for name in registry.names("readers"))
    return [suffix for reader in readers for suffix in reader.EXTENSIONS]


def extension(name: str) -> str:
    """Lower-case extension without ``.gz``."""
    name = name.lower().removesuffix(".gz")
    return os.path.splitext(name)[1]


def load(item: Input) -> Blob:
    """Read and unzip an input. Raises InputError where the file cannot be read."""
    if item.path is None:
        if item.stdin is None:
            raise InputError("Standard input is closed.", hint="Pipe a file into the command.")
        data = item.stdin.read()
    else:
        try:
            data = item.path.read_bytes()
        except OSError as problem:
            raise InputError(
                f"{item.name} cannot be read: {problem.strerror}.", hint="Check its permissions."
            ) from None
    data, note = _unzipped(data, item.name)
    digest = hashlib.sha256(data)
    if item.both:
        digest.update(f"\0{item.kind}".encode())
    return Blob(item.name, item.path, data, digest.hexdigest(), (note,) if note else ())


def _unzipped(data: bytes, name: str) -> tuple[bytes, str]:
    """Plain bytes, and the sentence for a person where the name promised something else."""
    if not data.startswith(b"\x1f\x8b"):
        promised = name.lower().endswith(".gz")
        return data, "named .gz but not gzipped: read as it is" if promised else ""
    _refuse_bomb(data, name)
    try:
        return gzip.decompress(data), ""
    except (EOFError, zlib.error, gzip.BadGzipFile):
        whole = _salvaged(data)
    if not whole:
        raise InputError(
            f"{name} is a damaged gzip file.",
            hint="Copy or export it again; nothing could be read from it.",
        )
    return whole, (
        f"the gzip file is damaged: {len(whole):,} bytes up to its last whole line were read;"
        " export it again for the rest"
    )


def _refuse_bomb(data: bytes, name: str) -> None:
    """Raise InputError for what unzips to far more than a shop's file does (3 to 30 times)."""
    most, size, rest = max(_ZIPPED * len(data), _PLAIN), 0, data
    unzip = zlib.decompressobj(wbits=31)
    try:
        while rest:
            size += len(unzip.decompress(rest, 16 * _PIECE))
            rest = unzip.unconsumed_tail
            if unzip.eof:
                rest, unzip = unzip.unused_data, zlib.decompressobj(wbits=31)
            if size > most:
                raise InputError(
                    f"{name} unzips to more than {_ZIPPED} times its size, as no shop's file does.",
                    hint="If it is what you want, unzip it yourself and name the plain file.",
                )
    except zlib.error:
        return  # damage is said by those who read it


def _salvaged(data: bytes) -> bytes:
    """What comes out of a damaged gzip file of any number of members, up to its last whole line.

    zlib gives nothing of a piece in which it finds damage, a wrong checksum included; so that piece
    is fed again byte by byte.
    """
    found = bytearray()
    while data:
        unzip = zlib.decompressobj(wbits=31)
        at = 0
        while at < len(data) and not unzip.eof:
            piece, before = data[at : at + _PIECE], unzip.copy()
            at += len(piece)
            try:
                found += unzip.decompress(piece)
            except zlib.error:
                found += _up_to_the_damage(before, piece)
                return bytes(found[: found.rfind(b"\n") + 1])
        data = unzip.unused_data + data[at:] if unzip.eof else b""
    return bytes(found[: found.rfind(b"\n") + 1])


def _up_to_the_damage(unzip: zlib._Decompress, piece: bytes) -> bytes:
    found = bytearray()
    for place in range(len(piece)):
        try:
            found += unzip.decompress(piece[place : place + 1])
        except zlib.error:
            break
    return bytes(found)
