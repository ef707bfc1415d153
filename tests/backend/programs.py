"""Programs that might hang, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress


def returned(program: str) -> int:
    """What a Python program exits with; it and its children are ended after a minute."""
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as process:
        try:
            return process.wait(timeout=60)
        finally:
            with suppress(ProcessLookupError, AttributeError):  # no groups on Windows
                os.killpg(process.pid, signal.SIGKILL)
