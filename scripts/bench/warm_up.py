"""What compiling the kernels costs: user CPU seconds of commands, with an empty cache and again.

    python scripts/bench/warm_up.py [name ...]

On a new machine the first command of each kind compiles the kernels that it needs. Other
work on the machine does not count, but may slow the processor down.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

TEXT = Path(__file__).parents[2] / "README.md"
SMALL = "--vector-size 16 --epochs 1"
TINY = "--embedding-size 16 --hidden-size 16 --epochs 1"
COMMANDS = {
    "help": "--help",
    "corpus build": f"corpus build {TEXT} -o {{new}}",
    "vectors train ppmi-svd": "vectors train corpus -o {new} --method ppmi-svd --vector-size 16",
    "vectors train skipgram": f"vectors train corpus -o {{new}} --method skipgram {SMALL}",
    "vectors train cbow": f"vectors train corpus -o {{new}} --method cbow {SMALL}",
    "vectors similar": "vectors similar vectors the",
    "vectors convert (text)": "vectors convert vectors {new} --format glove",
    "lm train lstm": f"lm train --train {TEXT} -o {{new}} --cell lstm {TINY}",
    "lm train gru": f"lm train --train {TEXT} -o {{new}} --cell gru {TINY}",
    "lm generate": "lm generate model -n 20",
    "seq2seq train": f"seq2seq train pairs.tsv -o {{new}} --units chars --attention dot {TINY}",
    "demo": "demo -o {new}",
}
"""``wordkit`` before each; what they make is new."""
PREPARATION = [
    f"corpus build {TEXT} -o corpus --min-count 2",
    "vectors train corpus -o vectors --vector-size 16",
    f"lm train --train {TEXT} -o model {TINY}",
    "corpus pairs dates -o pairs.tsv --count 200",
]


def main() -> None:
    """Print a row for each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(COMMANDS))
    names = parser.parse_args().names or list(COMMANDS)
    print(f"{'':26}   empty   again (user CPU seconds)")
    with tempfile.TemporaryDirectory() as folder:
        for command in PREPARATION:
            run(command, folder, "prepared")
        for name in names:
            cold, warm = (
                run(COMMANDS[name].format(new=f"{name[-4:].strip()}{n}"), folder, name)
                for n in range(2)
            )
            print(f"{name:26} {cold:7.1f} {warm:7.1f}", flush=True)


def run(command: str, folder: str, cache: str) -> float:
    """User CPU seconds of ``wordkit command`` in ``folder``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", "wordkit", *command.split()],
        cwd=folder,
        env={**os.environ, "WORDKIT_CACHE": f"{folder}/kept {cache}"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    main()
