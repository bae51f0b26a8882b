"""Build the toy shops, run a command in this process, mask what changes from run to run, compare.

Masked (``tidy``): seconds, moments of today, sizes of files, the folder, the version. Numbers are
rounded to six significant digits, so that another processor does not matter; ``differences`` lets
such a number differ by one in its last digit, as rounding may fall either way.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from click.testing import CliRunner
from golden_commands import FIXTURES, HERE, SHOPS, Case

from prodsim_cli.cli import cli

EXPECTED = HERE / "expected"
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "PRODSIM_DB": None, "FORCE_COLOR": None}

_DEMO_PRODUCTS = 90
_DEMO_USERS = 260

_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:[eE][-+]?\d+)?(?![\w.])")
_KEYS = re.compile(
    r'("(?:\w*seconds|bytes|created_at|made|started|finished|peak\w*|version)": )'
    r'("(?:[^"\\]|\\.)*"|[-\d.eE+]+)'
)
_SIZE = re.compile(r"\b\d+(?:\.\d+)? (?:bytes|[KMG]B)")
_TOOK = re.compile(r"\b(?:\d+ min )?\d+(?:\.\d+)? ?(?:s|ms|seconds|minutes)\b")


def build_shops(folder: Path) -> dict[str, str]:
    """Build every shop in ``folder``; return what building said, by name of expected file."""
    for name in ("two_aisles", "planted"):
        (folder / name).mkdir()
        for file in ("catalog.csv", "events.csv"):
            shutil.copy(FIXTURES / name / file, folder / name / file)
    for name in ("more_catalog.csv", "more_events.csv"):
        shutil.copy(HERE / name, folder / name)
    (folder / "pairs.csv").write_text(
        "sku_a,sku_b,label\nLA-9,LA-1,1\nGL-3,GL-33,1\nTE-LAKE,TE-PEAK,0\nWI-R,WI-W,0\n"
        "9001,7734,0\nPK-P,PK-E,0\nRA-VOLT,NO-01,0\nCN-1,CN-2,1\n",
        encoding="utf-8",
    )
    _slice_demo(folder / "demo")
    said = {}
    with _working_in(folder):
        for shop, lines in SHOPS.items():
            for number, line in enumerate(lines, 1):
                said[f"build-{shop}-{number}"] = _run(["--db", f"{shop}.db", *line.split()], folder)
    return said


def run_case(case: Case, folder: Path) -> str:
    """Run one case in ``folder``, where the shops are; return its tidied output."""
    database = f"{case.command.shop}.db"
    if case.command.writes:
        shutil.copy(folder / database, folder / "copy.db")
        database = "copy.db"
    with _working_in(folder):
        said = _run(["--db", database, *case.words], folder, case.command.stdin)
    if case.command.file is not None:
        written = folder / case.command.file
        said += f"--- {written.name}\n" + tidy(written.read_text(encoding="utf-8"), folder)
        written.unlink()
    for rest in folder.glob("copy.db*"):
        rest.unlink()
    return said


def tidy(text: str, folder: Path) -> str:
    """``text`` without what differs between two runs, machines or days."""
    text = text.replace("\r\n", "\n").replace(str(folder), "FOLDER").replace("\\\\", "/")
    text = _KEYS.sub(r"\1VOLATILE", text)
    now = datetime.now(timezone.utc)
    for day in {now, now - timedelta(hours=12), now.astimezone()}:
        text = re.sub(
            rf"{day:%Y-%m-%d}(?:[T ]\d\d:\d\d(?::\d\d)?(?:\+00:00|Z)?)?",
            lambda found: re.sub(r"\d", "0", found[0]),
            text,
        )
    text = "\n".join(_without_seconds(text.split("\n")))
    text = _TOOK.sub("TIME", _SIZE.sub("SIZE", text))
    return _NUMBER.sub(_round, text)


def differences(expected: str, actual: str) -> str:
    """A unified diff, or nothing if both are equal but for the last digit of rounded numbers."""
    ours, theirs = actual.splitlines(), expected.splitlines()
    if len(ours) == len(theirs):
        ours = [old if _close(old, new) else new for old, new in zip(theirs, ours, strict=True)]
    return "\n".join(difflib.unified_diff(theirs, ours, "expected", "actual", lineterm=""))


def _close(expected: str, actual: str) -> bool:
    if _NUMBER.sub("#", expected) != _NUMBER.sub("#", actual):
        return False
    pairs = zip(_NUMBER.findall(expected), _NUMBER.findall(actual), strict=True)
    return all(
        one == other
        or (
            max(_digits(one), _digits(other)) >= 6
            and math.isclose(float(one), float(other), rel_tol=1.1e-5)
        )
        for one, other in pairs
    )


def _digits(number: str) -> int:
    mantissa = re.split("[eE]", number)[0]
    return len(mantissa.replace(".", "").lstrip("0"))


def _round(found: re.Match[str]) -> str:
    number = found[0]
    if "e" not in number.lower() and _digits(number) <= 6:
        return number
    value = float(number)
    return "0.0" if value < 1e-12 else f"{value:.6g}"


def _without_seconds(lines: list[str]) -> Iterator[str]:
    """Mask the column of seconds of a table: a cell below such a heading becomes 0.00.

    A listing shows as many digits as its numbers need, so a fast build prints 0, a slow one 12.34;
    the table of ``status``, whose headings are capital, always shows one digit.
    """
    start = stop = -1
    zero = ""
    for line in lines:
        heading = re.search(r"\b[Ss]econds\b", line)
        if heading and re.search(r"\S  +\S", line):
            start, stop = heading.span()
            zero = "0.00" if heading[0].islower() else "0.0"
        elif not line.strip():
            start = stop = -1
        elif start >= 0 and re.fullmatch(r" *\d[\d,.]*", line[start:stop]):
            line = line[:start] + zero.rjust(stop - start) + line[stop:]
        yield line


def _run(words: list[str], folder: Path, stdin: str | None = None) -> str:
    result = CliRunner().invoke(cli, words, input=stdin, env=ENVIRONMENT)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    parts = [f"exit code {result.exit_code}\n", "--- stdout\n", tidy(result.stdout, folder)]
    if result.stderr:
        parts += ["--- stderr\n", tidy(result.stderr, folder)]
    return "".join(part if part.endswith("\n") or not part else part + "\n" for part in parts)


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _slice_demo(folder: Path) -> None:
    """The first products and people of fixtures/demo, as two files."""
    folder.mkdir()
    with (FIXTURES / "demo" / "catalog.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    rows = rows[:_DEMO_PRODUCTS]
    skus = {row[0] for row in rows}
    _write(folder / "catalog.csv", [head, *rows])
    users: set[str] = set()
    kept = []
    with gzip.open(FIXTURES / "demo" / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        head = next(reader)
        for row in reader:
            if row[1] in skus and (row[0] in users or len(users) < _DEMO_USERS):
                users.add(row[0])
                kept.append(row)
    _write(folder / "events.csv", [head, *kept])


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
