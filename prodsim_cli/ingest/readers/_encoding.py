"""Which encoding a text file has. Tried in this order: byte order mark, UTF-8, UTF-16 by its zero
bytes, GB18030 where it reads as Chinese, Windows-1252.

Ordinary Latin-1 text is valid GB18030 (``Müller Straße`` would become ``M黮ler Stra遝``), so that
Chinese is believed only where most of the letters beyond ASCII are common ones standing in runs.
Where a few bytes are broken, the file stays what nearly all of it is (UTF-8 or GB18030), and only
their lines are lost; a reading without damage goes before one with it. Beyond reach: a file of one
Chinese word of which GBK bytes happen to be UTF-8 (``女装``), or of a single character.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

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
_RUNS = 100_000
_CHINESE_SHARE = 0.6
_SURELY_CHINESE = 0.9
_UTF8_SHARE = 0.8
_PLAUSIBLE_SHARE = 0.6
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
    wide = _zeros(data)
    if not wide and _valid(data, "utf-8"):
        why = "plain ASCII" if data.isascii() else "valid UTF-8"
        return Decoded(data, "utf-8", why)
    if wide:
        # A line end of one byte behind UTF-16, by an editor or a cut, is none of its characters.
        whole = data[:-1] if len(data) % 2 and data[-1:] in b"\r\n" else data
        return _as(whole, wide, "zero bytes in every second place")
    chinese = _chinese_share(data.decode("gb18030", "replace"))
    surely = chinese >= _SURELY_CHINESE and _valid(data, "gb18030")
    if not surely and _mostly_utf8(data):
        return _as(data, "utf-8", "nearly all of it is valid UTF-8")
    if chinese >= _CHINESE_SHARE:
        return _as(data, "gb18030", "common Chinese characters in runs")
    return _as(data, "windows-1252", "not valid UTF-8, and not Chinese")


def _codec(name: str) -> str:
    """The canonical name of a codec that makes text of bytes (base64, rot13, idna do not)."""
    try:
        b"a\xff".decode(name, "replace")
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise UsageProblem(
            f"There is no encoding {name!r}.",
            hint="Write --encoding utf-8, utf-16, gb18030, windows-1252, latin-1, ...",
        ) from None


def _as(data: bytes, codec: str, why: str) -> Decoded:
    """Decode with U+FFFD for what the codec does not know."""
    if codec == "utf-8" and _valid(data, codec):
        return Decoded(data, codec, why)
    damaged = False
    try:
        try:
            text = data.decode(codec, "prodsim_c1" if codec == "windows-1252" else "strict")
        except UnicodeDecodeError:
            text, damaged = data.decode(codec, "replace"), True
    except UnicodeError as problem:
        raise UsageProblem(
            f"The encoding {codec!r} cannot read this file: {problem}.",
            hint="Leave --encoding out to have it found, or write another one.",
        ) from None
    if text.startswith("\ufeff"):
        text = text[1:]
    return Decoded(text.encode("utf-8", "replace"), codec, why, damaged)


def _as_control(problem: UnicodeError) -> tuple[str, int]:
    """Five bytes mean nothing in Windows-1252; as everywhere on the web they are C1 controls."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return problem.object[problem.start : problem.end].decode("latin-1"), problem.end


codecs.register_error("prodsim_c1", _as_control)


def _valid(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _zeros(data: bytes) -> str:
    """``utf-16-le`` or ``-be`` where zero bytes stand in every second place only, else ''.

    Chinese UTF-16 has few of them, at its delimiters and line ends, and a stray one in another file
    stands in some place, too; so the text must read as one. ASCII in pairs does not: it gives
    characters of all kinds, a fifth of them common.
    """
    sample = np.frombuffer(data[: min(_SAMPLE, len(data) - len(data) % 2)], np.uint8)
    if not len(sample):
        return ""
    even, odd = (sample[::2] == 0).mean(), (sample[1::2] == 0).mean()
    for here, there, codec in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if here > 0 and there <= here / 20:
            text = sample.tobytes().decode(codec, "replace")
            if _plausible(text, korean=here >= 0.05) >= _PLAUSIBLE_SHARE:
                return codec
    return ""


def _plausible(text: str, korean: bool) -> float:
    """Share of alphabets, usual marks, kana, common Chinese and (``korean``) Hangul in a text."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4")
    good = codes < 0x2000
    for first, last in ((0x2000, 0x206F), (0x20A0, 0x20CF), (0x3000, 0x30FF), (0xFF00, 0xFFEF)):
        good |= (codes >= first) & (codes <= last)
    if korean:
        good |= (codes >= 0xAC00) & (codes <= 0xD7A3)
    rest = codes[~good].astype("<u4").tobytes().decode("utf-32-le", "replace")
    return (int(good.sum()) + _common(rest)) / len(codes)


def _mostly_utf8(data: bytes) -> bool:
    """True if of all sequences beyond ASCII at least 80 % are valid UTF-8: then a few
    lines are broken, and reading the file in another encoding would break all the others."""
    text = data.decode("utf-8", "surrogateescape")
    good = bad = 0
    for start in range(0, len(text), _SAMPLE):
        part = text[start : start + _SAMPLE].encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(part, np.dtype("<u4"))
        escaped = (codes >= 0xDC80) & (codes <= 0xDCFF)
        good += int(((codes > 0x7F) & ~escaped).sum())
        bad += int((np.diff(escaped.astype(np.int8), prepend=0) == 1).sum())
    return good > 0 and good >= _UTF8_SHARE * (good + bad)


def _chinese_share(text: str) -> float:
    """Share, of what is beyond ASCII, of common Chinese characters that stand beside another one
    (level 1 of GB2312, bytes B0A1 to D7F9) and of the marks of Chinese text."""
    beyond = [run[0] for run in islice(re.finditer(r"[^\x00-\x7f]+", text), _RUNS)]
    letters = sum(len(run) for run in beyond)
    if not letters:
        return 0.0
    in_runs = "".join(run for run in beyond if len(run) > 1)
    marks = len(_MARKS_OF_CHINESE.findall(in_runs))
    return (_common(in_runs) + marks) / letters


def _common(text: str) -> int:
    """Number of characters of level 1 of GB2312: the 3,755 of everyday Chinese."""
    coded = np.frombuffer(text.encode("gb2312", "ignore"), np.uint8)
    pairs = coded[: len(coded) - len(coded) % 2].reshape(-1, 2).astype(int)
    first, second = pairs[:, 0], pairs[:, 1]
    return int(((first >= 0xB0) & (first <= 0xD7) & (second >= 0xA1)).sum())
