"""The weights of word2vec: two vectors for each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wordkit.embeddings.word2vec.structures import Model
from wordkit.errors import ModelError
from wordkit.vectors.word_vectors import WordVectors

HUGE = 1e6
_ROWS = 10_000  # at once, so that no second matrix is needed


@dataclass
class Weights:
    """The two matrices, in the layout of the kernels.

    Attributes
    ----------
    words, vector_size
        The V words, and D, the dimensions of a vector.
    width
        D rounded up to a multiple of 16; the rest of a row is zeros.
    inputs, outputs
        Flat float32, a row of ``width`` for each word (for each inner node, in the outputs
        of hierarchical softmax).
    learns
        (V,) uint8: 0 for input vectors that are frozen.
    """

    words: Sequence[str]
    vector_size: int
    width: int
    inputs: np.ndarray
    outputs: np.ndarray
    learns: np.ndarray

    @classmethod
    def new(cls, words: Sequence[str], vector_size: int, seed: int, outputs: int) -> Weights:
        """Make random input vectors, and ``outputs`` output vectors of zeros.

        The numbers are uniform from -1/2 to 1/2, over the root of D: vectors of the length
        .29. word2vec.c divides by D; from the longer ones, 10 times at 100 dimensions, rare
        words learn faster (analogies .02 better on 9 million words).
        """
        from wordkit.backend.simd_kernels import ALIGNED
        from wordkit.embeddings.word2vec.block_kernels import aligned_zeros

        width = vector_size + -vector_size % ALIGNED
        inputs, room = aligned_zeros(len(words) * width), aligned_zeros(outputs * width)
        weights = cls(words, vector_size, width, inputs, room, np.ones(len(words), np.uint8))
        rng, rows = np.random.default_rng(seed), weights.rows(inputs)
        for first in range(0, len(words), _ROWS):
            block = rows[first : first + _ROWS]
            block[:] = (rng.random(block.shape, np.float32) - 0.5) / np.float32(vector_size**0.5)
        return weights

    def rows(self, matrix: np.ndarray) -> np.ndarray:
        """View a flat matrix as rows of D numbers, without the padding."""
        return matrix.reshape(-1, self.width)[:, : self.vector_size]

    def set_rows(self, matrix: np.ndarray, known: WordVectors) -> np.ndarray:
        """Copy the rows of known words into the inputs; returns the row numbers."""
        index, rows = known.index, self.rows(matrix)
        found = [number for number, word in enumerate(self.words) if word in index]
        for number in found:
            rows[number] = known.vectors[index[self.words[number]]]
        return np.array(found, np.int64)

    def check_rows(self, numbers: np.ndarray) -> None:
        """Raise a ``ModelError`` that names the word if an input vector is unfit to start from."""
        sizes = np.abs(self.rows(self.inputs)[numbers]).max(axis=1)
        wrong = np.flatnonzero(~(sizes < HUGE))
        if len(wrong):
            word, size = self.words[numbers[wrong[0]]], sizes[wrong[0]]
            raise ModelError(
                f"the vector to start {word!r} from has a number of the size {size:g}: expected "
                f"all below {HUGE:g}"
            )

    def model(self) -> Model:
        """Return the weights as the kernels take them."""
        from wordkit.backend.simd_kernels import LANES

        used, frozen = self.vector_size + -self.vector_size % LANES, not self.learns.all()
        return Model(self.width, used, self.inputs, self.outputs, self.learns, bool(frozen))

    @property
    def finite(self) -> bool:
        """Whether all weights are finite."""
        return all(np.isfinite(matrix @ matrix) for matrix in (self.inputs, self.outputs))

    def released(self, matrix: np.ndarray) -> np.ndarray:
        """Move the rows of a matrix together in its own memory; the matrix is used up."""
        rows = self.rows(matrix)
        if self.width != self.vector_size:
            close = matrix[: rows.size].reshape(rows.shape)
            for first in range(0, len(rows), _ROWS):  # rows only move towards the front
                close[first : first + _ROWS] = rows[first : first + _ROWS].copy()
            rows = close
        return rows

    def vectors(self, counts: Any = None) -> WordVectors:
        """Return a copy of the current input vectors."""
        return WordVectors(self.words, self.rows(self.inputs).copy(), counts=counts)
