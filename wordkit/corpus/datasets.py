"""Known datasets: installed with wordkit, found on this machine, or downloaded and checked.

``corpora/manifest.toml`` lists them. A file that is not installed with wordkit is searched for
in ``$WORDKIT_DATA``, then in the cache folder, and else downloaded into the cache folder. It is
used only if its sha256 matches the manifest.
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
_TIMEOUT = 30.0  # seconds to wait for an answer
_CHUNK = 1 << 16


@dataclass(frozen=True)
class DatasetFile:
    """One file of a dataset.

    Attributes
    ----------
    path
        Its path in the data folder; if it is installed with wordkit, its name in ``corpora/``.
    sha256, size
        Checksum and bytes of the download; not needed if it is installed with wordkit.
    address
        Where to download it from, over https; None if no address is known.
    also
        sha256 of other files with the same content, which are accepted too.
    part
        The name of the part (train, valid, test), if it is text to build a corpus from.
    packaged
        Whether it is installed with wordkit.
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
    """A dataset as the manifest describes it."""

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
        """The names of the parts that are text."""
        return [file.part for file in self.files if file.part]


def dataset_names(*kinds: str) -> list[str]:
    """Return the names of known datasets, all or of some kinds, in the manifest's order."""
    return [name for name, known in _manifest().items() if not kinds or known.kind in kinds]


def dataset(name: str) -> Dataset:
    """Return a known dataset.

    Raises
    ------
    CorpusError
        There is no dataset of that name.
    """
    known = _manifest()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise CorpusError(f"no dataset is named {name!r}; {hint}known are {', '.join(known)}")
    return known[name]


def find(name: str) -> list[Path] | None:
    """Return a dataset's files on this machine, in the manifest's order; None if any is missing.

    Raises
    ------
    CorpusError
        The name is unknown, or a file exists with a wrong sha256.
    """
    files = dataset(name).files
    paths = [path for file in files if (path := _local(file))]
    return paths if len(paths) == len(files) else None


def fetch(name: str, *, progress: bool = False) -> list[Path]:
    """Return a dataset's files, in the manifest's order; missing ones are downloaded.

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
    """Return the folder of the data that is installed with wordkit.

    ``corpora/`` is beside the package in a checkout, and inside it in an installation.
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
    """Return the folders to search; messages ask users to put files into the first."""
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
    """Download a file into the cache folder; it is kept only if it is complete and correct."""
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
    """Yield the bytes at an address: exactly as many as the manifest says, or an error."""
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
            error.close()  # it holds the connection open
        reason = error.reason if type(error) is URLError else error
        raise _failure(file, " ".join(str(reason).split())) from error
    if received < file.size:
        raise _failure(file, f"the connection ended after {received:,} of {file.size:,} bytes")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects only to addresses that are as safe as the original."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _check_address(newurl, before=req.type)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(address: str, before: str = "http") -> None:
    """Reject all but https; http is allowed within this machine, but not after https."""
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
