"""Names that a package offers, imported when they are first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def offered(
    package: str, homes: Mapping[str, str], before: Callable[[str], object] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and the ``__dir__`` of a package.

    Parameters
    ----------
    homes
        The module of each name; a module that is offered itself ends in its own name.
    before
        Called with each name before it is imported.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if before is not None:
            before(name)
        module = import_module(homes[name])
        return module if homes[name].rpartition(".")[2] == name else getattr(module, name)

    return get, lambda: sorted(homes)
