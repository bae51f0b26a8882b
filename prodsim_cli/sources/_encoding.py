"""Which encoding a text file has. Tried in this order: byte order mark, UTF-8, UTF-16 by its zero
bytes, GB18030 where it reads as Chinese, Windows-1252. First floor.

Ordinary Latin-1 text is valid GB18030 (``Müller Straße`` would become ``M黮ler Stra遝``), so that
Chinese is believed only where most of the letters beyond ASCII are common ones standing in runs.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np

from prodsim_cli.errors import UsageProblem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1_000_000
_CHINESE_SHARE = 0.6
_UTF8_SHARE = 0.8
# Chinese text around its letters: full-width marks and digits.
_MARKS_OF_CHINESE = re.compile("[\u3000-\u303f\uff00-\uffef]")


@dataclass(frozen=True)
class Decoded:
    """A text file as UTF-8 bytes, and how it was read.

    ``encoding``: the codec; ``why``: how it was found; ``damaged``: True if bytes that are not of
    the encoding stand in ``data`` as U+FFFD (their lines are to be rejected).
    """

    data: bytes
    encoding: str
    why: str
    damaged: bool = False

    @property
    def note(self) -> str:
        return f"encoding: {self.encoding} ({self.why})"


def decode(data: bytes, forced: str | None = None) -> Decoded:
    """UTF-8 bytes of a text file in whatever encoding. Raises UsageProblem for an unknown codec."""
    if forced is not None:
        return _as(data, _codec(forced), "as asked")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _as(data[len(mark) :], codec, "byte order mark")
    if _valid(data, "utf-8") and not _zeros(data):
        why = "plain ASCII" if data.isascii() else "valid UTF-8"
        return Decoded(data, "utf-8", why)
    wide = _zeros(data)
    if wide:
        return _as(data, wide, "zero bytes in every second place")
    if _mostly_utf8(data):
        return _as(data, "utf-8", "nearly all of it is valid UTF-8")
    if _is_chinese(data):
        return _as(data, "gb18030", "common Chinese characters in runs")
    return _as(data, "windows-1252", "not valid UTF-8, and not Chinese")


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UsageProblem(
            f"There is no encoding {name!r}.",
            hint="Write --encoding utf-8, utf-16, gb18030, windows-1252, latin-1, ...",
        ) from None


def _as(data: bytes, codec: str, why: str) -> Decoded:
    """Decode with U+FFFD for what the codec does not know."""
    if codec == "windows-1252":
        data = _plug_holes(data)
    if codec == "utf-8" and _valid(data, codec):
        return Decoded(data, codec, why)
    text = data.decode(codec, "replace")
    if text.startswith("\ufeff"):
        text = text[1:]
    damaged = "\ufffd" in text
    return Decoded(text.encode("utf-8", "replace"), codec, why, damaged)


def _plug_holes(data: bytes) -> bytes:
    """Five bytes mean nothing in Windows-1252; as everywhere on the web they are C1 controls."""
    if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", data):
        return data
    return data.translate(None, b"\x81\x8d\x8f\x90\x9d")


def _valid(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _zeros(data: bytes) -> str:
    """``utf-16-le`` or ``-be`` where zero bytes fill (nearly) every second place, else ''.

    Chinese UTF-16 has them at its delimiters and line ends only, so the other places must hold
    none, and the text must decode.
    """
    sample = np.frombuffer(data[: _SAMPLE - _SAMPLE % 2], np.uint8)
    sample = sample[: len(sample) - len(sample) % 2]
    if not len(sample):
        return ""
    even, odd = (sample[::2] == 0).mean(), (sample[1::2] == 0).mean()
    for here, there, codec in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        whole = len(data) % 2 == 0 and _valid(data, codec)
        if whole and here >= 0.05 and there <= here / 20 and here > 0:
            return codec
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """True if of all sequences beyond ASCII at least four in five are valid UTF-8: then a few
    lines are broken, and reading the file in another encoding would break all the others."""
    text = data.decode("utf-8", "surrogateescape")
    bad = len(re.findall("[\udc80-\udcff]+", text))
    good = len(re.findall("[^\x00-\x7f\udc80-\udcff]", text))
    return good > 0 and good >= _UTF8_SHARE * (good + bad)


def _is_chinese(data: bytes) -> bool:
    """True if the text is valid GB18030 and most of what is beyond ASCII are common characters
    (level 1 of GB2312, bytes B0A1 to D7F9) that stand beside another Chinese one."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as problem:
        # One bad line must not turn a Chinese file into Latin letters.
        if problem.start < len(data) // 2 and len(data) < _SAMPLE:
            text = data.decode("gb18030", "ignore")
        else:
            text = data[: problem.start].decode("gb18030", "ignore")
    beyond = re.findall(r"[^\x00-\x7f]+", text[:_SAMPLE])
    letters = sum(len(run) for run in beyond)
    if not letters:
        return False
    in_runs = "".join(run for run in beyond if len(run) > 1)
    marks = len(_MARKS_OF_CHINESE.findall(in_runs))
    return _common(in_runs) + marks >= _CHINESE_SHARE * letters


def _common(text: str) -> int:
    """Number of characters of level 1 of GB2312: the 3,755 of everyday Chinese."""
    coded = np.frombuffer(text.encode("gb2312", "ignore"), np.uint8)
    pairs = coded[: len(coded) - len(coded) % 2].reshape(-1, 2).astype(int)
    first, second = pairs[:, 0], pairs[:, 1]
    return int(((first >= 0xB0) & (first <= 0xD7) & (second >= 0xA1)).sum())
