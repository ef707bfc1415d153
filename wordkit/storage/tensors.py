"""Arrays in safetensors files, written piece by piece and read by memory-mapping.

The metadata of files written here contain the CRC-32 of all arrays.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from wordkit.errors import FormatError

_DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_MAX_HEADER = 1 << 22  # bytes: enough for 40,000 arrays
_METADATA, _CRC = "__metadata__", "crc32"
_BLOCK = 1 << 20  # bytes added to the checksum at a time


class TensorWriter:
    """Writes a safetensors file piece by piece, in constant memory.

    Shapes and types are given first, then the pieces of each array in the same order. A file
    that is not seekable, such as a pipe, gets no checksum.
    """

    def __init__(self, file: IO[bytes], tensors: Mapping[str, tuple[tuple[int, ...], Any]]):
        header: dict[str, Any] = {}
        if file.seekable():
            header[_METADATA] = {_CRC: f"{0:08x}"}
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
        self._file, self._left, self._crc = file, end, 0
        self._crc_place = file.tell() + 8 + text.index(b"0" * 8) if file.seekable() else None
        file.write(len(text).to_bytes(8, "little") + text)

    def write(self, piece: np.ndarray) -> None:
        """Append the next piece, in the byte order of the format (little-endian)."""
        piece = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
        self._left -= piece.nbytes
        self._crc = zlib.crc32(piece.data, self._crc)
        self._file.write(piece.data)

    def close(self) -> None:
        """Check that everything announced has been written, and write the checksum."""
        if self._left:
            raise ValueError(f"{self._left} bytes of the announced tensors were not written")
        if self._crc_place is not None:
            end = self._file.tell()
            self._file.seek(self._crc_place)
            self._file.write(f"{self._crc:08x}".encode())
            self._file.seek(end)


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a safetensors file."""
    with open(path, "wb") as file:
        writer = TensorWriter(file, {k: (v.shape, v.dtype) for k, v in tensors.items()})
        for tensor in tensors.values():
            writer.write(tensor)
        writer.close()


def map_tensors(
    path: Path, names: Iterable[str] | None = None, *, verify: bool = True
) -> dict[str, np.ndarray]:
    """Memory-map the named arrays of a safetensors file, or all of them, read-only.

    Parameters
    ----------
    verify
        Compare the arrays with the checksum, if there is one; this reads the whole file.

    Raises
    ------
    FormatError
        The file is truncated, damaged, or lacks a name; or its arrays have changed since it
        was written.
    """
    header, start = _header(path)
    crc = header.pop(_METADATA, {}).get(_CRC)
    if verify and crc is not None:
        _check_crc(path, start, crc)
    names = header if names is None else names
    missing = [name for name in names if name not in header]
    if missing:
        raise FormatError(f"{path} has no array named {missing[0]!r}")
    return {name: _map(path, start, name, header[name]) for name in names}


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Read the header; also return the position after it, where the arrays begin."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _MAX_HEADER:
            raise FormatError(
                f"{path} is not a safetensors file: its header would have {length:,} bytes"
            )
        text = file.read(length)
    try:
        with safe_open(path, "np"):  # the library checks names, types, sizes and offsets
            return json.loads(text), 8 + length
    except (SafetensorError, ValueError) as error:
        reason = str(error).removeprefix("Error while deserializing header: ")
        raise FormatError(f"{path} is cut short or damaged: {reason}") from None


def _check_crc(path: Path, start: int, expected: str) -> None:
    crc = 0
    with open(path, "rb") as file:
        file.seek(start)
        while block := file.read(_BLOCK):
            crc = zlib.crc32(block, crc)
    if f"{crc:08x}" != expected:
        raise FormatError(
            f"{path} is damaged: its arrays have changed since it was written (their checksum is "
            f"{crc:08x}, not {expected}); take a copy of it, or make it again"
        )


def _map(path: Path, start: int, name: str, entry: Mapping[str, Any]) -> np.ndarray:
    if entry["dtype"] not in _DTYPES:
        raise FormatError(
            f"{path}: the array {name!r} is of the type {entry['dtype']}, expected one of "
            f"{', '.join(_DTYPES)}"
        )
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]).newbyteorder("<"), tuple(entry["shape"])
    try:
        if 0 in shape:
            return np.zeros(shape, dtype)
        offset = start + entry["data_offsets"][0]
        return np.memmap(path, dtype, "r", offset, shape).view(np.ndarray)
    except ValueError as error:  # more or larger dimensions than NumPy supports
        raise FormatError(
            f"{path} is damaged: the array {name!r} has the shape {str(shape)[:40]}: {error}"
        ) from None
