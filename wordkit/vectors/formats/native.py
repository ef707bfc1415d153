"""wordkit's own vectors: a folder, its arrays mapped into memory and read when used.

config.json           kind "vectors", version 1, words, vector_size, sparse
vocabulary.txt        one word per line, with its count where counts are known
vectors.safetensors   "vectors", float32 (V, D); or the three arrays of a sparse
                      matrix in CSR form, "data", "indices" and "indptr"
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import map_tensors, write_tensors
from wordkit.storage.words import read_words, write_words

_KIND, _VERSION = "vectors", 1
_SPARSE = ("data", "indices", "indptr")
_WORDS, _TENSORS = "vocabulary.txt", "vectors.safetensors"
_MAX_COLUMNS = 10_000_000
"""Largest number of columns of a sparse matrix: its rows become dense one by one."""


def write(path: Path, words: Sequence[str], vectors: Any, counts: np.ndarray | None) -> None:
    """Write words, vectors (float32 (V, D), or a sparse matrix in CSR form) and counts."""
    sparse = not isinstance(vectors, np.ndarray)
    if sparse:
        vectors = vectors.tocsr()
        tensors = {name: getattr(vectors, name) for name in _SPARSE}
        tensors["data"] = tensors["data"].astype(np.float32, copy=False)
    else:
        tensors = {"vectors": vectors.astype(np.float32, copy=False)}
    rows, size = map(int, vectors.shape)
    with new_folder(path, _KIND) as folder:
        settings = {"words": rows, "vector_size": size, "sparse": sparse}
        write_config(folder, _KIND, _VERSION, settings)
        write_words(folder / _WORDS, words, counts)
        write_tensors(folder / _TENSORS, tensors)


def read(path: Path, *, verify: bool = False) -> tuple[list[str], Any, np.ndarray | None]:
    """Read words, vectors and counts (int64 (V,) or None). The arrays are read-only.

    Parameters
    ----------
    verify
        Compare the vectors with their checksum, for which all of them are read.

    Raises
    ------
    FormatError
        The folder is of another kind or a newer version, its files do not belong together,
        or the checksum does not match.
    """
    config = read_config(path, _KIND, _VERSION)
    words, counts = read_words(path / _WORDS)
    read_matrix = _map_sparse if config.get("sparse") else _map_dense
    vectors = read_matrix(path, config, verify)
    if vectors.shape[0] != len(words):
        raise FormatError(
            f"{path} is damaged: {_WORDS} has {len(words):,} words, "
            f"{_TENSORS} has {vectors.shape[0]:,} vectors"
        )
    return words, vectors, counts


def _map_dense(path: Path, config: dict[str, Any], verify: bool) -> np.ndarray:
    vectors = map_tensors(path / _TENSORS, ["vectors"], verify=verify)["vectors"]
    if vectors.dtype != np.float32 or vectors.shape != _shape(config):
        raise FormatError(
            f"{path / _TENSORS} holds {vectors.dtype} numbers of shape {vectors.shape}, "
            "other than its config.json says"
        )
    return vectors


def _map_sparse(path: Path, config: dict[str, Any], verify: bool) -> Any:
    from scipy.sparse import csr_array

    tensors = map_tensors(path / _TENSORS, _SPARSE, verify=verify)
    rows, columns = _shape(config)
    whole = type(rows) is type(columns) is int
    if not whole or not (rows >= 0 and 0 <= columns <= _MAX_COLUMNS):
        raise FormatError(
            f"{path} is damaged: its config.json speaks of {rows} words and vectors of {columns} "
            f"numbers, expected whole numbers, the latter up to {_MAX_COLUMNS:,}"
        )
    if not _is_csr(rows, columns, **tensors):
        raise FormatError(
            f"{path / _TENSORS} is damaged: its arrays are no sparse matrix of {rows:,} rows and "
            f"{columns:,} columns"
        )
    return csr_array(tuple(tensors[name] for name in _SPARSE), (rows, columns))


def _is_csr(
    rows: int, columns: int, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray
) -> bool:
    """Check what SciPy's kernels trust: a wrong pointer would lead them out of the arrays."""
    return (
        data.dtype == np.float32
        and all(array.dtype.kind == "i" for array in (indices, indptr))
        and data.ndim == indices.ndim == indptr.ndim == 1
        and len(indptr) == rows + 1
        and indptr[0] == 0
        and indptr[-1] == len(indices) == len(data)
        and bool((indptr[:-1] <= indptr[1:]).all())
        and (not len(indices) or (indices.min() >= 0 and indices.max() < columns))
    )


def _shape(config: dict[str, Any]) -> tuple[Any, Any]:
    return config.get("words"), config.get("vector_size")
