"""Hierarchical softmax: find the word by yes-no questions, down a Huffman tree.

Morin and Bengio 2005, "Hierarchical Probabilistic Neural Network Language Model"; with
the tree of Mikolov et al. 2013, "Distributed Representations of Words and Phrases and
their Compositionality".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter, RowGradient
from wordkit.layers.init import zeros
from wordkit.layers.losses.dense import SigmoidCrossEntropy, checked_reduction, log_sigmoid


class HuffmanTree(NamedTuple):
    """A binary tree of which the V words are the leaves, the frequent ones near the root.

    Inner nodes have the numbers 0 to V - 2, the last being the root. The way from the root
    to word w stands at ``offsets[w]`` to ``offsets[w + 1]`` of the other two arrays.

    Attributes
    ----------
    codes
        int8: the turn taken at each inner node, 0 to the rarer side, 1 to the other.
    points
        int32: the numbers of these nodes.
    offsets
        (V + 1,) int64.
    """

    codes: np.ndarray
    points: np.ndarray
    offsets: np.ndarray


def huffman_tree(counts: Any) -> HuffmanTree:
    """The tree with the least mean code length, by count (Huffman 1952).

    Of equal counts, words go before inner nodes and low ids before high ones. So one list
    of counts has one tree, and the words that never occur one that is not deep.

    Parameters
    ----------
    counts
        (V,), 0 or more.

    Raises
    ------
    ModelError
        There are fewer than two words.
    """
    counts = np.asarray(counts)
    size = len(counts)
    if size < 2:
        raise ModelError(f"a Huffman tree needs at least 2 words, not {size}: train on more text")
    parents, turns = _merge(counts)
    depths = np.zeros(2 * size - 1, np.int64)
    for node in range(2 * size - 3, -1, -1):  # a parent has a higher number than its children
        depths[node] = depths[parents[node]] + 1
    offsets = np.concatenate([[0], np.cumsum(depths[:size])])
    codes, points = np.empty(offsets[-1], np.int8), np.empty(offsets[-1], np.int32)
    # all words climb to the root together, each writing its way from the end
    nodes, places = np.arange(size), offsets[1:] - 1
    while len(nodes):
        codes[places], points[places] = turns[nodes], parents[nodes] - size
        nodes, places = parents[nodes], places - 1
        below = nodes < 2 * size - 2
        nodes, places = nodes[below], places[below]
    return HuffmanTree(codes, points, offsets)


def _merge(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join the two rarest nodes until one is left: each node's parent, and turn from there.

    Nodes 0 to V - 1 are the words. Joined counts never fall, so that two queues are in
    order without a heap (van Leeuwen 1976).
    """
    size = len(counts)
    order = np.argsort(counts, kind="stable")
    words = deque(zip(counts[order].tolist(), order.tolist(), strict=True))
    joined: deque[tuple[int, int]] = deque()
    parents, turns = np.zeros(2 * size - 1, np.int64), np.zeros(2 * size - 1, np.int8)
    for node in range(size, 2 * size - 1):
        total = 0
        for turn in (0, 1):
            queue = joined if joined and (not words or joined[0] < words[0]) else words
            count, child = queue.popleft()
            parents[child], turns[child] = node, turn
            total += count
        joined.append((total, node))
    return parents, turns


class HierarchicalSoftmaxLoss(Layer):
    """-log p(w | h), where p(w | h) is the product of sigmoid(+-u_n . h) down to word w.

    The product is over the inner nodes n on the way, with + at code 0 and - at code 1 as
    in word2vec.c. The probabilities of all words sum to one, and one of them costs about
    log2 V products instead of V. ``params["weight"]``: the vectors u, (V - 1, D).

    Parameters
    ----------
    size, tree
        D, and the tree of the V words. The vectors begin as zeros, as in word2vec.c.
    reduction
        ``mean`` over the N targets, or ``sum``. word2vec.c descends the sum.
    """

    def __init__(
        self,
        size: int,
        tree: HuffmanTree,
        *,
        reduction: str = "mean",
        weights: Mapping[str, Array] | None = None,
    ):
        nodes = len(tree.offsets) - 2
        super().__init__({"weight": Parameter((nodes, size), zeros)}, weights=weights)
        self.reduction = checked_reduction(reduction)
        self._cross_entropy = SigmoidCrossEntropy(reduction="sum")
        xp = array_module(self.params["weight"])
        lengths = np.diff(tree.offsets)
        on_way = np.arange(lengths.max()) < lengths[:, None]  # (V, L)
        points, labels = np.zeros(on_way.shape, np.int32), np.full(on_way.shape, -1, np.int8)
        points[on_way], labels[on_way] = tree.points, 1 - tree.codes
        # (V, L), L the longest way; the label is -1, which does not count, where one has ended
        self._points, self._labels = xp.asarray(points), xp.asarray(labels)

    def forward(self, h: Array, targets: Array) -> Array:
        """From vectors h (N, D) and targets (N,) to the loss, float64."""
        self._h, self._nodes, labels = h, self._points[targets], self._labels[targets]
        self._on_way = labels >= 0  # (N, L)
        self._rows = self.params["weight"][self._nodes]  # (N, L, D)
        scores = (self._rows @ h[:, :, None])[:, :, 0]
        self._share = 1 / max(len(h), 1) if self.reduction == "mean" else 1.0
        return self._cross_entropy.forward(scores, labels) * self._share

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of h, (N, D)."""
        scores = self._cross_entropy.backward(gradient * self._share)
        values = scores[:, :, None] * self._h[:, None, :]
        self.grads["weight"] = RowGradient(
            self._nodes[self._on_way], values[self._on_way], self.params["weight"].shape
        )
        return (scores[:, None, :] @ self._rows)[:, 0, :]

    def log_probabilities(self, h: Array) -> Array:
        """log p(w | h) of every word: from vectors h (N, D) to (N, V)."""
        xp = array_module(h)
        scores = (h @ self.params["weight"].T)[:, self._points]  # (N, V, L)
        answers = log_sigmoid(xp.where(self._labels > 0, scores, -scores))
        return xp.where(self._labels >= 0, answers, 0).sum(axis=-1)
