"""What a valid file may be changed into: values, types and sizes that nobody expects."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from wordkit.storage import toml

HUGE = [2**31 - 1, 2**31, 2**53 + 1, 2**62, 2**63, 2**64, 10**11, 10**30, 10**400]
NUMBERS = [
    *(0, 1, 2, -1, 7, 63, 70),
    *HUGE,
    *(-number for number in HUGE),
    *(0.0, -0.0, 0.5, 1.0, 1.5, -1.5, 1e-320, 1e15, 1e308, -1e308),
    *(math.nan, math.inf, -math.inf),
]
TEXTS = ["", " ", "0", "1e400", "null", "a" * 1000, "\x1b[31m", "\ud800", "\n", "../../x", "\x00"]

texts = st.sampled_from(TEXTS) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.sampled_from(NUMBERS) | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
) | st.sampled_from([[], {}, [[[[]]]], [1] * 1000, {"": None}, [2**62, 0], [0] * 70])
"""Anything that JSON can say, and NaN and infinity, which Python reads too."""

shapes = st.one_of(
    st.lists(st.sampled_from([0, 1, 2, 3, 5, 2**31, 2**62, 2**63, 2**64 - 1]), max_size=4),
    st.lists(st.just(1), min_size=30, max_size=70),
    st.lists(st.sampled_from([0, 1, 2**40]), min_size=30, max_size=70),
)
"""Too many dimensions, too long ones, and those of which the product overflows."""
DTYPES = {"F32": 4, "F64": 8, "I32": 4, "I64": 8, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}
KINDS = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}


def damaged(path: Path) -> st.SearchStrategy[bytes]:
    """The bytes of a file, damaged: .json, .jsonl, .toml or .safetensors."""
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        return damaged_tensors(content)
    if path.suffix == ".jsonl":
        return damaged_lines(content)
    if path.suffix == ".toml":
        value = toml.loads(content.decode())
        return damaged_json(value).map(lambda value: _toml(value).encode("utf-8", "replace"))
    return damaged_json(json.loads(content)).map(lambda value: json.dumps(value).encode())


# --- JSON -------------------------------------------------------------------------------


@st.composite
def damaged_json(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value with another one, or none, at one place, or with one more in it."""
    path = draw(st.sampled_from(_places(value)))
    if not path:
        return draw(values)
    value = json.loads(json.dumps(value))
    holder, *way, last = value, *path
    for key in way:
        holder = holder[key]
    what = draw(st.sampled_from(["other", "other", "other", "gone", "more"]))
    if what == "other":
        holder[last] = draw(values)
    elif what == "gone":
        del holder[last]
    elif isinstance(holder, list):
        holder.insert(last, draw(values))
    else:
        holder[draw(texts)] = draw(values)
    return value


def _places(value: Any, path: tuple = ()) -> list[tuple]:
    """The ways from a JSON value to itself and to each value inside it."""
    if not isinstance(value, (dict, list)):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(way for key, each in inside for way in _places(each, (*path, key)))]


@st.composite
def damaged_lines(draw: st.DrawFn, content: bytes) -> bytes:
    """JSON Lines, one of them damaged."""
    lines = content.splitlines()
    number = draw(st.integers(0, len(lines) - 1))
    lines[number] = json.dumps(draw(damaged_json(json.loads(lines[number])))).encode()
    return b"\n".join(lines) + b"\n"


def _toml(value: Any, *, top: bool = True) -> str:
    """A JSON value as TOML, or nearly: it has no null, and is no TOML if it is no object."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(each, top=False)}" for key, each in value.items())
        return "\n".join(pairs) if top else f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(each, top=False) for each in value)}]"
    return str(value) if isinstance(value, float) else json.dumps(value)


# --- safetensors ------------------------------------------------------------------------


@st.composite
def damaged_tensors(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with another header, mostly with as many bytes as that announces; no checksum."""
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    header.pop("__metadata__", None)
    what = draw(st.sampled_from(["json", "shape", "shape", "dtype", "name", "numbers"]))
    if what == "json":
        return _file(draw(damaged_json(header)), data)
    name = draw(st.sampled_from(sorted(header)))
    entry = header[name]
    pieces = {each: data[slice(*known["data_offsets"])] for each, known in header.items()}
    if what == "name":
        other = draw(texts)
        header[other], pieces[other] = header.pop(name), pieces.pop(name)
    elif what == "numbers":
        pieces[name] = draw(_other_numbers(entry["dtype"], len(pieces[name])))
    else:
        strategy = shapes if what == "shape" else st.sampled_from(sorted(DTYPES))
        entry[what] = draw(strategy)
        size = DTYPES[entry["dtype"]] * math.prod(entry["shape"])
        pieces[name] = pieces[name].ljust(min(size, 4096), b"\0")[: min(size, 4096)]
    end = 0
    for each, piece in pieces.items():
        header[each]["data_offsets"] = [end, end := end + len(piece)]
    return _file(header, b"".join(pieces.values()))


@st.composite
def _other_numbers(draw: st.DrawFn, dtype: str, size: int) -> bytes:
    """Zeros, and a few numbers that are too small or too large."""
    array = np.zeros(size // DTYPES[dtype], KINDS[dtype])
    extreme = st.sampled_from([-1, 0, 1, 2**31 - 1, -(2**31), 1e30, math.nan, math.inf])
    if len(array):
        places = draw(st.lists(st.integers(0, len(array) - 1), max_size=5))
        for place in places:
            with np.errstate(all="ignore"):
                array[place] = np.float64(draw(extreme)).astype(array.dtype)
    return array.tobytes()


def _file(header: Any, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data
