"""Known datasets: part of wordkit, found on this machine, or downloaded and checked.

``corpora/manifest.toml`` says what there is. A file that wordkit does not bring along is looked
for below ``$WORDKIT_DATA``, then below the cache folder, then downloaded into the cache folder.
It is not used unless its sha256 is the manifest's.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import http.client
import ipaddress
import os
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from wordkit.cache_folder import CACHE, cache_folder
from wordkit.checks import check_parameters
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar
from wordkit.storage.files import new_file
from wordkit.storage.toml import loads

MANIFEST = "manifest.toml"
KINDS = ("text", "analogies", "similarity", "pairs")
"""Text to build corpora from; the two kinds of evaluation sets; pairs of source and target."""
_TIMEOUT = 30.0  # seconds without an answer
_CHUNK = 1 << 16


@dataclass(frozen=True)
class DatasetFile:
    """One file of a dataset.

    Attributes
    ----------
    path
        Its place below the data folder; if wordkit brings it along, its name in ``corpora/``.
    sha256, size
        Of what is behind the address, in bytes; neither is needed if wordkit brings it along.
    address
        Where it is downloaded from, over https; None if no address is known that serves it.
    also
        sha256 of other files with the same content, which may stand in its place.
    part
        Its name (train, valid, test) if it is text to build a corpus from.
    packaged
        Whether wordkit brings it along.
    """

    path: str
    sha256: str = ""
    size: int = 0
    address: str | None = None
    also: Sequence[str] = ()
    part: str | None = None
    packaged: bool = False

    def __post_init__(self) -> None:
        check_parameters(self, CorpusError)
        if not (self.packaged or self.sha256):
            raise CorpusError(f"{self.path} has no sha256, and wordkit does not bring it along")


@dataclass(frozen=True)
class Dataset:
    """What the manifest says of a dataset."""

    name: str
    kind: str
    """One of ``KINDS``."""
    description: str
    licence: str
    source: str
    files: tuple[DatasetFile, ...]

    def __post_init__(self) -> None:
        check_parameters(self, CorpusError)

    @property
    def parts(self) -> list[str]:
        """Names of the files that are text."""
        return [file.part for file in self.files if file.part]


def dataset_names(*kinds: str) -> list[str]:
    """The names of the known datasets, all or those of some kinds, in the manifest's order."""
    return [name for name, known in _manifest().items() if not kinds or known.kind in kinds]


def dataset(name: str) -> Dataset:
    """What is known of a dataset.

    Raises
    ------
    CorpusError
        There is none of that name.
    """
    known = _manifest()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise CorpusError(f"no dataset is named {name!r}; {hint}known are {', '.join(known)}")
    return known[name]


def find(name: str) -> list[Path] | None:
    """The files of a dataset on this machine, in the manifest's order; None if any is missing.

    Raises
    ------
    CorpusError
        The name is unknown, or a file stands in its place with a wrong sha256.
    """
    files = dataset(name).files
    paths = [path for file in files if (path := _local(file))]
    return paths if len(paths) == len(files) else None


def fetch(name: str, *, progress: bool = False) -> list[Path]:
    """The files of a dataset, in the manifest's order; what is missing is downloaded.

    Raises
    ------
    CorpusError
        The name is unknown, a file has a wrong sha256, or one cannot be
        downloaded; the message says which file to put where.
    """
    return [_local(file) or _download(file, progress) for file in dataset(name).files]


@functools.cache
def _manifest() -> dict[str, Dataset]:
    text = (corpora_folder() / MANIFEST).read_text(encoding="utf-8")
    return _read_manifest(text)


def _read_manifest(text: str) -> dict[str, Dataset]:
    try:
        return {
            name: Dataset(
                name, **{**entry, "files": tuple(DatasetFile(**f) for f in entry["files"])}
            )
            for name, entry in loads(text).items()
        }
    except (ValueError, KeyError, TypeError, RecursionError, CorpusError) as error:
        raise CorpusError(
            f"the manifest of known datasets is damaged: {error!r}; install wordkit again"
        ) from None


# --- on this machine ----------------------------------------------------------------


def corpora_folder() -> Path:
    """Where the data is that wordkit brings along.

    ``corpora/`` stands beside the package in a checkout, and inside it once it is installed.
    """
    package = Path(__file__).parents[1]
    inside = package / "corpora"
    return inside if (inside / MANIFEST).is_file() else package.parent / "corpora"


def _cache_folder() -> Path:
    folder = cache_folder()
    if folder is None:
        raise CorpusError(f"there is no home folder to keep datasets in; set {CACHE} to a folder")
    return folder


def _data_folders() -> list[Path]:
    """Where files are looked for; where users are told to put them is the first."""
    data = os.environ.get("WORDKIT_DATA")
    return [folder for folder in (data and Path(data), cache_folder()) if folder]


def _local(file: DatasetFile) -> Path | None:
    if file.packaged:
        return corpora_folder() / file.path
    for folder in _data_folders():
        path = folder / file.path
        if path.is_file():
            found = _sha256(path)
            if found not in (file.sha256, *file.also):
                raise CorpusError(
                    f"{path} is not the file it should be: expected sha256 {file.sha256}, "
                    f"found {found}; delete it, or put the right file there"
                )
            return path
    return None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


# --- over https ---------------------------------------------------------------------


def _download(file: DatasetFile, progress: bool) -> Path:
    """Stream a file into the cache folder; nothing is left there unless all of it is right."""
    path = _cache_folder() / file.path
    if file.address is None:
        raise _failure(file, "no known address serves this file")
    digest = hashlib.sha256()
    with new_file(path) as out, progress_bar(path.name, file.size, "B", show=progress) as bar:
        for chunk in _stream(file, file.address):
            digest.update(chunk)
            out.write(chunk)
            bar.update(len(chunk))
        if digest.hexdigest() != file.sha256:
            raise _failure(file, f"expected sha256 {file.sha256}, found {digest.hexdigest()}")
    return path


def _stream(file: DatasetFile, address: str) -> Iterator[bytes]:
    """The bytes behind the address: as many as the manifest says, or an error."""
    received = 0
    try:
        _check_address(address)
        opener = urllib.request.build_opener(_SafeRedirects)
        with opener.open(address, timeout=_TIMEOUT) as response:
            while chunk := response.read(min(_CHUNK, file.size + 1 - received)):
                received += len(chunk)
                if received > file.size:
                    raise _failure(file, f"more than the expected {file.size:,} bytes came")
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        reason = error.reason if type(error) is URLError else error
        raise _failure(file, " ".join(str(reason).split())) from error
    if received < file.size:
        raise _failure(file, f"the connection ended after {received:,} of {file.size:,} bytes")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but only to addresses that are as safe as the one asked for."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _check_address(newurl, before=req.type)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(address: str, before: str = "http") -> None:
    """Refuse all but https; http is let through within this machine, but not after https."""
    parts = urlsplit(address)
    local = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not (local and before == "http"):
        raise URLError(f"{address} is not an https address")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _failure(file: DatasetFile, reason: str) -> CorpusError:
    return CorpusError(
        f"cannot download {file.address or file.path}: {reason}; put the file "
        f"(sha256 {file.sha256}) at {_data_folders()[0] / file.path}"
    )
