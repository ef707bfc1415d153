"""A copy of the code in which changes are tried, one after the other."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
from pathlib import Path

import coverage
import numba
import pytest

from scripts.mutation.changes import Mutant

ROOT = Path(__file__).resolve().parents[2]

BEYOND = {
    "layers": ["training", "lm", "seq2seq", "scripts"],
    "training": ["lm", "seq2seq", "cli/test_lm.py", "cli/test_seq2seq.py"],
    "vectors": ["embeddings", "plots", "cli"],
    "embeddings": ["scripts", "cli"],
    "lm": ["scripts", "cli/test_lm.py"],
    "seq2seq": ["scripts", "cli/test_seq2seq.py"],
}
"""Tests of other rooms that may own what a room does."""

MEMORY = 12 * 2**30  # address space: what asks for more without end is stopped
SECONDS = 60  # of a core, beside four times what the tests take: what computes on is stopped
PATIENCE = 600  # seconds: what waits without end is stopped
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["hypothesis", "numba", "pytest", "pytest_cov.plugin", "scipy.sparse.linalg", "sklearn"]
)


class Copy:
    """A copy of this tree in which files are changed and tests run.

    Of a change those tests run that ran its line, the fastest first. What runs a kernel
    cannot be seen: it counts as run by the tests of the files that import it.
    """

    def __init__(self, folder: Path, *, beyond: bool):
        self.beyond = beyond
        self.tree, self.kernels, self.copied_kernels, self.temporary, self.said, self.coverage = (
            folder / name
            for name in ("tree", "kernels", "copied_kernels", "temporary", "said", "coverage")
        )
        shutil.rmtree(self.tree, ignore_errors=True)
        left = shutil.ignore_patterns(".git", ".venv", ".hypothesis", "__pycache__", "*.egg-info")
        shutil.copytree(ROOT, self.tree, ignore=left)
        self.kernels.mkdir(exist_ok=True)
        self._room = ""  # of which the tests are known
        self._seconds: dict[str, float] = {}  # that each takes
        self._runs: dict[str, dict[int, set[str]]] = {}  # tests, by file and line

    def noticed(self, mutant: Mutant) -> tuple[str, str]:
        """What came of it, and the first test that noticed."""
        self.learn(Path(mutant.path).parts[1])
        tests = sorted(self.tests_of(mutant), key=lambda test: self._seconds.get(test, 0.0))
        if not tests:
            return "survived", "no test runs it"
        place = self.tree / mutant.path
        source = place.read_bytes()
        place.write_bytes(mutant.applied(source))
        # kernels of changed sources would drive out the others
        shutil.rmtree(self.copied_kernels, ignore_errors=True)
        shutil.copytree(self.kernels, self.copied_kernels, copy_function=os.link)
        try:
            seconds = SECONDS + 4 * sum(self._seconds.get(test, 0.0) for test in tests)
            code, text = self._run(["-x"], self.copied_kernels, tests, int(seconds))
        finally:
            place.write_bytes(source)
        if code in (None, -signal.SIGXCPU):
            return "timed out", ""
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
        return ("caught", failed[1] if failed else text[-300:]) if code else ("survived", "")

    def tests_of(self, mutant: Mutant) -> set[str]:
        """Those that ran its line, or the one before of a statement of several lines.

        Of what is run when the file is imported, those that ran anything in it.
        """
        lines = self._runs.get(mutant.path, {})
        for line in range(mutant.line, mutant.line - 20, -1):
            if lines.get(line):
                return lines[line]
        return self._tests_of_file(mutant.path)

    def _tests_of_file(self, path: str) -> set[str]:
        found = set().union(*self._runs.get(path, {}).values())
        if found or not path.endswith("kernels.py"):
            return found
        imports = re.compile(rf"^\s*from \S*\b{Path(path).stem} import", re.MULTILINE)
        importers = [
            str(file.relative_to(self.tree))
            for file in self.tree.glob("wordkit/**/*.py")
            if imports.search(file.read_text())
        ]
        return set().union(*(self._tests_of_file(importer) for importer in importers))

    def learn(self, room: str) -> None:
        """Which tests run what, and how long. Those that fail without a change are left out."""
        if room == self._room:
            return
        self.coverage.unlink(missing_ok=True)
        options = ["--cov=wordkit", "--cov-context=test", "--cov-report=", "--durations=0"]
        places = [f"tests/{name}" for name in (room, *(BEYOND[room] if self.beyond else []))]
        code, text = self._run([*options, "--durations-min=0", *places], self.kernels)
        failed = set(re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", text, re.MULTILINE))
        if code not in (0, 1):
            sys.exit(f"without any change, pytest ends with {code}:\n{text[-3000:]}")
        if failed:
            print(f"without any change, these fail, and are left out: {', '.join(sorted(failed))}")
        times = re.findall(r"^([0-9.]+)s \w+ +(.+)$", text, re.MULTILINE)
        self._seconds = {}
        for seconds, test in times:
            self._seconds[test] = self._seconds.get(test, 0) + float(seconds)
        data = coverage.CoverageData(str(self.coverage))
        data.read()
        self._runs = {}
        for file in data.measured_files():
            self._runs[str(Path(file).relative_to(self.tree))] = {
                line: {test for name in names if (test := name.rpartition("|")[0])} - failed
                for line, names in data.contexts_by_lineno(file).items()
            }
        self._room = room

    def _run(
        self,
        options: list[str],
        kernels: Path,
        tests: list[str] | None = None,
        seconds: int | None = None,
    ) -> tuple[int | None, str]:
        """The exit code, None if it took longer than ``PATIENCE``, and what was said.

        ``seconds`` of a core are all it may take.
        """
        arguments = [
            *("-q", "-m", "not slow", "--tb=no", "-rfE", "-p", "no:cacheprovider"),
            *(f"--basetemp={self.temporary}", *options),
            *sorted({test.partition("::")[0] for test in tests or []}),
        ]
        environment = {
            "PYTHONPATH": str(self.tree), "NUMBA_CACHE_DIR": str(kernels), "CI": "1",
            "COVERAGE_FILE": str(self.coverage),
        }  # fmt: skip
        if tests is not None:  # what Python keeps of a changed file would outlive the change
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        process = PROCESSES.Process(
            target=_test, args=(self.tree, arguments, tests, environment, seconds, self.said)
        )
        process.start()
        try:
            process.join(None if seconds is None else PATIENCE)
            code = process.exitcode
        finally:
            with contextlib.suppress(ProcessLookupError):  # and all that it has started
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
        return code, self.said.read_text(errors="replace")


class Chosen:
    """For pytest: these tests only, in this order."""

    def __init__(self, tests: list[str]):
        self._places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])


def _test(
    tree: Path,
    arguments: list[str],
    tests: list[str] | None,
    environment: dict[str, str],
    seconds: int | None,
    said: Path,
) -> None:
    """In a process of its own, which already has what takes long to import."""
    os.setsid()
    # of a script's background job Python ignores Ctrl-C, which tests send
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= environment
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    numba.config.reload_config()
    # nothing of the tree that was copied
    sys.path[:] = [str(tree), *(place for place in sys.path if place not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name.startswith(("scripts", "wordkit"))]:
        del sys.modules[name]
    os.chdir(tree)
    with open(said, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = pytest.main(arguments, [] if tests is None else [Chosen(tests)])
    sys.stdout.flush()
    os._exit(code)
