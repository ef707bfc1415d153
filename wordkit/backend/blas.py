"""A limit on the threads of the BLAS, for products in threads of our own."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import LibController


def one_blas_thread() -> AbstractContextManager[None]:
    """Products of matrices in one thread each, where there are threads already."""
    return _limit


def inside_one_blas_thread() -> bool:
    """Whether this thread is in such a block."""
    return _limit.depth > 0


class _OneThread(threading.local):
    """Limits the BLAS while anybody wants it, from whatever threads, in whatever order.

    Some libraries have one limit for the process (OpenBLAS), others one for each thread
    that calls them (MKL, OpenBLAS on OpenMP). So each thread sets it, but one for the
    process is lifted only when the last thread leaves.
    """

    depth = 0
    """How many blocks this thread is in."""

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
    """What the threads of the process know together. Whoever asks holds the lock."""

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
            if not kept and library.num_threads == 1:  # else somebody has set it meanwhile
                _set(library, before)
        if not self.threads:
            self.before.clear()


_limit, _shared = _OneThread(), _Shared()


@cache
def _libraries() -> list[LibController]:
    from threadpoolctl import ThreadpoolController

    # looks through all libraries that are loaded
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _has_one_limit(library: Any) -> bool:
    return library.internal_api == "openblas" and library.threading_layer != "openmp"


def _set(library: Any, threads: int) -> None:
    # threadpoolctl 3.8: the first thread that sets OpenBLAS is the only one, until cleared
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(threads)
    clear(force=True)


def _after_fork() -> None:
    """A child has only the thread that forked: the limit of the others is lifted."""
    _shared.threads = min(_limit.depth, 1)
    _shared.lift()
    _shared.lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_shared.lock.acquire,  # nobody is half way through a change
        after_in_parent=_shared.lock.release,
        after_in_child=_after_fork,
    )
