# mypy: ignore-errors
# (types of LLVM, and functions that numba gives a meaning)
"""The product of a few rows with the same large matrix, again and again.

A BLAS copies the matrix into an order that suits its registers at each call; for 20 rows
that, and waking its threads, takes longer than the arithmetic. Here the copy is made once:

    panels = panels_of(weight)
    for ...: thin_product(rows, panels, out)

Panels are as wide as two registers. A tile of ``ROWS`` rows by one panel of the result
stays in registers while the sum over k runs.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

from wordkit.backend.simd_kernels import LANES, at, hold, pointer

ROWS = 10 if LANES == 16 else 5  # 2 registers for each row, out of 32 or 16
WIDTH = 2 * LANES


def suits(n: int, width: int) -> bool:
    """Whether ``thin_product`` can, and should, give a result of n rows of a width."""
    return ROWS <= n <= 64 and width >= WIDTH


def panels_of(weight: np.ndarray) -> np.ndarray:
    """A matrix (K, M), M not below ``WIDTH``, in panels (P, K, WIDTH).

    The last panel ends where the matrix does, so the one before may share columns with it.
    """
    size, width = weight.shape
    panels = np.empty((-(-width // WIDTH), size, WIDTH), np.float32)
    _fill_panels(weight, panels)
    return panels


@njit(cache=True, nogil=True)
def _fill_panels(weight: np.ndarray, panels: np.ndarray) -> None:
    size, width = weight.shape
    for p in range(len(panels)):
        start = min(p * WIDTH, width - WIDTH)
        for first in range(0, size, LANES):  # of a transposed matrix whole cache lines
            for k in range(first, min(first + LANES, size)):
                for m in range(WIDTH):
                    panels[p, k, m] = weight[k, start + m]


@njit(cache=True, nogil=True)
def thin_product(rows: np.ndarray, panels: np.ndarray, out: np.ndarray) -> None:
    """out = rows @ weight, the weight given as panels.

    Parameters
    ----------
    rows, out
        (N, K) and (N, M), float32 and contiguous, of which ``suits(N, M)``.
    """
    (n, size), width = rows.shape, out.shape[1]
    a, b, c = pointer(rows), pointer(panels), pointer(out)
    for p in range(len(panels)):
        start = min(p * WIDTH, width - WIDTH)
        for first in range(0, n, ROWS):
            row = min(first, n - ROWS)  # the last tile may do rows once more
            _tile(
                at(a, row * size), size, at(b, p * size * WIDTH), at(c, row * width + start), width
            )
    hold(rows)
    hold(panels)
    hold(out)


@intrinsic
def _tile(typing, rows, size, panel, out, width):
    """out[r, m] = the sum over k of rows[r, k] panel[k, m], for r < ROWS, m < WIDTH."""
    vector = ir.VectorType(ir.FloatType(), LANES)
    kind = ir.FunctionType(vector, [vector] * 3)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    undefined = ir.Constant(vector, ir.Undefined)

    def code(context, builder, sig, args):
        rows, size, panel, out, width = args
        multiply_add = cgutils.get_or_insert_function(
            builder.module, kind, f"llvm.fma.v{LANES}f32"
        )

        def number(n):
            return ir.Constant(size.type, n)

        def register(base, place):
            return builder.bitcast(builder.gep(base, [place]), vector.as_pointer())

        def everywhere_of(value):
            one = builder.insert_element(undefined, value, ir.IntType(32)(0))
            return builder.shuffle_vector(one, undefined, everywhere)

        starts = [builder.gep(rows, [builder.mul(size, number(r))]) for r in range(ROWS)]
        zero = ir.Constant(vector, [0.0] * LANES)
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(2)] for _ in starts]
        with cgutils.for_range(builder, size) as loop:
            first = builder.mul(loop.index, number(WIDTH))
            places = first, builder.add(first, number(LANES))
            columns = [builder.load(register(panel, place), align=4) for place in places]
            for start, own in zip(starts, sums, strict=True):
                value = everywhere_of(builder.load(builder.gep(start, [loop.index])))
                for column, total in zip(columns, own, strict=True):
                    added = builder.call(multiply_add, [value, column, builder.load(total)])
                    builder.store(added, total)
        for r, own in enumerate(sums):
            for half, total in enumerate(own):
                place = builder.add(builder.mul(width, number(r)), number(half * LANES))
                builder.store(builder.load(total), register(out, place), align=4)
        return context.get_dummy_value()

    return types.none(rows, types.intp, panel, out, types.intp), code
