"""What is imported is declared in setup.cfg, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTIONS = {"cupy": "cupy-cuda12x", "sklearn": "scikit-learn"}
"""Where a module has another name than what installs it."""
COMMANDS = {
    "import-linter": "bin/lint-imports",
    "mypy": "bin/mypy",
    "pytest-cov": "--cov",
    "ruff": "bin/ruff",
}
"""Of scripts/test: what is run there and imported nowhere."""
OURS = {"wordkit", "tests", "scripts", *(path.stem for path in ROOT.glob("scripts/*/*.py"))}
STANDARD = {*sys.stdlib_module_names, "tomllib"}  # which Python 3.10 lacks


def imported(folder: str) -> set[str]:
    """The distributions whose modules the files of a folder import, in functions too."""
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths
    trees = (ast.parse(path.read_text("utf-8")) for path in paths)
    modules = {name.split(".")[0] for tree in trees for name in modules_of(tree)}
    return {DISTRIBUTIONS.get(name, name) for name in modules - OURS - STANDARD}


def modules_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "importorskip":
            assert isinstance(node.args[0], ast.Constant)
            yield node.args[0].value


@pytest.fixture(scope="module")
def requirements() -> dict[str, list[str]]:
    """The requirements of each extra, and under "" those of the package itself."""
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", "utf-8")
    texts = {"": config["options"]["install_requires"], **config["options.extras_require"]}
    return {
        extra: [line for line in text.split("\n") if line and not line.startswith("#")]
        for extra, text in texts.items()
    }


@pytest.fixture(scope="module")
def declared(requirements: dict[str, list[str]]) -> dict[str, set[str]]:
    """Their names."""
    return {
        extra: {re.split(r"[ <>=;]", line)[0] for line in lines}
        for extra, lines in requirements.items()
    }


def test_the_package(declared: dict[str, set[str]]) -> None:
    extras = declared.keys() - {"bench", "dev", "test"}
    assert imported("wordkit") == set().union(*(declared[extra] for extra in extras))


def test_tests_and_scripts(declared: dict[str, set[str]]) -> None:
    """The extra [test] is [dev], which is what scripts/test cannot do without, and PyTorch."""
    assert declared["test"] == {"wordkit[dev]", "torch"}
    script = (ROOT / "scripts" / "test").read_text("utf-8")
    run = {name for name, command in COMMANDS.items() if command in script}
    used = run | imported("tests") | imported("scripts")
    assert declared["dev"] | {"torch"} == used - declared[""] - declared["gpu"]


def test_benches(declared: dict[str, set[str]]) -> None:
    assert imported("scripts/bench") - declared[""] == declared["bench"]


def test_a_bound_for_each(requirements: dict[str, list[str]]) -> None:
    """Without one, an old release that was never tried would do."""
    for line in chain.from_iterable(requirements.values()):
        assert line == "wordkit[dev]" or re.match(r"[\w-]+ >= \d", line), line


def test_compilers_have_an_upper_bound(requirements: dict[str, list[str]]) -> None:
    """What is built on the internals of numba has been tested with these releases only."""
    for name in ("llvmlite", "numba"):
        (line,) = (line for line in requirements[""] if line.startswith(f"{name} "))
        assert re.search(r", < \d", line), line
