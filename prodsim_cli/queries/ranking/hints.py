"""What a person may have meant by an expression that is none. Ground floor, no database."""

from __future__ import annotations

_ELSEWHERE = {
    **dict.fromkeys(
        ("like", "ilike", "contains", "matches", "glob", "regexp"),
        "A text that holds another is {0}~mug, without % or *.",
    ),
    **dict.fromkeys(
        ("is", "exists"), "{0} alone holds where it is known, and not {0} where it is not."
    ),
    "between": "Write {0}>=10 and {0}<=20.",
}
"""Words of other languages, and how this one says it of a column."""


def side_by_side(before: str, word: str, *, together: str, valued: bool, follows: str) -> str:
    """The hint where two words stand side by side, both as an expression wants them.

    ``together``: both as one word in quotes. ``valued``: the first is the value of a comparison.
    ``follows``: the operator behind the second, '' where there is none.
    """
    quotes = f"Quotes hold words together: {together}."
    shown = word + (f" {follows} " if follows == "in" else follows)
    if valued:
        return f"Between two comparisons stands and: ... and {shown}..." if follows else quotes
    if word.lower() in _ELSEWHERE:
        return _ELSEWHERE[word.lower()].format(before)
    if follows:
        return f"{quotes}\nBetween two comparisons stands and: {before} and {shown}..."
    return f"Did you mean {before}={word}, or {before}~{word} for a part? {quotes}"
