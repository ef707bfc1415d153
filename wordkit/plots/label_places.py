"""Place labels near their points without overlaps. Lengths are in pixels."""

from __future__ import annotations

import numpy as np

from wordkit.plots.figure import DPI

_POINT = DPI / 72  # pixels in a typographic point
# directions from a point to its label: right, left, above, below, then in between
_DIRECTIONS = np.array([0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11]) * np.pi / 8
_RINGS = 7  # how many label heights a label may be moved away
_GAP = 2.2 * _POINT  # from a point to a label beside it
_PAD = (
    np.array([1.6, 0.4]) * _POINT
)  # around a label, so that two side by side do not read as a phrase


def place_labels(
    points: np.ndarray, sizes: np.ndarray, page: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Find a place for each label in turn: free, near its point and away from others.

    Parameters
    ----------
    points
        The points that the labels belong to, (n, 2).
    sizes
        Width and height of each label, (n, 2).
    page
        Width and height of the page, (2,).

    Returns
    -------
    The lower left corner of each label, (n, 2), NaN where there is no room; and the
    lines (2, 2) that connect labels that were moved away to their points.
    """
    corners = np.full(points.shape, np.nan)
    placed = np.empty((0, 4))  # boxes of labels: left, bottom, right, top
    dots = points  # what labels and lines avoid: points, and dots along the lines
    leaders: list[np.ndarray] = []
    for label, (point, size) in enumerate(zip(points, sizes, strict=True)):
        boxes, rings, costs = _candidates(point, size)
        free = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= page).all(axis=1)
        free &= ~_overlap(boxes, placed).any(axis=1) & ~_inside(dots, boxes).any(axis=1)
        if not free.any():
            continue
        boxes, rings, costs = boxes[free], rings[free], costs[free]
        lines = _lines(point, boxes)
        others = dots[np.linalg.norm(dots - point, axis=1) > _GAP]
        free = (rings == 0) | ~(_touch(lines, others) | _cross(lines, placed))
        if not free.any():
            continue
        crowd = _inside(others, boxes + np.array([-1, -1, 1, 1]) * _GAP).sum(axis=1)
        best = int(np.argmin(np.where(free, costs + crowd / 2, np.inf)))
        corners[label] = boxes[best, :2] + _PAD
        placed = np.vstack([placed, boxes[best]])
        if rings[best] > 0:
            leaders.append(lines[best, [0, -1]])
            dots = np.vstack([dots, lines[best]])
    return corners, leaders


def _candidates(point: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return boxes around a point, (c, 4), their distances in label heights, and their costs."""
    around = np.column_stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
    around = np.clip(around * np.sqrt(2), -1, 1)  # onto a square, as labels are boxes
    rings, turns = np.divmod(np.arange(_RINGS * len(around)), len(around))
    half = size / 2 + _PAD
    reach = np.maximum(_GAP - _PAD, 0) + size[1] * rings[:, None] + half
    centres = point + around[turns] * reach
    return np.hstack([centres - half, centres + half]), rings, rings + turns / 50


def _lines(point: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return dots along the shortest line from a point to each box, (b, 25, 2)."""
    ends = np.clip(point, boxes[:, :2], boxes[:, 2:])
    return point + np.linspace(0, 1, 25)[:, None] * (ends - point)[:, None]


def _touch(lines: np.ndarray, dots: np.ndarray) -> np.ndarray:
    """Return which lines (b, 25, 2) come close to any dot: (b,) bool."""
    starts, ways = lines[:, :1], lines[:, -1:] - lines[:, :1]
    lengths = np.maximum((ways**2).sum(axis=-1), 1e-9)
    along = np.clip(((dots - starts) * ways).sum(axis=-1) / lengths, 0, 1)
    away = dots - (starts + along[..., None] * ways)
    return np.any((away**2).sum(axis=-1) < (0.8 * _GAP) ** 2, axis=1)


def _cross(lines: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return which lines (b, 25, 2) cross any box: (b,) bool."""
    hit = np.any(_inside(lines.reshape(-1, 2), boxes), axis=0)
    return np.any(hit.reshape(lines.shape[:2]), axis=1)


def _overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return which boxes (a, 4) overlap which boxes (b, 4): (a, b) bool."""
    left, bottom, right, top = first.T[..., None]
    other = second.T
    across = (left < other[2]) & (right > other[0])
    return np.asarray(across & (bottom < other[3]) & (top > other[1]))


def _inside(dots: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return which boxes (b, 4) contain which dots (d, 2): (b, d) bool."""
    left, bottom, right, top = boxes.T[..., None]
    x, y = dots.T
    return np.asarray((left < x) & (x < right) & (bottom < y) & (y < top))
