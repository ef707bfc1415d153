"""The docstring corpus, against written and against real source."""

import inspect
import json
import sys
import sysconfig
import types
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus.docstrings import DocstringSummary, write_docstrings
from wordkit.errors import CorpusError


def lines_of(tmp_path, files, **options):
    """The lines written for files given as a dict of path to source."""
    for name, source in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
    out = tmp_path / "out.txt"
    options = {"roots": [tmp_path / "source"], "workers": 1, **options}
    summary = write_docstrings(out, **options)
    text = out.read_text(encoding="utf-8")
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert summary.docstrings == len(lines)
    assert summary.words == len(text.split())
    return lines


OWNERS = '''
"""The module."""

class A:
    """The class."""

    x = "no docstring"

    def method(self):
        """The
           method,\ton   three
        lines."""

        async def inner():
            """The inner function."""

        return """Not a docstring."""

if A:
    def one():
        "One."
elif not A:
    def two():
        "Two."
else:
    def three():
        "Three."

try:
    def four():
        "Four."
except ValueError:
    def five():
        "Five."
else:
    def six():
        "Six."
finally:
    with A:
        for _ in A:
            while A:
                def seven():
                    "Seven."

match A:
    case 1:
        def eight():
            "Eight."

def last():
    """   """

def bytes_are_none():
    b"no docstring"

def formats_are_none():
    f"no {docstring}"
'''


def test_every_kind_of_docstring_in_the_order_of_the_source(tmp_path):
    assert lines_of(tmp_path, {"a.py": OWNERS}) == [
        "The module.",
        "The class.",
        "The method, on three lines.",
        "The inner function.",
        *("One.", "Two.", "Three.", "Four.", "Five.", "Six.", "Seven.", "Eight."),
    ]


def test_files_in_the_order_of_their_names_and_each_docstring_once(tmp_path):
    files = {"b/z.py": '"""Zed."""', "a.py": '"""A."""', "c.py": "'A.'", "d.txt": '"""D."""'}
    assert lines_of(tmp_path, files) == ["A.", "Zed."]


def test_files_that_do_not_parse_are_passed_over(tmp_path):
    bad = {
        "syntax.py": '"""Bad."""\nprint "Python 2"',
        "zero.py": b'"""Bad."""\n\0',
        "bytes.py": b'"""Bad \xff."""\n',
        "cookie.py": b'# -*- coding: klingon -*-\n"""Bad."""\n',
        "deep.py": '"""Bad."""\nx = ' + "(" * 5_000 + ")" * 5_000,
        "recursive.py": '"""Bad."""\nx = ' + "-" * 20_000 + "1",
        "good.py": '"""Good."""',
    }
    assert lines_of(tmp_path, bad) == ["Good."]


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path, monkeypatch):
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == "secret.py":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert lines_of(tmp_path, {"a.py": '"""A."""', "secret.py": '"""S."""'}) == ["A."]


def test_a_long_chain_of_conditions_is_no_deep_recursion(tmp_path):
    branches = "".join(f"elif x == {i}:\n    def f():\n        'Doc {i}.'\n" for i in range(300))
    lines = lines_of(tmp_path, {"a.py": "if x:\n    pass\n" + branches})
    assert lines == [f"Doc {i}." for i in range(300)]


def test_encodings(tmp_path):
    files = {
        "a.py": '"""naïve"""'.encode(),
        "b.py": b"# coding: latin-1\n" + '"""café"""'.encode("latin-1"),
        "c.py": b'\xef\xbb\xbf"""mark"""',
        "d.py": r'"""half \ud800 pair"""',
        "e.py": '"""carriage"""\r\n',
    }
    assert lines_of(tmp_path, files) == ["naïve", "café", "mark", "half ? pair", "carriage"]


def test_nothing_is_run_and_nobody_is_warned(tmp_path):
    marker = tmp_path / "ran"
    source = f'"""Doc \\d."""\nopen({str(marker)!r}, "w")\nraise SystemExit\n1 is 1\n'
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert lines_of(tmp_path, {"a.py": source}) == [r"Doc \d."]
    assert caught == []
    assert not marker.exists()


def test_the_topics_of_the_language_reference(tmp_path):
    files = {
        "pydoc_data/topics.py": "# made\ntopics = {'if': 'The \"if\"\\n'\n 'statement', 'for': r'''A\nloop'''}",  # noqa: E501
        "other/topics.py": "topics = {'if': 'not these'}\n'''Doc.'''\ndef f():\n  'F.'",
    }
    assert lines_of(tmp_path, files) == ["F.", 'The "if" statement', "A loop"]


def test_topics_of_another_shape_are_passed_over(tmp_path):
    files = {"pydoc_data/topics.py": "topics = {'if': open('x')}", "z.py": "'''Doc.'''"}
    assert lines_of(tmp_path, files) == ["Doc."]


def test_roots_that_overlap_and_packages_below_a_root(tmp_path):
    files = {
        "a.py": '"""A."""',
        "lib/b.py": '"""B."""',
        "site-packages/c.py": '"""C."""',
        "__pycache__/d.py": '"""D."""',
    }
    source = tmp_path / "source"
    assert lines_of(tmp_path, files, roots=[source, source / "lib"]) == ["A.", "B."]
    assert lines_of(tmp_path, files, roots=[source / "site-packages"]) == ["C."]


def test_the_same_bytes_for_any_number_of_workers(tmp_path):
    files = {f"{i % 7}/m{i}.py": f'"""Doc {i % 100} of many."""' for i in range(150)}
    one = lines_of(tmp_path, files, workers=1)
    assert len(one) == 100
    assert lines_of(tmp_path, files, workers=3) == one


def test_no_docstring_at_all_leaves_what_was_there(tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("before")
    (tmp_path / "a.py").write_text("x = 1")
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match=r"no docstrings found below .*: name folders"):
            write_docstrings(out, roots=[root], workers=1)
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "out.txt"]


@given(docs=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_comes_out_as_its_words(docs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.py").write_text(
        "'first'\n" + "".join(f"def f():\n    {doc!r}\n" for doc in docs), encoding="utf-8"
    )
    summary = write_docstrings(folder / "out.txt", roots=[folder], workers=1)
    expected = dict.fromkeys(" ".join(doc.split()) for doc in ["first", *docs])
    expected.pop("", None)
    text = (folder / "out.txt").read_bytes().decode()
    assert text.split("\n")[:-1] == list(expected)
    assert summary == DocstringSummary(1, len(expected), sum(len(e.split()) for e in expected))


def docs_of_objects(module):
    """The docstrings that Python itself sees once a module is imported."""
    for value in [module, *vars(module).values()]:
        if value is module or getattr(value, "__module__", "") == module.__name__:
            yield value
            if inspect.isclass(value):
                yield from (v for v in vars(value).values() if isinstance(v, types.FunctionType))


def test_a_real_package_against_its_imported_objects(tmp_path):
    modules = [json, sys.modules["json.decoder"], sys.modules["json.encoder"]]
    docs = [obj.__doc__ for module in modules for obj in docs_of_objects(module)]
    expected = {" ".join(doc.split()) for doc in docs if doc}
    assert len(expected) > 10
    lines = lines_of(tmp_path, {}, roots=[Path(json.__file__).parent])
    assert expected <= set(lines)


def test_the_default_roots_are_the_library_and_the_packages(tmp_path, monkeypatch):
    paths = {name: str(tmp_path / name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    monkeypatch.setattr(sysconfig, "get_paths", lambda: paths)
    for name, path in paths.items():
        Path(path).mkdir()
        (Path(path) / "a.py").write_text(f'"""In {name}."""')
    lines = lines_of(tmp_path, {}, roots=None)
    assert sorted(lines) == sorted(f"In {name}." for name in paths)
