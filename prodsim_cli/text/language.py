"""Which languages a catalogue speaks, and so which text model it needs.

A title is too short for a language detector to be sure of ("NICE PARIS MUG"), a catalogue is not.
The detector's probabilities per title are joined by expectation maximisation over the shares of the
languages: each round weighs a title's languages by the shares found so far (Saerens, Latinne,
Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities"). So the
odd "Dutch" title of an English shop is read as the English it is; a mixed catalogue stays mixed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMIT = 0.2
"""Share of titles in other languages than English from which on the model is ``multilingual``."""

LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr"),
    *("hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl"),
    *("sv", "th", "tr", "uk", "vi", "zh"),
)
"""Languages of trade that are told apart; fewer choices, fewer false ones on short titles."""

LEAST = 0.01
"""A language that a smaller share of the titles speaks is taken for a mistake of the detector."""

SAMPLE = 2_000
_ROUNDS = 200
# Chinese and Japanese stand beside a number without a blank, so only Latin letters go with it.
_NUMBERED = re.compile(r"[a-z\u00c0-\u024f./-]*\d[a-z\u00c0-\u024f\d./-]*")


@dataclass(frozen=True)
class Choice:
    """The model for a catalogue, the share of titles that are not English, and the sentence."""

    model: str
    not_english: float
    reason: str


def choose_model(titles: Sequence[str]) -> Choice:
    """``multilingual`` where more than a fifth of the titles are not English, else ``minilm``."""
    found = shares(titles)
    if not found:
        return Choice("minilm", 0.0, "no titles to tell a language by")
    other = 1.0 - found.get("en", 0.0)
    most = sorted(((share, name) for name, share in found.items() if name != "en"), reverse=True)
    named = ", ".join(f"{name} {share:.0%}" for share, name in most[:3] if share >= 0.01)
    reason = f"{other:.0%} of the titles are not English" + (f": {named}" if named else "")
    return Choice("multilingual" if other > LIMIT else "minilm", round(other, 4), reason)


def shares(titles: Sequence[str]) -> dict[str, float]:
    """Share of each language (ISO 639-1) over at most :data:`SAMPLE` distinct titles; sums to 1.

    The sample is spread evenly over the titles in order, so the same catalogue gives the same.
    """
    distinct = sorted({title.strip().lower() for title in titles})
    spoken = [words for words in map(words_of, distinct) if words]
    if not spoken:
        return {}
    picked = np.linspace(0, len(spoken) - 1, min(SAMPLE, len(spoken))).round().astype(int)
    labels = list(_detector().labels)
    place = {name: column for column, name in enumerate(labels)}
    given = np.zeros((len(picked), len(labels)))
    for row, position in enumerate(picked):
        for name, probability in _detector().rank(spoken[position]):
            given[row, place[name]] = probability
    return dict(zip(labels, _mixture(given).tolist(), strict=True))


def of_titles(titles: Sequence[str]) -> list[str]:
    """The language of each title (ISO 639-1), '' for one that has too few words to speak any.

    The probabilities of a title are weighed by the shares of the languages in the catalogue, and
    a language that fewer than 1 in 100 titles speak is none of this shop. So in a shop of one
    language all titles speak that one.
    """
    found = {name: share for name, share in shares(titles).items() if share >= LEAST}
    if not found:
        return [""] * len(titles)
    only = next(iter(found)) if len(found) == 1 else ""
    known: dict[str, str] = {}
    for title in set(titles):
        words = words_of(title)
        known[title] = (only or _most_likely(words, found)) if words else ""
    return [known[title] for title in titles]


def _most_likely(words: str, shares: Mapping[str, float]) -> str:
    given = {name: p * shares.get(name, 0.0) for name, p in _detector().rank(words)}
    return max(sorted(given), key=lambda name: given[name])


def words_of(title: str) -> str:
    """The words of a title in small letters, '' where they are too few to speak a language.

    Sizes and model numbers ("500ml", "X-200") are of no language, and the detector takes capitals
    for names.
    """
    words = " ".join(_NUMBERED.sub(" ", title.lower()).split())
    letters = [letter for letter in words if letter.isalpha()]
    speaks = len(letters) >= 3 or any(letter > "\u024f" for letter in letters)  # beyond Latin
    return words if speaks else ""


def _mixture(given: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares (l,) from probabilities (n, l) that were given under equal shares."""
    share = np.full(given.shape[1], 1 / given.shape[1])
    for _ in range(_ROUNDS):
        weighed = given * share
        weighed /= np.maximum(weighed.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        new = weighed.mean(axis=0)
        if np.abs(new - share).max() < 1e-6:
            break
        share = new
    return share


@lru_cache(maxsize=1)
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(LANGUAGES)
    return detector
