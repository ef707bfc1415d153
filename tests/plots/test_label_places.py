"""Labels that can be read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wordkit.plots.label_places import place_labels

PAGE = np.array([400.0, 300.0])


@settings(max_examples=60, deadline=None)
@given(
    places=arrays(float, (25, 2), elements=st.floats(0.1, 0.9)),
    sizes=arrays(float, (25, 2), elements=st.floats(5, 90)),
)
def test_labels_stay_clear_of_each_other_of_points_and_of_lines(places, sizes):
    points = places * PAGE
    corners, lines = place_labels(points, sizes, PAGE)
    placed = np.isfinite(corners[:, 0])
    low, high = corners[placed], (corners + sizes)[placed]
    assert (low >= 0).all()
    assert (high <= PAGE).all()
    apart = ((low[:, None] >= high) | (high[:, None] <= low)).any(axis=-1)
    assert (apart | np.eye(len(low), dtype=bool)).all()
    dots = [
        points,
        *(start + np.linspace(0, 1, 9)[:, None] * (end - start) for start, end in lines),
    ]
    for dot in np.vstack(dots):
        assert not ((low < dot) & (dot < high)).all(axis=1).any()


def test_a_lonely_label_stands_right_of_its_point():
    corners, lines = place_labels(np.array([[200.0, 100]]), np.array([[50.0, 12]]), PAGE)
    assert 200 < corners[0, 0] < 215
    assert corners[0, 1] == pytest.approx(100 - 6)
    assert lines == []


def test_crowded_labels_are_moved_and_tied_to_their_points():
    points = 200 + np.zeros((30, 2))
    corners, lines = place_labels(points, np.full((30, 2), [30.0, 12]), PAGE)
    placed = int(np.isfinite(corners[:, 0]).sum())
    assert 4 <= placed < 30
    assert 0 < len(lines) < placed
    for start, end in lines:
        assert start.tolist() == [200, 200]
        gaps = np.maximum(corners - end, end - corners - [30, 12]).max(axis=1)
        assert np.nanmin(abs(gaps)) < 6  # the line ends at a label


def test_a_label_without_room_is_left_out():
    corners, _ = place_labels(np.array([[200.0, 100]]), np.array([[500.0, 12]]), PAGE)
    assert np.isnan(corners).all()
