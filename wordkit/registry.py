"""What is chosen by name: one table for each kind of thing, in the room of the things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from wordkit.errors import ModelError


class Registry(Mapping[str, Any]):
    """Names, and where what they mean is defined: it is imported when it is first asked for.

    Settings, command line and error messages read the names without importing anything.

    Parameters
    ----------
    what
        What the names are names of, as messages call it: ``cell``.
    homes
        By name, ``package.module.attribute``.

    Examples
    --------
    >>> Registry("number", {"pi": "math.pi"})["pi"]
    3.141592653589793
    """

    def __init__(self, what: str, homes: Mapping[str, str]):
        self.what, self._homes = what, dict(homes)

    def __getitem__(self, name: str) -> Any:
        """What the name means; ``ModelError`` if nothing has it."""
        if name not in self._homes:
            raise ModelError(f"{self.what} must be one of {', '.join(self)}, not {name!r}")
        module, _, attribute = self._homes[name].rpartition(".")
        return getattr(import_module(module), attribute)

    def get(self, name: str, default: Any = None) -> Any:
        """What the name means, or ``default``."""
        return self[name] if name in self else default  # noqa: SIM401

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)
