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

from tests.vectors.grouped import grouped_vectors as vectors
from wordkit import plots
from wordkit.errors import BackendError, FormatError, ModelError, UnknownWordError
from wordkit.vectors.word_vectors import WordVectors

# --- pictures -----------------------------------------------------------------------


@pytest.fixture
def draw(tmp_path: Path):
    pytest.importorskip("matplotlib")

    def draw(name: str = "map.svg", words: list[str] | None = None, **options) -> bytes:
        source = vectors(150) if words is None else WordVectors(words, vectors(len(words)).vectors)
        source.plot(path=tmp_path / name, **options)
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
    source.plot(path=tmp_path / "map.svg")
    groups = ElementTree.parse(tmp_path / "map.svg").iter("{http://www.w3.org/2000/svg}g")
    labels = [group for group in groups if group.get("id", "").startswith("text_")]
    assert len(labels) == 150


@pytest.mark.parametrize("method", ["pca", "tsne", "raw"])
@pytest.mark.parametrize("name", ["map.png", "map.svg", "map.pdf"])
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
        vectors().plot(words, path=tmp_path / f"{name}.svg")
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
        vectors().plot(["nobody"], path=tmp_path / "map.png")
    expected = r"map.jpg: expected a name that ends in .png, .svg or .pdf"
    with pytest.raises(FormatError, match=expected):
        vectors().plot(path=tmp_path / "map.jpg")
    with pytest.raises(FormatError, match=expected):
        plots.plot_words(["a"], np.zeros((1, 2)), tmp_path / "map.jpg")
    with pytest.raises(FormatError, match=r"loss.gif: expected a name"):
        plots.loss_curve([], tmp_path / "loss.gif")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendError, match=r"pip install 'wordkit\[plot\]'"):
        vectors().plot(path=tmp_path / "map.png")


def test_no_global_state_is_touched(tmp_path):
    pytest.importorskip("matplotlib")
    code = f"""
import sys, matplotlib
before = matplotlib.rcParams.copy()
from wordkit import WordVectors
WordVectors(["a", "b"], [[1, 0], [0, 1]]).plot(path={str(tmp_path / "map.svg")!r})
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_figures_come_back_and_show_themselves(tmp_path):
    figure_class = pytest.importorskip("matplotlib.figure").Figure
    places = np.random.default_rng(0).random((3, 2))
    figures = {
        "words": lambda path: plots.plot_words(["a", "b", "c"], places, path),
        "loss": lambda path: plots.loss_curve(ROWS, path),
        "attention": lambda path: plots.attention_map(
            attention(2, 2), ["a", "b"], ["c", "d"], path
        ),
    }
    for name, draw in figures.items():
        figure = draw(None)
        assert isinstance(figure, figure_class)
        picture, size = figure._repr_png_()
        assert picture.startswith(b"\x89PNG\r\n")
        pixels = [int.from_bytes(picture[i : i + 4], "big") for i in (16, 20)]
        assert [size["width"], size["height"]] == pytest.approx(np.array(pixels) / 2, abs=1)
        assert list(tmp_path.iterdir()) == []
        draw(tmp_path / f"{name}.pdf")
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        (tmp_path / f"{name}.pdf").unlink()


def test_words_need_places():
    for words, places in ((["a"], np.zeros((2, 2))), ([], np.zeros((0, 2))), (["a"], [[1, 2, 3]])):
        with pytest.raises(ModelError, match=r"at least one word and a place \(x, y\) for each"):
            plots.plot_words(words, places)
    with pytest.raises(ModelError, match="2 words need as many groups, found 1"):
        plots.plot_words(["a", "b"], np.zeros((2, 2)), groups=["x"])


def test_groups_have_colours_and_a_legend():
    pytest.importorskip("matplotlib")
    groups = {"first": ["w0", "w3"], "second $x$": ["w1"], "none": []}
    figure = vectors().plot(groups=groups)
    axes = figure.axes[0]
    color = {text.get_text(): text.get_color() for text in axes.texts}
    assert set(color) == {"w0", "w3", "w1"}
    assert color["w0"] == color["w3"] != color["w1"]
    legend = {text.get_text(): text.get_color() for text in figure.texts}
    assert legend == {"● first": color["w0"], "● second $x$": color["w1"]}
    figure.draw_without_rendering()
    map_box = axes.get_window_extent()
    assert all(text.get_window_extent().y0 > map_box.y1 for text in figure.texts)
    assert all(text.get_window_extent().y1 < figure.bbox.y1 for text in figure.texts)


def test_many_groups_have_a_legend_in_rows():
    pytest.importorskip("matplotlib")
    figure = vectors().plot(groups={f"a long name of group {n}": [f"w{n}"] for n in range(30)})
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.texts]
    assert len(boxes) == 30
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 for box in boxes)


def test_a_title_stands_above_the_map():
    pytest.importorskip("matplotlib")
    figure = vectors().plot(around="w0", top=5)
    [title] = figure.texts
    assert title.get_text() == "around w0"
    figure.draw_without_rendering()
    assert title.get_window_extent().y0 > figure.axes[0].get_window_extent().y1
    assert title.get_window_extent().y1 < figure.bbox.y1


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


@pytest.mark.parametrize(
    ("low", "high"), [(60, 90), (1.5, 1.6), (3, 40), (80, 5000), (20, 3_000_000), (70, 70)]
)
def test_ticks_of_a_loss_curve_are_plain_numbers(low, high):
    pytest.importorskip("matplotlib")
    rows = [{"epoch": n, "perplexity": value} for n, value in enumerate((high, low))]
    axes = plots.loss_curve(rows, title="of $ and _").axes[0]
    assert axes.get_title() == "of $ and _"
    axes.figure.draw_without_rendering()
    bottom, top = axes.get_ylim()
    shown = [
        label.get_text()
        for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        if bottom <= place <= top
    ]
    assert len(shown) >= 2
    assert all(set(text) <= set("0123456789.,") for text in shown)
    values = [float(text.replace(",", "")) for text in shown]
    assert values == sorted(set(values))
    assert not [text for text in axes.get_yticklabels(minor=True) if text.get_text()]


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


@pytest.mark.parametrize("name", ["map.png", "map.svg", "map.pdf"])
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
        attention(3, 800), [f"w{n}" for n in range(800)], list("abc"), tmp_path / "m.svg"
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
        weights = weights[:, :1] if weights.size else weights
        plots.attention_map(weights, list(source), list(target), tmp_path / "m.png")
    assert list(tmp_path.iterdir()) == []


def test_an_attention_map_has_a_scale_and_a_title():
    pytest.importorskip("matplotlib")
    figure = plots.attention_map(attention(3, 4), list("abcd"), list("xyz"), title="a $ title")
    image, scale = figure.axes
    assert [label.get_text() for label in scale.get_yticklabels()] == ["0.0", "0.5", "1.0"]
    assert image.get_title(loc="left") == "a $ title"
    figure.draw_without_rendering()
    assert image.get_window_extent().x1 < scale.get_window_extent().x0
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1


def test_strings_are_no_lists_of_tokens():
    for sides in (("ab", ["x"]), (["x"], "ab")):
        with pytest.raises(ModelError, match="must be a list of tokens, not a string"):
            plots.attention_map(np.ones((2, 2)), *sides)
