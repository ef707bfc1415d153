"""Arrays in safetensors files, written piece by piece and read by memory-mapping."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from wordkit.errors import FormatError

_DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_MAX_HEADER = 100_000_000  # bytes: the limit of the safetensors library


class TensorWriter:
    """Write a safetensors file piece by piece, in constant memory.

    The shapes and types are given first; then the pieces of every array, in the
    same order.
    """

    def __init__(self, file: IO[bytes], tensors: Mapping[str, tuple[tuple[int, ...], Any]]):
        header: dict[str, Any] = {}
        end = 0
        for name, (shape, dtype) in tensors.items():
            start, end = end, end + int(np.prod(shape)) * np.dtype(dtype).itemsize
            header[name] = {
                "dtype": _DTYPE_NAMES[np.dtype(dtype)],
                "shape": list(shape),
                "data_offsets": [start, end],
            }
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-(8 + len(text)) % 64)  # so that the data start on a cache line
        self._file, self._left = file, end
        file.write(len(text).to_bytes(8, "little") + text)

    def write(self, piece: np.ndarray) -> None:
        """Append the next piece, in the byte order of the format (little-endian)."""
        piece = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
        self._left -= piece.nbytes
        self._file.write(piece.data)

    def close(self) -> None:
        """Check that all that was announced has been written."""
        if self._left:
            raise ValueError(f"{self._left} bytes of the announced tensors were not written")


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a safetensors file."""
    with open(path, "wb") as file:
        writer = TensorWriter(file, {k: (v.shape, v.dtype) for k, v in tensors.items()})
        for tensor in tensors.values():
            writer.write(tensor)
        writer.close()


def map_tensors(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Map the named arrays of a safetensors file, or all of them, into memory, read-only.

    Raises
    ------
    FormatError
        The file is cut short, damaged, or lacks a name.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _MAX_HEADER):
            raise FormatError(f"{path} is no safetensors file, or is cut short")
        try:
            header = json.loads(file.read(length))
            header = {name: _layout(entry, size - 8 - length) for name, entry in header.items()
                      if name != "__metadata__"}  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FormatError(f"{path} is cut short or damaged: {error}") from None
    names = header if names is None else names
    missing = [name for name in names if name not in header]
    if missing:
        raise FormatError(f"{path} has no array named {missing[0]!r}")
    return {name: _map(path, 8 + length, *header[name]) for name in names}


def _layout(entry: Any, available: int) -> tuple[np.dtype, tuple[int, ...], int]:
    """Type, shape and start of one array of a safetensors header, checked."""
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]).newbyteorder("<"), tuple(entry["shape"])
    start, end = entry["data_offsets"]
    count = 1
    for side in shape:
        if not isinstance(side, int) or not 0 <= side < 1 << 60:
            raise ValueError(f"a shape of {shape}")
        count *= side
    if not (isinstance(start, int) and isinstance(end, int)):
        raise ValueError("offsets that are no whole numbers")
    if not 0 <= start <= end or end - start != count * dtype.itemsize:
        raise ValueError("sizes that do not fit")
    if end > available:
        raise ValueError(f"{end:,} bytes of arrays announced, {available:,} there")
    return dtype, shape, start


def _map(path: Path, base: int, dtype: np.dtype, shape: tuple[int, ...], start: int) -> np.ndarray:
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", base + start, shape).view(np.ndarray)
