"""Where the ``wordkit`` command begins: before anything else, Ctrl-C is looked after.

What takes time to import is imported inside, where Ctrl-C ends it without a traceback.
"""

import os

from wordkit.interrupts import INTERRUPTED, handle_interrupts


def main() -> None:
    """Run the command line."""
    handle_interrupts(lambda *_: os._exit(INTERRUPTED))
    from wordkit.cli.commands import run

    run()
