"""Limit the BLAS to one thread where wordkit runs matrix products in its own threads."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import LibController


def one_blas_thread() -> AbstractContextManager[None]:
    """Return a context in which each call of the BLAS uses one thread."""
    return _limit


def inside_one_blas_thread() -> bool:
    """Whether this thread is inside a ``one_blas_thread`` block."""
    return _limit.depth > 0


class _OneThread(threading.local):
    """Limits the BLAS as long as any thread is inside a block, however the blocks overlap.

    Some libraries have one limit per process (OpenBLAS), others one per calling thread
    (MKL, OpenBLAS with OpenMP). So each thread sets the limit, but a limit per process is
    lifted only when the last thread leaves its block.
    """

    depth = 0
    """How many nested blocks this thread is in."""

    def __enter__(self) -> None:
        self.depth += 1
        if self.depth == 1:
            with _shared.lock:
                _shared.enter()

    def __exit__(self, *_: object) -> None:
        self.depth -= 1
        if self.depth == 0:
            with _shared.lock:
                _shared.leave()


class _Shared:
    """State shared by all threads of the process; used only while holding the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads = 0
        self.before: dict[Any, int] = {}

    def enter(self) -> None:
        self.threads += 1
        for library in _libraries():
            if (found := library.num_threads) > 1:
                self.before[library] = found
                _set(library, 1)

    def leave(self) -> None:
        self.threads -= 1
        self.lift()

    def lift(self) -> None:
        for library, before in self.before.items():
            kept = self.threads and _has_one_limit(library)
            if not kept and library.num_threads == 1:  # else someone has changed it since
                _set(library, before)
        if not self.threads:
            self.before.clear()


_limit, _shared = _OneThread(), _Shared()


@cache
def _libraries() -> list[LibController]:
    from threadpoolctl import ThreadpoolController

    # slow: it inspects all loaded libraries
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _has_one_limit(library: Any) -> bool:
    return library.internal_api == "openblas" and library.threading_layer != "openmp"


def _set(library: Any, threads: int) -> None:
    # threadpoolctl 3.8: only the first thread that sets OpenBLAS may do so, until cleared
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(threads)
    clear(force=True)


def _after_fork() -> None:
    """A child process has only the forking thread: lift the limits set by the others."""
    _shared.threads = min(_limit.depth, 1)
    _shared.lift()
    _shared.lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_shared.lock.acquire,  # so that no thread is halfway through a change
        after_in_parent=_shared.lock.release,
        after_in_child=_after_fork,
    )
