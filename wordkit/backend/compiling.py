# mypy: ignore-errors
# (numba has no types)
"""``njit`` for kernels, in place of numba's; they are compiled when they are first called.

- What is compiled is kept, by the sources of all that it is made of (``kernel_cache``).
- For other kernels that call it, a kernel is compiled without what lets Python call it, and
  the optimizer sees it in each of its callers but not alone. That halves the time.
- What takes longer than a second is announced.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from threading import Timer

import llvmlite
import numba
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import Compiler, CompileResult, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.serialize import dumps
from numba.core.typed_passes import NopythonTypeInference

from wordkit.backend.kernel_cache import Entries, digest, sources
from wordkit.progress import announce

COMPILER = f"numba {numba.__version__} llvmlite {llvmlite.__version__} numpy {np.__version__}"
LONG = 1.0
"""Seconds of compiling after which it is announced."""


def njit(function: Callable | None = None, **options: object) -> Kernel | Callable:
    """Make a kernel of a function, as numba's ``njit`` with its options does.

    A kernel is always kept, and runs without Python's lock.
    """
    if function is None:
        return partial(njit, **options)
    always = {"nopython": True, "nogil": True, "no_cfunc_wrapper": True}
    return Kernel(function, {}, always | options)


class Kernel(CPUDispatcher):
    """What Python calls. What kernels call is its ``part``."""

    def __init__(self, py_func, locals=None, targetoptions=None, pipeline_class=Compiler):
        super().__init__(py_func, locals, targetoptions, pipeline_class)
        self._cache = _Kept(py_func, py_func.__qualname__)

    @cached_property
    def part(self) -> CPUDispatcher:
        """The same function, compiled to go into others."""
        options = self.targetoptions | {"no_cpython_wrapper": True}
        return CPUDispatcher(self.py_func, self.locals, options, _PartCompiler)

    def get_call_template(self, args, kws):
        """What numba asks for when other compiled code calls this: the ``part``'s."""
        return self.part.get_call_template(args, kws)

    def get_overload(self, sig):
        """The entry point for one signature, likewise of the ``part``."""
        return self.part.get_overload(sig)

    def compile(self, sig):
        """Compile for one signature; the announcement that this takes long is then over."""
        try:
            return super().compile(sig)
        finally:
            _announcement.cancel()


@register_pass(mutates_CFG=False, analysis_only=True)
class _NotOptimizedAlone(FunctionPass):
    _name = "wordkit_not_optimized_alone"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state):
        codegen = state.targetctx.codegen()
        state.library = codegen.create_library(state.func_id.func_qualname)
        state.library.enable_object_caching()
        state.library._optimize_final_module = lambda: None
        return True


class _PartCompiler(Compiler):
    def define_pipelines(self):
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_NotOptimizedAlone, NopythonTypeInference)
        passes.finalize()
        return [passes]


class _Kept(NullCache):
    """The cache of a kernel, as numba asks for it."""

    def __init__(self, function: Callable, name: str):
        module = function.__module__
        self._name, self._entries = name, None
        with suppress(OSError):  # a module that is not a file
            self._made_of = digest(COMPILER, sources(module))
            self._entries = Entries(module.rpartition(".")[2], self._made_of)

    def load_overload(self, sig, target_context):
        """Of the arguments' types, if it is there."""
        target_context.refresh()
        if self._entries is None:
            return None
        key = self._key(sig, target_context.codegen())
        data = self._entries.read(self._entry(key))
        found, payload = pickle.loads(data) if data else (None, None)
        if found == key:
            return CompileResult._rebuild(target_context, *payload)
        _announcement.prepare()
        return None

    def save_overload(self, sig, data):
        """It may stay unsaved: what it needs may be of this process only."""
        if self._entries and not data.lifted and not data.library.has_dynamic_globals:
            key = self._key(sig, data.codegen)
            self._entries.write(self._entry(key), dumps((key, data._reduce())))

    def _key(self, sig, codegen) -> str:
        return repr((self._name, self._made_of, sig, codegen.magic_tuple()))

    def _entry(self, key: str) -> str:
        return f"{self._name}-{digest(key)}".replace("<", "").replace(">", "")


class _Announcement:
    def __init__(self) -> None:
        self._timer, self._made = None, False

    def prepare(self) -> None:
        """Something is compiled."""
        if self._timer is None and not self._made:
            self._timer = Timer(LONG, self._make)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make(self) -> None:
        self._made = True
        announce("compiling kernels for this processor; next time they are there")


_announcement = _Announcement()
