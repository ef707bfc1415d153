"""Blocks of sequences: (N, T, D) to whoever uses a layer, time-major in memory.

What a recurrent layer reads and writes at a step should lie together, so layers hand each
other views (N, T, D) of arrays (T, N, D). Nothing is copied where that is so, and all is
right where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import product


def rows_of(block: Array) -> Array:
    """(T N, D) of a block (N, T, D), step by step; (n, D) of any other (..., D)."""
    if block.ndim == 3:
        block = block.swapaxes(0, 1)
    return block.reshape(-1, block.shape[-1])


def block_of(rows: Array, shape: tuple[int, ...]) -> Array:
    """The inverse of ``rows_of``: a block of a shape (..., D), without a copy."""
    if len(shape) == 3:
        n, steps, size = shape
        return rows.reshape(steps, n, size).swapaxes(0, 1)
    return rows.reshape(shape)


def times(block: Array, weight: Array, product: Callable = product) -> Array:
    """(N, T, D) @ (D, H), as one product."""
    shape = (*block.shape[:-1], weight.shape[1])
    return block_of(product(rows_of(block), weight), shape)


def joined_steps(blocks: Sequence[Array]) -> Array:
    """Blocks (N, t, D), joined along t."""
    if len(blocks) == 1:
        return blocks[0]
    time_major = [block.swapaxes(0, 1) for block in blocks]
    return array_module(blocks[0]).concatenate(time_major).swapaxes(0, 1)
