# mypy: ignore-errors
# (numba has no types)
"""``njit`` for kernels, in place of numba's; they are compiled when they are first called.

- Compiled code is cached on disk; the key is the source of everything it is built from
  (``kernel_cache``).
- A kernel that other kernels call is compiled for them without a Python wrapper, and is
  optimized as part of its callers, not by itself. That halves the compile time.
- Compilation that takes longer than a second is announced.
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
"""Seconds of compilation after which it is announced."""


def njit(function: Callable | None = None, **options: object) -> Kernel | Callable:
    """Compile a function as numba's ``njit`` does, with the same options.

    Kernels are always cached on disk, and release the GIL.
    """
    if function is None:
        return partial(njit, **options)
    always = {"nopython": True, "nogil": True, "no_cfunc_wrapper": True}
    return Kernel(function, {}, always | options)


class Kernel(CPUDispatcher):
    """A compiled function as Python calls it; other kernels call its ``part``."""

    def __init__(self, py_func, locals=None, targetoptions=None, pipeline_class=Compiler):
        super().__init__(py_func, locals, targetoptions, pipeline_class)
        self._cache = _Kept(py_func, py_func.__qualname__)

    @cached_property
    def part(self) -> CPUDispatcher:
        """The same function, compiled for use inside other kernels."""
        options = self.targetoptions | {"no_cpython_wrapper": True}
        return CPUDispatcher(self.py_func, self.locals, options, _PartCompiler)

    def get_call_template(self, args, kws):
        """Resolve a call from other compiled code, for numba: to the ``part``."""
        return self.part.get_call_template(args, kws)

    def get_overload(self, sig):
        """Return the entry point of the ``part`` for one signature."""
        return self.part.get_overload(sig)

    def compile(self, sig):
        """Compile for one signature; a pending announcement is cancelled when that is done."""
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
    """A kernel's cache, with the interface that numba expects."""

    def __init__(self, function: Callable, name: str):
        module = function.__module__
        self._name, self._entries = name, None
        with suppress(OSError):  # the module does not come from a file
            self._made_of = digest(COMPILER, sources(module))
            self._entries = Entries(module.rpartition(".")[2], self._made_of)

    def load_overload(self, sig, target_context):
        """Load the compiled code for a signature; None if it is not cached."""
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
        """Save compiled code, unless it refers to objects of this process."""
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
        """Start the timer, as compilation starts."""
        if self._timer is None and not self._made:
            self._timer = Timer(LONG, self._make)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """Stop the timer, as compilation has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make(self) -> None:
        self._made = True
        announce("compiling kernels for this processor; they are cached for the next run")


_announcement = _Announcement()
