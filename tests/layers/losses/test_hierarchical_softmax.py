"""Hierarchical softmax, against other ways to build the tree and to walk it."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.losses.dense import REDUCTIONS
from wordkit.layers.losses.hierarchical_softmax import (
    HierarchicalSoftmaxLoss,
    HuffmanTree,
    huffman_tree,
)

RNG = np.random.default_rng(0)
TREE = huffman_tree([5, 2, 1, 1, 0])  # codes of 1, 2, 3 and 4 turns
WEIGHT = RNG.normal(size=(4, 3))
H = RNG.normal(size=(4, 3))
TARGETS = np.array([2, 0, 2, 4], np.int32)


# --- the tree -------------------------------------------------------------------------


def ways(tree: HuffmanTree) -> list[list[tuple[int, int]]]:
    """Of each word the inner nodes and turns."""
    steps = list(zip(tree.points.tolist(), tree.codes.tolist(), strict=True))
    bounds = tree.offsets.tolist()
    return [steps[a:b] for a, b in pairwise(bounds)]


def least_sum(counts: list[int]) -> int:
    """The least sum of count times code length: that of all counts joined on a heap."""
    heap, total = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, joined)
        total += joined
    return total


def loss_of(weight: Any, tree: HuffmanTree, **options: Any) -> HierarchicalSoftmaxLoss:
    return HierarchicalSoftmaxLoss(weight.shape[1], tree, weights={"weight": weight}, **options)


def test_a_tree_by_hand() -> None:
    tree = huffman_tree([5, 2, 1, 1])
    assert ways(tree) == [
        [(2, 1)],
        [(2, 0), (1, 0)],  # the word goes before the pair that occurs as often
        [(2, 0), (1, 1), (0, 0)],
        [(2, 0), (1, 1), (0, 1)],
    ]
    assert [array.dtype for array in tree] == [np.int8, np.int32, np.int64]


@given(st.lists(st.integers(0, 20) | st.integers(0, 10**15), min_size=2, max_size=60))
def test_trees_are_trees_and_none_is_better(counts: list[int]) -> None:
    tree = huffman_tree(counts)
    assert int(np.diff(tree.offsets) @ np.array(counts)) == least_sum(counts)
    after: dict[tuple[int, int], object] = {}
    for word, way in enumerate(ways(tree)):
        assert way[0][0] == len(counts) - 2
        ends = [node for node, _ in way[1:]] + [f"word {word}"]
        for step, end in zip(way, ends, strict=True):
            assert after.setdefault(step, end) == end
    # both turns of every inner node lead on, each to a place of its own
    assert sorted(after) == [(node, turn) for node in range(len(counts) - 1) for turn in (0, 1)]
    assert len(set(after.values())) == len(after)


def test_words_that_never_occur_are_not_deep() -> None:
    """word2vec.c, where inner nodes go first, would make a chain of them."""
    assert np.diff(huffman_tree([0] * 1000).offsets).max() == 10
    assert np.diff(huffman_tree([7, *[0] * 1000]).offsets).tolist()[0] == 1


def test_a_chain() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 80:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    lengths = np.diff(huffman_tree(fibonacci).offsets)
    assert sorted(lengths.tolist()) == [*range(1, 80), 79]


def test_as_short_as_gensim() -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    counts = np.random.default_rng(1).zipf(1.3, 500).clip(max=10**6)
    peer = models.Word2Vec(hs=1, negative=0, min_count=1, vector_size=1)
    peer.build_vocab_from_freq({str(word): int(count) for word, count in enumerate(counts)})
    theirs = [len(peer.wv.get_vecattr(str(word), "code")) for word in range(500)]
    assert np.diff(huffman_tree(counts).offsets) @ counts == theirs @ counts


def test_two_words() -> None:
    """The rarer one is at 0, as in word2vec.c."""
    tree = huffman_tree([5, 3])
    assert (tree.codes.tolist(), tree.points.tolist()) == ([1, 0], [0, 0])
    assert tree.offsets.tolist() == [0, 1, 2]


@pytest.mark.parametrize("counts", [[], [3]])
def test_too_few_words(counts: list[int]) -> None:
    with pytest.raises(ModelError, match=f"at least 2 words, not {len(counts)}"):
        huffman_tree(counts)


# --- the loss -------------------------------------------------------------------------


def by_hand() -> tuple[float, np.ndarray, np.ndarray]:
    """Sum of the losses, and its gradients by the weight and by h."""
    loss, d_weight, d_h = 0.0, np.zeros_like(WEIGHT), np.zeros_like(H)
    for n, target in enumerate(TARGETS):
        for node, turn in ways(TREE)[target]:
            zero = 1 / (1 + math.exp(-WEIGHT[node] @ H[n]))
            loss -= math.log(1 - zero if turn else zero)
            error = zero - (1 - turn)
            d_weight[node] += error * H[n]
            d_h[n] += error * WEIGHT[node]
    return loss, d_weight, d_h


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_against_the_formula(xp: Any, reduction: str) -> None:
    loss, d_weight, d_h = by_hand()
    share = 1 if reduction == "sum" else 1 / len(H)
    layer = loss_of(xp.asarray(WEIGHT), TREE, reduction=reduction)
    found = layer.forward(xp.asarray(H), xp.asarray(TARGETS))
    assert float(found) == pytest.approx(loss * share)
    np.testing.assert_allclose(to_host(layer.backward()), d_h * share)
    np.testing.assert_allclose(to_host(layer.grads["weight"].dense()), d_weight * share)
    check_gradients(layer, xp.asarray(H), xp.asarray(TARGETS))


def test_float32(xp: Any) -> None:
    loss, _, d_h = by_hand()
    layer = loss_of(xp.asarray(WEIGHT.astype("f4")), TREE, reduction="sum")
    found = layer.forward(xp.asarray(H.astype("f4")), xp.asarray(TARGETS))
    assert found.dtype == np.float64
    assert float(found) == pytest.approx(loss, rel=1e-6)
    gradient = layer.backward()
    assert gradient.dtype == layer.grads["weight"].values.dtype == np.float32
    np.testing.assert_allclose(to_host(gradient), d_h, rtol=1e-4, atol=1e-6)


def test_the_probabilities_sum_to_one(xp: Any) -> None:
    rng = np.random.default_rng(2)
    counts, h = rng.integers(0, 50, 40), rng.normal(size=(6, 5))
    layer = loss_of(xp.asarray(rng.normal(size=(39, 5))), huffman_tree(counts))
    logs = to_host(layer.log_probabilities(xp.asarray(h)))
    assert logs.shape == (6, 40)
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)
    for word in range(40):
        loss = layer.forward(xp.asarray(h), xp.asarray(np.full(6, word)))
        assert float(loss) == pytest.approx(-logs[:, word].mean())


def test_nothing_to_predict() -> None:
    layer = loss_of(WEIGHT, TREE)
    assert layer.forward(H[:0], TARGETS[:0]) == 0
    assert layer.backward().shape == (0, 3)
    assert not layer.grads["weight"].dense().any()


def test_unknown_reduction() -> None:
    with pytest.raises(ModelError, match="reduction must be one of"):
        loss_of(WEIGHT, TREE, reduction="max")
