"""What the commands give, as digests: to see that a change of the code changes no result.

    python scripts/outputs.py -o before.json             # in one checkout
    python scripts/outputs.py -o after.json              # in another
    python scripts/outputs.py --compare before.json after.json

Vectors, models, perplexities, translations and texts are made from a corpus of this script's
own, with seeds, on one thread where more would not repeat themselves. Bits are those of one
instruction set and one version of NumPy: compare on one machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

WHO = ["cat", "dog", "hen", "fox", "man", "girl", "king", "queen", "wolf", "crow"]
DID = ["saw", "met", "fed", "took", "lost", "found", "heard", "liked", "left", "held"]
WHERE = ["here", "there", "home", "away", "outside"]


def sentences(count: int) -> list[str]:
    """Sentences of a small grammar."""
    rng = random.Random(1)
    return [
        f"the {rng.choice(WHO)} {rng.choice(DID)} the {rng.choice(WHO)} {rng.choice(WHERE)} ."
        for _ in range(count)
    ]


def wordkit(*arguments: object) -> str:
    """What a command prints; its messages go to nobody."""
    command = [sys.executable, "-m", "wordkit", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wordkit {' '.join(command[3:])}: {done.stderr.strip()}")
    return done.stdout


def made_in(folder: Path) -> dict[str, str]:
    """A digest of each result, by what it is."""
    text, valid, pairs = folder / "text.txt", folder / "valid.txt", folder / "pairs.tsv"
    lines = sentences(4000)
    text.write_text("\n".join(lines[:3800]) + "\n")
    valid.write_text("\n".join(lines[3800:]) + "\n")
    pairs.write_text("".join(f"{line}\t{line[::-1]}\n" for line in lines[:300]))
    found = {}

    def keep(name: str, content: bytes | str) -> None:
        data = content.encode() if isinstance(content, str) else content
        data = data.replace(str(folder).encode(), b"")
        found[name] = hashlib.sha256(data).hexdigest()[:16]

    wordkit("corpus", "build", text, "-o", folder / "corpus", "--min-count", 1, "--workers", 2)
    for name in ("vocabulary.txt", "config.json"):
        keep(f"corpus {name}", (folder / "corpus" / name).read_bytes())
    methods = {
        "ppmi-svd": [],
        "ppmi": [],
        "counts": [],
        "skipgram": ["--epochs", 2, "--reproducible"],
        "cbow": ["--epochs", 2, "--reproducible"],
        "skipgram hs": ["--epochs", 2, "--loss", "hs", "--workers", 1],
        "cbow hs": ["--epochs", 2, "--loss", "hs", "--workers", 1],
        "skipgram per-pair": ["--epochs", 2, "--negatives", "per-pair", "--workers", 1],
    }
    for name, options in methods.items():
        size = [] if name in ("ppmi", "counts") else ["--vector-size", 16]
        out = folder / name.replace(" ", "-")
        method = ["--method", name.split()[0], *size, *options]
        wordkit("vectors", "train", folder / "corpus", "-o", out, *method)
        if not size:
            keep(f"vectors {name}", wordkit("vectors", "similar", out, "cat", "saw", "--json"))
            continue
        for kind in ("word2vec", "word2vec-binary", "glove"):
            wordkit("vectors", "convert", out, folder / "v", "--format", kind)
            keep(f"vectors {name} as {kind}", (folder / "v").read_bytes())
    for cell in ("rnn", "gru", "lstm"):
        model = folder / f"lm-{cell}"
        options = ["--cell", cell, "--epochs", 2, "--hidden-size", 24, "--embedding-size", 24]
        more = ["--tie", "--dropout", 0.2, "--layers", 2, "--weight-drop", 0.2]
        wordkit("lm", "train", "--train", text, "--valid", valid, "-o", model, *options, *more)
        keep(f"lm {cell} perplexity", wordkit("lm", "perplexity", model, valid, "--json"))
        keep(f"lm {cell} text", wordkit("lm", "generate", model, "-n", 40, "--samples", 3))
        keep(f"lm {cell} beam", wordkit("lm", "generate", model, "-n", 10, "--beam", 4))
        keep(f"lm {cell} scores", wordkit("lm", "score", model, valid, "--json"))
    shapes = {
        "lstm dot": ["--attention", "dot", "--bidirectional"],
        "gru general": ["--cell", "gru", "--attention", "general", "--input-feeding"],
        "lstm additive": ["--attention", "additive", "--layers", 2, "--residual"],
        "lstm peeky": ["--peeky", "--reverse", "--dropout", 0.1],
    }
    for name, options in shapes.items():
        model = folder / f"seq2seq-{name.replace(' ', '-')}"
        size = ["--units", "chars", "--epochs", 1, "--hidden-size", 24, "--batch-size", 32]
        wordkit("seq2seq", "train", pairs, "--valid", pairs, "-o", model, *size, *options)
        keep(f"seq2seq {name}", wordkit("seq2seq", "translate", model, valid, "--n-best", 2))
        score = json.loads(wordkit("seq2seq", "evaluate", model, pairs, "--json"))
        keep(f"seq2seq {name} scores", json.dumps(score, sort_keys=True))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, help="where to write the digests")
    parser.add_argument("--compare", nargs=2, type=Path, help="two files of digests")
    given = parser.parse_args()
    if given.compare:
        before, after = (json.loads(path.read_text()) for path in given.compare)
        changed = [name for name in before if before[name] != after.get(name)]
        print(f"{len(before) - len(changed)} of {len(before)} results are the same", *changed,
              sep="\n    ")  # fmt: skip
        return int(bool(changed))
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "2"
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(made_in(Path(folder)), indent=2) + "\n"
    (given.output.write_text if given.output else sys.stdout.write)(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
