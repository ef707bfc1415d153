"""Arrays that are written to again and again."""

from __future__ import annotations

from wordkit.backend.arrays import Array, aligned_empty


class Buffers:
    """Arrays by name, made once: to ask the system for memory costs as much as to fill it."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def get(self, name: str, shape: tuple[int, ...], like: Array) -> Array:
        """An array with the module and dtype of ``like``: the last one, if it is long enough."""
        found = self._arrays.get(name)
        if found is None or found.shape[1:] != shape[1:] or len(found) < shape[0]:
            found = self._arrays[name] = aligned_empty(shape, like)
        return found[: shape[0]]
