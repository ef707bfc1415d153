"""Pairs of a source and its target: what encoder-decoders learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from wordkit.corpus.pair_files import read_pairs, write_pairs
from wordkit.corpus.split import drawn
from wordkit.errors import CorpusError
from wordkit.tables import data_frame, html_table, is_pandas

if TYPE_CHECKING:
    from pandas import DataFrame

Side = str | tuple[str, ...]
"""The source or the target of a pair: a text, or its tokens."""


class Pairs:
    """Pairs of a source and its target, each a text or a tuple of tokens: a collection of them.

    It has a length, can be indexed and iterated over; a slice, or a list of numbers, gives
    ``Pairs``. See ``from_files`` and ``from_texts`` for how to make them.

    Examples
    --------
    >>> pairs = Pairs.from_texts([("16+75", "91"), ("1+1", "2")])
    >>> len(pairs), pairs[0], pairs.sources
    (2, ('16+75', '91'), ['16+75', '1+1'])
    """

    def __init__(self, pairs: Iterable[tuple[Side, Side]], *, units: str | None = None):
        self._pairs = list(pairs)
        self.units = units

    @classmethod
    def from_files(
        cls, path: str | Path, target: str | Path | None = None, *, units: str | None = None
    ) -> Pairs:
        """Read pairs from a file, or from two files whose lines belong together.

        Parameters
        ----------
        path, target
            See ``read_pairs``; strings are paths.
        units
            ``words`` or ``chars``: make tokens of the texts, which else stay texts.

        Raises
        ------
        CorpusError
            As ``read_pairs``.
        """
        found = read_pairs(path, target, units=units or "chars")
        if units is None:
            return cls(("".join(pair.source), "".join(pair.target)) for pair in found)
        return cls(((pair.source, pair.target) for pair in found), units=units)

    @classmethod
    def from_texts(cls, pairs: Iterable[Any]) -> Pairs:
        """Make pairs from a list or a generator of pairs, or from a pandas DataFrame.

        Parameters
        ----------
        pairs
            Of texts or of lists of tokens; a DataFrame has them in the columns ``source`` and
            ``target``.

        Raises
        ------
        CorpusError
            Something else was found, or a side is empty.
        """
        if is_pandas(pairs, "DataFrame"):
            frame: Any = pairs
            missing = [name for name in ("source", "target") if name not in frame.columns]
            if missing:
                raise CorpusError(
                    "expected a DataFrame with the columns source and target, found "
                    f"{', '.join(map(repr, frame.columns))}"
                )
            pairs = zip(frame["source"], frame["target"], strict=True)
        if isinstance(pairs, (str, bytes, Path, Mapping)) or not isinstance(pairs, Iterable):
            raise CorpusError(
                f"expected a list of pairs of a source and a target, found "
                f"{type(pairs).__name__}; files are read by Pairs.from_files"
            )
        return cls(_pair(number, pair) for number, pair in enumerate(pairs, 1))

    @property
    def sources(self) -> list[Side]:
        """The first sides."""
        return [source for source, _ in self]

    @property
    def targets(self) -> list[Side]:
        """The second sides."""
        return [target for _, target in self]

    def split(self, *shares: float, seed: int = 1) -> list[Pairs]:
        """Cut into parts, such as for training and validation: drawn at random, in their order.

        Parameters
        ----------
        shares
            Of the pairs, for each part; they sum to 1 at most.
        seed
            Of the draw.

        Raises
        ------
        CorpusError
            A share is no number above 0, they sum to more than 1, or a part would be empty.
        """
        parts = [self[places] for places in drawn(shares, len(self), seed)]
        if not all(map(len, parts)):
            raise CorpusError(
                f"{len(self):,} pairs are too few for the shares {', '.join(map(str, shares))}"
            )
        return parts

    def save(self, path: str | Path) -> None:
        """Write TSV, a source, a tab and its target a line; tokens are put together.

        Raises
        ------
        CorpusError
            A text has a tab or a line end.
        """
        texts = [(self._text(source), self._text(target)) for source, target in self]
        for number, pair in enumerate(texts, 1):
            for text in pair:
                if "\t" in text or text.splitlines() != [text]:
                    raise CorpusError(
                        f"pair {number}: {text[:60]!r} cannot be written as TSV, because it has "
                        "a tab or a line end, or is empty"
                    )
        write_pairs({Path(path): texts})

    def to_frame(self) -> DataFrame:
        """A pandas DataFrame with the columns source and target.

        Raises
        ------
        BackendError
            pandas is not installed.
        """
        return data_frame({"source": self.sources, "target": self.targets})

    def _text(self, side: Side) -> str:
        return side if isinstance(side, str) else ("" if self.units == "chars" else " ").join(side)

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[tuple[Side, Side]]:
        return iter(self._pairs)

    @overload
    def __getitem__(self, place: int) -> tuple[Side, Side]: ...

    @overload
    def __getitem__(self, place: slice | Sequence[int] | np.ndarray) -> Pairs: ...

    def __getitem__(self, place: int | slice | Sequence[int] | np.ndarray) -> Any:
        """One pair; of a slice or a list of numbers, ``Pairs``."""
        if isinstance(place, (int, np.integer)):
            return self._pairs[place]
        places = np.arange(len(self))[place].tolist()
        return Pairs((self._pairs[n] for n in places), units=self.units)

    def __repr__(self) -> str:
        such = f", such as {self[0][0]!r:.40} → {self[0][1]!r:.40}" if len(self) else ""
        return f"Pairs({len(self):,} pairs{such})"

    def _repr_html_(self) -> str:
        """For notebooks: the first pairs."""
        rows = [(self._text(source), self._text(target)) for source, target in self[:8]]
        return html_table(f"Pairs({len(self):,} pairs)", ("source", "target"), rows)


def _pair(number: int, pair: Any) -> tuple[Side, Side]:
    """Two texts, or two tuples of tokens, from what somebody took for a pair."""
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
        raise CorpusError(f"pair {number}: expected a source and a target, found {pair!r:.60}")
    sides = [side if isinstance(side, str) else _tokens(number, side) for side in pair]
    for name, side in zip(("source", "target"), sides, strict=True):
        if not side or (isinstance(side, str) and side.isspace()):
            raise CorpusError(f"pair {number}: the {name} is empty; leave the pair out")
    return sides[0], sides[1]


def _tokens(number: int, side: Any) -> tuple[str, ...]:
    tokens = tuple(side) if isinstance(side, Iterable) else (side,)
    if not all(isinstance(token, str) for token in tokens):
        raise CorpusError(
            f"pair {number}: expected a string or a list of strings, found {side!r:.60}"
        )
    return tokens
