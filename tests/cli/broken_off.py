"""A training that is stopped, killed and resumed ends as if nothing had been."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.test_lm import ok, refused, wordkit


def check_broken_off(group: str, arguments: list, folder: Path) -> None:
    """Of ``wordkit GROUP train``, with these arguments, in a folder of its own."""
    arguments = [group, "train", *arguments]
    ok(*arguments, "-o", folder / "whole")
    broken = [*arguments, "-o", folder / "broken", "--resume"]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        seen = set((folder / "broken").glob("checkpoints/step-*"))
        command = [sys.executable, "-m", "wordkit", *map(str, broken), "--checkpoint-every", "0s"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        while set((folder / "broken").glob("checkpoints/step-*")) <= seen:
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        assert f"is being written by process {process.pid} on " in refused(*broken)
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        _, message = process.communicate()
        if number != signal.SIGKILL:
            assert process.returncode == 130
            assert re.search(rb"stopped after step .*the same command with --resume", message)
            assert b"Traceback" not in message
        code, _, message = wordkit(group, "info", folder / "broken")
        assert code == 0
        assert "is not trained to its end: these are the weights of step " in message
    ok(group, "train", "-o", folder / "broken", "--resume")  # which knows all the rest
    assert sorted(path.name for path in folder.glob("*broken*")) == ["broken"]
    whole, again = (
        (folder / name / "model.safetensors").read_bytes() for name in ("whole", "broken")
    )
    assert whole == again
