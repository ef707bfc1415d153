"""Text out: what a model generates, joined as people write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from wordkit.corpus.text import EOS
from wordkit.errors import ModelError
from wordkit.lm.generate import beam_search, generate, prompt_ids
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.sampling import Sampling
from wordkit.lm.spacing import joined


class Written(NamedTuple):
    """A text that begins with its prompt, and the tokens that were added to it."""

    text: str
    tokens: list[str]


class Prompt:
    """What is to be continued.

    Parameters
    ----------
    text
        None begins a line.

    Attributes
    ----------
    ids
        (T,), at least one.
    unknown
        Its words that the model does not know.

    Raises
    ------
    ModelError
        There is no word in it, or none that is known; or it is None, and the model does not
        know how lines begin.
    """

    def __init__(self, model: RecurrentLanguageModel, text: str | None):
        self.model, self.text = model, text or ""
        self.ids, self.unknown = prompt_ids(model, text)
        self._tokens = [] if text is None else model.vocabulary.decode(self.ids.tolist())

    def continued(self, tokens: Iterable[str]) -> Iterator[str]:
        """The prompt as it was given, and the text of each token that follows."""
        characters = self.model.text.tokenizer == "chars"
        yield self.text.rstrip("\n" if characters else None)  # tokens bring what precedes them
        pieces = joined(chain(self._tokens, tokens), characters=characters)
        yield from islice(pieces, sum(token != EOS for token in self._tokens), None)


def stream(
    prompt: Prompt,
    *,
    max_tokens: int = 100,
    sampling: Sampling | None = None,
    seed: int = 1,
    stop_at_eos: bool = True,
    ban_unk: bool = True,
) -> Iterator[str]:
    """The pieces of one text, its prompt first, each as soon as it is made; see ``generate``."""
    words = prompt.model.vocabulary.words
    steps = generate(
        prompt.model, prompt.ids, max_tokens, sampling=sampling or Sampling(), seed=seed,
        stop=stop_at_eos, ban_unk=ban_unk,
    )  # fmt: skip
    return prompt.continued(words[int(ids[0])] for ids in steps)


def write(
    prompt: Prompt,
    *,
    max_tokens: int = 100,
    samples: int = 1,
    sampling: Sampling | None = None,
    beam: int | None = None,
    seed: int = 1,
    stop_at_eos: bool = True,
    ban_unk: bool = True,
) -> list[Written]:
    """Some texts, made together; with ``beam`` the most likely one that is found.

    Raises
    ------
    ModelError
        As of ``generate`` and ``beam_search``; or a beam is combined with another way of
        choosing.
    """
    model, ends = prompt.model, {"stop": stop_at_eos, "ban_unk": ban_unk}
    sampling = sampling or Sampling()
    if beam is not None:
        if samples > 1 or sampling != Sampling():
            raise ModelError("beam finds one text and excludes other ways of choosing")
        found, _ = beam_search(model, prompt.ids, max_tokens, width=beam, **ends)
        columns: Iterable[Iterable[int]] = [found]
    else:
        steps = generate(
            model, prompt.ids, max_tokens, sampling=sampling, samples=samples, seed=seed, **ends
        )
        columns = zip(*(ids.tolist() for ids in steps), strict=True)
    words = model.vocabulary.words
    made = [[words[i] for i in column if i >= 0] for column in columns]
    return [Written("".join(prompt.continued(tokens)), tokens) for tokens in made]
