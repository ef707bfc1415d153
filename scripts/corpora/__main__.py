"""Make the generated files of corpora/, which are the same on every machine.

python -m scripts.corpora
"""

from __future__ import annotations

from pathlib import Path

from scripts.corpora import docstrings, sample, tasks

FOLDER = Path(__file__).resolve().parents[2] / "corpora"


def files() -> dict[str, list[str]]:
    """The lines of each file, by its name."""
    return {
        "sample.train.txt": sample.text(2_000, seed=1),
        "sample.valid.txt": sample.text(200, seed=2),
        "sample.test.txt": sample.text(200, seed=3),
        "sample-analogies.txt": sample.analogies(seed=1),
        "sample-similarity.txt": sample.similarity(seed=1),
        "docstring-analogies.txt": docstrings.analogies(),
        "dates.tsv": tasks.dates(seed=1),
        "sums.tsv": tasks.sums(seed=1),
    }


def content(lines: list[str]) -> bytes:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in lines).encode()


def main() -> None:
    """Write all files."""
    for name, lines in files().items():
        (FOLDER / name).write_bytes(content(lines))
        print(f"{FOLDER / name}: {len(lines):,} lines")


if __name__ == "__main__":
    main()
