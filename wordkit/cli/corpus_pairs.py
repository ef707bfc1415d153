"""wordkit corpus pairs: the classic tasks of sequence to sequence, generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wordkit.cli.models import AT_LEAST_1
from wordkit.cli.output import json_option, print_json, say, seed_range

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("task", type=click.Choice(["addition", "dates"]))
@click.option(
    "-o", "--output", required=True, type=FILE, help="File to write; - is standard output."
)
@click.option("--count", default=50_000, show_default=True, type=AT_LEAST_1, help="Pairs in it.")
@click.option("--valid", type=FILE, help="Second file, for validation.")
@click.option("--valid-count", type=AT_LEAST_1, help="Pairs in it.  [default: 5000]")
@click.option("--test", type=FILE, help="Third file, for the test.")
@click.option("--test-count", type=AT_LEAST_1, help="Pairs in it.  [default: 5000]")
@click.option(
    "--digits", type=click.IntRange(1, 18), help="addition: most in a number.  [default: 3]"
)
@click.option("--seed", default=1, show_default=True, type=seed_range, help="Of the choice.")
@json_option
def pairs(
    task: str,
    output: Path,
    count: int,
    valid: Path | None,
    valid_count: int | None,
    test: Path | None,
    test_count: int | None,
    digits: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Generate questions and answers: sums of numbers, or dates to be put into ISO form.

    A line is a question, a tab and its answer. The files that are written together share
    no question.

    \b
    wordkit corpus pairs addition -o sums.tsv --count 45000 --valid valid.tsv
    wordkit corpus pairs dates -o dates.tsv --seed 3
    """
    from wordkit.corpus.pair_files import STDOUT, write_pairs
    from wordkit.corpus.pair_tasks import TASKS

    options: dict[str, Any] = {"seed": seed}
    if digits is not None:
        if task != "addition":
            raise click.UsageError(f"--digits has no meaning with {task}")
        options["digits"] = digits
    counts = {output: count}
    for name, path, size in (("valid", valid, valid_count), ("test", test, test_count)):
        if path is None:
            if size is not None:
                raise click.UsageError(f"--{name}-count needs --{name} FILE")
        elif path.resolve() in {each.resolve() for each in counts}:
            raise click.UsageError(f"--{name} {path} is written already; name another file")
        else:
            counts[path] = size or 5000
    if as_json and STDOUT in counts:
        raise click.UsageError("--json and a file of - cannot both be on standard output")
    made = iter(TASKS[task](sum(counts.values()), **options))
    parts = {path: [next(made) for _ in range(size)] for path, size in counts.items()}
    write_pairs(parts)
    if as_json:
        print_json([{"output": str(path), "pairs": size} for path, size in counts.items()])
        return
    for path, part in parts.items():
        say(f"{path}: {len(part):,} pairs, such as {' = '.join(part[0])}")
