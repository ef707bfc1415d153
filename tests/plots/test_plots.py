"""Maps of words: right places, labels that can be read, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import scipy.sparse

from wordkit import plots
from wordkit.errors import BackendError, FormatError, ModelError, UnknownWordError
from wordkit.vectors.word_vectors import WordVectors

METHODS = pytest.mark.parametrize("method", plots.METHODS)


def vectors(size: int = 60, dimensions: int = 20) -> WordVectors:
    """Words in three groups: w0, w3, w6 … are near each other."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((3, dimensions))
    matrix = np.resize(centres, (size, dimensions)) + 0.3 * rng.standard_normal((size, dimensions))
    return WordVectors([f"w{i}" for i in range(size)], matrix)


# --- places -------------------------------------------------------------------------


def test_pca_keeps_the_two_largest_directions():
    units = vectors().unit(np.arange(60))
    centred = units - units.mean(axis=0)
    left, values, _ = np.linalg.svd(centred)
    expected = left[:, :2] * values[:2]
    found = plots.map_words(vectors(), top=60)
    np.testing.assert_allclose(abs(found), abs(expected), atol=1e-5)


@METHODS
def test_groups_stay_together(method):
    places = plots.map_words(vectors(), top=60, method=method)
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) % 3 == np.arange(60) % 3).all()


@METHODS
def test_words_in_their_order(method):
    words = ["w9", "w1", "w2", "w9", "w4", "w5"]
    places = plots.map_words(vectors(), words, method=method)
    assert places.shape == (6, 2)
    assert np.isfinite(places).all()
    if method == "pca":
        np.testing.assert_allclose(places[0], places[3], atol=1e-5)


@METHODS
def test_the_most_frequent_words_unless_named(method):
    top = plots.map_words(vectors(), top=12, method=method)
    named = plots.map_words(vectors(), [f"w{i}" for i in range(12)], method=method)
    np.testing.assert_array_equal(top, named)


def test_the_seed_makes_the_map():
    one, again, other = (
        plots.map_words(vectors(), method="tsne", seed=seed, top=60) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert other.shape == one.shape


def test_sparse_vectors():
    sparse = WordVectors(vectors().words, scipy.sparse.csr_array(vectors().vectors))
    np.testing.assert_allclose(plots.map_words(sparse), plots.map_words(vectors()), atol=1e-5)


@METHODS
def test_more_dimensions_than_tsne_needs(method):
    assert np.isfinite(plots.map_words(vectors(8, 100), method=method)).all()


@METHODS
def test_equal_vectors_share_a_place(method):
    equal = WordVectors([f"w{i}" for i in range(6)], np.ones((6, 3)))
    np.testing.assert_array_equal(plots.map_words(equal, method=method), np.zeros((6, 2)))


@pytest.mark.parametrize(("size", "dimensions"), [(1, 5), (2, 5), (3, 5), (4, 1), (9, 1)])
def test_few_words_or_dimensions(size, dimensions):
    places = plots.map_words(vectors(size, dimensions))
    assert places.shape == (size, 2)
    assert np.isfinite(places).all()


def test_what_cannot_be_mapped():
    with pytest.raises(UnknownWordError, match="'queen'"):
        plots.map_words(vectors(), ["w1", "queen"])
    for nothing in ({"words": []}, {"top": 0}):
        with pytest.raises(ModelError, match="needs at least one word, found none"):
            plots.map_words(vectors(), **nothing)
    with pytest.raises(ModelError, match="needs at least 5 words, found 4; use the method pca"):
        plots.map_words(vectors(), top=4, method="tsne")
    with pytest.raises(ModelError, match="unknown method 'umap': expected pca or tsne"):
        plots.map_words(vectors(), method="umap")


# --- pictures -----------------------------------------------------------------------


@pytest.fixture
def draw(tmp_path: Path):
    pytest.importorskip("matplotlib")

    def draw(name: str = "map.svg", words: list[str] | None = None, **options) -> bytes:
        source = vectors(150) if words is None else WordVectors(words, vectors(len(words)).vectors)
        plots.plot_words(source, tmp_path / name, **options)
        assert [path.name for path in tmp_path.iterdir()] == [name]
        return (tmp_path / name).read_bytes()

    return draw


def test_png(draw):
    picture = draw("map.PNG")
    assert picture.startswith(b"\x89PNG\r\n")
    width, height = (int.from_bytes(picture[i : i + 4], "big") for i in (16, 20))
    assert 800 < width < 6000
    assert 800 < height < 6000


def test_svg_has_a_label_for_every_word(tmp_path):
    pytest.importorskip("matplotlib")
    spread = np.random.default_rng(0).standard_normal((150, 50))
    source = WordVectors([f"w{i}" for i in range(150)], spread)
    plots.plot_words(source, tmp_path / "map.svg")
    groups = ElementTree.parse(tmp_path / "map.svg").iter("{http://www.w3.org/2000/svg}g")
    labels = [group for group in groups if group.get("id", "").startswith("text_")]
    assert len(labels) == 150


@METHODS
@pytest.mark.parametrize("name", ["map.png", "map.svg"])
def test_same_input_same_bytes(draw, name, method):
    first = draw(name, top=30, method=method)
    assert draw(name, top=30, method=method) == first
    assert draw(name, top=29, method=method) != first


@pytest.mark.parametrize("words", [["one"], ["one", "two"], ["x" * 500, "y"]])
def test_few_or_long_words(draw, words):
    assert draw("map.png", words)


def test_a_word_given_twice_is_drawn_once(tmp_path):
    pytest.importorskip("matplotlib")
    for name, words in (("once", ["w1", "w2"]), ("twice", ["w1", "w2", "w1"])):
        plots.plot_words(vectors(), tmp_path / f"{name}.svg", words)
    assert (tmp_path / "once.svg").read_bytes() == (tmp_path / "twice.svg").read_bytes()


def test_words_that_look_like_markup_or_are_no_text(draw):
    words = ["$x^2$", "$", "a\nb", "caf\udce9", "<b>&", "\0", "", " ", "\\frac", "_"]
    ElementTree.fromstring(draw("map.svg", words))


def test_letters_without_a_font_are_said_once(draw):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        draw("map.png", ["\U000131a0", "\U000131a1", "word"])  # hieroglyphs
    assert [str(w.message)[:41] for w in caught] == ["some letters are drawn as boxes, because "]


def test_nothing_is_written_when_it_fails(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(UnknownWordError):
        plots.plot_words(vectors(), tmp_path / "map.png", ["nobody"])
    with pytest.raises(FormatError, match=r"map.jpg: expected a name that ends in .png or .svg"):
        plots.plot_words(vectors(), tmp_path / "map.jpg")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendError, match=r"pip install 'wordkit\[plot\]'"):
        plots.plot_words(vectors(), tmp_path / "map.png")


def test_no_global_state_is_touched(tmp_path):
    pytest.importorskip("matplotlib")
    code = f"""
import sys, matplotlib
before = matplotlib.rcParams.copy()
from wordkit import WordVectors, plots
plots.plot_words(WordVectors(["a", "b"], [[1, 0], [0, 1]]), {str(tmp_path / "map.svg")!r})
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --- loss curves --------------------------------------------------------------------

ROWS = [
    {"epoch": 0.5, "perplexity": 90.0},
    {"epoch": 1.0, "perplexity": None},
    {"epoch": 1.0, "validation_perplexity": 70.0},
    {"epoch": 2.0, "validation_perplexity": 60.0},
]


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_loss_curve(tmp_path, rows):
    for name in "a", "b":
        plots.loss_curve(rows, tmp_path / f"{name}.svg")
    svg = (tmp_path / "a.svg").read_bytes()
    assert svg == (tmp_path / "b.svg").read_bytes()
    ElementTree.fromstring(svg)


def test_a_loss_curve_goes_down(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    plots.loss_curve(ROWS, tmp_path / "loss.png")
    training, validation = drawn[0].axes[0].lines
    np.testing.assert_array_equal(training.get_xydata(), [[0.5, 90]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 70], [2, 60]])


# --- attention maps -----------------------------------------------------------------


@pytest.fixture
def figures(monkeypatch):
    """What would be saved."""
    drawn = []
    figure = pytest.importorskip("matplotlib.figure")
    monkeypatch.setattr(figure.Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    return drawn


def attention(rows: int, columns: int) -> np.ndarray:
    weights = np.random.default_rng(0).random((rows, columns))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", ["map.png", "map.svg"])
@pytest.mark.parametrize("source", [["ein", "mann"], list("5/3/94"), ["x" * 90], ["w"] * 200])
def test_attention_map(tmp_path, name, source):
    pytest.importorskip("matplotlib")
    pictures = []
    for _ in range(2):
        plots.attention_map(attention(3, len(source)), source, ["a", "man", "."], tmp_path / name)
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1]
    if name == "map.png":
        width, height = (int.from_bytes(pictures[0][i : i + 4], "big") for i in (16, 20))
        assert 50 < height < 2000
        assert 50 < width < 8000


def test_an_attention_map_has_sources_across_and_targets_down(tmp_path, figures):
    weights, source, target = attention(2, 4), ["a", " ", "$x$", "\t"], ["Привет", "мир"]
    plots.attention_map(weights, source, target, tmp_path / "map.png")
    axes = figures[0].axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert axes.images[0].origin == "upper"
    across, down = axes.get_xticklabels(), axes.get_yticklabels()
    assert [label.get_text() for label in across] == ["a", "␣", "$x$", " "]
    assert [label.get_text() for label in down] == target
    assert not any(label.get_parse_math() for label in (*across, *down))


@pytest.mark.parametrize("source", [list("TUESDAY, MAY 5"), ["orangefarbenen"] * 9, ["W"] * 300])
def test_labels_of_an_attention_map_do_not_overlap(tmp_path, figures, source):
    target = ["something", "else"]
    plots.attention_map(attention(2, len(source)), source, target, tmp_path / "map.png")
    figures[0].draw_without_rendering()
    across, down = figures[0].axes[0].get_xticklabels(), figures[0].axes[0].get_yticklabels()
    boxes = [label.get_window_extent() for label in (*across, *down)]
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("geschwindigkeitsbegrenzung gilt hier immer noch für alle fahrer", "speed limit"),
        ("ein", "a team plays counterrevolutionaries internationalizations"),
        ("a " * 90, "internationalizations of something"),
    ],
)
def test_labels_of_an_attention_map_are_whole(tmp_path, source, target):
    image = pytest.importorskip("matplotlib.image")
    sides = source.split(), target.split()
    weights = attention(len(sides[1]), len(sides[0]))
    plots.attention_map(weights, *sides, tmp_path / "map.png")
    picture = image.imread(tmp_path / "map.png")
    for edge in picture[0], picture[-1], picture[:, 0], picture[:, -1]:
        assert (edge == 1).all()
    # the picture is the map and, above it and beside it, the labels
    assert picture.shape[0] > 40 * len(sides[1]) + 12 * max(map(len, sides[0]))
    assert picture.shape[1] > 40 * len(sides[0]) + 12 * max(map(len, sides[1]))


def test_labels_of_a_large_attention_map_can_be_read(tmp_path, figures):
    plots.attention_map(
        attention(3, 800), [f"w{n}" for n in range(800)], "abc", tmp_path / "m.svg"
    )
    across = figures[0].axes[0].get_xticklabels()
    assert [label.get_text() for label in across[:3]] == ["w0", "w4", "w8"]
    assert {label.get_size() for label in across} == {7.5}
    assert list(figures[0].axes[0].get_xticks()) == list(range(0, 800, 4))


def test_letters_of_an_attention_map_without_a_font_are_said_once(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.warns(UserWarning, match="some letters are drawn as boxes") as caught:
        plots.attention_map(
            attention(1, 2), ["\U000131a0", "\U000131a1"], ["a"], tmp_path / "m.png"
        )
    assert len(caught) == 1


@pytest.mark.parametrize(("source", "target"), [("abc", "de"), ("ab", "d"), ("", "d"), ("ab", "")])
def test_weights_that_do_not_fit(tmp_path, source, target):
    weights = attention(2, 2)[: len(target), : len(source)]
    with pytest.raises(ModelError, match=r"expected weights of the shape \(\d, \d\)"):
        plots.attention_map(weights[:, :1] if weights.size else weights, source, target,
                            tmp_path / "m.png")  # fmt: skip
    assert list(tmp_path.iterdir()) == []
