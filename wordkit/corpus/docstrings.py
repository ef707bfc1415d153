"""The docstring corpus: real technical English that every machine with Python has.

The docstrings of the standard library and the installed packages, and the topics of the
language reference, are read from source: nothing is imported or run.
"""

from __future__ import annotations

import ast
import os
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wordkit.backend.processes import in_processes
from wordkit.backend.threads import checked_workers
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar
from wordkit.storage.files import new_file

_BATCH = 64  # files
_OWNERS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # of statements, in a statement
_TOPICS = ("pydoc_data", "topics.py")
_NOT_OURS = {"site-packages", "dist-packages", "__pycache__"}  # roots of their own, or no source


@dataclass(frozen=True)
class DocstringSummary:
    """What was written: source files read, docstrings, and words separated by white space."""

    files: int
    docstrings: int
    words: int


def write_docstrings(
    path: str | Path,
    *,
    roots: Iterable[str | Path] | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> DocstringSummary:
    """Write the docstrings of all Python files below ``roots``, one per line, each once.

    The bytes are the same for any number of workers. Doctests and the docstrings of tests are
    kept: without them there are 10 % and 6 % fewer words, and analogies were answered no
    better.

    Parameters
    ----------
    roots
        Folders; the standard library and the installed packages by default.
        Files that cannot be read or parsed are skipped.
    workers
        Processes; one per core by default.

    Raises
    ------
    CorpusError
        There are no docstrings below the roots.
    """
    folders = _default_roots() if roots is None else [Path(root) for root in roots]
    sources = _sources(folders)
    batches = [sources[i : i + _BATCH] for i in range(0, len(sources), _BATCH)]
    workers = checked_workers(workers)
    total = sum(source.stat().st_size for source in sources)
    seen: set[str] = set()
    words = 0
    with new_file(path) as out, progress_bar("docstrings", total, "B", show=progress) as bar:
        for size, docstrings in in_processes(_read, batches, workers):
            for docstring in docstrings:
                if docstring not in seen:
                    seen.add(docstring)
                    words += docstring.count(" ") + 1
                    # an escape such as "\ud800" makes text that UTF-8 cannot encode
                    out.write(docstring.encode("utf-8", "replace") + b"\n")
            bar.update(size)
        if not seen:
            looked = ", ".join(map(str, folders))
            raise CorpusError(f"no docstrings found below {looked}: name folders with Python code")
    return DocstringSummary(len(sources), len(seen), words)


def _default_roots() -> list[Path]:
    paths = sysconfig.get_paths()
    return [Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")]


def _sources(roots: Iterable[Path]) -> list[Path]:
    """Return the Python files below the roots, each once, sorted."""
    found: set[Path] = set()
    for root in roots:
        for folder, folders, names in os.walk(root.resolve()):
            folders[:] = [name for name in folders if name not in _NOT_OURS]
            found.update(Path(folder, name) for name in names if name.endswith(".py"))
    return sorted(path for path in found if path.is_file())


def _read(batch: list[Path]) -> tuple[int, list[str]]:
    """Return the bytes of some files, and their docstrings, each on one line."""
    size = 0
    texts: list[str] = []
    for path in batch:
        try:
            source = path.read_bytes()
            size += len(source)
            texts += _texts(path, source)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # unreadable, not Python of this version, or nested too deeply for the parser
    return size, [line for text in texts if (line := " ".join(text.split()))]


def _texts(path: Path, source: bytes) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other people's invalid escapes
        tree = ast.parse(source)
    if path.parts[-2:] == _TOPICS:
        yield from _topics(tree)
    yield from _docstrings(tree)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield the docstrings of a module in the order of its source."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _OWNERS):
            yield ast.get_docstring(node, clean=False) or ""
        for block in reversed(_BLOCKS):
            waiting.extend(reversed(getattr(node, block, ())))


def _topics(tree: ast.Module) -> Iterator[str]:
    """Yield the values of the dictionary in ``pydoc_data/topics.py``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            yield from map(str, ast.literal_eval(node.value).values())
