"""Are the rooms of the package in order? Circles of imports, prefixes for folders, long files.

    python scripts/rooms.py

prints what it finds, and counts; it exits with 1 if anything is out of order. Imports inside
functions count too; those under TYPE_CHECKING do not, since they are never run. The floors are
import-linter's business; see setup.cfg.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import grimp
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

MOST_LINES = 400
MOST_OF_A_PREFIX = 6
PACKAGE = "wordkit"


def circles(package: str = PACKAGE) -> list[list[str]]:
    """The modules that import each other, around however many corners."""
    imports = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
    modules = sorted(imports.modules)
    number = {module: n for n, module in enumerate(modules)}
    pairs = [
        (number[module], number[imported])
        for module in modules
        for imported in imports.find_modules_directly_imported_by(module)
    ]
    graph = csr_array((np.ones(len(pairs)), np.transpose(pairs)), shape=(len(modules),) * 2)
    _, groups = connected_components(graph, connection="strong")
    members = [[modules[n] for n in np.flatnonzero(groups == group)] for group in set(groups)]
    return [found for found in members if len(found) > 1]


def prefixes(folder: Path) -> list[str]:
    """Files of one folder that share a prefix and should be a folder of their own."""
    counts = Counter(
        (path.parent, path.stem.partition("_")[0]) for path in folder.rglob("[a-z]*.py")
    )
    return [
        f"{parent / prefix}*: {count} files"
        for (parent, prefix), count in sorted(counts.items())
        if count > MOST_OF_A_PREFIX
    ]


def long_files(folder: Path) -> list[str]:
    """Files of more than ``MOST_LINES`` lines."""
    lines = {path: len(path.read_text().splitlines()) for path in sorted(folder.rglob("*.py"))}
    return [f"{path}: {count} lines" for path, count in lines.items() if count > MOST_LINES]


def main() -> int:
    folder = Path(__file__).resolve().parent.parent / PACKAGE
    found = {
        "circles of imports": [" ↔ ".join(each) for each in circles()],
        "prefixes for folders": prefixes(folder),
        f"files of more than {MOST_LINES} lines": long_files(folder),
    }
    for what, places in found.items():
        print(f"{len(places)} {what}", *places, sep="\n    ")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
