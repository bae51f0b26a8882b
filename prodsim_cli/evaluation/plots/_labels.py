"""Names beside points, without one lying on another."""

from __future__ import annotations

from collections.abc import Sequence

from prodsim_cli.evaluation.plots._style import width

_LETTER, _AIR, _LINE, _DOT = 7.4, 8.0, 17.0, 8.0
"""Points: the width of a letter, what a name keeps free after it, the height of a line, the radius
of a point with some air."""
_FAR = 7
"""How many lines up or down a name may go to find a free place."""

Box = tuple[float, float, float, float]


def placed(
    points: Sequence[tuple[float, float]], names: Sequence[str], across: float, up: float
) -> list[tuple[float, float]]:
    """For each point the left end and the middle height of its name, within (across, up) points.

    Greedy, from the left: the first free place around the point, right of it by choice; where none
    is free, the one that covers least.
    """
    dots = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in points]
    taken: list[Box] = []
    places = [(0.0, 0.0)] * len(points)
    for one in sorted(range(len(points)), key=lambda i: points[i]):
        others = [dot for other, dot in enumerate(dots) if other != one] + taken
        choices = _around(points[one], width(names[one]) * _LETTER + _AIR)
        best = min(choices, key=lambda box: _covered(box, others, across, up))
        taken.append(best)
        places[one] = (best[0], (best[1] + best[3]) / 2)
    return places


def _around(point: tuple[float, float], long: float) -> list[Box]:
    """Boxes for a name around a point, the best liked first."""
    x, y = point
    left_ends = (x + _DOT + 2, x - _DOT + _AIR - long, x - long / 2)
    choices = [_box(left_ends[0], y, long), _box(left_ends[1], y, long)]
    for away in (_LINE * lines for lines in range(1, _FAR + 1)):
        for side in (1, -1):
            choices.append(_box(left_ends[2], y + side * away, long))
            choices.append(_box(left_ends[0], y + side * away, long))
            choices.append(_box(left_ends[1], y + side * away, long))
    return choices


def _box(left: float, middle: float, long: float) -> Box:
    return (left, middle - _LINE / 2, left + long, middle + _LINE / 2)


def _covered(box: Box, others: Sequence[Box], across: float, up: float) -> float:
    """The area that a box shares with others, and what of it lies outside of the panel."""
    inside = _shared(box, (0.0, 0.0, across, up))
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return outside + sum(_shared(box, other) for other in others)


def _shared(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
