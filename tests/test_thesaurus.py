"""The thesaurus, over a WordNet of a dozen meanings that is written here."""

import os
import zipfile
from dataclasses import dataclass

import nltk
import pytest

from wordkit import thesaurus
from wordkit.errors import BackendError, UnknownWordError
from wordkit.thesaurus import Sense, look_up, path_similarity

FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
FILES_OF = {"n": "n", "v": "v", "a": "a", "s": "a", "r": "r"}  # satellites lie with adjectives
NUMBERS = {"n": 1, "v": 2, "a": 3, "r": 4, "s": 5}


@dataclass
class Meaning:
    words: str
    gloss: str
    pos: str = "n"
    pointers: tuple = ()  # of a symbol and the first word of the other meaning


MEANINGS = [
    Meaning("entity", "that which exists"),
    Meaning("animal creature", "a living thing that moves", pointers=(("@", "entity"),)),
    Meaning("food", "what is eaten", pointers=(("@", "entity"),)),
    Meaning("dog domestic_dog", "an animal that barks", pointers=(("@", "animal"),)),
    Meaning("frank dog hot_dog", "a sausage in a bun", pointers=(("@", "food"),)),
    Meaning("cat", "an animal that purrs", pointers=(("@", "animal"),)),
    # two ways up: the shorter one is the path that is shown
    Meaning("tomcat", "a male cat", pointers=(("@", "cat"), ("@", "entity"))),
    Meaning("travel", "change place", "v"),
    Meaning("walk", "travel on foot", "v", (("@", "travel"),)),
    Meaning("dog chase", "follow like a dog", "v", (("@", "travel"),)),
    Meaning("quick fast", "taking little time", "a", (("&", "speedy"),)),
    Meaning("speedy", "with great speed", "s", (("&", "quick"),)),
    Meaning("quickly", "in little time", "r"),
]


HEADER = "  1 Made for a test. WordNet 3.0 Copyright nobody.\n"


def data_line(meaning, offsets):
    """A line of a data file; its length does not depend on the offsets."""
    words = meaning.words.split()
    parts = [f"{offsets.get(words[0], 0):08d} 00 {meaning.pos} {len(words):02x}"]
    parts += [f"{word} 0" for word in words]
    parts += [f"{len(meaning.pointers):03d}"]
    for symbol, target in meaning.pointers:
        pos = next(m.pos for m in MEANINGS if m.words.split()[0] == target)
        parts += [f"{symbol} {offsets.get(target, 0):08d} {pos} 0000"]
    if meaning.pos == "v":
        parts += ["01 + 02 00"]
    return " ".join(parts) + f" | {meaning.gloss}  \n"


def index_line(word, pos, found):
    places = " ".join(f"{offset:08d}" for offset in found)
    return f"{word} {pos} {len(found)} 0 {len(found)} 0 {places}  \n"


def database():
    """The files of the WordNet database format (wndb(5WN)), as a dict of name to text."""
    files = {"lexnames": "00\tall\t3\n", "cntlist.rev": "", "index.sense": ""}
    for pos, name in FILES.items():
        mine = [meaning for meaning in MEANINGS if FILES_OF[meaning.pos] == pos]
        offsets, end = {}, len(HEADER)
        for meaning in mine:
            offsets[meaning.words.split()[0]] = end
            end += len(data_line(meaning, {}))
        senses = {}
        for meaning in mine:
            for word in meaning.words.split():
                senses.setdefault(word, []).append(offsets[meaning.words.split()[0]])
                head = "quick:00" if meaning.pos == "s" else ":"
                key = f"{word}%{NUMBERS[meaning.pos]}:00:00:{head}"
                files["index.sense"] += f"{key} {senses[word][-1]:08d} 1 0\n"
        files[f"data.{name}"] = HEADER + "".join(data_line(m, offsets) for m in mine)
        files[f"index.{name}"] = HEADER + "".join(
            index_line(word, pos, senses[word]) for word in sorted(senses)
        )
        files[f"{name}.exc"] = "kittehs cat\n" if pos == "n" else ""
    return files


@pytest.fixture(autouse=True)
def search_path(tmp_path, monkeypatch):
    """NLTK looks in one empty folder, and nowhere else."""
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    before = os.umask(0o077)  # NLTK refuses data that others may write
    thesaurus._reader.cache_clear()
    yield tmp_path
    thesaurus._reader.cache_clear()
    os.umask(before)


@pytest.fixture(params=["folder", "zip"])
def wordnet(request, search_path):
    """The little WordNet, unpacked or as the archive that NLTK downloads."""
    corpora = search_path / "corpora"
    corpora.mkdir()
    if request.param == "zip":
        with zipfile.ZipFile(corpora / "wordnet.zip", "w") as archive:
            for name, text in database().items():
                archive.writestr(f"wordnet/{name}", text)
    else:
        (corpora / "wordnet").mkdir()
        for name, text in database().items():
            (corpora / "wordnet" / name).write_text(text, newline="\n")


def test_the_senses_of_a_word(wordnet):
    assert look_up("dog") == [
        Sense(
            "dog.n.01", "noun", "an animal that barks",
            ("domestic dog",), ("entity", "animal", "dog"),
        ),
        Sense(
            "frank.n.01", "noun", "a sausage in a bun",
            ("frank", "hot dog"), ("entity", "food", "frank"),
        ),
        Sense("dog.v.01", "verb", "follow like a dog", ("chase",), ("travel", "dog")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("dogs", ["dog.n.01", "frank.n.01", "dog.v.01"]),  # a plural
        ("kittehs", ["cat.n.01"]),  # an exception
        ("walking", ["walk.v.01"]),
        ("Cat", ["cat.n.01"]),
        ("hot dog", ["frank.n.01"]),
        (" domestic   dog ", ["dog.n.01"]),
        ("hot_dog", ["frank.n.01"]),
    ],
)
def test_a_word_may_be_inflected_or_of_two_parts(wordnet, word, names):
    assert [sense.name for sense in look_up(word)] == names


def test_each_part_of_speech(wordnet):
    found = {word: look_up(word)[0].part_of_speech for word in ("cat", "walk", "fast", "quickly")}
    assert found == {"cat": "noun", "walk": "verb", "fast": "adjective", "quickly": "adverb"}
    assert look_up("speedy")[0].part_of_speech == "adjective"


def test_the_shorter_of_two_paths_is_shown(wordnet):
    assert look_up("tomcat")[0].hypernym_path == ("entity", "tomcat")


@pytest.mark.parametrize(
    ("word", "other", "score", "senses"),
    [
        ("dog", "cat", 1 / 3, ("dog.n.01", "cat.n.01")),  # dog - animal - cat
        ("dog", "food", 1 / 2, ("frank.n.01", "food.n.01")),
        ("chase", "dog", 1.0, ("dog.v.01", "dog.v.01")),
        ("walk", "dog", 1 / 3, ("walk.v.01", "dog.v.01")),
        ("quick", "fast", 1.0, ("quick.a.01", "quick.a.01")),
    ],
)
def test_path_similarity_is_that_of_the_closest_senses(wordnet, word, other, score, senses):
    similarity = path_similarity(word, other)
    assert similarity.score == pytest.approx(score)
    assert similarity.senses == senses


def test_no_path_between_parts_of_speech(wordnet):
    assert path_similarity("cat", "walk") is None
    assert path_similarity("quickly", "quick") is None


@pytest.mark.parametrize("call", [look_up, lambda word: path_similarity("dog", word)])
def test_an_unknown_word_is_told_the_closest(wordnet, call):
    with pytest.raises(UnknownWordError) as caught:
        call("domestik dog")
    assert str(caught.value) == (
        "the word 'domestik dog' is not in WordNet; did you mean domestic dog?"
    )
    with pytest.raises(UnknownWordError) as caught:
        call("xyzzy")
    assert str(caught.value) == "the word 'xyzzy' is not in WordNet"
    with pytest.raises(UnknownWordError):
        call("")


def test_without_the_data_it_says_how_to_get_them(search_path):
    with pytest.raises(BackendError, match=r"`python -m nltk.downloader wordnet`"):
        look_up("dog")
    (search_path / "corpora").mkdir()
    with pytest.raises(BackendError, match="not on this machine"):
        path_similarity("dog", "cat")


def test_data_that_come_later_are_found(search_path, request):
    with pytest.raises(BackendError):
        look_up("dog")
    folder = search_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for name, text in database().items():
        (folder / name).write_text(text, newline="\n")
    assert len(look_up("dog")) == 3


@pytest.mark.parametrize("damage", ["lexnames", "index.noun"])
@pytest.mark.parametrize("text", [None, "00\n", "dog n x 0"])
def test_damaged_data_are_named(search_path, damage, text):
    folder = search_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for name, good in database().items():
        if name != damage or text is not None:
            (folder / name).write_text(text if name == damage else good, newline="\n")
    with pytest.raises(BackendError, match=r"WordNet are damaged .*: delete the folder"):
        look_up("dog")


@pytest.mark.parametrize("place", ["99999999", "00000003", "-0000001"])
@pytest.mark.parametrize("call", [look_up, lambda word: path_similarity("animal", word)])
def test_an_index_that_points_nowhere(search_path, place, call):
    folder = search_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    files = database()
    line = next(line for line in files["index.noun"].splitlines() if line.startswith("dog "))
    files["index.noun"] = files["index.noun"].replace(line, f"{line[:-10]}{place}  ")
    for name, text in files.items():
        (folder / name).write_text(text, newline="\n")
    assert look_up("cat")
    with pytest.raises(BackendError, match=r"WordNet are damaged .*: delete the folder"):
        call("dog")


def test_an_archive_that_is_none(search_path):
    (search_path / "corpora").mkdir()
    (search_path / "corpora" / "wordnet.zip").write_bytes(b"PK half of a download")
    with pytest.raises(BackendError, match=r"damaged .*python -m nltk.downloader wordnet"):
        look_up("dog")
