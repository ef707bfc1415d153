# mypy: ignore-errors
# (LLVM types, and functions that only numba can run)
"""Vector registers for numba: ``LANES`` float32 at once, in code that reads like scalars.

    total = fill(0.0)
    for d in range(0, size, LANES):
        total += load(a, d) * load(b, d)
    return add_up(total)

numba's own loops become vector code only if the compiler can prove that their arrays do
not overlap, with a scalar loop before and after; for rows of a hundred numbers that costs
more than the arithmetic. Here the code says which vectors it wants.

``a`` and ``b`` are ``pointer``s to float32, and bounds are not checked. Operations run as
written and in that order, so that the same code gives the same bits on every call.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

from wordkit.backend.compiling import njit
from wordkit.backend.instructions import instruction_set

LANES = 16 if instruction_set() == "avx512" else 8
"""float32 in a register: 16 with AVX-512; else 8, one of AVX or a pair of NEON or SSE."""
ALIGNED = 16
"""Row lengths should be a multiple of this: a cache line, and whole registers everywhere."""


class Vector(types.Type):
    """numba's type of a register."""

    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


VECTOR = Vector()
_IR = ir.VectorType(ir.FloatType(), LANES)


@register_default(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, _IR)


Pointer = Any
"""What ``pointer`` returns; for annotations only."""

# --- arithmetic: v + w, v - w, v * w, v / w -------------------------------------------


def _operator(symbol: Callable, in_place: Callable, instruction: str) -> None:
    cases = [signature(VECTOR, VECTOR, VECTOR)]

    def code(context, builder, sig, args):
        return getattr(builder, instruction)(*args)

    for name in (symbol, in_place):
        infer_global(name)(type(name.__name__, (ConcreteTemplate,), {"cases": cases}))
        lower_builtin(name, VECTOR, VECTOR)(code)


_operator(operator.add, operator.iadd, "fadd")
_operator(operator.sub, operator.isub, "fsub")
_operator(operator.mul, operator.imul, "fmul")
_operator(operator.truediv, operator.itruediv, "fdiv")


# --- memory ---------------------------------------------------------------------------


@intrinsic
def pointer(typing, array):
    """Return a pointer to a contiguous array: ``pointer(a)[i]`` is ``a.ravel()[i]``.

    Arrays are reference-counted at every call and in every tuple. In a loop of short calls
    that costs more than the arithmetic, and threads contend for the counter. A pointer is not
    counted: ``hold`` the array until after its last use.
    """

    def code(context, builder, sig, args):
        return context.make_array(sig.args[0])(context, builder, value=args[0]).data

    return types.CPointer(array.dtype)(array), code


@intrinsic
def pointer_to(typing, address):
    """Return a pointer to float32 at an address; the caller keeps the memory alive."""

    def code(context, builder, sig, args):
        return builder.inttoptr(args[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(address), code


@intrinsic
def hold(typing, array):
    """Keep an array alive up to this call."""

    def code(context, builder, sig, args):
        return context.get_dummy_value()

    return types.none(array), code


def _place(context, builder, sig, args):
    return builder.gep(args[0], [context.cast(builder, args[1], sig.args[1], types.intp)])


@intrinsic
def at(typing, pointer, place):
    """Return a pointer to ``pointer[place]``."""
    return pointer(pointer, place), _place


@intrinsic
def load(typing, pointer, place):
    """Load ``LANES`` float32 from ``pointer[place]`` on."""

    def code(context, builder, sig, args):
        where = builder.bitcast(_place(context, builder, sig, args), _IR.as_pointer())
        return builder.load(where, align=4)

    return VECTOR(pointer, place), code


@intrinsic
def store(typing, pointer, place, vector):
    """Store a vector from ``pointer[place]`` on."""

    def code(context, builder, sig, args):
        where = builder.bitcast(_place(context, builder, sig, args), _IR.as_pointer())
        builder.store(args[2], where, align=4)
        return context.get_dummy_value()

    return types.none(pointer, place, VECTOR), code


@intrinsic
def prefetch(typing, pointer, place):
    """Prefetch the cache line of ``pointer[place]`` for writing."""

    def code(context, builder, sig, args):
        ask_for(builder, _place(context, builder, sig, args), writes=True)
        return context.get_dummy_value()

    return types.none(pointer, place), code


def ask_for(builder: Any, address: Any, *, writes: bool) -> None:
    """Emit an LLVM prefetch of a cache line, for writing or for reading."""
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    where = builder.bitcast(address, cgutils.voidptr_t)
    builder.call(function, [where, number(int(writes)), number(3), number(1)])


# --- one number and many --------------------------------------------------------------


@intrinsic
def fill(typing, number):
    """Broadcast a float32 to all lanes."""

    def code(context, builder, sig, args):
        value = context.cast(builder, args[0], sig.args[0], types.float32)
        first = builder.insert_element(ir.Constant(_IR, ir.Undefined), value, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, ir.Constant(_IR, ir.Undefined), mask)

    return VECTOR(number), code


def _mixed(builder, one, two, lanes):
    """Pick lanes of two registers; the lanes of the second are numbered after the first's."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(one, two, mask)


def _folded(builder, vector, lanes):
    """Add the upper half of a register to the lower one until ``lanes`` are left."""
    half = LANES
    while half > lanes:
        half //= 2
        low = _mixed(builder, vector, vector, [*range(half)])
        high = _mixed(builder, vector, vector, [*range(half, 2 * half)])
        vector = builder.fadd(low, high)
    return vector


@intrinsic
def add_up(typing, vector):
    """Return the sum of all lanes, float32."""

    def code(context, builder, sig, args):
        return builder.extract_element(_folded(builder, args[0], 1), ir.IntType(32)(0))

    return types.float32(VECTOR), code


@intrinsic
def add_up_four(typing, pointer, place, a, b, c, d):
    """Store the sums of four registers: the same bits as ``add_up``, in half the time."""

    def code(context, builder, sig, args):
        a, b, c, d = (_folded(builder, vector, 4) for vector in args[2:])
        sums = [
            builder.fadd(
                _mixed(builder, one, two, [0, 1, 4, 5]), _mixed(builder, one, two, [2, 3, 6, 7])
            )
            for one, two in ((a, b), (c, d))
        ]
        even, odd = (_mixed(builder, *sums, [n, n + 2, n + 4, n + 6]) for n in (0, 1))
        total, where = builder.fadd(even, odd), _place(context, builder, sig, args)
        builder.store(total, builder.bitcast(where, total.type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.none(pointer, place, VECTOR, VECTOR, VECTOR, VECTOR), code


# --- lane by lane ---------------------------------------------------------------------


def _function(name: str, arguments: int) -> Callable:
    """Make an intrinsic of an LLVM function from vectors to a vector."""

    def code(context, builder, sig, args):
        kind = ir.FunctionType(_IR, [_IR] * arguments)
        full = f"llvm.{name}.v{LANES}f32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, full), args)

    def one(typing, vector):
        return VECTOR(VECTOR), code

    def two(typing, vector, other):
        return VECTOR(VECTOR, VECTOR), code

    def three(typing, vector, other, more):
        return VECTOR(VECTOR, VECTOR, VECTOR), code

    return intrinsic((one, two, three)[arguments - 1])


floor = _function("floor", 1)
absolute = _function("fabs", 1)
minimum = _function("minnum", 2)
maximum = _function("maxnum", 2)
multiply_add = _function("fma", 3)
"""multiply_add(a, b, c) = a * b + c, rounded once."""


def _comparison(test: str) -> Callable:
    """Make an intrinsic that takes ``bound`` in each lane where ``bound`` passes the test."""

    def code(context, builder, sig, args):
        vector, bound = args
        return builder.select(builder.fcmp_ordered(test, bound, vector), bound, vector)

    def typed(typing, vector, bound):
        return VECTOR(VECTOR, VECTOR), code

    return intrinsic(typed)


at_least = _comparison(">")
"""at_least(vector, bound): the greater of the two, or NaN where the vector is NaN."""
at_most = _comparison("<")
"""at_most(vector, bound): the smaller of the two, or NaN where the vector is NaN."""


@intrinsic
def where_positive(typing, test, vector, other):
    """Select ``vector`` in each lane where ``test`` >= 0, else ``other``."""

    def code(context, builder, sig, args):
        zero = ir.Constant(_IR, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">=", args[0], zero), args[1], args[2])

    return VECTOR(VECTOR, VECTOR, VECTOR), code


@intrinsic
def power_of_two(typing, vector):
    """Return 2 ** vector for whole numbers from -126 to 127, by setting the exponent bits."""

    def code(context, builder, sig, args):
        integers = ir.VectorType(ir.IntType(32), LANES)
        exponent = builder.add(builder.fptosi(args[0], integers), integers([127] * LANES))
        return builder.bitcast(builder.shl(exponent, integers([23] * LANES)), _IR)

    return VECTOR(VECTOR), code


# --- threads that wait for each other -------------------------------------------------


@intrinsic
def _count_up(typing, counter):
    """Add 1 to an int64 atomically."""

    def code(context, builder, sig, args):
        builder.atomic_rmw("add", args[0], ir.IntType(64)(1), "seq_cst")
        return context.get_dummy_value()

    return types.none(counter), code


@intrinsic
def _read(typing, counter):
    """Load an int64 atomically."""

    def code(context, builder, sig, args):
        return builder.load_atomic(args[0], "seq_cst", 8)

    return types.int64(counter), code


@intrinsic
def _give_way(typing):
    """Yield the core to another thread."""

    def code(context, builder, sig, args):
        if os.name == "posix":
            kind = ir.FunctionType(ir.IntType(32), [])
            name = "sched_yield"
            builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [])
        return context.get_dummy_value()

    return types.none(), code


@njit
def wait_for(counter, total):
    """Wait at a barrier: add 1 to the int64 at ``counter``, and return once it is ``total``."""
    _count_up(counter)
    turns = 0
    while _read(counter) < total:
        turns += 1
        if turns % 4096 == 0:
            _give_way()
