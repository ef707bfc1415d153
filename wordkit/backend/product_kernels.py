# mypy: ignore-errors
# (LLVM types, and functions that only numba can run)
"""Matrix products computed in registers, by one thread.

    left (rows, size)       right (size, columns)        out (rows, columns)

    ─ ─ ─ ─ size ─ ─ ─ ─     WIDTH  WIDTH   WIDTH
    ┌──────────────────┐    ┌─────┬─────┬──────┐         ┌─────┬─────┬──────┐
    │ tile  (ROWS)     │    │panel│panel│panel │         │     │     │      │
    ├──────────────────┤    │  0  │  1  │  2   │         ├─────┼─────┼──────┤
    │ tile             │  x │     │     │      │    =    │     │here │      │
    ├──────────────────┤    │     │     │zeros │         ├─────┼─────┼──────┤
    │ tile             │    │     │     │ here>│         │     │     │      │
    └──────────────────┘    └─────┴─────┴──────┘         └─────┴─────┴──────┘

"here", ROWS times WIDTH numbers, stays in registers while the sum over ``size`` runs (Goto
and van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication"): 6 x 2 of the 16
registers of AVX2, 10 x 2 of the 32 of AVX-512; the others hold a row of the panel and a
number of the tile.

The right matrix is first copied into panels, (P, size, WIDTH), so that each is read
sequentially. The left one is read in place, unless its rows are not contiguous: then TILES of
its tiles are copied at a time, each as (size, ROWS). So the step from an element to the next
in a row of a tile is a constant, 1 or ROWS, and needs no register.

The panels of a large matrix come from memory. Each is prefetched while the one before it is
multiplied: one cache line per step, so that nothing has to wait. So are the rows that the next
tile is written to, and those that are copied next.

A long sum is computed DEPTH terms at a time: a panel of these and the tiles multiplied by it
stay in the second-level cache. Each element of the result is one chain of multiply-adds in the
order of ``size``: its bits do not depend on tiles, threads or the width of registers.
"""

from __future__ import annotations

from typing import NamedTuple

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    ALIGNED,
    LANES,
    Pointer,
    ask_for,
    at,
    load,
    pointer_to,
    prefetch,
    store,
)

WIDE = LANES == 16
ROWS, FEWER = (10, 8) if WIDE else (6, 5)
"""Rows of a tile; and of a lower tile, used where the rows are not a multiple of ``ROWS``."""
WIDTH = 2 * LANES
DEPTH, TILES = (1024, 16) if WIDE else (704, 32)
_SLOT = DEPTH * ROWS + LANES
"""float32 reserved for the copy of a tile, which writes whole registers."""
SCRATCH = ROWS * WIDTH + TILES * _SLOT
"""float32 of scratch memory that ``multiply`` needs."""
_COLUMNS = 8
"""Columns of a tile that are copied together."""
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


class Matrix(NamedTuple):
    """A pointer to the first element, and the strides from row to row and column to column."""

    numbers: Pointer
    row_step: int
    column_step: int


class Tiles(NamedTuple):
    """The tiles from ``first`` to ``last`` of a matrix with ``rows`` rows.

    Each has ``height`` rows, and the first ``higher`` tiles of the matrix one more.
    """

    first: int
    last: int
    rows: int
    height: int
    higher: int


class Panel(NamedTuple):
    """``depth`` terms of ``columns`` columns; and where to prefetch ``count`` float32 from."""

    numbers: Pointer
    depth: int
    columns: int
    following: Pointer
    count: int


@njit
def fill_panels(
    right: int, row_step: int, column_step: int, size: int, columns: int, panels: int
) -> None:
    """Copy a matrix (size, columns) into panels (P, size, WIDTH), padded with zeros.

    ``right`` and ``panels`` are addresses of float32; steps are in float32.
    """
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
    lanes = range(LANES)

    def code(context, builder, sig, args):
        block, step, out = args

        def mixed(one, two, places):  # places from LANES on refer to ``two``
            mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(places))
            return builder.shuffle_vector(one, two, mask)

        rows = [_load(builder, block, builder.mul(step, _number(m))) for m in lanes]
        # swap rows and columns whose indices differ in one bit, bit by bit
        for bit in (2**n for n in range(LANES.bit_length() - 1)):
            for m in (m for m in lanes if not m & bit):
                one, two = rows[m], rows[m + bit]
                rows[m] = mixed(one, two, (LANES + k - bit if k & bit else k for k in lanes))
                rows[m + bit] = mixed(one, two, (LANES + k if k & bit else k + bit for k in lanes))
        for k, row in enumerate(rows):
            builder.store(row, _register(builder, out, _number(k * WIDTH)), align=4)
        return context.get_dummy_value()

    return types.none(block, types.intp, out), code


@njit
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

    Matrices are addresses of float32; steps are in float32. The rows of ``out`` are
    contiguous, ``out_step`` apart. ``scratch`` has room for ``SCRATCH`` float32.
    """
    corner, copies = pointer_to(scratch), at(pointer_to(scratch), ROWS * WIDTH)
    tiles, blocks = -(-rows // ROWS), max(1, -(-size // DEPTH))
    for block in range(blocks):
        begin, end = size * block // blocks, size * (block + 1) // blocks
        terms = Matrix(at(pointer_to(left), begin * column_step), row_step, column_step)
        for first in range(0, tiles, TILES):
            last = min(first + TILES, tiles)
            some = Tiles(first, last, rows, rows // tiles, rows % tiles)
            copied = column_step != 1
            if copied:
                _copy_tiles(terms, some, end - begin, copies)
            for start in range(0, columns, WIDTH):
                here = at(pointer_to(panels), start * size + begin * WIDTH)
                depth, width = end - begin, min(WIDTH, columns - start)
                following = at(here, size * WIDTH if width < columns - start else 0)
                panel = Panel(here, depth, width, following, depth * WIDTH)
                target = Matrix(at(pointer_to(out), start), out_step, 1)
                _meet(terms, some, copied, copies, panel, target, begin > 0, corner)


@njit
def _top(tiles, tile):
    """The first row of a tile."""
    return tile * tiles.height + min(tile, tiles.higher)


@njit
def _copy_tiles(terms, some, depth, copies):
    """Copy tiles column by column, some columns of every tile before the next ones."""
    within = some.first  # tiles followed by enough rows to read whole registers
    while terms.row_step == 1 and within < some.last and _top(some, within) + LANES <= some.rows:
        within += 1
    for start in range(0, depth, _COLUMNS):
        for tile in range(some.first, some.last):
            copy = at(copies, (tile - some.first) * _SLOT + start * ROWS)
            top = _top(some, tile)
            source = at(terms.numbers, top * terms.row_step + start * terms.column_step)
            if tile < within and start + _COLUMNS <= depth:
                if start + 2 * _COLUMNS <= depth:
                    for k in range(_COLUMNS, 2 * _COLUMNS):
                        prefetch(source, k * terms.column_step)
                for k in range(_COLUMNS):  # any excess is overwritten by the next column
                    store(copy, k * ROWS, load(source, k * terms.column_step))
                continue
            for k in range(min(_COLUMNS, depth - start)):
                for row in range(_top(some, tile + 1) - top):
                    place = row * terms.row_step + k * terms.column_step
                    copy[k * ROWS + row] = source[place]


@njit
def _meet(terms, some, copied, copies, panel, out, more, corner):
    """Multiply some tiles by one panel; ``more`` adds to the sums of earlier terms in ``out``."""
    partial, share = panel.columns < WIDTH, panel.count // (some.last - some.first)
    for tile in range(some.first, some.last):
        ahead = at(panel.following, (tile - some.first) * share)
        own = Panel(panel.numbers, panel.depth, panel.columns, ahead, share)
        top = _top(some, tile)
        height = _top(some, tile + 1) - top
        to = Matrix(at(out.numbers, top * out.row_step), out.row_step, 1)
        into = Matrix(corner, WIDTH, 1) if partial else to
        if partial and more:
            _copy(to, into, height, panel.columns)
        if tile + 1 < some.last:
            for row in range(height, 2 * height):
                for column in range(0, WIDTH, ALIGNED):
                    prefetch(to.numbers, row * out.row_step + column)
        if copied:
            copy = at(copies, (tile - some.first) * _SLOT)
            _sum_up(Matrix(copy, 1, ROWS), height, own, into, more)
        else:
            rows = at(terms.numbers, top * terms.row_step)
            _sum_up(Matrix(rows, terms.row_step, 1), height, own, into, more)
        if partial:
            _copy(into, to, height, panel.columns)


@njit(inline="always")
def _sum_up(rows, height, panel, out, more):
    """Multiply one tile by one panel."""
    if panel.columns <= LANES:
        _half(rows, height, panel, out, more)
    elif height > FEWER:
        _high(rows, height, panel, out, more)
    else:
        _low(rows, height, panel, out, more)


@njit
def _copy(source, target, rows, columns):
    """Copy the columns of a partial tile that belong to the result."""
    for row in range(rows):
        for column in range(columns):
            number = source.numbers[row * source.row_step + column]
            target.numbers[row * target.row_step + column] = number


def _tile(rows: int, registers: int, at_once: int = 1):
    """The intrinsic: out[r, m] (+)= the sum over k of left[r, k] panel[k, m].

    r runs to ``height``, which is at most ``rows``. There are no branches for lower tiles: their
    last row is computed several times. The loop is unrolled ``at_once`` times.
    """

    def code(context, builder, sig, args):
        left, height, panel, out, more = (
            _Fields(builder, kind, value) if isinstance(kind, types.NamedTuple) else value
            for kind, value in zip(sig.args, args, strict=True)
        )
        last = builder.sub(height, _number(1))
        numbers = [
            builder.select(builder.icmp_signed("<", _number(r), last), _number(r), last)
            for r in range(rows)
        ]
        starts = [
            _unrelated(builder, builder.gep(left.numbers, [builder.mul(left.row_step, n)]))
            for n in numbers
        ]
        targets = [
            _register(builder, out.numbers, builder.add(builder.mul(out.row_step, n), _number(m)))
            for n in numbers
            for m in range(0, registers * LANES, LANES)
        ]
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        sums = [cgutils.alloca_once_value(builder, zero) for _ in targets]  # in registers
        with builder.if_then(more):
            for total, target in zip(sums, targets, strict=True):
                builder.store(builder.load(target, align=4), total)

        def add_terms(k):
            row = builder.mul(k, _number(WIDTH))
            columns = [
                _load(builder, panel.numbers, builder.add(row, _number(m)))
                for m in range(0, registers * LANES, LANES)
            ]
            column = builder.mul(k, left.column_step)
            for r, start in enumerate(starts):
                value = _everywhere(builder, builder.load(builder.gep(start, [column])))
                for right, total in zip(columns, sums[r * registers :], strict=False):
                    terms = [value, right, builder.load(total)]
                    builder.store(_multiply_add(builder, terms), total)

        rounds = builder.udiv(panel.depth, _number(at_once))
        # float32 to prefetch per round, rounded up
        step = builder.add(builder.udiv(panel.count, builder.add(rounds, _number(1))), _number(1))
        with cgutils.for_range(builder, rounds) as loop:
            ahead = builder.gep(panel.following, [builder.mul(loop.index, step)])
            ask_for(builder, ahead, writes=False)
            for k in range(at_once):
                first = builder.mul(loop.index, _number(at_once))
                add_terms(builder.add(first, _number(k)))
        done = builder.mul(rounds, _number(at_once))
        with cgutils.for_range(builder, builder.sub(panel.depth, done)) as loop:
            add_terms(builder.add(done, loop.index))
        for total, target in zip(sums, targets, strict=True):
            builder.store(builder.load(total), target, align=4)
        return context.get_dummy_value()

    def typed(typing, left, height, panel, out, more):
        return types.none(left, types.intp, panel, out, types.boolean), code

    return intrinsic(typed)


class _Fields:
    """The fields of a NamedTuple as LLVM values."""

    def __init__(self, builder, kind, value):
        for number, name in enumerate(kind.fields):
            setattr(self, name, builder.extract_value(value, number))


def _number(n):
    return ir.IntType(types.intp.bitwidth)(n)


def _register(builder, base, place):
    """Return the address of a register's elements."""
    return builder.bitcast(builder.gep(base, [place]), _VECTOR.as_pointer())


def _load(builder, base, place):
    return builder.load(_register(builder, base, place), align=4)


def _everywhere(builder, number):
    """Broadcast a number to all lanes."""
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, mask)


def _multiply_add(builder, terms):
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
    return builder.call(function, terms)


def _unrelated(builder, address):
    """Hide the origin of an address from LLVM, which would derive each row's from the last."""
    same = ir.FunctionType(address.type, [address.type])
    return builder.asm(same, "", "=r,0", [address], False)


_high, _low, _half = _tile(ROWS, 2, 1 if WIDE else 2), _tile(FEWER, 2), _tile(ROWS, 1)
