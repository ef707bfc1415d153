"""Known datasets: the manifest, the places looked in, and downloads from a local server."""

import hashlib
import http.server
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from wordkit import cache_folder
from wordkit.corpus import datasets
from wordkit.corpus.datasets import Dataset, DatasetFile
from wordkit.errors import CorpusError

BODY = b"the cat sat on the mat\n" * 20_000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Each path behaves, or misbehaves, in its own way."""

    def do_GET(self):
        getattr(self, "get_" + self.path.strip("/"))()

    def answer(self, code=200, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def get_good(self):
        self.answer(body=BODY, Content_Length=len(BODY))

    def get_wrong(self):
        self.answer(body=BODY[::-1], Content_Length=len(BODY))

    def get_cut(self):
        self.answer(body=BODY[:1000], Content_Length=len(BODY))

    def get_short(self):  # ends before its time, and the server does not say how long it is
        self.answer(body=BODY[:1000])

    def get_long(self):
        self.answer(body=BODY + b"more", Content_Length=len(BODY) + 4)

    def get_endless(self):
        self.answer()
        try:
            for _ in range(10_000):
                self.wfile.write(BODY)
        except OSError:
            self.server.hung_up.set()

    def get_missing(self):
        self.send_error(404)

    def get_redirect(self):
        self.answer(302, Location="/good", Content_Length=0)

    def get_loop(self):
        self.answer(302, Location="/loop", Content_Length=0)

    def get_to_file(self):
        self.answer(302, Location=f"file://{os.devnull}", Content_Length=0)

    def get_to_http(self):
        self.answer(302, Location="http://example.invalid/good", Content_Length=0)

    def get_silent(self):
        self.server.released.wait(10)

    def get_garbage(self):
        self.wfile.write(b"this is not HTTP\r\n\r\n")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.released, server.hung_up = threading.Event(), threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """An empty data folder and an empty cache folder, and no proxy."""
    monkeypatch.setenv("WORDKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORDKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


@pytest.fixture
def known(monkeypatch):
    """Put a dataset named "cats" with one file at an address into the manifest."""

    def put(address):
        file = DatasetFile("text/cats.txt", SHA256, len(BODY), address)
        cats = Dataset("cats", "text", "about cats", "none", "this test", (file,))
        monkeypatch.setattr(datasets, "_manifest", lambda: {"cats": cats})

    return put


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def refusal(places, match):
    """The message of a fetch that must fail, leave nothing, and say what to put where."""
    with pytest.raises(CorpusError, match=match) as caught:
        datasets.fetch("cats")
    message = str(caught.value)
    assert files_in(places) == []
    assert str(places / "data" / "text" / "cats.txt") in message
    assert SHA256 in message
    assert "\n" not in message
    return message


# --- the manifest -------------------------------------------------------------------


def test_the_manifest_is_whole():
    assert datasets.dataset_names("text") == ["sample", "ptb"]
    assert datasets.dataset_names("pairs") == ["dates", "sums"]
    assert "ws353" in datasets.dataset_names("analogies", "similarity")
    for name in datasets.dataset_names():
        known = datasets.dataset(name)
        assert known.name == name
        assert known.kind in datasets.KINDS
        assert bool(known.parts) == (known.kind == "text")
        assert known.description
        assert known.licence
        assert known.source
        for file in known.files:
            assert not Path(file.path).is_absolute()
            assert ".." not in Path(file.path).parts
            if file.packaged:
                assert (datasets.corpora_folder() / file.path).stat().st_size > 0
                assert not file.address
                continue
            assert file.size > 0
            for checksum in (file.sha256, *file.also):
                assert int(checksum, 16) >= 0
                assert len(checksum) == 64


def test_all_can_be_had():
    """Without an address, a user could be told of a set and not get it."""
    for name in datasets.dataset_names():
        for file in datasets.dataset(name).files:
            assert file.packaged or file.address.startswith("https://")


def test_what_is_packaged_needs_no_data_folder():
    for path in datasets.fetch("sample"):
        assert path.parent == datasets.corpora_folder()
    assert datasets.find("sample") == datasets.fetch("sample")


def test_another_file_with_the_same_content(places, known, monkeypatch):
    known("http://127.0.0.1:9/nobody-listens")
    cats = datasets.dataset("cats")
    other = BODY.replace(b"\n", b"\r\n")
    file = replace(cats.files[0], also=[hashlib.sha256(other).hexdigest()])
    monkeypatch.setattr(datasets, "_manifest", lambda: {"cats": replace(cats, files=(file,))})
    path = places / "data" / file.path
    path.parent.mkdir(parents=True)
    for content in BODY, other:
        path.write_bytes(content)
        assert datasets.fetch("cats") == [path]
    path.write_bytes(other + b"?")
    with pytest.raises(CorpusError, match="is not the file it should be"):
        datasets.fetch("cats")


def test_ptb_is_train_valid_test():
    assert [Path(file.path).name for file in datasets.dataset("ptb").files] == [
        "ptb.train.txt",
        "ptb.valid.txt",
        "ptb.test.txt",
    ]


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(CorpusError, match=r"'simlex'; did you mean simlex999\? known are sa"):
        datasets.dataset("simlex")
    with pytest.raises(CorpusError, match="'qqq'; known are sample, "):
        datasets.fetch("qqq")


# Read before the fixture above points the variable elsewhere.
DATA = os.environ.get("WORDKIT_DATA")


@pytest.mark.skipif(not DATA, reason="WORDKIT_DATA names no folder with the datasets")
@pytest.mark.parametrize("name", datasets.dataset_names())
def test_the_manifest_against_the_files_themselves(name, monkeypatch):
    monkeypatch.setenv("WORDKIT_DATA", DATA)
    paths = datasets.find(name)
    if paths is None:
        pytest.skip(f"{name} is not in the folder that WORDKIT_DATA names")
    for path, file in zip(paths, datasets.dataset(name).files, strict=True):
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        assert file.packaged or checksum in file.also or path.stat().st_size == file.size


# --- on this machine ----------------------------------------------------------------


@pytest.mark.parametrize("place", ["data", "cache"])
def test_a_file_on_this_machine_is_not_downloaded(places, known, place):
    known("http://127.0.0.1:9/nobody-listens")
    assert datasets.find("cats") is None
    path = places / place / "text" / "cats.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert datasets.find("cats") == datasets.fetch("cats") == [path]


def test_the_data_folder_comes_before_the_cache(places, known):
    known(None)
    for place in ("cache", "data"):
        path = places / place / "text" / "cats.txt"
        path.parent.mkdir(parents=True)
        path.write_bytes(BODY)
    assert datasets.find("cats") == [places / "data" / "text" / "cats.txt"]


def test_a_dataset_with_a_missing_file_is_not_found(places, known, monkeypatch):
    known(None)
    cats = datasets.dataset("cats")
    both = replace(cats, files=(*cats.files, replace(cats.files[0], path="text/more.txt")))
    monkeypatch.setattr(datasets, "_manifest", lambda: {"cats": both})
    for name in ("cats.txt", "more.txt"):
        assert datasets.find("cats") is None
        path = places / "data" / "text" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BODY)
    assert len(datasets.find("cats")) == 2


@pytest.mark.parametrize("place", ["data", "cache"])
def test_a_wrong_file_on_this_machine_is_named(places, known, place):
    known(None)
    path = places / place / "text" / "cats.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"dogs")
    with pytest.raises(CorpusError) as caught:
        datasets.fetch("cats")
    for part in (str(path), SHA256, hashlib.sha256(b"dogs").hexdigest()):
        assert part in str(caught.value)
    assert path.read_bytes() == b"dogs"  # it is the user's: not ours to delete


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "base/wordkit"),
        ("linux", None, "home/.cache/wordkit"),
        ("darwin", None, "home/Library/Caches/wordkit"),
        ("win32", "LOCALAPPDATA", "base/wordkit"),
        ("win32", None, "home/AppData/Local/wordkit"),
    ],
)
def test_the_cache_folder_of_each_system(places, monkeypatch, platform, variable, expected):
    for name in ("WORDKIT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cache_folder.sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: places / "home")
    if variable:
        monkeypatch.setenv(variable, str(places / "base"))
    assert datasets._cache_folder() == places / expected


def test_no_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("WORDKIT_CACHE", "WORDKIT_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(CorpusError, match=r"no home folder .*set WORDKIT_CACHE"):
        datasets.fetch("ws353")


# --- downloads ----------------------------------------------------------------------


@pytest.mark.parametrize("page", ["good", "redirect"])
def test_a_good_download_lands_in_the_cache(places, known, server, page):
    known(f"{server.address}/{page}")
    path = places / "cache" / "text" / "cats.txt"
    assert datasets.fetch("cats") == [path]
    assert files_in(places) == [path]
    assert path.read_bytes() == BODY
    known(None)
    assert datasets.fetch("cats") == [path]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("wrong", f"expected sha256 {SHA256}, found {hashlib.sha256(BODY[::-1]).hexdigest()}"),
        ("cut", "ended after 1,000 of 460,000 bytes"),
        ("short", "ended after 1,000 of 460,000 bytes"),
        ("long", "more than the expected 460,000 bytes"),
        ("missing", "HTTP Error 404: Not Found"),
        ("loop", "HTTP Error 302"),
        ("to_file", f"'file://{os.devnull}' is not allowed"),
        ("to_http", "http://example.invalid/good is not an https address"),
        ("garbage", "this is not HTTP"),
    ],
)
def test_a_bad_download_is_one_sentence_and_leaves_nothing(places, known, server, page, reason):
    known(f"{server.address}/{page}")
    message = refusal(places, reason)
    assert f"{server.address}/{page}" in message


def test_a_body_without_end_is_not_read_to_its_end(places, known, server):
    known(f"{server.address}/endless")
    refusal(places, "more than the expected 460,000 bytes")
    assert server.hung_up.wait(10)


def test_a_silent_server_is_given_up(places, known, server, monkeypatch):
    monkeypatch.setattr(datasets, "_TIMEOUT", 0.1)
    known(f"{server.address}/silent")
    begin = time.monotonic()
    refusal(places, "timed out")
    assert time.monotonic() - begin < 9  # the server holds out for ten seconds


def test_no_server_at_all(places, known, server):
    known("http://127.0.0.1:9/nobody-listens")
    refusal(places, "cannot download http://127.0.0.1:9/nobody-listens: .*[Rr]efused")


def test_no_address_at_all(places, known):
    known(None)
    refusal(places, "cannot download text/cats.txt: no known address")


@pytest.mark.parametrize(
    "address", ["http://example.invalid/x", "ftp://127.0.0.1/x", "file:///etc/hosts", "cats.txt"]
)
def test_only_https_is_asked(places, known, address):
    known(address)
    refusal(places, "is not an https address")


def test_where_to_put_it_is_the_cache_when_there_is_no_data_folder(places, known, monkeypatch):
    monkeypatch.delenv("WORDKIT_DATA")
    known(None)
    with pytest.raises(CorpusError) as caught:
        datasets.fetch("cats")
    assert str(places / "cache" / "text" / "cats.txt") in str(caught.value)


def test_https_is_never_left_for_http():
    datasets._check_address("https://example.invalid/x", before="https")
    datasets._check_address("http://[::1]:80/x")
    datasets._check_address("http://localhost/x")
    for address in ("http://127.0.0.1/x", "http://localhost.example.invalid/x"):
        with pytest.raises(OSError, match="is not an https address"):
            datasets._check_address(address, before="https")
