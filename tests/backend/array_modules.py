"""The array modules that tests run on.

NumPy; CuPy, where it is installed and finds a GPU; and everywhere a stand-in for CuPy,
which computes with NumPy but keeps CuPy's rules: its arrays do not mix with those of the
host, are not converted unless asked, and their sums and single elements stay arrays.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest


class DeviceArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that keeps CuPy's rules."""

    def __init__(self, host: np.ndarray):
        self.host = host

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise TypeError("implicit conversion to a NumPy array is not allowed")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return wrapped(getattr(ufunc, method)(*unwrapped(inputs), **unwrapped(options)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__array"):  # by which NumPy would take what is in it
            raise AttributeError(name)
        return on_device(getattr(self.host, name))

    def __getitem__(self, key: Any) -> Any:
        return wrapped(self.host[unwrapped(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.host[unwrapped(key)] = unwrapped(value)

    def __len__(self) -> int:
        return len(self.host)

    def __float__(self) -> float:
        return float(self.host)

    def __bool__(self) -> bool:
        return bool(self.host)


def unwrapped(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(x, (tuple, list)):
        return type(x)(unwrapped(each) for each in x)
    if isinstance(x, dict):
        return {name: unwrapped(value) for name, value in x.items()}
    return x.host if isinstance(x, DeviceArray) else x


def wrapped(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(wrapped(each) for each in x)
    return DeviceArray(np.asarray(x)) if isinstance(x, (np.ndarray, np.generic)) else x


def on_device(member: Any) -> Any:
    """A function of NumPy's, or a method of an array, that takes and gives device arrays."""
    if not callable(member) or isinstance(member, type):
        return wrapped(member)
    return lambda *args, **options: wrapped(member(*unwrapped(args), **unwrapped(options)))


class StandIn(SimpleNamespace):
    """The module ``cupy``."""

    ndarray = DeviceArray
    cuda = SimpleNamespace(is_available=lambda: True)
    add = SimpleNamespace(at=on_device(np.add.at))

    @staticmethod
    def asarray(x: Any) -> DeviceArray:
        return x if isinstance(x, DeviceArray) else DeviceArray(np.array(x))

    @staticmethod
    def asnumpy(x: DeviceArray) -> np.ndarray:
        return x.host.copy()

    def __getattr__(self, name: str) -> Any:
        return on_device(getattr(np, name))


@pytest.fixture(params=["numpy", "stand-in", "cupy"])
def xp(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An array module, with ``asarray`` to take an array there."""
    if request.param == "numpy":
        return np
    if request.param == "stand-in":
        monkeypatch.setitem(sys.modules, "cupy", StandIn())
        return sys.modules["cupy"]
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    if not cupy.cuda.is_available():
        pytest.skip("CuPy finds no GPU")
    return cupy
