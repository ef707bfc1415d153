"""Tokens joined as people write them: no space before a comma, none after a bracket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wordkit.corpus.text import EOS

# what closes stands at the word before it: also 's, n't, and % (but not 'n as in rock 'n roll)
_CLOSES = re.compile(r"[,.;:!?%)\]}…»”’]+|''|n't|['’](s|d|m|t|ll|re|ve)?", re.IGNORECASE)
_OPENS = re.compile(r"[(\[{«“‘$£€#]+|``")


def joined(tokens: Iterable[str], *, characters: bool = False) -> Iterator[str]:
    """The text of each token, with the space before it; all together they are the text.

    ``<eos>`` is a new line, if more follows. A straight quotation mark opens and closes in
    turn.

    Parameters
    ----------
    characters
        Tokens are single characters: nothing comes between them.
    """
    lines = ""  # those that have ended since the last token
    begins = True  # at the beginning of a line, or after what opens
    quoted = False
    for token in tokens:
        if token == EOS:
            lines, begins, quoted = lines + "\n", True, False
            continue
        closes = bool(_CLOSES.fullmatch(token)) or (token == '"' and quoted)
        yield lines + ("" if characters or begins or closes else " ") + token
        lines = ""
        begins = bool(_OPENS.fullmatch(token)) or (token == '"' and not quoted)
        quoted ^= token == '"'
