"""Mutation testing: change the code a little, and see whether a test notices.

    python -m scripts.mutation layers --sample 80 -o layers.jsonl   # a room of wordkit/
    python -m scripts.mutation layers/attention.py training/descent
    python -m scripts.mutation --again layers.jsonl --beyond        # what survived there

Each change is made in a copy of this tree, and those tests of its room run that ran its
line. One that fails, or takes far too long, has noticed. What survives is for a person to
judge: some changes alter only the speed, or nothing at all. The sample is random, and the
same for the same seed and code.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from scripts.mutation.changes import Mutant, mutants_of
from scripts.mutation.trial import ROOT, Copy


def sample_of(places: list[str], count: int | None, seed: int) -> list[Mutant]:
    """Some changes of files and folders of ``wordkit/``, or all of them, in random order."""
    files = set[Path]()
    for place in places:
        path = ROOT / "wordkit" / place
        files |= {path} if path.is_file() else set(path.rglob("*.py"))
    mutants = [
        mutant
        for file in sorted(files)
        for mutant in mutants_of(str(file.relative_to(ROOT)), file.read_text())
    ]
    random.Random(seed).shuffle(mutants)
    # to read a file anew for each of all its changes would take minutes
    readable = (m for m in mutants if m.is_python((ROOT / m.path).read_bytes()))
    return list(itertools.islice(readable, count))


def survivors_of(results: str) -> list[Mutant]:
    """Those of an earlier run, wherever in their file they stand by now."""
    survivors = []
    for line in Path(results).read_text().splitlines():
        row = json.loads(line)
        if row["result"] != "survived":
            continue
        path, key = row["path"], (row["kind"], row["before"], row["after"])
        same = [
            mutant
            for mutant in mutants_of(path, (ROOT / path).read_text())
            if (mutant.kind, mutant.before, mutant.after) == key
        ]
        if same:
            survivors.append(min(same, key=lambda mutant: abs(mutant.line - row["line"])))
        else:
            print(f"gone: {row}", file=sys.stderr)
    return survivors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="*", help="files and folders of wordkit/")
    parser.add_argument("--sample", type=int, help="how many changes (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", metavar="FILE", help="what survived in the run of this file")
    parser.add_argument("--beyond", action="store_true", help="with tests of other rooms, too")
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    parser.add_argument(
        "-o", "--output", help="append a line of JSON for each change; what is there is done"
    )
    parser.add_argument("--keep", metavar="FOLDER", help="for the copy, and what it compiles")
    given = parser.parse_args()
    if bool(given.places) == bool(given.again):
        parser.error("give either places or --again")
    mutants = (
        survivors_of(given.again)
        if given.again
        else sample_of(given.places, given.sample, given.seed)
    )
    if given.list:
        print(*mutants, sep="\n")
        return
    with tempfile.TemporaryDirectory() as temporary:
        test(
            mutants,
            Copy(Path(given.keep or temporary).resolve(), beyond=given.beyond),
            given.output,
        )


def test(mutants: list[Mutant], tree: Copy, output: str | None) -> None:
    """Try them, and print what came of each."""
    done: dict[Mutant, tuple[str, str]] = {}
    if output and Path(output).exists():
        for line in Path(output).read_text().splitlines():
            row = json.loads(line)
            found = row.pop("result"), row.pop("by")
            done[Mutant(**row)] = found
    counts: Counter[str] = Counter()
    for n, mutant in enumerate(mutants, 1):
        result, by = done.get(mutant) or tree.noticed(mutant)
        counts[result] += 1
        print(f"{n}/{len(mutants)} {result}: {mutant}  {by}", flush=True)
        if output and mutant not in done:
            with open(output, "a") as file:
                file.write(json.dumps({**asdict(mutant), "result": result, "by": by}) + "\n")
    print(*(f"{count} {result}" for result, count in counts.items()), sep=", ")


if __name__ == "__main__":
    main()
