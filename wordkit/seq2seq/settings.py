"""What an encoder-decoder is like, and how it is trained: plain values."""

from __future__ import annotations

from dataclasses import dataclass

from wordkit.errors import ModelError
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.recurrent.cells import CELLS
from wordkit.training.checks import check_choice, check_least, check_share, check_types
from wordkit.training.settings import TrainingSettings as CommonSettings

NO_ATTENTION = "none"
UNITS = ("words", "chars")


@dataclass(frozen=True)
class ModelSettings:
    """What an encoder-decoder is like.

    Parameters
    ----------
    units
        What the tokens of both sides are, ``words`` or ``chars``: for those who split and
        join text, remembered with the model and not used in it.
    cell
        The kind of recurrent layer; see ``wordkit.layers.recurrent.cells``.
    layers
        Of the encoder and of the decoder.
    embedding_size, hidden_size
        Of a token's vector, and of a layer's state.
    attention
        How the decoder looks at what the encoder said; see
        ``wordkit.layers.attention.kinds``.
    bidirectional
        The lowest layer of the encoder reads from both ends, with half of the units each,
        as in GNMT (Wu et al. 2016, "Google's Neural Machine Translation System").
    residual
        Each layer but the lowest adds its input to its output.
    reverse
        The source is read from its end (Sutskever et al. 2014, "Sequence to Sequence
        Learning with Neural Networks").
    peeky
        The decoder sees the encoder's last state at each step, below and above its layers
        (Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder").
    input_feeding
        What the attention gave at a step goes into the next (Luong et al. 2015, "Effective
        Approaches to Attention-based Neural Machine Translation").
    dropout
        Of the embeddings, between layers, and before the output.
    tie
        The output layer has the weights of the target embedding.
    share_vocabulary
        One vocabulary and one embedding for both sides.
    label_smoothing
        In training; see ``SoftmaxCrossEntropy``.
    sampling
        The share of words that the decoder is given as it guessed them itself, in the last
        epoch; before, it grows from epoch to epoch (Bengio et al. 2015, "Scheduled Sampling
        for Sequence Prediction with Recurrent Neural Networks").
    """

    units: str = "words"
    cell: str = "lstm"
    layers: int = 1
    embedding_size: int = 16
    hidden_size: int = 128
    attention: str = NO_ATTENTION
    bidirectional: bool = False
    residual: bool = False
    reverse: bool = False
    peeky: bool = False
    input_feeding: bool = False
    dropout: float = 0.0
    tie: bool = False
    share_vocabulary: bool = False
    label_smoothing: float = 0.0
    sampling: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_choice(self, units=UNITS, cell=CELLS, attention=(NO_ATTENTION, *ATTENTIONS))
        check_least(self, 1, "layers", "embedding_size", "hidden_size")
        check_share(self, "dropout", "label_smoothing")
        if not 0 <= self.sampling <= 1:
            raise ModelError(f"sampling must be from 0 to 1, not {self.sampling}")
        if self.tie and (self.peeky or self.embedding_size != self.hidden_size):
            raise ModelError(
                "to tie output and embedding, embedding_size and hidden_size must be the same, "
                f"found {self.embedding_size} and {self.hidden_size}, and the decoder not peeky"
            )
        if self.bidirectional and self.hidden_size % 2:
            raise ModelError(
                "the two directions of a bidirectional encoder have half of the units each: "
                f"hidden_size must be even, not {self.hidden_size}"
            )
        if self.input_feeding and self.attention == NO_ATTENTION:
            raise ModelError(
                "input_feeding feeds what the attention gave: choose an attention, one of "
                f"{', '.join(ATTENTIONS)}"
            )


@dataclass(frozen=True)
class TrainingSettings(CommonSettings):
    """How an encoder-decoder is trained; see the parent, ``Trainer`` and ``PairBatches``.

    Parameters
    ----------
    source_min_count, target_min_count
        Rarer tokens of a side are unknown ones; with one vocabulary, a token stays that one
        of the sides keeps.
    """

    batch_size: int = 128
    clip: float = 5.0
    source_min_count: int = 1
    target_min_count: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, 1, "source_min_count", "target_min_count")
