"""One rule for output that exists.

A folder is replaced only with ``--overwrite``, and only by a whole one: the old one stays until
the new one is complete. A file that is named as output is replaced, as ``sort -o`` does it.
"""

from __future__ import annotations

from pathlib import Path

import click

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the output folder if it exists."
)


def check_output(path: Path, kind: str, overwrite: bool, *, beside: str | None = None) -> None:
    """Refuse a folder that holds something, before the work.

    Parameters
    ----------
    kind
        Of the folder that is to be written. One of another kind is never replaced.
    beside
        The name of a folder inside that does not count, such as the checkpoints of a run that is
        to be resumed.

    Raises
    ------
    FormatError
        Something stands there that is not to be replaced.
    """
    from wordkit.errors import FormatError
    from wordkit.storage.folders import check_replaceable

    check_replaceable(path, kind, beside=beside)
    if overwrite or not path.is_dir():
        return
    if any(entry.name != beside for entry in path.iterdir()):
        raise FormatError(f"{path} exists: replace it with --overwrite, or choose another name")
