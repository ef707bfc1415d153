# mypy: ignore-errors
# (types of LLVM, and functions that numba gives a meaning)
"""Products of matrices in registers, for one thread.

A tile of ``ROWS`` rows and two registers of columns of the result stays in registers while
the sum over k runs (Goto and van de Geijn 2008, "Anatomy of High-Performance Matrix
Multiplication"). For it the right matrix is copied into panels two registers wide.

What a matrix is comes as the address of its first number and its steps from row to row and
from column to column, counted in float32.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

from wordkit.backend.simd_kernels import LANES, at, load, pointer_to, store

ROWS = 10 if LANES == 16 else 5  # times 2 registers, out of 32 or 16
WIDTH = 2 * LANES
DEPTH = 1024
"""Terms of a sum at a time: a panel of them stays in the second cache, a tile in the first."""
TILES = 16
"""Of the left matrix that meet a panel while it is there."""
SCRATCH = DEPTH * ROWS + ROWS * WIDTH
"""float32 that ``multiply`` needs besides."""


@njit(cache=True, nogil=True)
def fill_panels(
    right: int, row_step: int, column_step: int, size: int, columns: int, panels: int
) -> None:
    """Copy a matrix (size, columns) into panels (P, size, WIDTH), filled up with zeros."""
    a, b = pointer_to(right), pointer_to(panels)
    for start in range(0, columns, WIDTH):
        panel, width = at(b, start * size), min(WIDTH, columns - start)
        if column_step == 1 and width == WIDTH:
            for k in range(size):
                for m in range(0, WIDTH, LANES):
                    store(panel, k * WIDTH + m, load(a, k * row_step + start + m))
            continue
        by_blocks = size - size % LANES if row_step == 1 and width == WIDTH else 0
        for k in range(0, by_blocks, LANES):
            for m in range(0, WIDTH, LANES):
                block = at(a, k + (start + m) * column_step)
                _copy_transposed(block, column_step, at(panel, k * WIDTH + m))
        for k in range(by_blocks, size):
            for m in range(width):
                panel[k * WIDTH + m] = a[k * row_step + (start + m) * column_step]
            for m in range(width, WIDTH):
                panel[k * WIDTH + m] = 0


@intrinsic
def _copy_transposed(typing, block, step, out):
    """out[k, m] = block[m, k] for k, m < ``LANES``; rows are ``step`` and ``WIDTH`` apart."""
    vector = ir.VectorType(ir.FloatType(), LANES)
    lanes = range(LANES)

    def code(context, builder, sig, args):
        block, step, out = args
        step = context.cast(builder, step, sig.args[1], types.intp)

        def register(base, place):
            return builder.bitcast(builder.gep(base, [place]), vector.as_pointer())

        def mixed(one, two, places):  # places from LANES on are those of two
            mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(places))
            return builder.shuffle_vector(one, two, mask)

        rows = [
            builder.load(register(block, builder.mul(step, step.type(m))), align=4) for m in lanes
        ]
        # rows and columns whose numbers differ in one bit change places, bit after bit
        for bit in (2**n for n in range(LANES.bit_length() - 1)):
            for m in (m for m in lanes if not m & bit):
                one, two = rows[m], rows[m + bit]
                rows[m] = mixed(one, two, (LANES + k - bit if k & bit else k for k in lanes))
                rows[m + bit] = mixed(one, two, (LANES + k if k & bit else k + bit for k in lanes))
        for k, row in enumerate(rows):
            builder.store(row, register(out, step.type(k * WIDTH)), align=4)
        return context.get_dummy_value()

    return types.none(block, step, out), code


@njit(cache=True, nogil=True)
def multiply(
    left: int,
    row_step: int,
    column_step: int,
    rows: int,
    size: int,
    panels: int,
    columns: int,
    out: int,
    out_step: int,
    scratch: int,
) -> None:
    """out (rows, columns) = left (rows, size) times the matrix in the panels.

    The rows of ``out`` are contiguous, ``out_step`` apart. ``scratch`` is of ``SCRATCH``.
    """
    a, b, c, own = pointer_to(left), pointer_to(panels), pointer_to(out), pointer_to(scratch)
    corner, whole = at(own, DEPTH * ROWS), rows - rows % ROWS
    for begin in range(0, max(size, 1), DEPTH):
        depth, more = min(DEPTH, size - begin), begin > 0
        terms = at(a, begin * column_step)
        _copy_last(terms, row_step, column_step, whole, rows, depth, own)
        for top in range(0, rows, TILES * ROWS):
            for start in range(0, columns, WIDTH):
                panel, width = at(b, start * size + begin * WIDTH), min(WIDTH, columns - start)
                for row in range(top, min(top + TILES * ROWS, rows), ROWS):
                    tile, step, across = at(terms, row * row_step), row_step, column_step
                    if row == whole:
                        tile, step, across = own, 1, ROWS
                    to = at(c, row * out_step + start)
                    if row < whole and width == WIDTH:
                        _wide(tile, step, across, depth, panel, to, out_step, more)
                        continue
                    if width > LANES:
                        _wide(tile, step, across, depth, panel, corner, WIDTH, False)
                    else:
                        _narrow(tile, step, across, depth, panel, corner, WIDTH, False)
                    _put(corner, min(ROWS, rows - row), width, to, out_step, more)


@njit(cache=True, nogil=True)
def _copy_last(a, row_step, column_step, first, rows, depth, tile):
    """Fill up the rows of the last tile with zeros: column after column, ``ROWS`` of each."""
    for k in range(depth if first < rows else 0):
        for r in range(ROWS):
            inside = first + r < rows
            place = (first + r) * row_step + k * column_step
            tile[k * ROWS + r] = a[place] if inside else np.float32(0)


@njit(cache=True, nogil=True)
def _put(corner, rows, columns, out, out_step, more):
    """A tile of which not all belongs to the result."""
    for row in range(rows):
        for column in range(columns):
            place = row * out_step + column
            before = out[place] if more else np.float32(0)
            out[place] = before + corner[row * WIDTH + column]


def _tile(registers: int):  # noqa: C901
    """The intrinsic: out[r, m] (+)= the sum over k of rows[r, k] panel[k, m], r < ROWS."""
    vector = ir.VectorType(ir.FloatType(), LANES)
    kind = ir.FunctionType(vector, [vector] * 3)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    undefined = ir.Constant(vector, ir.Undefined)

    def code(context, builder, sig, args):
        names = [types.intp if isinstance(t, types.Integer) else t for t in sig.args]
        rows, step, across, size, panel, out, width, more = (
            context.cast(builder, value, given, wanted)
            for value, given, wanted in zip(args, sig.args, names, strict=True)
        )
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

        starts = [builder.gep(rows, [builder.mul(step, number(r))]) for r in range(ROWS)]
        places = [
            [
                builder.add(builder.mul(width, number(r)), number(n * LANES))
                for n in range(registers)
            ]
            for r in range(ROWS)
        ]
        zero = ir.Constant(vector, [0.0] * LANES)
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in own] for own in places]
        with builder.if_then(more):
            for own, targets in zip(sums, places, strict=True):
                for total, place in zip(own, targets, strict=True):
                    builder.store(builder.load(register(out, place), align=4), total)
        with cgutils.for_range(builder, size) as loop:
            first = builder.mul(loop.index, number(WIDTH))
            columns = [
                builder.load(register(panel, builder.add(first, number(n * LANES))), align=4)
                for n in range(registers)
            ]
            column = builder.mul(loop.index, across)
            for start, own in zip(starts, sums, strict=True):
                value = everywhere_of(builder.load(builder.gep(start, [column])))
                for right, total in zip(columns, own, strict=True):
                    added = builder.call(multiply_add, [value, right, builder.load(total)])
                    builder.store(added, total)
        for own, targets in zip(sums, places, strict=True):
            for total, place in zip(own, targets, strict=True):
                builder.store(builder.load(total), register(out, place), align=4)
        return context.get_dummy_value()

    def typed(typing, rows, step, across, size, panel, out, width, more):
        return types.none(rows, step, across, size, panel, out, width, types.boolean), code

    return intrinsic(typed)


_wide, _narrow = _tile(2), _tile(1)
